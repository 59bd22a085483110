"""What the format readers hand to the result builder: pages of blocks, blocks of lines, lines of words.

Belongs here: these plain shapes and the short ways to make them from text. Doesn't: offsets, which only the builder
knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from docplatform.documents.elements import Polygon, QualityGrade

EMBEDDED_FILES = "embeddedFiles"
"""Code of the notice that files lie in the document which weren't read."""


class WordBox(NamedTuple):
    """A word. ``before`` is what stands between it and the word before it on its line.

    A page has hundreds: a tuple is made in a third of the time of a frozen dataclass (0.25 µs against 0.8).
    """

    text: str
    polygon: Polygon | None = None
    confidence: float = 1.0
    before: str = " "


class LineBox(NamedTuple):
    """A line of words."""

    words: Sequence[WordBox]
    polygon: Polygon | None = None


@dataclass(frozen=True, slots=True)
class ParagraphBlock:
    """Lines that belong together; ``role`` as Document Intelligence names it."""

    lines: Sequence[LineBox]
    role: str | None = None


@dataclass(frozen=True, slots=True)
class CellBlock:
    """A table cell; rows and columns count from 0."""

    row: int
    column: int
    lines: Sequence[LineBox]
    row_span: int = 1
    column_span: int = 1
    kind: str | None = None
    polygon: Polygon | None = None


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table, its cells by row and column. ``caption`` also stands in the page's blocks."""

    cells: Sequence[CellBlock]
    polygon: Polygon | None = None
    caption: ParagraphBlock | None = None

    @property
    def row_count(self) -> int:
        """Rows, spans included."""
        return max((cell.row + cell.row_span for cell in self.cells), default=0)

    @property
    def column_count(self) -> int:
        """Columns, spans included."""
        return max((cell.column + cell.column_span for cell in self.cells), default=0)


@dataclass(frozen=True, slots=True)
class MarkBox:
    """A check box or radio button."""

    is_selected: bool
    polygon: Polygon
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class BarcodeBox:
    """A barcode; ``kind`` as Document Intelligence names it (``QRCode``, ``Code128``, ``EAN13``)."""

    kind: str
    value: str
    polygon: Polygon
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class PairBlock:
    """A key and its value: words, or a mark, that also stand in the page's blocks (the same objects)."""

    key: Sequence[WordBox]
    value: Sequence[WordBox] = ()
    mark: MarkBox | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A picture or chart. ``caption`` also stands in the page's blocks."""

    polygon: Polygon
    caption: ParagraphBlock | None = None


Block = ParagraphBlock | TableBlock


@dataclass(frozen=True, slots=True)
class PageQuality:
    """A page's grade and what keeps it from the next one. Measures only where the page was an image with text."""

    grade: QualityGrade
    reasons: Sequence[str] = ()
    """Names of measures, the worst first; empty at EXCELLENT."""
    measures: Mapping[str, float] = field(default_factory=dict)


AS_GIVEN = PageQuality(QualityGrade.EXCELLENT)
"""Text that the file itself holds is as good as text gets."""


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """A page, sheet or slide. Width, height and unit only where the format has geometry."""

    blocks: Sequence[Block] = ()
    width: float | None = None
    height: float | None = None
    unit: str | None = None
    angle: float | None = None
    marks: Sequence[MarkBox] = ()
    barcodes: Sequence[BarcodeBox] = ()
    pairs: Sequence[PairBlock] = ()
    figures: Sequence[FigureBlock] = ()
    quality: PageQuality | None = None
    """None for formats without geometry, and for pages that weren't read."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to warn of; becomes an entry of ``AnalyzeResult.warnings``."""

    code: str
    message: str
    target: str | None = None


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What a format reader found."""

    pages: Sequence[PageBlocks]
    notices: Sequence[Notice] = field(default=())
    file_pages: int | None = None
    """Pages, sheets, slides or frames that the file says it has; None for formats without any."""


@dataclass(slots=True)
class PageStream:
    """A document whose pages are read as they are asked for, once, so that no more than one need be held.

    Their paragraphs have no roles yet: ``layout.document`` tells them when it has seen all pages.
    """

    pages: Iterator[PageBlocks] = field(default_factory=lambda: iter(()))
    """Whoever takes them may meet any error that reading the file has."""
    notices: list[Notice] = field(default_factory=list)
    """Complete once there are no more pages."""
    file_pages: int = 0
    """Known once a page has been asked for."""


def line_of(text: str) -> LineBox:
    """A line without geometry; runs of white space become one space."""
    return LineBox([WordBox(word) for word in text.split()])


def lines_of(text: str) -> list[LineBox]:
    """The lines of a text that hold anything."""
    return [line_of(line) for line in text.splitlines() if line.strip()]


def paragraph_of(text: str, role: str | None = None) -> ParagraphBlock:
    """A paragraph without geometry."""
    return ParagraphBlock(lines_of(text), role)


def table_of(rows: Iterable[Sequence[str]], header_rows: int = 0) -> TableBlock:
    """A table of texts; empty cells keep their place."""
    return TableBlock(
        [
            CellBlock(row, column, lines_of(text), kind="columnHeader" if row < header_rows else None)
            for row, texts in enumerate(rows)
            for column, text in enumerate(texts)
        ]
    )
