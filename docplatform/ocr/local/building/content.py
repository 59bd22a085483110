"""``Content``: the text of a result as it grows, and the small shapes that say where in it something is.

Belongs here: appending, offsets (Unicode code points), spans, regions. Doesn't: what is appended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from docplatform.ocr.local.blocks import LineBox

Json = dict[str, Any]
Extent = tuple[int, int]
"""Start and end in ``content``, in code points."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class Content:
    """A text in parts: those of the page that is being written, and whole pages before it."""

    __slots__ = ("_pages", "offset", "parts")

    def __init__(self) -> None:
        self._pages: list[str] = []
        self.parts: list[str] = []
        self.offset = 0

    @property
    def text(self) -> str:
        """All of it."""
        return "".join([*self._pages, *self.parts])

    def end_page(self) -> None:
        """Join the parts of a page, so that its words can go; the last one stays for ``ends_with``."""
        self._pages.append("".join(self.parts[:-1]))
        self.parts = self.parts[-1:]

    def append(self, text: str) -> None:
        """Add a text, which may be empty."""
        if text:
            self.parts.append(text)
            self.offset += len(text)

    def since(self, mark: int) -> str:
        """What was appended after ``parts`` had ``mark`` entries."""
        return "".join(self.parts[mark:])

    def ends_with(self, text: str) -> bool:
        """True where the last part does, and where there is none."""
        return not self.parts or self.parts[-1].endswith(text)


def clean(text: str) -> str:
    """Lone surrogates can't be encoded: they become U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def has_text(line: LineBox) -> bool:
    """True where a line has a word that isn't blank: only such words are written."""
    return any(word.text and not word.text.isspace() for word in line.words)


def span(extent: Extent) -> Json:
    """The JSON of a span."""
    return {"offset": extent[0], "length": extent[1] - extent[0]}


def regions(page_number: int, *polygons: Sequence[float] | None) -> list[Json]:
    """The JSON of bounding regions; none for what has no polygon."""
    return [{"pageNumber": page_number, "polygon": polygon} for polygon in polygons if polygon]


def hull(polygons: Iterable[Sequence[float] | None]) -> list[float] | None:
    """The upright rectangle around polygons."""
    xs: list[float] = []
    ys: list[float] = []
    for polygon in polygons:
        if polygon:
            xs += polygon[::2]
            ys += polygon[1::2]
    if not xs:
        return None
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    return [left, top, right, top, right, bottom, left, bottom]


def with_regions(entry: Json, page_number: int, *polygons: Sequence[float] | None) -> Json:
    """The entry, with its bounding regions where it has any: an empty list says nothing."""
    if found := regions(page_number, *polygons):
        entry["boundingRegions"] = found
    return entry
