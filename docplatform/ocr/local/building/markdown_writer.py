"""A document as markdown, as the service writes it.

Belongs here: ``contentFormat`` markdown. Titles and headings with ``#``, tables and figures as HTML, page headers,
footers, numbers and breaks as comments, ☒ and ☐. Paragraphs and lines take their own markup (``## ``, ``<!-- … -->``)
along in their spans; words, cells and captions don't. Source: learn.microsoft.com, "Understanding Document
Intelligence Layout API Markdown Output Format". Doesn't: text (``text_writer``), what must be escaped (``escaping``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from docplatform.documents.vocabulary import ContentFormat, ParagraphRole, TableCellKind
from docplatform.ocr.local.blocks import BarcodeBox, CellBlock, LineBox, PageBlocks, ParagraphBlock, TableBlock
from docplatform.ocr.local.building.content import Extent, Json, has_text
from docplatform.ocr.local.building.escaping import in_comment, in_html, in_markdown
from docplatform.ocr.local.building.figures import PlacedFigure, with_figures
from docplatform.ocr.local.building.lines import Written
from docplatform.ocr.local.building.sections import heading_level
from docplatform.ocr.local.building.writer import Writer

PAGE_BREAK = "<!-- PageBreak -->"

_COMMENTS = {
    ParagraphRole.PAGE_HEADER: "PageHeader",
    ParagraphRole.PAGE_FOOTER: "PageFooter",
    ParagraphRole.PAGE_NUMBER: "PageNumber",
}
_HEADER_KINDS = {TableCellKind.COLUMN_HEADER, TableCellKind.ROW_HEADER, TableCellKind.STUB_HEAD}
_PARAGRAPH = "\n\n"
_APART = "\n\n\n"  # before headings and tables, as the service parts them


class MarkdownWriter(Writer):
    """Writes markdown."""

    content_format = ContentFormat.MARKDOWN
    mark_texts = {True: "☒", False: "☐"}  # noqa: RUF012 - declared as ClassVar by Writer

    _page_start = 0

    def _break_page(self) -> None:
        if self.page_count:
            self._break_line(0)
            self.content.append(f"{PAGE_BREAK}\n\n")
        self._page_start = self.content.offset

    def _part(self, separator: str) -> None:
        """End the line and leave blank ones, unless the page is empty so far; line feeds there already count."""
        if self.content.offset > self._page_start:
            last = self.content.parts[-1]
            self.content.append(separator[len(last) - len(last.rstrip("\n")) :])

    def _barcode_text(self, barcode: BarcodeBox, number: int) -> str:
        kind = in_markdown(barcode.kind, "")
        value = in_comment(barcode.value, "").replace("\\", "\\\\")
        return f'![{kind}](barcodes/{self.page_number}.{number} "{value}")'

    def _set_blocks(self, page: PageBlocks, figures: Sequence[PlacedFigure]) -> None:
        for item in with_figures(page, figures):
            if isinstance(item, PlacedFigure):
                self._set_figure(item)
            elif isinstance(item, TableBlock):
                self._set_table(item)
            else:
                self._set_paragraph(item)
        self.line_writer.escape = None
        if self.line_writer.loose_marks or page.barcodes:
            self._part(_PARAGRAPH)

    def _set_paragraph(self, block: ParagraphBlock) -> None:
        lines = [line for line in block.lines if has_text(line)]
        if not lines:
            return
        comment = _COMMENTS.get(block.role)  # type: ignore[call-overload]
        text = " ".join(word.text for word in lines[0].words)
        level = heading_level(block.role, text)
        self._part("\n" if comment and self.content.ends_with("-->") else _APART if level else _PARAGRAPH)
        if comment:
            self._set_lines(block, lines, in_comment, " ", (f'<!-- {comment}="', '" -->'))
        elif level:
            self._set_lines(block, lines, in_markdown, " ", ("#" * level + " ", ""))
        else:
            self._set_lines(block, lines, in_markdown, "\n", ("", ""))

    def _set_lines(
        self,
        block: ParagraphBlock,
        lines: Sequence[LineBox],
        escape: Callable[[str, str], str],
        separator: str,
        markup: tuple[str, str],
    ) -> None:
        writer, content = self.line_writer, self.content
        writer.escape = escape
        start, mark = content.offset, len(content.parts)
        for number, line in enumerate(lines):
            content.append(separator if number else "")
            prefix = "" if number else markup[0]
            writer.add_line(line, prefix, markup[1] if number == len(lines) - 1 else "")
        self._add_paragraph(block, (start, content.offset), content.since(mark))

    def _set_figure(self, placed: PlacedFigure) -> None:
        self._part(_PARAGRAPH)
        start = self.content.offset
        self.content.append("<figure>\n")
        self._set_caption(placed.figure.caption, "figcaption")
        for member in placed.members:
            self._set_paragraph(member)
        self._break_line(start)
        self.content.append("\n</figure>")
        self._add_figure(placed, (start, self.content.offset))

    def _set_caption(self, caption: ParagraphBlock | None, tag: str) -> None:
        lines = [line for line in caption.lines if has_text(line)] if caption else []
        if caption and lines:
            self.content.append(f"<{tag}>")
            self._set_lines(caption, lines, in_html, "\n", ("", ""))
            self.content.append(f"</{tag}>\n")

    def _set_table(self, table: TableBlock) -> None:
        if not table.cells:
            return
        self._part(_APART)
        start = self.content.offset
        self.content.append("<table>\n")
        self._set_caption(table.caption, "caption")
        grid = _Grid()
        cells = []
        for row, group in groupby(table.cells, key=lambda cell: cell.row):
            self.content.append("<tr>\n</tr>\n" * grid.rows_before(row))
            self.content.append("<tr>\n")
            for cell in group:
                self.content.append("<td></td>\n" * grid.columns_before(cell))
                cells.append(self._set_cell(cell))
            self.content.append("</tr>\n")
        self.content.append("</table>")
        self._add_table(table, cells, (start, self.content.offset))

    def _set_cell(self, cell: CellBlock) -> Json:
        tag = "th" if cell.kind in _HEADER_KINDS else "td"
        rows = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
        columns = f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
        self.content.append(f"<{tag}{rows}{columns}>")
        extent, mark = self._set_cell_text(cell)
        text = self.content.since(mark)
        self.content.append(f"</{tag}>\n")
        return self._cell_entry(cell, Written(extent, None) if text else None, text)

    def _set_cell_text(self, cell: CellBlock) -> tuple[Extent, int]:
        """Write the lines of a cell; its extent, and the number of parts before it."""
        self.line_writer.escape = in_html
        mark = len(self.content.parts)
        start, end = self._add_lines([line for line in cell.lines if has_text(line)])
        if marks := self.line_writer.marks_in(cell):
            self.line_writer.add(marks, " ", is_first=end == start)
        return (start, self.content.offset), mark


class _Grid:
    """Which places of a table are taken, so that cells keep their column in HTML, which counts what is there."""

    def __init__(self) -> None:
        self._row = -1
        self._column = 0
        self._taken: dict[int, int] = {}  # by column: the first row that is free again

    def rows_before(self, row: int) -> int:
        """Start a row; how many rows that other rows' cells reach into must go before it, empty."""
        reach = max(self._taken.values(), default=0)
        missing = max(0, min(row, reach) - self._row - 1) if self._row >= 0 else 0
        self._row, self._column = row, 0
        return missing

    def columns_before(self, cell: CellBlock) -> int:
        """Take a cell's place; how many empty cells must go before it."""
        missing = sum(self._taken.get(column, 0) <= self._row for column in range(self._column, cell.column))
        self._column = max(self._column, cell.column + cell.column_span)
        if cell.row_span > 1:
            for column in range(cell.column, cell.column + cell.column_span):
                self._taken[column] = cell.row + cell.row_span
        return missing
