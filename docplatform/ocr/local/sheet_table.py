"""The cells of a sheet as a table, however many there are.

Belongs here: keeping a sheet of millions of cells within a worker's memory. Doesn't: reading cells from any format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from docplatform.ocr.local.blocks import (
    Block,
    CellBlock,
    LineBox,
    Notice,
    ParagraphBlock,
    TableBlock,
    line_of,
    lines_of,
)

MAX_TABLE_CELLS = 100_000
"""Cells of one document that are listed one by one: each costs 3 KB in the result. Further rows are lines of text."""
CELLS_OMITTED = "cellsOmitted"
_PARAGRAPH_ROWS = 1_000


class CellBudget:
    """How many cells may still be listed, over all sheets of a document."""

    def __init__(self) -> None:
        self.remaining = MAX_TABLE_CELLS
        self._omitted = 0

    def allows(self, count: int) -> bool:
        """Take ``count`` cells off the budget; once one row is refused, all further ones are."""
        if count > self.remaining:
            self.remaining = 0
            self._omitted += count
            return False
        self.remaining -= count
        return True

    def notices(self) -> list[Notice]:
        """What to warn of."""
        if not self._omitted:
            return []
        message = (
            f"{self._omitted} cells beyond the first {MAX_TABLE_CELLS} are no cells of a table; content holds them."
        )
        return [Notice(CELLS_OMITTED, message)]


class SheetTable:
    """Takes the rows of one sheet, in order."""

    def __init__(self, budget: CellBudget) -> None:
        self._budget = budget
        self._cells: list[tuple[int, int, str]] = []
        self._lines: list[str] = []

    def add_row(self, row: int, cells: Sequence[tuple[int, str]]) -> None:
        """A row's cells that hold anything: columns and texts."""
        if self._budget.allows(len(cells)):
            self._cells += [(row, column, text) for column, text in cells]
        elif cells:
            self._lines.append("\t".join(" ".join(text.split()) for _, text in cells))

    def blocks(self) -> list[Block]:
        """The table, counted from the first used row and column, and the rows beyond the budget as paragraphs."""
        blocks: list[Block] = []
        if self._cells:
            top, left = self._cells[0][0], min(column for _, column, _ in self._cells)
            blocks.append(
                TableBlock([CellBlock(row - top, column - left, lines_of(text)) for row, column, text in self._cells])
            )
        starts = range(0, len(self._lines), _PARAGRAPH_ROWS)
        rows = (self._lines[start : start + _PARAGRAPH_ROWS] for start in starts)
        return [*blocks, *(ParagraphBlock(_RowLines(texts)) for texts in rows)]


class _RowLines(Sequence[LineBox]):
    """Lines made of their text when they are asked for: a hundred times smaller than their words."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> LineBox: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[LineBox]: ...
    def __getitem__(self, index: int | slice) -> LineBox | Sequence[LineBox]:
        if isinstance(index, slice):
            return _RowLines(self._texts[index])
        return line_of(self._texts[index])
