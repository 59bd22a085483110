"""The tables of a page: from grids of rules first, then from rules across and from aligned text.

Belongs here: the order of the ways, and words into the cells of grids. Doesn't: grids (``grid``), text without grids
(``text_regions``), rules (``rules``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from docplatform.ocr.local.blocks import LineBox
from docplatform.ocr.local.layout.cells import Cell, table_of
from docplatform.ocr.local.layout.frame import hull, turned
from docplatform.ocr.local.layout.grid import Grid, Slot, grids
from docplatform.ocr.local.layout.pieces import Piece
from docplatform.ocr.local.layout.reading_order import column_parts
from docplatform.ocr.local.layout.rules import Stroke, Strokes, strokes_of
from docplatform.ocr.local.layout.text_columns import Phrase
from docplatform.ocr.local.layout.text_regions import text_tables
from docplatform.ocr.local.layout.text_rows import Group, split_band
from docplatform.ocr.local.layout.tokens import Token, parted, rows_of
from docplatform.ocr.local.page_elements import Rule

_MENDED = 0.3  # heights of text: strokes closer than this are one
_LEAST = 0.5  # heights: of a row or column of a grid
_TOUCHING = 0.5  # heights: how far a stroke may end from another
_MIN_FILLED = 0.25  # share of a grid's cells that hold text, unless a whole row or column does
_MIN_ROW_RULES = 4  # a grid with more has a rule between most rows: a row of it
_MAX_ROW_LINES = 3  # with no more lines than this is one row
_MAX_NUMBERS = 5_000  # pieces: what is more is no page of tables


def with_tables(
    pieces: Sequence[Piece],
    turned_pieces: Sequence[Piece],
    parts: Sequence[Sequence[Piece]],
    rules: Sequence[Rule],
    angle: float,
    unit: str,
) -> tuple[list[Piece], list[Piece]]:
    """Pieces with those that are in tables replaced by a piece per table (``Piece.table``).

    Args:
        pieces: what runs as most text of the page does.
        turned_pieces: what runs otherwise, its boxes in the same frame; it is taken only into cells of grids.
        parts: ``column_parts`` of the pieces.
        rules: in the page's own frame.
        angle: degrees clockwise by which the page's text is turned.
        unit: of the page.

    Returns:
        Pieces of the first kind, tables among them, and what is left of the second.
    """
    if not pieces or len(pieces) > _MAX_NUMBERS:
        return list(pieces), list(turned_pieces)
    height = median(piece.height for piece in pieces)
    strokes = strokes_of((_upright(rule, angle) for rule in rules), _MENDED * height)
    page = _Page(pieces, turned_pieces, height, angle, None if unit == "pixel" else 4)
    for grid in grids(strokes, _LEAST * height, _TOUCHING * height):
        page.take_grid(grid)
    level = _outside(strokes, [table.box for table in page.tables])
    for part in column_parts(page.pieces) if page.tables else parts:  # columns of prose are no columns of a table
        for region in text_tables(part, level, height, angle):
            page.take(region.cells, region.pieces)
    return [*page.pieces, *page.tables], page.others


def _upright(rule: Rule, angle: float) -> Rule:
    return Rule(*turned(rule, -angle)) if angle else rule


def _outside(strokes: Strokes, boxes: Sequence[tuple[float, float, float, float]]) -> list[Stroke]:
    """Level strokes that aren't part of a table."""
    return [
        stroke
        for stroke in strokes.level
        if not any(
            top <= stroke.at <= bottom and left <= (stroke.start + stroke.end) / 2 <= right
            for left, top, right, bottom in boxes
        )
    ]


class _Page:
    """What is on a page and in no table yet, and the tables so far."""

    def __init__(
        self, pieces: Sequence[Piece], others: Sequence[Piece], height: float, angle: float, digits: int | None
    ) -> None:
        self.pieces, self.others = list(pieces), list(others)
        self.tables: list[Piece] = []
        self._height, self._angle, self._digits = height, angle, digits

    def take(self, cells: Sequence[Cell], pieces: Sequence[Piece]) -> None:
        """Make a table of cells, which hold the words of the pieces."""
        taken = set(map(id, pieces))
        self.pieces = [piece for piece in self.pieces if id(piece) not in taken]
        self._add(cells)

    def _add(self, cells: Sequence[Cell]) -> None:
        table = table_of(cells, self._angle, self._digits)
        self.tables.append(Piece(LineBox(()), hull([cell.box for cell in cells]), table))

    def take_grid(self, grid: Grid) -> None:
        """Make a table of a grid and the words in its cells, if there are enough."""
        places = _Places(grid)
        tokens: dict[int, list[Token]] = {}
        pieces = list(self._pieces_outside(places, tokens))
        others = list(self._others_outside(places, tokens))
        if not _is_filled(grid, set(tokens)):
            return
        self.pieces, self.others = pieces, others
        self._add(_cells(grid, tokens, self._height))

    def _pieces_outside(self, places: _Places, inside: dict[int, list[Token]]) -> Iterator[Piece]:
        """The pieces, or parts of them, outside of a grid. Fills the tokens in each of its slots."""
        left, top, right, bottom = places.box
        for piece in self.pieces:
            box = piece.box
            if box[0] >= right or box[2] <= left or not top < (box[1] + box[3]) / 2 < bottom:
                yield piece
                continue
            for place, tokens, part in parted(piece, self._angle, self._digits, places.of):
                if place is None:
                    yield part
                else:
                    inside.setdefault(place, []).extend(tokens)

    def _others_outside(self, places: _Places, inside: dict[int, list[Token]]) -> Iterator[Piece]:
        """Lines that run otherwise stay whole."""
        for piece in self.others:
            token = Token(tuple(piece.line.words), piece.box, piece.line)
            place = places.of(token)
            if place is None:
                yield piece
            else:
                inside.setdefault(place, []).append(token)


