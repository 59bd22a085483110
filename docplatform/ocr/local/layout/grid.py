"""Grids: the cells that level and upright strokes part a piece of the page into, merged cells included.

Belongs here: geometry of strokes. Doesn't: text (``tables``), rows and columns that only white space shows
(``text_grid``).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docplatform.ocr.local.layout.pieces import Box
from docplatform.ocr.local.layout.rules import Stroke, Strokes, places

MAX_STROKES = 1_000
"""Of each kind; a page with more is a drawing."""
_MAX_CELLS = 10_000
_COVERED = 0.6  # share of a cell's side that a stroke must run along to part it from its neighbour

_Sides = set[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell: rows and columns count from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells that fill a rectangle without gap or overlap, between the lines at ``xs`` and ``ys``."""

    xs: Sequence[float]
    ys: Sequence[float]
    slots: Sequence[Slot]

    @property
    def box(self) -> Box:
        """Its outer bounds."""
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]


def grids(strokes: Strokes, least: float, tolerance: float) -> list[Grid]:
    """The grids of at least two rows and two columns, from the top down.

    Args:
        strokes: mended strokes in a frame in which text is upright.
        least: what rows and columns measure at least, about half the height of a line of text.
        tolerance: how far a stroke may end from another that it is meant to touch.
    """
    if not 2 <= len(strokes.level) <= MAX_STROKES or not 1 <= len(strokes.upright) <= MAX_STROKES:
        return []
    found = (_grid(level, upright, least) for level, upright in _connected(strokes, tolerance))
    return sorted((grid for grid in found if grid is not None), key=lambda grid: grid.ys[0])


def _connected(strokes: Strokes, tolerance: float) -> Iterator[tuple[list[Stroke], list[Stroke]]]:
    """Strokes that touch each other, directly or by others."""
    level, upright = strokes.level, strokes.upright
    parents = list(range(len(level) + len(upright)))

    def root(node: int) -> int:
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    xs = [stroke.at for stroke in upright]
    for number, stroke in enumerate(level):
        first, last = bisect_left(xs, stroke.start - tolerance), bisect_right(xs, stroke.end + tolerance)
        for other in range(first, last):
            if upright[other].start - tolerance <= stroke.at <= upright[other].end + tolerance:
                parents[root(len(level) + other)] = root(number)
    groups: dict[int, tuple[list[Stroke], list[Stroke]]] = {}
    for number, stroke in enumerate([*level, *upright]):
        groups.setdefault(root(number), ([], []))[number >= len(level)].append(stroke)
    return (group for group in groups.values() if len(group[0]) >= 2 and group[1])


def _grid(level: Sequence[Stroke], upright: Sequence[Stroke], least: float) -> Grid | None:
    xs = _lattice(upright, level, least)
    ys = _lattice(level, upright, least)
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 2 or columns < 2 or rows * columns > _MAX_CELLS:
        return None
    floors = _walls(level, ys, xs)
    walls = _walls(upright, xs, ys)
    return Grid(xs, ys, list(_slots(xs, ys, walls, floors)))


def _lattice(strokes: Sequence[Stroke], across: Sequence[Stroke], least: float) -> list[float]:
    """Where lines stand. A side without a line of its own is where at least two lines across it end."""
    found = places((stroke.at for stroke in strokes), least)
    first, last = min(stroke.start for stroke in across), max(stroke.end for stroke in across)
    before = sum(stroke.start - first <= 2 * least for stroke in across) >= 2 and found[0] - first > 2 * least
    after = sum(last - stroke.end <= 2 * least for stroke in across) >= 2 and last - found[-1] > 2 * least
    return [*([first] if before else []), *found, *([last] if after else [])]


def _walls(strokes: Sequence[Stroke], ats: Sequence[float], steps: Sequence[float]) -> _Sides:
    """Pairs (line, step) along which a stroke runs."""
    walls: _Sides = set()
    for stroke in strokes:
        line = min(range(len(ats)), key=lambda number: abs(ats[number] - stroke.at))
        first = max(0, bisect_right(steps, stroke.start) - 1)
        for step in range(first, min(len(steps) - 1, bisect_left(steps, stroke.end))):
            overlap = min(stroke.end, steps[step + 1]) - max(stroke.start, steps[step])
            if overlap >= _COVERED * (steps[step + 1] - steps[step]):
                walls.add((line, step))
    return walls


def _slots(xs: Sequence[float], ys: Sequence[float], walls: _Sides, floors: _Sides) -> Iterator[Slot]:
    """Rectangles grown from every free place: to the right up to a wall, then downwards up to a floor."""
    rows, columns = len(ys) - 1, len(xs) - 1
    taken: _Sides = set()
    for row in range(rows):
        for column in range(columns):
            if (row, column) in taken:
                continue
            right = column + 1
            while right < columns and (right, row) not in walls and (row, right) not in taken:
                right += 1
            below = row + 1
            while below < rows and _is_open(below, column, right, walls, floors, taken):
                below += 1
            taken.update((y, x) for y in range(row, below) for x in range(column, right))
            yield Slot(row, column, below - row, right - column, (xs[column], ys[row], xs[right], ys[below]))


def _is_open(row: int, column: int, right: int, walls: _Sides, floors: _Sides, taken: _Sides) -> bool:
    """Whether a cell goes on into ``row``: no floor above it, no wall within it, nobody there."""
    return not any(
        (row, place) in floors or (row, place) in taken or (place > column and (place, row) in walls)
        for place in range(column, right)
    )
