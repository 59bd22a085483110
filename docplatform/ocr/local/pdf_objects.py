"""The objects of a PDF page by kind, also those within form XObjects.

Belongs here: walking through them once, and the matrices that place them. Doesn't: what paths draw (``pdf_rules``),
what lies in pictures (``pdf_pictures``).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from docplatform.ocr.local.pdf_calls import ADDRESS, INT, address, buffer, function, sweep

MAX_OBJECTS = 20_000
"""Objects of a page that are looked at: a page of text and tables has hundreds, a map may have millions."""
_MAX_DEPTH = 4  # form XObjects within each other
_PATH, _IMAGE, _FORM = 2, 3, 5  # FPDF_PAGEOBJ_…

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Placed = tuple[int, Matrix]
"""Address of an object, and what brings the space it is drawn in to that of the page."""


@dataclass(slots=True)
class PageObjects:
    """The paths and images among the first ``MAX_OBJECTS`` objects of a page."""

    paths: list[Placed] = field(default_factory=list)
    images: list[Placed] = field(default_factory=list)
    is_cut: bool = False
    """Whether there are more objects."""

    @classmethod
    def of(cls, page: Any) -> PageObjects:
        """Those of a pypdfium2 page."""
        found = cls()
        where = address(page)
        count = function("FPDFPage_CountObjects", INT, ADDRESS)(where)
        found._add(function("FPDFPage_GetObject", ADDRESS, ADDRESS, INT), where, count, IDENTITY, [MAX_OBJECTS])
        return found

    def _add(self, get: Any, holder: int, count: int, matrix: Matrix, left: list[int], depth: int = 0) -> None:
        self.is_cut |= count > left[0]
        count = min(count, left[0])
        left[0] -= count
        items = sweep(get, holder, range(count))
        for item, kind in zip(items, map(function("FPDFPageObj_GetType", INT, ADDRESS), items), strict=True):
            if kind == _PATH:
                self.paths.append((item, matrix))
            elif kind == _IMAGE:
                self.images.append((item, matrix))
            elif kind == _FORM and depth < _MAX_DEPTH:
                inner = function("FPDFFormObj_GetObject", ADDRESS, ADDRESS, INT)
                inside = function("FPDFFormObj_CountObjects", INT, ADDRESS)(item)
                self._add(inner, item, inside, times(matrix_of(item), matrix), left, depth + 1)


def bounds_of(objects: Sequence[Placed]) -> list[Sequence[float]]:
    """Left, bottom, right, top of objects, in the space each is drawn in; zeros where it has none."""
    numbers, start = buffer("f", 4 * len(objects))
    sides = [range(start + 4 * side, start + 16 * len(objects), 16) for side in range(4)]
    get = function("FPDFPageObj_GetBounds", INT, *[ADDRESS] * 5)
    list(map(get, [item for item, _ in objects], *sides))
    return [numbers[first : first + 4] for first in range(0, len(numbers), 4)]


def matrix_of(item: int) -> Matrix:
    """The matrix of an object."""
    numbers = (ctypes.c_float * 6)(*IDENTITY)
    function("FPDFPageObj_GetMatrix", INT, ADDRESS, ADDRESS)(item, ctypes.addressof(numbers))
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f


def times(first: Matrix, then: Matrix) -> Matrix:
    """Both matrices in one."""
    if then == IDENTITY:
        return first
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def moved(point: Point, matrix: Matrix) -> Point:
    """Where a matrix brings a point."""
    if matrix == IDENTITY:
        return point
    x, y = point
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
