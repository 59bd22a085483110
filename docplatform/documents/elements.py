"""The elements of an ``AnalyzeResult``: pages, words, lines, tables and what is found on them.

Belongs here: the shapes of Document Intelligence 2024-11-30's layout elements, and the one that docplatform adds, a
page's quality. Doesn't: the typed fields of extracted documents (``fields``), the result as a whole
(``analyze_result``), making elements from a file (``ocr``).

Attributes are snake_case, JSON keys camelCase. Models are frozen and sequences are tuples; ``model_copy(update=…)``
makes a changed one. Keys that aren't modelled survive a round trip. Values the service may extend (roles, kinds,
units) are plain strings. A polygon is a flat tuple ``x1, y1, x2, y2, …`` clockwise from the top left corner as one
reads, in the page's unit: ``pixel`` for images, ``inch`` for PDF.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Number: TypeAlias = int | float
"""A JSON number. An ``11`` stays ``11`` through a round trip, it doesn't become ``11.0``."""
Polygon: TypeAlias = tuple[Number, ...]


class Element(BaseModel):
    """Base of everything in a result."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)


class Span(Element):
    """A range of ``AnalyzeResult.content``, counted as its ``string_index_type`` says."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """Offset behind the last unit."""
        return self.offset + self.length


class BoundingRegion(Element):
    """Where on which page something is."""

    page_number: int
    polygon: Polygon


class Word(Element):
    """A word. ``polygon`` is absent where the format has no geometry (plain text, Office)."""

    content: str
    polygon: Polygon | None = None
    span: Span
    confidence: Number
    """0 to 1; 1 where the text was given and not recognised."""


class Line(Element):
    """A line of words as it is read."""

    content: str
    polygon: Polygon | None = None
    spans: tuple[Span, ...]


class SelectionMark(Element):
    """A check box or radio button; ``state`` is ``selected`` or ``unselected``."""

    state: str
    polygon: Polygon | None = None
    span: Span
    confidence: Number


class Barcode(Element):
    """A barcode; ``kind`` is one of the service's names (``QRCode``, ``Code128``, ``EAN13``, …)."""

    kind: str
    value: str
    polygon: Polygon | None = None
    span: Span
    confidence: Number


class Formula(Element):
    """A formula in LaTeX; ``kind`` is ``inline`` or ``display``."""

    kind: str
    value: str
    polygon: Polygon | None = None
    span: Span
    confidence: Number


class QualityGrade(StrEnum):
    """How well a page can be read, from worst to best."""

    POOR = "POOR"
    FAIR = "FAIR"
    GOOD = "GOOD"
    EXCELLENT = "EXCELLENT"


class PageQuality(Element):
    """A page's grade and what keeps it from the next one. The service has no such thing."""

    grade: QualityGrade
    reasons: tuple[str, ...] = ()
    """Names of measures, the worst first."""
    measures: dict[str, Number] | None = None
    """Only where the page was an image with text."""


class Page(Element):
    """A page, sheet or slide. ``page_number`` counts from 1."""

    page_number: int
    angle: Number | None = None
    """Clockwise turn of the text, degrees in (-180, 180]."""
    width: Number | None = None
    height: Number | None = None
    unit: str | None = None
    """``pixel`` or ``inch``."""
    spans: tuple[Span, ...]
    words: tuple[Word, ...] = ()
    selection_marks: tuple[SelectionMark, ...] = ()
    lines: tuple[Line, ...] = ()
    barcodes: tuple[Barcode, ...] = ()
    formulas: tuple[Formula, ...] = ()
    quality: PageQuality | None = None
    """None for formats without geometry, pages that weren't read, and results of the service."""


class Paragraph(Element):
    """A paragraph. ``role``: ``pageHeader``, ``pageFooter``, ``pageNumber``, ``title``, ``sectionHeading``, …."""

    role: str | None = None
    content: str
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]


class Caption(Element):
    """The caption of a table or figure."""

    content: str
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]
    elements: tuple[str, ...] = ()


class Footnote(Caption):
    """A footnote of a table or figure."""


class TableCell(Element):
    """A cell; rows and columns count from 0. ``kind``: ``content``, ``rowHeader``, ``columnHeader``, …."""

    kind: str | None = None
    row_index: int
    column_index: int
    row_span: int = 1
    column_span: int = 1
    content: str
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]
    elements: tuple[str, ...] = ()


class Table(Element):
    """A table."""

    row_count: int
    column_count: int
    cells: tuple[TableCell, ...]
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]
    caption: Caption | None = None
    footnotes: tuple[Footnote, ...] = ()


class Figure(Element):
    """A picture or chart; ``elements`` point at what is in it (``/paragraphs/3``)."""

    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]
    elements: tuple[str, ...] = ()
    caption: Caption | None = None
    footnotes: tuple[Footnote, ...] = ()
    id: str | None = None


class Section(Element):
    """A section; ``elements`` point at its paragraphs, tables, figures and sub-sections."""

    spans: tuple[Span, ...]
    elements: tuple[str, ...] = ()


class KeyValueElement(Element):
    """The key or the value of a pair."""

    content: str
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]


class KeyValuePair(Element):
    """A key with its value, if it has one."""

    key: KeyValueElement
    value: KeyValueElement | None = None
    confidence: Number


class Style(Element):
    """How some spans look."""

    is_handwritten: bool | None = None
    similar_font_family: str | None = None
    font_style: str | None = None
    font_weight: str | None = None
    color: str | None = None
    background_color: str | None = None
    spans: tuple[Span, ...]
    confidence: Number


class Language(Element):
    """The language of some spans, as a BCP 47 tag or ISO 639-1 code."""

    locale: str
    spans: tuple[Span, ...]
    confidence: Number
