"""The recogniser that the settings ask for.

Belongs here: choosing. Doesn't: recognising.
"""

from __future__ import annotations

from docplatform.ocr.local.page_cache import FingerprintedRecognizer
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.ocr.local.recognition.tesseract import TesseractRecognizer
from docplatform.settings import OcrEngine, ReadingSettings


def recognizer_of(reading: ReadingSettings) -> FingerprintedRecognizer:
    """The recogniser. What it needs is loaded at its first image."""
    if reading.ocr_engine is OcrEngine.TESSERACT:
        return TesseractRecognizer(reading.tesseract_languages)
    return RapidOcrRecognizer(reading)
