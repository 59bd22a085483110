"""Pictures on a PDF page: where they lie, and which of them may hold text that the text layer hasn't.

Belongs here: geometry of image objects, also those within form XObjects. Doesn't: looking at what they show (``ink``),
recognising it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.layout.pieces import Box
from docplatform.ocr.local.pdf_calls import ADDRESS, INT, address, function, sweep
from docplatform.ocr.local.pdf_frame import PageFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_OBJECTS = 20_000
"""Objects of a page that are looked at: a page of text and tables has hundreds, a map may have millions."""
_MAX_DEPTH = 4  # form XObjects within each other
_IMAGE, _FORM = 3, 5  # FPDF_PAGEOBJ_…
_SMALLEST = 0.002  # share of the page: a bullet, an icon
_MAX_TEXT = 0.03  # share of a picture under words from which its text counts as known; a stamp or a label has less

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. ``box`` is in points of the page as shown, cut at its edges."""

    box: Box
    pixels: int

    def share(self, frame: PageFrame) -> float:
        """Share of the page that it covers."""
        return _area(self.box) / max(frame.width * frame.height, 1e-6)


def pictures(page: Any, frame: PageFrame) -> list[Picture]:
    """The pictures of a pypdfium2 page, among its first ``MAX_OBJECTS`` objects."""
    count = min(MAX_OBJECTS, _objects("FPDFPage_CountObjects", ADDRESS)(address(page)))
    get = function("FPDFPage_GetObject", ADDRESS, ADDRESS, INT)
    left = [MAX_OBJECTS - count]
    return list(_pictures(sweep(get, address(page), range(count)), frame, _IDENTITY, left, 0))


def without_text(found: Sequence[Picture], words: NDArray[np.float64], frame: PageFrame) -> list[Picture]:
    """Pictures that no words, or few, lie on. ``words``: n x 4, points of the page as shown."""
    return [
        picture
        for picture in found
        if picture.share(frame) >= _SMALLEST and _text_on(picture.box, words) < _MAX_TEXT * _area(picture.box)
    ]


def _text_on(box: Box, words: NDArray[np.float64]) -> float:
    """Area of words within a box."""
    import numpy as np

    width = np.minimum(words[:, 2], box[2]) - np.maximum(words[:, 0], box[0])
    height = np.minimum(words[:, 3], box[3]) - np.maximum(words[:, 1], box[1])
    return float((width.clip(0) * height.clip(0)).sum())


def _objects(name: str, *arguments: Any) -> Any:
    return function(name, INT, *arguments)


def _pictures(
    objects: Sequence[int], frame: PageFrame, matrix: Matrix, left: list[int], depth: int
) -> Iterator[Picture]:
    kinds = list(map(function("FPDFPageObj_GetType", INT, ADDRESS), objects))
    for item, kind in zip(objects, kinds, strict=True):
        if kind == _IMAGE:
            box = _common(_box(item, frame, matrix), (0.0, 0.0, frame.width, frame.height))
            yield Picture(box, _pixels(item))
        elif kind == _FORM and depth < _MAX_DEPTH and left[0] > 0:
            count = min(left[0], _objects("FPDFFormObj_CountObjects", ADDRESS)(item))
            left[0] -= count
            get = function("FPDFFormObj_GetObject", ADDRESS, ADDRESS, INT)
            inner = _times(_matrix(item), matrix)
            yield from _pictures(sweep(get, item, range(count)), frame, inner, left, depth + 1)


def _box(item: int, frame: PageFrame, matrix: Matrix) -> Box:
    numbers = (ctypes.c_float * 4)()
    start = ctypes.addressof(numbers)
    get = function("FPDFPageObj_GetBounds", INT, ADDRESS, *[ADDRESS] * 4)
    get(item, start, start + 4, start + 8, start + 12)
    left, bottom, right, top = numbers
    a, b, c, d, e, f = matrix
    xs, ys = zip(*[(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)], strict=True)
    return frame.shown(min(xs), min(ys), max(xs), max(ys))


def _matrix(item: int) -> Matrix:
    numbers = (ctypes.c_float * 6)(*_IDENTITY)
    function("FPDFPageObj_GetMatrix", INT, ADDRESS, ADDRESS)(item, ctypes.addressof(numbers))
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _pixels(item: int) -> int:
    size = (ctypes.c_uint * 2)()
    start = ctypes.addressof(size)
    function("FPDFImageObj_GetImagePixelSize", INT, ADDRESS, ADDRESS, ADDRESS)(item, start, start + 4)
    return int(size[0]) * int(size[1])


def _common(one: Box, two: Box) -> Box:
    return max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3])


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
