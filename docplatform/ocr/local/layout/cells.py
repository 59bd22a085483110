"""Cells to a ``TableBlock``: lines within cells, polygons on the page, which rows are the head.

Belongs here: the last step for every way tables are found. Doesn't: finding them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from docplatform.ocr.local.blocks import CellBlock, LineBox, TableBlock
from docplatform.ocr.local.layout.frame import hull, polygon_of
from docplatform.ocr.local.layout.numbers import are_figures, is_figure, is_placeholder
from docplatform.ocr.local.layout.pieces import Box
from docplatform.ocr.local.layout.tokens import Token, line_of, rows_of

_MAX_HEAD_ROWS = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell in the frame in which text is upright; rows and columns count from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box
    tokens: Sequence[Token]

    @property
    def text(self) -> str:
        """What it says, without order of lines."""
        return " ".join(token.text for token in self.tokens)


def table_of(cells: Sequence[Cell], angle: float, digits: int | None) -> TableBlock:
    """The block of cells that fill a rectangle, in row order. ``digits``: what polygons are rounded to."""
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column))
    head = _head_rows(ordered)
    blocks = [
        CellBlock(
            cell.row,
            cell.column,
            list(_lines(cell, angle, digits)),
            cell.row_span,
            cell.column_span,
            "columnHeader" if cell.row < head else None,
            polygon_of(cell.box, angle, digits),
        )
        for cell in ordered
    ]
    return TableBlock(blocks, polygon_of(hull([cell.box for cell in cells]), angle, digits))


def _lines(cell: Cell, angle: float, digits: int | None) -> Iterator[LineBox]:
    """The lines of a cell: those that run as the page does from the top down, then turned ones."""
    for row in rows_of(token for token in cell.tokens if token.line is None):
        yield line_of(row, angle, digits)
    yield from (token.line for token in cell.tokens if token.line is not None)


def _head_rows(cells: Sequence[Cell]) -> int:
    """How many rows at the top are headings: without figures, above rows with a column of figures.

    More than one only where a heading spans several columns, or several rows.
    """
    count = 0
    by_row = {row: list(group) for row, group in groupby(cells, key=lambda cell: cell.row)}
    while count < min(_MAX_HEAD_ROWS, len(by_row)):
        row = by_row.get(count, [])
        said = [cell for cell in row if not is_placeholder(cell.text)]
        if not said or any(is_figure(cell.text) for cell in said):
            break
        count += 1
        if all(cell.column_span == 1 for cell in row) and all(cell.row_span <= 1 for cell in row):
            break
    below = [cell for cell in cells if cell.row >= count]
    columns = {cell.column for cell in below}
    has_figures = any(
        are_figures([cell.text for cell in below if cell.column == column], least=1) for column in columns
    )
    return count if has_figures else 0