class _Places:
    """Tells in which slot of a grid a token stands."""

    def __init__(self, grid: Grid) -> None:
        self.box = grid.box
        self._xs, self._ys = grid.xs, grid.ys
        self._numbers = {
            (row, column): number
            for number, slot in enumerate(grid.slots)
            for row in range(slot.row, slot.row + slot.row_span)
            for column in range(slot.column, slot.column + slot.column_span)
        }

    def of(self, token: Token) -> int | None:
        """The slot's number; None outside."""
        return self._numbers.get((bisect_right(self._ys, token.middle) - 1, bisect_right(self._xs, token.center) - 1))


def _is_filled(grid: Grid, filled: set[int]) -> bool:
    """Whether it is a table with text, and not a chart, a box or a grid to draw in."""
    slots = [slot for number, slot in enumerate(grid.slots) if number in filled]
    if len(slots) < 2 or len({slot.column for slot in grid.slots}) < 2 or len({s.row for s in grid.slots}) < 2:
        return False
    if len(slots) >= _MIN_FILLED * len(grid.slots):
        return True
    has_head = sum(slot.column_span for slot in slots if slot.row == 0) == len(grid.xs) - 1
    return has_head or sum(slot.row_span for slot in slots if slot.column == 0) == len(grid.ys) - 1


def _cells(grid: Grid, tokens: dict[int, list[Token]], height: float) -> list[Cell]:
    """The cells of a grid; a row without rules in it becomes several where its text shows that."""
    cells: list[Cell] = []
    shift = 0
    spanned = {row for s in grid.slots for row in range(s.row, s.row + s.row_span) if s.row_span > 1}
    for row in range(len(grid.ys) - 1):
        slots = [(slot, tokens.get(number, [])) for number, slot in enumerate(grid.slots) if slot.row == row]
        parts = [slots] if row in spanned else _split(slots, grid, height)
        for number, part in enumerate(parts):
            cells += [
                Cell(row + shift + number, slot.column, slot.row_span, slot.column_span, slot.box, found)
                for slot, found in part
            ]
        shift += len(parts) - 1
    return cells


_Filled = list[tuple[Slot, list[Token]]]


def _split(slots: _Filled, grid: Grid, height: float) -> list[_Filled]:
    """The rows within one row of a grid."""
    owners = {id(token): number for number, (_, tokens) in enumerate(slots) for token in tokens}
    rows = rows_of(token for _, tokens in slots for token in tokens)
    lines = []
    for row in rows:
        by_slot: dict[int, list[Token]] = {}
        for token in row:
            by_slot.setdefault(owners[id(token)], []).append(token)
        lines.append(
            [Phrase(slots[n][0].column, slots[n][0].column_span, found) for n, found in sorted(by_slot.items())]
        )
    is_row = len(grid.ys) > _MIN_ROW_RULES and len(lines) <= _MAX_ROW_LINES
    groups: list[Group] = [] if is_row or len(lines) < 2 else split_band(lines, len(grid.xs) - 1, height)
    if len(groups) < 2:
        return [slots]
    edges = [min(t.box[1] for phrase in lines[group[0]] for t in phrase.tokens) for group in groups[1:]]
    ys = [slots[0][0].box[1], *edges, slots[0][0].box[3]]
    parts: list[_Filled] = []
    for number, group in enumerate(groups):
        within = {id(token) for line in group for phrase in lines[line] for token in phrase.tokens}
        parts.append(
            [
                (
                    replace(slot, box=(slot.box[0], ys[number], slot.box[2], ys[number + 1])),
                    [token for token in tokens if id(token) in within],
                )
                for slot, tokens in slots
            ]
        )
    return parts
