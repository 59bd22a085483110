"""Documents as they were read, as far as labels are held against them.

Belongs here: the type, and making it from our ``AnalyzeResult`` and from the ``*.ocr.json`` of Document Intelligence
Studio, both generations. Doesn't: reading files (``ocr``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.document_text import DocumentText, WordBox, document_text
from docplatform.documents.string_index import counted_in
from docplatform.documents.vocabulary import StringIndexType
from docplatform.labels.json_reader import LabelFileError

PageSize = tuple[int | float, int | float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A document's text, its words, and how large its pages are."""

    document: DocumentText
    page_sizes: tuple[PageSize, ...] = ()
    """Width and height of each page in its own unit (pixel, inch)."""

    @property
    def text(self) -> str:
        """Its text, which offsets count in."""
        return self.document.text

    @classmethod
    def of_text(cls, text: str) -> Reading:
        """A text without places."""
        return cls(DocumentText(text))

    @classmethod
    def of_analyze_result(cls, analyze_result: str) -> Reading:
        """An ``AnalyzeResult`` in docplatform's JSON (``ocr_text.analyze_result``)."""
        pages = json.loads(analyze_result).get("pages") or []
        return cls(document_text(analyze_result), _sizes(pages))


def parse_ocr_json(data: bytes, name: str) -> Reading:
    """The reading in a ``*.ocr.json`` of Document Intelligence Studio (v2.x ``readResults``, or 2022-08-31 and later).

    Raises:
        LabelFileError: where it is neither.
    """
    try:
        result = json.loads(data)
        result = result.get("analyzeResult", result)
        if "readResults" in result:
            return _from_read_results(result["readResults"])
        counted = counted_in(AnalyzeResult.model_validate(result), StringIndexType.UNICODE_CODE_POINT)
        return Reading.of_analyze_result(counted.to_json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabelFileError(f"{name} is no result of Document Intelligence: {error}") from error


def _sizes(pages: list[Mapping[str, Any]]) -> tuple[PageSize, ...]:
    return tuple((page.get("width") or 0, page.get("height") or 0) for page in pages)


def _from_read_results(pages: list[Mapping[str, Any]]) -> Reading:
    """The text is the lines in order; selection marks follow each page's, as ``:selected:``."""
    lines: list[str] = []
    words: list[WordBox] = []
    offset = 0
    for page in pages:
        for elements in _lines(page):
            texts = [text for text, _ in elements]
            for text, box in elements:
                words.append(WordBox(offset, len(text), page["page"], *_fractions(box, page)))
                offset += len(text) + 1
            lines.append(" ".join(texts))
    return Reading(DocumentText("\n".join(lines), tuple(words), max(len(pages), 1)), _sizes(pages))


def _lines(page: Mapping[str, Any]) -> Iterator[list[tuple[str, list[float]]]]:
    for line in page.get("lines") or ():
        elements = [(word["text"], word["boundingBox"]) for word in line["words"] if word["text"]]
        if elements:
            yield elements
    for mark in page.get("selectionMarks") or ():
        yield [(f":{mark['state']}:", mark["boundingBox"])]


def _fractions(box: list[float], page: Mapping[str, Any]) -> tuple[float, float, float, float]:
    across = [x / page["width"] for x in box[0::2]]
    down = [y / page["height"] for y in box[1::2]]
    return round(min(across), 5), round(min(down), 5), round(max(across), 5), round(max(down), 5)
