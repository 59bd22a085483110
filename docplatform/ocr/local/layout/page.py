"""One page: from its elements to blocks.

Belongs here: the order of the steps. Doesn't: the steps themselves, each of which has a module beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from docplatform.ocr.local.blocks import Block, LineBox, MarkBox, PageBlocks, PairBlock, WordBox
from docplatform.ocr.local.layout.figures import page_figures
from docplatform.ocr.local.layout.frame import bounds, turned
from docplatform.ocr.local.layout.marks import mark_pairs, page_marks
from docplatform.ocr.local.layout.pairs import boxed_pairs, find_pairs
from docplatform.ocr.local.layout.paragraphs import paragraphs
from docplatform.ocr.local.layout.pieces import Box, Piece, mirrored, runs_left
from docplatform.ocr.local.layout.reading_order import (
    column_parts,
    consecutive_rows,
    in_reading_order,
    ordered_parts,
)
from docplatform.ocr.local.layout.tables import with_tables
from docplatform.ocr.local.page_elements import PageElements

_MAX_REVERSE = 0.25


def arrange(elements: PageElements) -> PageBlocks:
    """The page's blocks in reading order: what runs as most text does first, then other directions."""
    upright, others = _by_direction(elements)
    parts = column_parts(upright)
    pieces, others = with_tables(
        upright, others, parts, elements.rules, elements.direction + elements.skew, elements.unit
    )
    ordered: list[Piece] = []
    pairs: list[PairBlock] = []
    marks: Sequence[MarkBox] = elements.marks
    for direction, group in [(elements.direction, pieces), *_other_directions(others, elements.skew)]:
        is_leftward = runs_left(group)
        box_of = _box_of(direction + elements.skew, is_leftward=is_leftward)
        has_tables = any(piece.table for piece in group)
        is_known = group is pieces and not is_leftward  # its parts are those of the upright pieces
        in_order = ordered_parts(parts) if is_known and not has_tables else _in_order(group, is_leftward=is_leftward)
        ordered += in_order
        if has_tables:  # labels and values side by side look like a table
            in_order = _in_order(upright, is_leftward=True) if is_leftward else ordered_parts(parts)
        rows = consecutive_rows(in_order)
        if direction == elements.direction:
            marks = page_marks(in_order, elements.rules if elements.angle == 0 else (), marks, box_of)
            pairs += mark_pairs(rows, marks, box_of)
        boxed = (
            list(boxed_pairs(piece.table for piece in ordered if piece.table))
            if direction == elements.direction
            else []
        )
        pairs += [*boxed, *_apart(find_pairs(rows, box_of), boxed)]
    blocks = list(_blocks(ordered))
    return PageBlocks(
        blocks,
        elements.width,
        elements.height,
        elements.unit,
        elements.angle,
        marks,
        elements.barcodes,
        pairs=pairs,
        figures=page_figures(elements.pictures, blocks),
        quality=elements.quality,
    )


def _in_order(pieces: Sequence[Piece], *, is_leftward: bool) -> list[Piece]:
    return in_reading_order(mirrored(pieces) if is_leftward else pieces)


def _apart(pairs: Sequence[PairBlock], others: Sequence[PairBlock]) -> list[PairBlock]:
    """The pairs none of whose words is in another pair."""
    taken = {id(word) for pair in others for word in (*pair.key, *pair.value)}
    return [pair for pair in pairs if not any(id(word) in taken for word in (*pair.key, *pair.value))]


def _box_of(angle: float, *, is_leftward: bool) -> Callable[[WordBox | MarkBox], Box]:
    """How to find the bounds of a word in the frame in which text turned by ``angle`` is arranged."""

    def box_of(word: WordBox | MarkBox) -> Box:
        left, top, right, bottom = bounds(turned(word.polygon or (0.0,) * 8, -angle))
        return (-right, top, -left, bottom) if is_leftward else (left, top, right, bottom)

    return box_of


def _by_direction(elements: PageElements) -> tuple[list[Piece], list[Piece]]:
    """The lines that run in the page's direction, and the others, both in the frame in which the first are upright.

    A few lines the other way round are among the first: on scans they are lines whose direction was mistaken.
    """
    upright: list[Piece] = []
    reverse: list[Piece] = []
    others: list[Piece] = []
    angle = elements.direction + elements.skew
    by_turn = {elements.direction: upright, (elements.direction + 180) % 360: reverse}
    for line in elements.lines:
        by_turn.get(_direction(line), others).append(Piece(line, upright_bounds(line, angle)))
    if len(reverse) <= _MAX_REVERSE * len(upright):
        return upright + reverse, others
    return upright, others + reverse


def _other_directions(pieces: Sequence[Piece], skew: float) -> list[tuple[int, list[Piece]]]:
    """Pieces by direction, each in a frame in which it is upright."""
    groups: dict[int, list[Piece]] = {}
    for piece in pieces:
        direction = _direction(piece.line)
        groups.setdefault(direction, []).append(Piece(piece.line, upright_bounds(piece.line, direction + skew)))
    return list(groups.items())


def _blocks(ordered: Sequence[Piece]) -> Iterator[Block]:
    for is_table, pieces in groupby(ordered, lambda piece: piece.table is not None):
        if is_table:
            yield from (piece.table for piece in pieces if piece.table is not None)
        else:
            yield from paragraphs(list(pieces))


def _direction(line: LineBox) -> int:
    """The quarter turn (degrees clockwise) nearest to the way a line runs."""
    x1, y1, x2, y2 = (line.polygon or (0, 0, 0, 0))[:4]
    right, down = x2 - x1, y2 - y1
    if abs(right) >= abs(down):
        return 0 if right >= 0 else 180
    return 90 if down > 0 else 270


def upright_bounds(line: LineBox, angle: float) -> Box:
    """The bounds of a line after the page is turned back by ``angle`` degrees around its top left corner."""
    return bounds(turned(line.polygon or (0.0,) * 8, -angle))
