"""One reader for all tests of this room: its OCR engine takes seconds to load."""

from __future__ import annotations

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.media_types import MediaType
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

READER = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())


def read(data: bytes, media_type: MediaType, **limits: float) -> AnalyzeResult:
    """Read a document; with limits, in a reader of its own, which loads an engine only if it comes to OCR."""
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings.model_validate(limits)) if limits else READER
    return reader.read(DocumentSource("the key", data, media_type.mime))


def lines(result: AnalyzeResult, page: int = 0) -> list[str]:
    """The lines of a page."""
    return [line.content for line in result.pages[page].lines]


def warnings(result: AnalyzeResult) -> list[str]:
    """The codes of what the reader warns of."""
    return [warning.code for warning in result.warnings]
