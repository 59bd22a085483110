"""A document as models see it: its text, and where the words of it lie on the pages.

Belongs here: the type, and making it from an ``AnalyzeResult``. Doesn't: features, or anything that learns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class WordBox(NamedTuple):
    """A word, or a selection mark, of a page."""

    offset: int
    """Start in Unicode code points of the document's text."""
    length: int
    """In code points."""
    page: int
    """Number of the page, from 1."""
    left: float
    """Upright box in fractions of the page's width and height, origin at the upper left corner."""
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What a model is given. Text models look at ``text`` alone."""

    text: str
    words: tuple[WordBox, ...] = ()
    """In the order of the text; empty for formats without places, and where only the text is asked for."""
    page_count: int = 1


def cut_to_pages(document: DocumentText, first: int, last: int) -> DocumentText:
    """A document with nothing but some of its pages, offsets kept: what stands before them is blank.

    The pages are counted from 1 again. Text between two pages' words belongs to the page before; a document whose
    words have no places isn't cut.
    """
    if not document.words or (first <= 1 and last >= document.page_count):
        return document
    starts: dict[int, int] = {}
    for word in document.words:
        starts[word.page] = min(starts.get(word.page, word.offset), word.offset)
    start = min((offset for page, offset in starts.items() if first <= page <= last), default=len(document.text))
    end = min((offset for page, offset in starts.items() if page > last), default=len(document.text))
    words = [w._replace(page=w.page - first + 1) for w in document.words if first <= w.page <= last]
    return DocumentText(" " * start + document.text[start:end], tuple(words), last - first + 1)


def document_text(analyze_result: str) -> DocumentText:
    """Text and words of an ``AnalyzeResult`` in its JSON, as ``ocr_text.analyze_result`` holds it.

    Offsets are taken to count code points, which is what docplatform writes. Words without a polygon, or of a page
    without a size, have no place and are left out; selection marks are words (``:selected:``, ``:unselected:``).
    """
    result = json.loads(analyze_result)
    pages = result.get("pages") or []
    words = sorted(word for page in pages for word in _words(page))
    return DocumentText(result.get("content") or "", tuple(words), max(len(pages), 1))


def _words(page: Mapping[str, Any]) -> Iterator[WordBox]:
    width, height, number = page.get("width") or 0, page.get("height") or 0, page["pageNumber"]
    if not width or not height:
        return
    for element in _elements(page):
        polygon, span = element.get("polygon"), element.get("span")
        if not polygon or span is None or not span["length"]:
            continue
        across, down = polygon[0::2], polygon[1::2]
        box = (min(across) / width, min(down) / height, max(across) / width, max(down) / height)
        yield WordBox(span["offset"], span["length"], number, *(round(min(max(side, 0.0), 1.0), 5) for side in box))


def _elements(page: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return [*(page.get("words") or ()), *(page.get("selectionMarks") or ())]
