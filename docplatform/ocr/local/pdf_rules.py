"""The rules of a PDF page: straight lines, thin bars and the edges of boxes that are drawn on it.

Belongs here: what pdfium's path objects say. Doesn't: finding them (``pdf_objects``), making tables of them
(``layout.tables``), the rules of scans (``layout.image_rules``).

Called for every page, so it is written for few and cheap calls, one sweep for each question. A page with more paths
than ``MAX_PATHS`` is a drawing or a map: it counts as having no rules.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from docplatform.ocr.local.page_elements import Rule
from docplatform.ocr.local.pdf_calls import ADDRESS, INT, buffer, function, sweep
from docplatform.ocr.local.pdf_frame import POINTS_PER_INCH, PageFrame
from docplatform.ocr.local.pdf_objects import Matrix, PageObjects, Point, bounds_of, matrix_of, moved, times

MAX_PATHS = 4_000
MAX_SEGMENTS = 10_000
_THICK = 4.0  # points: what is thicker is a bar or a box, not a line
_SHORTEST = 4.0  # points
_PAGE_FILLING = 0.95  # share of both sides: a background, not a box
_LEVEL = 0.5  # points: how far the ends of a level line may differ
_WHITE = 250
_LINE_TO, _MOVE_TO = 0, 2  # FPDF_SEGMENT_…
_RECTANGLE_SEGMENTS = 5

_Line = tuple[Point, Point]


def page_rules(objects: PageObjects, frame: PageFrame) -> list[Rule]:
    """The visible horizontal and vertical rules of a page, in inches from its top left as it is shown."""
    if objects.is_cut or len(objects.paths) > MAX_PATHS or not objects.paths:
        return []
    lines: list[_Line] = []
    widest, highest = _PAGE_FILLING * (frame.right - frame.left), _PAGE_FILLING * (frame.top - frame.bottom)
    segments = 0
    for (path, matrix), (left, bottom, right, top) in zip(objects.paths, bounds_of(objects.paths), strict=True):
        (left, bottom), (right, top) = moved((left, bottom), matrix), moved((right, top), matrix)
        wide, high = abs(right - left), abs(top - bottom)
        if max(wide, high) < _SHORTEST or not _is_visible(path):
            continue
        if high <= _THICK and wide >= high:
            lines.append(((left, (bottom + top) / 2), (right, (bottom + top) / 2)))
        elif wide <= _THICK:
            lines.append((((left + right) / 2, bottom), ((left + right) / 2, top)))
        elif wide < widest or high < highest:
            count = max(0, function("FPDFPath_CountSegments", INT, ADDRESS)(path))
            segments += count
            if segments > MAX_SEGMENTS:
                return []
            lines += _lines(path, count, times(matrix_of(path), matrix))
    return _rules(lines, frame)


def _lines(path: int, count: int, matrix: Matrix) -> Iterator[_Line]:
    """The straight lines of a path of so many segments, in PDF space."""
    segments = sweep(function("FPDFPath_GetPathSegment", ADDRESS, ADDRESS, INT), path, range(count))
    numbers, start = buffer("f", 2 * count)
    end = start + 8 * count
    get_point = function("FPDFPathSegment_GetPoint", INT, ADDRESS, ADDRESS, ADDRESS)
    list(map(get_point, segments, range(start, end, 8), range(start + 4, end, 8)))
    points = [moved(point, matrix) for point in zip(numbers[::2], numbers[1::2], strict=True)]
    if count == _RECTANGLE_SEGMENTS and points[0] == points[4]:
        yield from pairwise(points)
        return
    kinds = map(function("FPDFPathSegment_GetType", INT, ADDRESS), segments)
    closes = map(function("FPDFPathSegment_GetClose", INT, ADDRESS), segments)
    first = last = (0.0, 0.0)
    for kind, closes_path, point in zip(kinds, closes, points, strict=True):
        if kind == _MOVE_TO:
            first = point
        elif kind == _LINE_TO:
            yield last, point
        if closes_path:
            yield point, first
        last = point


def _is_visible(path: int) -> bool:
    """Whether it is painted, and not in white: white fills are what some programs lay under text."""
    modes = (ctypes.c_int * 2)()
    start = ctypes.addressof(modes)
    if not function("FPDFPath_GetDrawMode", INT, *[ADDRESS] * 3)(path, start, start + 4):
        return False
    fill, stroke = modes
    return bool(
        (stroke and _is_ink("FPDFPageObj_GetStrokeColor", path)) or (fill and _is_ink("FPDFPageObj_GetFillColor", path))
    )


def _is_ink(color: str, path: int) -> bool:
    channels = (ctypes.c_uint * 4)()
    start = ctypes.addressof(channels)
    if not function(color, INT, *[ADDRESS] * 5)(path, start, start + 4, start + 8, start + 12):
        return True  # a pattern, or a colour that pdfium doesn't convert
    red, green, blue, alpha = channels
    return alpha > 0 and (red < _WHITE or green < _WHITE or blue < _WHITE)


def _rules(lines: Sequence[_Line], frame: PageFrame) -> list[Rule]:
    """Lines as rules on the page: those that are upright or level and long enough within the page."""
    import numpy as np

    ends: Any = np.array(lines, np.float64).reshape(-1, 2, 2)
    ends = ends[np.abs(ends[:, 0] - ends[:, 1]).min(1) <= _LEVEL]
    (left, bottom), (right, top) = ends.min(1).T, ends.max(1).T
    left, top, right, bottom = frame.shown(left, bottom, right, top)
    left, right = np.maximum(0.0, left), np.minimum(frame.width, right)
    top, bottom = np.maximum(0.0, top), np.minimum(frame.height, bottom)
    wide, high = right - left, bottom - top
    is_kept = (np.minimum(wide, high) >= 0) & (np.maximum(wide, high) >= _SHORTEST)
    x, y, is_level = (left + right) / 2, (top + bottom) / 2, wide >= high
    starts = np.where(is_level, left, x), np.where(is_level, y, top)
    stops = np.where(is_level, right, x), np.where(is_level, y, bottom)
    inches = np.array([*starts, *stops]).T[is_kept] / POINTS_PER_INCH
    return list(map(Rule._make, inches.tolist()))
