"""``Writer``: what the text and the markdown of a document have in common.

Belongs here: pages, paragraphs, tables, figures, pairs and barcodes as entries of the result. Doesn't: words and lines
(``lines``), how blocks are set in a content format (``text_writer``, ``markdown_writer``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic_core import to_json

from docplatform.documents.stored_json import StoredJson
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local.blocks import (
    BarcodeBox,
    CellBlock,
    LineBox,
    PageBlocks,
    PageQuality,
    ParagraphBlock,
    TableBlock,
)
from docplatform.ocr.local.building.content import Content, Extent, Json, hull, span, with_regions
from docplatform.ocr.local.building.entries import MOST_DICTS, Entries, Paragraphs
from docplatform.ocr.local.building.figures import PlacedFigure, placed_figures
from docplatform.ocr.local.building.lines import LineWriter, Written
from docplatform.ocr.local.building.pairs import pair_entry
from docplatform.ocr.local.building.sections import FURNITURE, Leaf, heading_level

_CELLS = "cells"


class Writer(ABC):
    """Makes content and entries of pages, one after the other."""

    content_format: ClassVar[ContentFormat]
    mark_texts: ClassVar[Mapping[bool, str]]
    """What stands for a selection mark that is selected, and for one that isn't."""

    def __init__(self, most_plain: int) -> None:
        self.content = Content()
        self.line_writer = LineWriter(self.content, self.mark_texts, most_plain)
        self.page_count = 0
        self.pages = StoredJson()
        """The JSON of the pages, with commas between them."""
        self.has_text = False
        """Whether anything was read: words, marks or barcodes."""
        self.has_content = False
        """Whether any page has a span."""
        self.paragraphs = Paragraphs()
        self.tables = Entries()
        self.figures = Entries()
        self.pairs = Entries()
        self.leaves: list[Leaf] = []
        self._most_plain = most_plain
        self._plain_cells = 0
        self._page_figures = 0
        self._aside: set[int] = set()  # captions and paragraphs in figures, by id: they belong to no section
        self._set: dict[int, int] = {}  # numbers of the page's paragraphs by id of their block

    @abstractmethod
    def _break_page(self) -> None:
        """Part a page from the one before it."""

    @abstractmethod
    def _set_blocks(self, page: PageBlocks, figures: Sequence[PlacedFigure]) -> None:
        """Write the blocks of a page, and its figures."""

    @abstractmethod
    def _barcode_text(self, barcode: BarcodeBox, number: int) -> str:
        """What stands for the page's ``number``th barcode."""

    @property
    def page_number(self) -> int:
        """Of the page that is being written, from 1."""
        return self.page_count + 1

    def add_page(self, page: PageBlocks) -> None:
        """Write a page."""
        lines = self.line_writer
        lines.start_page(page)
        self._set, self._aside, self._page_figures = {}, set(), 0
        self._break_page()
        start, mark = self.content.offset, len(self.content.parts)
        figures = placed_figures(page) if page.figures else []
        self._aside = _aside(page, figures)
        self._set_blocks(page, figures)
        for loose in lines.loose_marks:
            self._break_line(start)
            lines.add([loose], "", is_first=True)
        barcodes = [self._add_barcode(barcode, start, number) for number, barcode in enumerate(page.barcodes, 1)]
        if page.pairs:
            self._add_pairs(page, self.content.since(mark), start)
        self.add_page_entry(page, start, barcodes)

    def add_page_entry(self, page: PageBlocks, start: int, barcodes: Sequence[Json] = ()) -> None:
        """List the page that is written from ``start`` on."""
        lines, end = self.line_writer, self.content.offset
        geometry = {"angle": page.angle, "width": page.width, "height": page.height, "unit": page.unit}
        head: Json = {"pageNumber": self.page_number}
        head.update({name: value for name, value in geometry.items() if value is not None})
        head["spans"] = [span((start, end))] if end > start else []
        self.has_text |= bool(lines.words or lines.marks or barcodes)
        self.has_content |= end > start
        rest: Json = {}
        if lines.marks:
            rest["selectionMarks"] = lines.marks
        if barcodes:
            rest["barcodes"] = barcodes
        if page.quality:
            rest["quality"] = _quality_entry(page.quality)
        self._write_page(head, rest)
        self.page_count += 1
        self.content.end_page()
        self.paragraphs.put_down()

    def _write_page(self, head: Json, rest: Json) -> None:
        """Write the JSON of a page: ``head``, its words and lines, ``rest``."""
        pages = self.pages
        pages.write((b"," if self.page_count else b"") + to_json(head)[:-1])
        for name, chunks in ((b"words", self.line_writer.words.chunks()), (b"lines", self.line_writer.lines.chunks())):
            pages.write(b',"' + name + b'":')
            for chunk in chunks:
                pages.write(chunk)
        pages.write(b"," + to_json(rest)[1:] if rest else b"}")

    def give_roles(self, roles: Mapping[int, str]) -> None:
        """Give paragraphs, by number, roles that they hadn't when they were written. Changes no content."""
        content, numbers = self.content.text, {f"/paragraphs/{number}": number for number in roles}
        for number, role in roles.items():
            self.paragraphs.give_role(number, role)
        for place, leaf in enumerate(self.leaves):
            number = numbers.get(leaf.pointer or "", -1)
            if number >= 0:
                level = heading_level(roles[number], content[slice(*leaf.extent)])
                self.leaves[place] = Leaf(_pointer(number, roles[number]), leaf.extent, level)

    def numbers_of(self, page: PageBlocks) -> list[int]:
        """The paragraphs that the blocks of the page written last are, -1 for those that are none."""
        return [self._set.get(id(block), -1) for block in page.blocks]

    def _break_line(self, since: int) -> None:
        """Start a new line, unless nothing was written since ``since`` or the line has just been broken."""
        if self.content.offset > since and not self.content.ends_with("\n"):
            self.content.append("\n")

    def _add_lines(self, lines: Sequence[LineBox]) -> Extent:
        start = self.content.offset
        for line in lines:
            self._break_line(start)
            self.line_writer.add_line(line)
        return start, self.content.offset

    def _add_paragraph(self, block: ParagraphBlock, extent: Extent, text: str) -> None:
        """List a paragraph that is written: ``text`` is what stands at ``extent``."""
        if not text:
            return
        entry: Json = {"spans": [span(extent)], "content": text}
        if block.role:
            entry["role"] = block.role
        number = self._list_paragraph(entry, extent, hull([line.polygon for line in block.lines]))
        self._set[id(block)] = number
        if id(block) not in self._aside:
            level = heading_level(block.role, text) if block.role else 0
            self.leaves.append(Leaf(_pointer(number, block.role), extent, level))

    def _list_paragraph(self, entry: Json, extent: Extent, polygon: Sequence[float] | None) -> int:
        if not self._aside:  # no figure or table of the page will ask for its caption or members
            self.paragraphs.put_down(least=MOST_DICTS)
        return self.paragraphs.append(with_regions(entry, self.page_number, polygon), extent)

    def _cell_entry(self, cell: CellBlock, written: Written | None, text: str) -> Json:
        """The JSON of a cell, whose text is a paragraph too."""
        entry: Json = {"kind": cell.kind} if cell.kind else {}
        entry |= {"rowIndex": cell.row, "columnIndex": cell.column}
        if cell.row_span > 1:
            entry["rowSpan"] = cell.row_span
        if cell.column_span > 1:
            entry["columnSpan"] = cell.column_span
        polygon = cell.polygon or hull([line.polygon for line in cell.lines])
        spans = [span(written.extent)] if written else []
        entry |= {"content": text, "spans": spans}
        with_regions(entry, self.page_number, polygon)
        if written and self._is_cell_listed(polygon):
            number = self._list_paragraph({"spans": spans, "content": text}, written.extent, polygon)
            entry["elements"] = [f"/paragraphs/{number}"]
        return entry

    def _is_cell_listed(self, polygon: Sequence[float] | None) -> bool:
        """False for the text of a cell without geometry where too many like it are paragraphs already."""
        self._plain_cells += not polygon
        return bool(polygon) or self._plain_cells <= self._most_plain

    def _add_table(self, table: TableBlock, cells: Sequence[Json], extent: Extent) -> None:
        """List a table that is written."""
        if not cells:
            return
        entry: Json = {"rowCount": table.row_count, "columnCount": table.column_count, "cells": cells}
        entry["spans"] = [span(extent)] if extent[1] > extent[0] else []
        polygon = table.polygon or hull([line.polygon for cell in table.cells for line in cell.lines])
        self._add_caption(entry, table.caption, polygon)
        self.leaves.append(Leaf(f"/tables/{len(self.tables)}", extent))
        self.tables.append(entry)

    def _add_figure(self, placed: PlacedFigure, extent: Extent | None) -> None:
        """List a figure: ``extent`` is its markup's; None where only what is in it is in the content."""
        inside = [*placed.members, *([placed.figure.caption] if placed.figure.caption else [])]
        numbers = sorted(self._set[id(block)] for block in inside if id(block) in self._set)
        spans = [span(extent)] if extent else [self.paragraphs[number]["spans"][0] for number in numbers]
        self._page_figures += 1
        entry: Json = {"id": f"{self.page_number}.{self._page_figures}", "spans": spans}
        if numbers:
            entry["elements"] = [f"/paragraphs/{number}" for number in numbers]
        self._add_caption(entry, placed.figure.caption, placed.figure.polygon)
        start = spans[0]["offset"] if spans else self.content.offset
        end = spans[-1]["offset"] + spans[-1]["length"] if spans else start
        self.leaves.append(Leaf(f"/figures/{len(self.figures)}", (start, end)))
        self.figures.append(entry)

    def _add_caption(self, entry: Json, caption: ParagraphBlock | None, polygon: Sequence[float] | None) -> None:
        """Give a table or figure its caption and regions; the caption's is one of them, as in the service's results."""
        number = self._set.get(id(caption)) if caption else None
        if number is None:
            with_regions(entry, self.page_number, polygon)
            return
        paragraph = self.paragraphs[number]
        regions = paragraph.get("boundingRegions", [])
        with_regions(entry, self.page_number, polygon, *[region["polygon"] for region in regions])
        entry["caption"] = {key: value for key, value in paragraph.items() if key != "role"} | {
            "elements": [f"/paragraphs/{number}"]
        }

    def _add_barcode(self, barcode: BarcodeBox, since: int, number: int) -> Json:
        self._break_line(since)
        start = self.content.offset
        self.content.append(self._barcode_text(barcode, number))
        return {
            "kind": barcode.kind,
            "value": barcode.value,
            "polygon": barcode.polygon,
            "span": span((start, self.content.offset)),
            "confidence": barcode.confidence,
        }

    def _add_pairs(self, page: PageBlocks, text: str, start: int) -> None:
        for pair in page.pairs:
            entry = pair_entry(pair, self.line_writer.places or {}, text, start, self.page_number)
            if entry is not None:
                self.pairs.append(entry)


def _pointer(number: int, role: str | None) -> str | None:
    """What sections call a paragraph; None for what belongs to the page and no section."""
    return None if role in FURNITURE else f"/paragraphs/{number}"


def _quality_entry(quality: PageQuality) -> Json:
    """A page's grade: a key of ours, which Document Intelligence's pages haven't."""
    entry: Json = {"grade": quality.grade.value, "reasons": list(quality.reasons)}
    return entry | ({"measures": dict(quality.measures)} if quality.measures else {})


def _aside(page: PageBlocks, figures: Sequence[PlacedFigure]) -> set[int]:
    tables = [block for block in page.blocks if isinstance(block, TableBlock) and block.cells]
    aside = {id(table.caption) for table in tables if table.caption}
    for placed in figures:
        aside |= {id(block) for block in placed.members} | {id(placed.figure.caption)}
    return aside
