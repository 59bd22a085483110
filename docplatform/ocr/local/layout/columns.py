"""Columns of prose: where a page, or a part of it, is to be read column by column.

Belongs here: finding the gutter between columns, and what lies above, left, right and below. Doesn't: the order within
a part (``reading_order``).

Lines of a column start at one place, so a gutter can only be left of a place where many lines start. From line to line
that crosses it, a gutter is clear; the longest clear stretch with prose on both sides parts the page. Forms and
receipts also have many lines that start at one place; they aren't prose: labels are short, uneven and widely spaced.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from docplatform.ocr.local.layout.pieces import Piece

_MIN_LINES = 5
"""A column has as many, or it isn't told from a label with a value of several lines."""
_MANY_LINES = 8
"""As many make a column of two words a line, as in a narrow sidebar."""
_MAX_CANDIDATES = 8
_FILL, _NARROW_FILL, _GRID_FILL = 0.75, 0.8, 0.82
"""How much of a column's width its median line takes; ragged prose has .85, labels about .5. Where
every line stands beside one of the other column, more is asked: so do labels and values."""
_MAX_PITCH = 2.1
"""Line heights from line to line in prose; the lines of forms are further apart."""
_MAX_GAP = 0.5
"""Of a column's width, the widest space to the next; tables have more."""
_MAX_BLANK = 2.2
"""Line heights of white across all columns that part what is above from what is below."""
_EDGE_GAP = 0.8
_FIRST_IDEOGRAPH = "\u2e80"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Pieces from top to bottom, from ``start`` to ``stop``, none of which crosses ``gutter``."""

    gutter: float
    start: int
    stop: int


def parted(pieces: Sequence[Piece]) -> list[list[Piece]] | None:
    """What is above, left of, right of and below a gutter, where the pieces stand in columns of prose; else None."""
    if len(pieces) < 2 * _MIN_LINES:
        return None
    height = median(piece.height for piece in pieces)
    starts = list(_starts(pieces, 0.5 * height))
    if len(starts) < 2:
        return None
    rights = sorted(piece.box[2] for piece in pieces)
    gutters = [place - 0.3 * height for place in starts[1:]]
    # with too few lines that end left of it nothing can stand on its left
    gutters = [gutter for gutter in gutters if bisect_right(rights, gutter + 0.3 * height) >= _MIN_LINES]
    if not gutters:
        return None
    ordered = sorted(pieces, key=_middle)
    sides = list(_sides(ordered, _MAX_BLANK * height))
    stretches = [stretch for gutter in gutters for stretch in _clear(sides, gutter, height)]
    for stretch in sorted(stretches, key=lambda stretch: (stretch.start - stretch.stop, stretch.gutter)):
        parts = _parts(ordered, stretch, height)
        if parts:
            return parts
    return None


def _starts(pieces: Sequence[Piece], tolerance: float) -> Iterator[float]:
    """The leftmost start of any line, then the places where many lines start, the most frequent ones, left to right."""
    lefts = sorted(piece.box[0] for piece in pieces)
    yield lefts[0]
    groups: list[tuple[int, float]] = []
    first = 0
    for number in range(1, len(lefts) + 1):
        if number == len(lefts) or lefts[number] - lefts[number - 1] > tolerance:
            if number - first >= _MIN_LINES and first:
                groups.append((first - number, lefts[first]))
            first = number
    yield from sorted(place for _, place in sorted(groups)[:_MAX_CANDIDATES])


def _sides(ordered: Sequence[Piece], most: float) -> Iterator[tuple[float, float, bool]]:
    """Where each piece begins and ends, and whether more white than ``most`` parts it from all above."""
    lowest = ordered[0].box[3]
    for left, top, right, bottom in [piece.box for piece in ordered]:
        yield left, right, top - lowest > most
        lowest = max(lowest, bottom)


def _clear(sides: Sequence[tuple[float, float, bool]], gutter: float, height: float) -> Iterator[_Stretch]:
    """Stretches between pieces that cross the gutter, with enough lines on both sides."""
    edge = gutter + 0.3 * height  # boxes of recognised lines may be a little too wide
    start = before = behind = 0
    for number, (left, right, is_apart) in enumerate(sides):
        is_across = left < gutter and right > edge
        if is_across or is_apart:
            if before >= _MIN_LINES and behind >= _MIN_LINES:
                yield _Stretch(gutter, start, number)
            start, before, behind = number + is_across, 0, 0
        if left >= gutter:
            behind += 1
        elif not is_across:
            before += 1
    if before >= _MIN_LINES and behind >= _MIN_LINES:
        yield _Stretch(gutter, start, len(sides))


def _parts(ordered: Sequence[Piece], stretch: _Stretch, height: float) -> list[list[Piece]] | None:
    start, stop = _without_ends(ordered, stretch, height)
    left = [piece for piece in ordered[start:stop] if piece.box[0] < stretch.gutter]
    right = [piece for piece in ordered[start:stop] if piece.box[0] >= stretch.gutter]
    if min(len(left), len(right)) < _MIN_LINES or not _are_beside(left, right):
        return None
    fill = _GRID_FILL if _is_in_rows(left, right, height) else _FILL
    width = _prose_width(left, height, fill)
    if not width or not _prose_width(right, height, fill):
        return None
    ends = sorted(piece.box[2] for piece in left)
    if stretch.gutter - ends[int(0.9 * (len(ends) - 1))] > max(_MAX_GAP * width, 3 * height):
        return None
    parts = [list(ordered[:start]), left, right, list(ordered[stop:])]
    return [part for part in parts if part]


def _without_ends(ordered: Sequence[Piece], stretch: _Stretch, height: float) -> tuple[int, int]:
    """The stretch without a row apart at its top and bottom that lies on both sides: running heads and feet."""
    start, stop = stretch.start, stretch.stop
    bottom = ordered[start].box[3]
    for number in range(start + 1, min(start + 5, stop)):
        if ordered[number].box[1] - bottom > _EDGE_GAP * height:
            if _is_row_across(ordered[start:number], stretch.gutter):
                start = number
            break
        bottom = max(bottom, ordered[number].box[3])
    top = ordered[stop - 1].box[1]
    for number in range(stop - 2, max(stop - 6, start), -1):
        if top - ordered[number].box[3] > _EDGE_GAP * height:
            if _is_row_across(ordered[number + 1 : stop], stretch.gutter):
                stop = number + 1
            break
        top = min(top, ordered[number].box[1])
    return start, stop


def _is_row_across(pieces: Sequence[Piece], gutter: float) -> bool:
    """Whether pieces are one row with something on both sides."""
    sides = {piece.box[0] < gutter for piece in pieces}
    return len(sides) == 2 and max(p.box[1] for p in pieces) < min(p.box[3] for p in pieces)


def _are_beside(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    return min(left[-1].box[3], right[-1].box[3]) > max(left[0].box[1], right[0].box[1])


def _is_in_rows(left: Sequence[Piece], right: Sequence[Piece], height: float) -> bool:
    """Whether nearly every line of the shorter side has one of the other side at its height."""
    shorter, longer = sorted((left, right), key=len)
    middles = [_middle(piece) for piece in longer]
    beside = 0
    for piece in shorter:
        place = bisect_left(middles, _middle(piece) - 0.3 * height)
        beside += place < len(middles) and middles[place] <= _middle(piece) + 0.3 * height
    return beside >= 0.8 * len(shorter)


def _prose_width(side: Sequence[Piece], height: float, least_fill: float) -> float:
    """Width of the column at which most lines of a side start if that is running text, else 0."""
    column = _main_column(side, 0.5 * height)
    if len(column) < _MIN_LINES:
        return 0.0
    widths = sorted(piece.box[2] - piece.box[0] for piece in column)
    width = widths[int(0.9 * (len(widths) - 1))]
    fill = widths[len(widths) // 2] / max(width, 1e-6)
    pitch = median(column[n + 1].box[1] - column[n].box[1] for n in range(len(column) - 1))
    words = median(map(_word_count, column))
    is_prose = (words >= 3 and fill >= least_fill) or (
        words >= 2 and fill >= max(least_fill, _NARROW_FILL) and len(column) >= _MANY_LINES
    )
    return width if is_prose and pitch <= _MAX_PITCH * height else 0.0


def _main_column(side: Sequence[Piece], tolerance: float) -> list[Piece]:
    """The lines, top to bottom, that start where most lines do."""
    lefts = sorted(piece.box[0] for piece in side)
    counts = [bisect_left(lefts, left + 2 * tolerance) - number for number, left in enumerate(lefts)]
    place = lefts[counts.index(max(counts))]
    return [piece for piece in side if place <= piece.box[0] < place + 2 * tolerance]


def _word_count(piece: Piece) -> float:
    """Words; scripts that don't part them count two characters as one."""
    words = piece.line.words
    if words and words[0].text[0] >= _FIRST_IDEOGRAPH:
        return max(len(words), sum(len(word.text) for word in words) / 2)
    return len(words)


def _middle(piece: Piece) -> float:
    return piece.box[1] + piece.box[3]
