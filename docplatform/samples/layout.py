"""Blocks to pages: where each run of text stands. PDFs and scans draw the same pages with their own fonts.

Units are points (1/72 inch); y grows downwards from the top of the page, to a run's baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from docplatform.samples.content import Block, Gap, PageBreak, Row, Rule, Text
from docplatform.samples.grammar import plain

Measure = Callable[[str, float, bool], float]
"""Width in points of a text at a size, bold or not."""


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of text at one place."""

    x: float
    y: float
    text: str
    size: float
    bold: bool


@dataclass(slots=True)
class Page:
    """One page. ``rules`` are heights of lines across the text width, ``strokes`` other lines (x, y to x, y)."""

    width: float
    height: float
    margin: float
    runs: list[Run] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)
    strokes: list[tuple[float, float, float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is printed on, and how."""

    width: float = 595.0
    height: float | None = 842.0
    """None: one page, as long as its text (a till roll)."""
    margin: float = 56.0
    size: float = 10.5
    leading: float = 1.4


A4 = Sheet()
SLIP = Sheet(width=226.0, height=None, margin=12.0, size=9.5, leading=1.35)


def printable(text: str) -> str:
    """The text without marks and without what the bundled PDF and scan fonts can't print (emoji)."""
    return plain(text).encode("cp1252", "ignore").decode("cp1252")


def typeset(blocks: Sequence[Block], sheet: Sheet, measure: Measure) -> list[Page]:
    """Break blocks into lines and pages."""
    typesetter = _Typesetter(sheet, measure)
    for block in blocks:
        typesetter.add(block)
    return typesetter.finish()


class _Typesetter:
    def __init__(self, sheet: Sheet, measure: Measure) -> None:
        self._sheet, self._measure = sheet, measure
        self._width = sheet.width - 2 * sheet.margin
        self._pages: list[Page] = []
        self._new_page()

    def add(self, block: Block) -> None:
        match block:
            case Text():
                self._text(block)
            case Row():
                self._row(block)
            case Gap(lines=lines):
                self._y += lines * self._step(self._sheet.size)
            case Rule():
                self._page.rules.append(self._y + 4)
                self._y += 6
            case PageBreak():
                self._new_page()

    def finish(self) -> list[Page]:
        if self._sheet.height is None:
            self._page.height = self._y + 2 * self._sheet.margin
        return self._pages

    def _step(self, size: float) -> float:
        return size * self._sheet.leading

    def _new_page(self) -> None:
        self._page = Page(self._sheet.width, self._sheet.height or 0.0, self._sheet.margin)
        self._pages.append(self._page)
        self._y = self._sheet.margin

    def _advance(self, size: float) -> None:
        self._y += self._step(size)
        if self._sheet.height is not None and self._y > self._sheet.height - self._sheet.margin:
            self._new_page()
            self._y += self._step(size)

    def _put(self, x: float, text: str, size: float, bold: bool) -> None:
        self._page.runs.append(Run(x, self._y, text, size, bold))

    def _text(self, block: Text) -> None:
        size = block.size * self._sheet.size
        for line in printable(block.text).split("\n"):
            for part in self._wrap(line.strip(), size, block.bold):
                self._advance(size)
                free = self._width - self._measure(part, size, block.bold)
                indent = {"left": 0.0, "center": free / 2, "right": free}[block.align]
                self._put(self._sheet.margin + max(indent, 0.0), part, size, block.bold)

    def _row(self, block: Row) -> None:
        size = self._sheet.size
        self._advance(size)
        for cell, stop in zip(map(printable, block.cells), block.stops, strict=True):
            width = self._measure(cell, size, block.bold) if stop < 0 else 0.0
            self._put(self._sheet.margin + abs(stop) * self._width - width, cell, size, block.bold)

    def _wrap(self, line: str, size: float, bold: bool) -> list[str]:
        lines, current = [], ""
        for word in line.split():
            longer = f"{current} {word}" if current else word
            if current and self._measure(longer, size, bold) > self._width:
                lines.append(current)
                longer = word
            current = longer
        return [*lines, current] if current else lines
