"""One page: from its elements to blocks.

Belongs here: the order of the steps. Doesn't: the steps themselves, each of which has a module beside this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from docplatform.ocr.local.blocks import LineBox, PageBlocks, PairBlock, WordBox
from docplatform.ocr.local.layout.pairs import find_pairs
from docplatform.ocr.local.layout.paragraphs import paragraphs
from docplatform.ocr.local.layout.pieces import Box, Piece, mirrored, runs_left
from docplatform.ocr.local.layout.reading_order import consecutive_rows, in_reading_order
from docplatform.ocr.local.page_elements import PageElements


def arrange(elements: PageElements) -> PageBlocks:
    """The page's blocks in reading order: what runs as most text does first, then other directions."""
    ordered: list[Piece] = []
    pairs: list[PairBlock] = []
    for direction, pieces in _pieces_by_direction(elements):
        is_leftward = runs_left(pieces)
        in_order = in_reading_order(mirrored(pieces) if is_leftward else pieces)
        ordered += in_order
        pairs += find_pairs(consecutive_rows(in_order), _box_of(direction + elements.skew, is_leftward=is_leftward))
    return PageBlocks(
        paragraphs(ordered),
        elements.width,
        elements.height,
        elements.unit,
        elements.angle,
        elements.marks,
        elements.barcodes,
        pairs=pairs,
        quality=elements.quality,
    )


def _pieces_by_direction(elements: PageElements) -> list[tuple[int, list[Piece]]]:
    """The lines of each direction, in a frame in which that direction is upright; the page's own direction first."""
    by_direction: dict[int, list[Piece]] = {elements.direction: []}
    for line in elements.lines:
        direction = _direction(line)
        by_direction.setdefault(direction, []).append(Piece(line, upright_bounds(line, direction + elements.skew)))
    return list(by_direction.items())


def _box_of(angle: float, *, is_leftward: bool) -> Callable[[WordBox], Box]:
    """How to find the bounds of a word in the frame in which text turned by ``angle`` is arranged."""

    def box_of(word: WordBox) -> Box:
        left, top, right, bottom = bounds(turned(word.polygon or (0.0,) * 8, -angle))
        return (-right, top, -left, bottom) if is_leftward else (left, top, right, bottom)

    return box_of


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


def turned(numbers: Sequence[float], angle: float) -> Sequence[float]:
    """Points turned clockwise around the origin by ``angle`` degrees."""
    if angle == 0:
        return numbers
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [
        number
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
        for number in (x * cos - y * sin, x * sin + y * cos)
    ]


def bounds(numbers: Sequence[float]) -> Box:
    """The upright rectangle around points."""
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)
