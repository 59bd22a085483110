"""A document as text.

Belongs here: ``contentFormat`` text. Lines end with a line feed; in a table a row is one line with tabs between its
cells, unless a cell has several lines: then every cell has its own lines. Doesn't: markdown (``markdown_writer``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local.blocks import BarcodeBox, CellBlock, PageBlocks, TableBlock
from docplatform.ocr.local.building.content import Json, hull
from docplatform.ocr.local.building.figures import PlacedFigure
from docplatform.ocr.local.building.lines import Written
from docplatform.ocr.local.building.writer import Writer

BARCODE = ":barcode:"
"""What stands for a barcode in text, in the service's results too."""


class TextWriter(Writer):
    """Writes text."""

    content_format = ContentFormat.TEXT
    mark_texts = {True: ":selected:", False: ":unselected:"}  # noqa: RUF012 - declared as ClassVar by Writer

    def _break_page(self) -> None:
        self._break_line(0)

    def _barcode_text(self, _barcode: BarcodeBox, _number: int) -> str:
        return BARCODE

    def _set_blocks(self, page: PageBlocks, figures: Sequence[PlacedFigure]) -> None:
        start = self.content.offset
        for block in page.blocks:
            self._break_line(start)
            if isinstance(block, TableBlock):
                self._set_table(block)
            else:
                mark = len(self.content.parts)
                extent = self._add_lines(block.lines)
                self._add_paragraph(block, extent, self.content.since(mark))
        for figure in figures:
            self._add_figure(figure, None)

    def _set_table(self, table: TableBlock) -> None:
        start = self.content.offset
        cells: list[Json] = []
        for _, group in groupby(table.cells, key=lambda cell: cell.row):
            self._break_line(start)
            row = list(group)
            is_tall = any(len(cell.lines) > 1 for cell in row)
            cells += [self._set_tall_cell(cell) for cell in row] if is_tall else self._set_row(row)
        self._add_table(table, cells, (start, self.content.offset))

    def _set_row(self, row: Sequence[CellBlock]) -> list[Json]:
        lines, content = self.line_writer, self.content
        begin, mark = content.offset, len(content.parts)
        extents: list[Written | None] = []
        for cell in row:
            items = lines.items(cell.lines[0]) if cell.lines else ()
            extents.append(lines.add(items or lines.marks_in(cell), "\t", is_first=content.offset == begin))
        text = content.since(mark)
        words = [written.words for written in extents if written and written.words]
        if words:
            start, end = words[0][0], words[-1][1]
            polygon = hull([line.polygon for cell in row for line in cell.lines])
            lines.add_line_entry(text[start - begin : end - begin], start, polygon)
        return [
            self._cell_entry(cell, written, _part(text, written, begin))
            for cell, written in zip(row, extents, strict=True)
        ]

    def _set_tall_cell(self, cell: CellBlock) -> Json:
        content = self.content
        if not content.ends_with("\n"):
            content.append("\n")
        start, mark = content.offset, len(content.parts)
        self._add_lines(cell.lines)
        if loose := self.line_writer.marks_in(cell):
            self.line_writer.add(loose, "", is_first=content.offset == start)
        written = Written((start, content.offset), None) if content.offset > start else None
        return self._cell_entry(cell, written, content.since(mark))


def _part(text: str, written: Written | None, begin: int) -> str:
    return text[written.extent[0] - begin : written.extent[1] - begin] if written else ""
