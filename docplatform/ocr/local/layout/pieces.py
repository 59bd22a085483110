"""Pieces of lines: what layout arranges.

Belongs here: the shape, and turning boxes upright. Doesn't: their order (``reading_order``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from docplatform.ocr.local.blocks import LineBox, TableBlock

_LEFTWARD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")  # Hebrew, Arabic and their neighbours

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; y grows downwards."""


class Piece(NamedTuple):
    """A run of words on one line, or a table (then ``line`` is empty).

    ``box`` is in a frame where text is upright, ``line`` and ``table`` are in the page's own.
    """

    line: LineBox
    box: Box
    table: TableBlock | None = None

    @property
    def height(self) -> float:
        """Height of its box, never 0."""
        return self.box[3] - self.box[1] or 1e-6


def upright_box(box: Box, direction: int, width: float, height: float) -> Box:
    """A box in the frame in which text of ``direction`` (degrees clockwise: 0, 90, 180, 270) is upright."""
    left, top, right, bottom = box
    if direction == 90:
        return top, width - right, bottom, width - left
    if direction == 180:
        return width - right, height - bottom, width - left, height - top
    if direction == 270:
        return height - bottom, left, height - top, right
    return box


def runs_left(pieces: Sequence[Piece]) -> bool:
    """Whether most pieces are in a script that runs from right to left."""
    count = sum(1 for piece in pieces if _runs_left(piece.line))
    return 2 * count > len(pieces)


def _runs_left(line: LineBox) -> bool:
    return any(_LEFTWARD.match(word.text) for word in line.words[:2] if not word.text.isascii())


def mirrored(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces in a frame in which text that runs from right to left runs from left to right."""
    return [
        Piece(piece.line, (-right, top, -left, bottom), piece.table)
        for piece in pieces
        for left, top, right, bottom in [piece.box]
    ]
