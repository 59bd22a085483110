"""Reading order: pieces of lines found anywhere on a page, put in the order a person reads them.

Belongs here: geometry only, for text layers and OCR alike. Doesn't: finding the pieces.

Rows from top to bottom, left to right, except where a page is set in columns of prose: then column by column, between
the lines that run across. Rows are kept where two blocks only look like columns (labels beside values, tables).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from docplatform.ocr.local.blocks import LineBox, ParagraphBlock, TableBlock

_BINS = 64
_MIN_COLUMN_LINES = 5
_MIN_COLUMN_FILL = 0.6
_MIN_COLUMN_WORDS = 3
_MAX_DEPTH = 4

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; y grows downwards."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words on one line, or a table (then ``line`` is empty).

    ``box`` is in a frame where text is upright, ``line`` and ``table`` are in the page's own.
    """

    line: LineBox
    box: Box
    table: TableBlock | None = None

    @property
    def height(self) -> float:
        """Height of its box, never 0."""
        return max(self.box[3] - self.box[1], 1e-6)


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


def in_reading_order(pieces: Sequence[Piece], depth: int = 0) -> list[Piece]:
    """The pieces in reading order."""
    gutter = _gutter(pieces) if depth < _MAX_DEPTH and len(pieces) >= 2 * _MIN_COLUMN_LINES else None
    if gutter is None:
        return [piece for row in _rows(pieces) for piece in row]
    ordered: list[Piece] = []
    for is_across, band in _bands(pieces, gutter):
        if is_across:
            ordered += [piece for row in _rows(band) for piece in row]
        else:
            ordered += in_reading_order([piece for piece in band if piece.box[0] < gutter], depth + 1)
            ordered += in_reading_order([piece for piece in band if piece.box[0] >= gutter], depth + 1)
    return ordered


def paragraphs(pieces: Sequence[Piece]) -> list[ParagraphBlock]:
    """Ordered pieces grouped into paragraphs: close below each other, of like height, overlapping sideways."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and _continues(groups[-1][-1], piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [ParagraphBlock([piece.line for piece in group]) for group in groups]


def _continues(above: Piece, below: Piece) -> bool:
    gap = below.box[1] - above.box[3]
    smaller = min(above.height, below.height)
    is_alike = max(above.height, below.height) <= 1.5 * smaller
    overlaps = min(above.box[2], below.box[2]) > max(above.box[0], below.box[0])
    is_aligned = abs(above.box[0] - below.box[0]) < 3 * smaller
    return -0.6 * smaller <= gap <= 0.8 * smaller and is_alike and overlaps and is_aligned


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces whose heights overlap by more than half stand in one row."""
    rows: list[list[Piece]] = []
    top = bottom = 0.0
    for piece in sorted(pieces, key=lambda piece: (piece.box[1] + piece.box[3], piece.box[0])):
        overlap = min(bottom, piece.box[3]) - max(top, piece.box[1])
        if rows and overlap > 0.5 * min(bottom - top, piece.height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
            top, bottom = piece.box[1], piece.box[3]
    return [sorted(row, key=lambda piece: piece.box[0]) for row in rows]


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """Where a page parts into two columns of prose, if it does."""
    left, right = min(piece.box[0] for piece in pieces), max(piece.box[2] for piece in pieces)
    step = (right - left) / _BINS
    if step <= 0:
        return None
    cover = [0] * (_BINS + 1)
    for piece in pieces:
        for place in range(int((piece.box[0] - left) / step), min(_BINS, int((piece.box[2] - left) / step)) + 1):
            cover[place] += 1
    middle = range(_BINS // 7, _BINS - _BINS // 7)
    lowest = min(cover[place] for place in middle)
    places = [place for place in middle if cover[place] == lowest]
    place = min(places, key=lambda place: abs(place - _BINS / 2))
    gutter = left + (place + 0.5) * step
    return gutter if _is_between_columns(pieces, gutter, left, right) else None


def _is_between_columns(pieces: Sequence[Piece], gutter: float, left: float, right: float) -> bool:
    first = [piece for piece in pieces if piece.box[2] <= gutter]
    second = [piece for piece in pieces if piece.box[0] >= gutter]
    across = len(pieces) - len(first) - len(second)
    if min(len(first), len(second)) < _MIN_COLUMN_LINES or across > 0.3 * len(pieces):
        return False
    is_beside = min(_bottom(first), _bottom(second)) > max(_top(first), _top(second))
    return is_beside and _is_prose(first, gutter - left) and _is_prose(second, right - gutter)


def _is_prose(column: Sequence[Piece], width: float) -> bool:
    fill = median(piece.box[2] - piece.box[0] for piece in column) / width
    return fill >= _MIN_COLUMN_FILL and median(len(piece.line.words) for piece in column) >= _MIN_COLUMN_WORDS


def _bands(pieces: Sequence[Piece], gutter: float) -> Iterator[tuple[bool, list[Piece]]]:
    """From top to bottom: pieces that run across the gutter, and what stands beside it between them."""
    across = sorted((piece for piece in pieces if piece.box[0] < gutter < piece.box[2]), key=lambda piece: piece.box[1])
    rest = sorted((piece for piece in pieces if not piece.box[0] < gutter < piece.box[2]), key=_middle)
    for piece in across:
        above = [other for other in rest if _middle(other) < _middle(piece)]
        if above:
            yield False, above
            rest = rest[len(above) :]
        yield True, [piece]
    if rest:
        yield False, rest


def _middle(piece: Piece) -> float:
    return (piece.box[1] + piece.box[3]) / 2


def _top(pieces: Sequence[Piece]) -> float:
    return min(piece.box[1] for piece in pieces)


def _bottom(pieces: Sequence[Piece]) -> float:
    return max(piece.box[3] for piece in pieces)
