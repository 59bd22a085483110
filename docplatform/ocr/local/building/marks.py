"""Which line of text a selection mark stands in.

Belongs here: finding a mark's place among words by geometry. Doesn't: finding marks (``layout``), writing them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from docplatform.documents.elements import Polygon
from docplatform.ocr.local.blocks import CellBlock, LineBox, MarkBox, PageBlocks, TableBlock, WordBox
from docplatform.ocr.local.building.content import has_text

_REACH = 3.0
"""Line heights between a mark and the nearest end of its line. Check boxes stand one or two from their label."""

Item = WordBox | MarkBox


@dataclass
class PlacedMarks:
    """Where the marks of a page go."""

    in_lines: dict[int, list[Item]] = field(default_factory=dict)
    """By ``id`` of a line: its words and marks in order."""
    in_cells: dict[int, list[MarkBox]] = field(default_factory=dict)
    """By ``id`` of a cell without words: its marks."""
    elsewhere: list[MarkBox] = field(default_factory=list)
    """Marks near no line."""


NO_MARKS = PlacedMarks()


@dataclass(frozen=True, slots=True)
class _Axis:
    """A line's own frame: along its text, and across it."""

    x: float
    y: float
    along: tuple[float, float]
    length: float
    height: float

    def position(self, polygon: Polygon) -> tuple[float, float]:
        """Of a polygon's centre: distance along the line from its start, and across from its middle."""
        right, down = _centre(polygon)[0] - self.x, _centre(polygon)[1] - self.y
        return right * self.along[0] + down * self.along[1], down * self.along[0] - right * self.along[1]

    def distance(self, polygon: Polygon) -> float | None:
        """How far beyond the line's ends a polygon's centre is (0 within it); None where it isn't on the line."""
        along, across = self.position(polygon)
        beyond = max(0.0, -along, along - self.length)
        return beyond if abs(across) <= self.height * 0.6 and beyond <= self.height * _REACH else None


def place_marks(page: PageBlocks) -> PlacedMarks:
    """Give each mark to the cell it lies in, and there or elsewhere to the nearest line it stands on."""
    if not page.marks:
        return NO_MARKS
    placed = PlacedMarks()
    cells = [cell for block in page.blocks if isinstance(block, TableBlock) for cell in block.cells]
    lines = [(line, axis) for line in _lines(page, cells) if has_text(line) and (axis := _axis(line))]
    framed = [cell for cell in cells if cell.polygon]
    for mark in page.marks:
        cell = next((cell for cell in framed if _is_inside(_centre(mark.polygon), cell.polygon or ())), None)
        if cell is not None and not any(map(has_text, cell.lines)):
            placed.in_cells.setdefault(id(cell), []).append(mark)
            continue
        own = {id(line) for line in cell.lines} if cell is not None else None
        line, axis = _nearest(mark, lines if own is None else [item for item in lines if id(item[0]) in own])
        if line is None or axis is None:
            placed.elsewhere.append(mark)
        else:
            _insert(placed.in_lines.setdefault(id(line), list(line.words)), mark, axis)
    return placed


def _lines(page: PageBlocks, cells: Iterable[CellBlock]) -> Iterable[LineBox]:
    for block in page.blocks:
        if not isinstance(block, TableBlock):
            yield from block.lines
    for cell in cells:
        yield from cell.lines


def _nearest(mark: MarkBox, lines: Sequence[tuple[LineBox, _Axis]]) -> tuple[LineBox | None, _Axis | None]:
    best: tuple[LineBox | None, _Axis | None] = (None, None)
    least = math.inf
    for line, axis in lines:
        distance = axis.distance(mark.polygon)
        if distance is not None and distance < least:
            best, least = (line, axis), distance
    return best


def _insert(items: list[Item], mark: MarkBox, axis: _Axis) -> None:
    """Put a mark before the first item whose middle is further along the line."""
    place = axis.position(mark.polygon)[0]
    for index, item in enumerate(items):
        if item.polygon and axis.position(item.polygon)[0] > place:
            items.insert(index, mark)
            return
    items.append(mark)


def _axis(line: LineBox) -> _Axis | None:
    polygon = line.polygon or ()
    if len(polygon) != 8:
        return None
    right, down = polygon[2] - polygon[0], polygon[3] - polygon[1]
    length, height = math.hypot(right, down), math.hypot(polygon[6] - polygon[0], polygon[7] - polygon[1])
    if not length or not height:
        return None
    x, y = (polygon[0] + polygon[6]) / 2, (polygon[1] + polygon[7]) / 2
    return _Axis(x, y, (right / length, down / length), length, height)


def _centre(polygon: Sequence[float]) -> tuple[float, float]:
    return sum(polygon[::2]) / (len(polygon) // 2), sum(polygon[1::2]) / (len(polygon) // 2)


def _is_inside(point: tuple[float, float], polygon: Sequence[float]) -> bool:
    """Within the upright rectangle around a polygon."""
    xs, ys = polygon[::2], polygon[1::2]
    return min(xs) <= point[0] <= max(xs) and min(ys) <= point[1] <= max(ys)
