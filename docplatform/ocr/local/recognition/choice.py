"""The recogniser that the settings ask for, and the words that tell it from others.

Belongs here: choosing. Doesn't: recognising.
"""

from __future__ import annotations

from importlib.metadata import version

from docplatform.ocr.local.page_elements import Recognizer
from docplatform.ocr.local.recognition.engine import chosen
from docplatform.ocr.local.recognition.recognizer import RapidOcrRecognizer
from docplatform.ocr.local.recognition.tesseract import TesseractRecognizer, tesseract_version
from docplatform.settings import OcrEngine, ReadingSettings


def recognizer_of(reading: ReadingSettings) -> Recognizer:
    """The recogniser. What it needs is loaded at its first image."""
    if reading.ocr_engine is OcrEngine.TESSERACT:
        return TesseractRecognizer(reading.tesseract_languages)
    return RapidOcrRecognizer(reading)


def recognizer_fingerprint(reading: ReadingSettings) -> str:
    """What of the recogniser can change a result. Raises ``ConfigurationError`` where it isn't installed."""
    engine = chosen(reading.ocr_engine)
    if engine is OcrEngine.TESSERACT:
        return f"tesseract={tesseract_version()}/{reading.tesseract_languages}"
    packages = ("rapidocr", engine.value, "opencv-python-headless")
    return ",".join(f"{name}={version(name)}" for name in packages)
