"""The rules of a PDF page: straight lines, thin bars and the edges of boxes that are drawn on it.

Belongs here: what pdfium's path objects say, also those within form XObjects. Doesn't: making tables of them
(``layout.tables``), the rules of scans (``layout.image_rules``).

Called for every page, so it is written for few and cheap calls: handles are plain addresses (a third faster than
ctypes' pointer objects), buffers are made once. A page with more paths than ``MAX_PATHS`` is a drawing or a map: it
counts as having no rules.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, repeat
from typing import Any

from docplatform.ocr.local.page_elements import Rule
from docplatform.ocr.local.pdf_frame import POINTS_PER_INCH, PageFrame

MAX_OBJECTS = 20_000
MAX_PATHS = 4_000
MAX_SEGMENTS = 10_000
_MAX_DEPTH = 4  # form XObjects within each other
_THICK = 4.0  # points: what is thicker is a bar or a box, not a line
_SHORTEST = 4.0  # points
_PAGE_FILLING = 0.95  # share of both sides: a background, not a box
_LEVEL = 0.5  # points: how far the ends of a level line may differ
_WHITE = 250
_PATH, _FORM = 2, 5  # FPDF_PAGEOBJ_…
_LINE_TO, _MOVE_TO = 0, 2  # FPDF_SEGMENT_…
_RECTANGLE_SEGMENTS = 5

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class _DrawingError(Exception):
    """The page holds more than a page of text and tables does."""


def page_rules(page: Any, frame: PageFrame) -> list[Rule]:
    """The visible horizontal and vertical rules of a page, in inches from its top left as it is shown."""
    paths = _Paths(frame)
    try:
        paths.look_at(ctypes.cast(page.raw, ctypes.c_void_p).value)
    except _DrawingError:
        return []
    return [rule for one, two in paths.found for rule in _rules(one, two, frame)]


class _Paths:
    """Walks through a page's objects and collects the lines of its paths, in PDF space."""

    def __init__(self, frame: PageFrame) -> None:
        self.found: list[tuple[Point, Point]] = []
        self._calls = _calls()
        self._widest = _PAGE_FILLING * (frame.right - frame.left)
        self._highest = _PAGE_FILLING * (frame.top - frame.bottom)
        self._objects = self._paths = self._segments = 0
        self._floats = (ctypes.c_float * 6)()
        self._ints = (ctypes.c_uint * 4)()
        self._float_places = [ctypes.addressof(self._floats) + 4 * place for place in range(4)]
        self._int_places = [ctypes.addressof(self._ints) + 4 * place for place in range(4)]

    def look_at(self, page: int | None) -> None:
        """Raises ``_DrawingError`` where there is too much."""
        self._look_at_all("FPDFPage_GetObject", page, self._calls["FPDFPage_CountObjects"](page), _IDENTITY, 0)

    def _look_at_all(self, get: str, holder: int | None, count: int, matrix: Matrix, depth: int) -> None:
        self._spend(objects=count)
        items = list(map(self._calls[get], repeat(holder), range(count)))
        for item, kind in zip(items, map(self._calls["FPDFPageObj_GetType"], items), strict=True):
            if kind == _PATH:
                self._look_at_path(item, matrix)
            elif kind == _FORM:
                self._look_at_form(item, matrix, depth + 1)

    def _look_at_form(self, form: int, outer: Matrix, depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        matrix = _times(self._matrix_of(form), outer)
        self._look_at_all("FPDFFormObj_GetObject", form, self._calls["FPDFFormObj_CountObjects"](form), matrix, depth)

    def _spend(self, objects: int = 0, paths: int = 0, segments: int = 0) -> None:
        self._objects += objects
        self._paths += paths
        self._segments += segments
        if self._objects > MAX_OBJECTS or self._paths > MAX_PATHS or self._segments > MAX_SEGMENTS:
            raise _DrawingError

    def _look_at_path(self, path: int, matrix: Matrix) -> None:
        self._spend(paths=1)
        if not self._calls["FPDFPageObj_GetBounds"](path, *self._float_places):
            return
        left, bottom, right, top, *_ = self._floats
        (left, bottom), (right, top) = _moved((left, bottom), matrix), _moved((right, top), matrix)
        wide, high = abs(right - left), abs(top - bottom)
        if max(wide, high) < _SHORTEST or not self._is_visible(path):
            return
        if high <= _THICK and wide >= high:
            self.found.append(((left, (bottom + top) / 2), (right, (bottom + top) / 2)))
        elif wide <= _THICK:
            self.found.append((((left + right) / 2, bottom), ((left + right) / 2, top)))
        elif wide < self._widest or high < self._highest:
            self.found += self._lines(path, _times(self._matrix_of(path), matrix))

    def _lines(self, path: int, matrix: Matrix) -> Iterator[tuple[Point, Point]]:
        count = self._calls["FPDFPath_CountSegments"](path)
        self._spend(segments=max(0, count))
        segments = [self._calls["FPDFPath_GetPathSegment"](path, index) for index in range(count)]
        points = [_moved(self._point(segment), matrix) for segment in segments]
        if count == _RECTANGLE_SEGMENTS and points[0] == points[4]:
            yield from pairwise(points)
            return
        start = last = (0.0, 0.0)
        for segment, point in zip(segments, points, strict=True):
            kind = self._calls["FPDFPathSegment_GetType"](segment)
            if kind == _MOVE_TO:
                start = point
            elif kind == _LINE_TO:
                yield last, point
            if self._calls["FPDFPathSegment_GetClose"](segment):
                yield point, start
            last = point

    def _point(self, segment: int) -> Point:
        self._calls["FPDFPathSegment_GetPoint"](segment, *self._float_places[:2])
        return self._floats[0], self._floats[1]

    def _is_visible(self, path: int) -> bool:
        """Whether it is painted, and not in white: white fills are what some programs lay under text."""
        if not self._calls["FPDFPath_GetDrawMode"](path, *self._int_places[:2]):
            return False
        fill, stroke = self._ints[0], self._ints[1]
        return bool(
            (stroke and self._is_ink("FPDFPageObj_GetStrokeColor", path))
            or (fill and self._is_ink("FPDFPageObj_GetFillColor", path))
        )

    def _is_ink(self, color: str, path: int) -> bool:
        if not self._calls[color](path, *self._int_places):
            return True  # a pattern, or a colour that pdfium doesn't convert
        red, green, blue, alpha = self._ints
        return alpha > 0 and (red < _WHITE or green < _WHITE or blue < _WHITE)

    def _matrix_of(self, item: int) -> Matrix:
        if not self._calls["FPDFPageObj_GetMatrix"](item, ctypes.addressof(self._floats)):  # FS_MATRIX: six floats
            return _IDENTITY
        a, b, c, d, e, f = self._floats
        return a, b, c, d, e, f


@lru_cache(maxsize=1)
def _calls() -> dict[str, Any]:
    """The functions of pdfium that are used here, taking and giving handles as plain addresses."""
    import pypdfium2.raw as pdfium

    handle, number = ctypes.c_void_p, ctypes.c_int
    shapes: dict[str, tuple[Any, ...]] = {  # what it returns, then what it takes
        "FPDFPage_CountObjects": (number, handle),
        "FPDFPage_GetObject": (handle, handle, number),
        "FPDFFormObj_CountObjects": (number, handle),
        "FPDFFormObj_GetObject": (handle, handle, ctypes.c_ulong),
        "FPDFPageObj_GetType": (number, handle),
        "FPDFPageObj_GetBounds": (number, *[handle] * 5),
        "FPDFPageObj_GetMatrix": (number, handle, handle),
        "FPDFPageObj_GetStrokeColor": (number, *[handle] * 5),
        "FPDFPageObj_GetFillColor": (number, *[handle] * 5),
        "FPDFPath_GetDrawMode": (number, *[handle] * 3),
        "FPDFPath_CountSegments": (number, handle),
        "FPDFPath_GetPathSegment": (handle, handle, number),
        "FPDFPathSegment_GetPoint": (number, *[handle] * 3),
        "FPDFPathSegment_GetType": (number, handle),
        "FPDFPathSegment_GetClose": (number, handle),
    }
    return {
        name: ctypes.CFUNCTYPE(*shape)(ctypes.cast(getattr(pdfium, name), handle).value or 0)
        for name, shape in shapes.items()
    }


def _rules(one: Point, two: Point, frame: PageFrame) -> Iterator[Rule]:
    """A line as a rule on the page, if it is upright or level and long enough within the page."""
    if min(abs(two[0] - one[0]), abs(two[1] - one[1])) > _LEVEL:
        return
    box = (min(one[0], two[0]), min(one[1], two[1]), max(one[0], two[0]), max(one[1], two[1]))
    left, top, right, bottom = frame.shown(*box)
    left, right = max(0.0, left), min(frame.width, right)
    top, bottom = max(0.0, top), min(frame.height, bottom)
    wide, high = right - left, bottom - top
    if min(wide, high) < 0 or max(wide, high) < _SHORTEST:
        return
    x, y = (left + right) / 2, (top + bottom) / 2
    x1, y1, x2, y2 = (left, y, right, y) if wide >= high else (x, top, x, bottom)
    yield Rule(x1 / POINTS_PER_INCH, y1 / POINTS_PER_INCH, x2 / POINTS_PER_INCH, y2 / POINTS_PER_INCH)


def _times(first: Matrix, then: Matrix) -> Matrix:
    """Both matrices in one."""
    if then == _IDENTITY:
        return first
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _moved(point: Point, matrix: Matrix) -> Point:
    if matrix == _IDENTITY:
        return point
    x, y = point
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
