"""Pictures on a PDF page: where they lie, and which of them may hold text that the text layer hasn't.

Belongs here: geometry of image objects. Doesn't: finding them (``pdf_objects``), looking at what they show (``ink``),
recognising it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docplatform.ocr.local.layout.pieces import Box
from docplatform.ocr.local.pdf_calls import ADDRESS, INT, function
from docplatform.ocr.local.pdf_frame import PageFrame
from docplatform.ocr.local.pdf_objects import Matrix, PageObjects, bounds_of, moved

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SMALLEST = 0.002  # share of the page: a bullet, an icon
_MAX_TEXT = 0.03  # share of a picture under words from which its text counts as known; a stamp or a label has less


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture. ``box`` is in points of the page as shown, cut at its edges."""

    box: Box
    pixels: int

    def share(self, frame: PageFrame) -> float:
        """Share of the page that it covers."""
        return _area(self.box) / max(frame.width * frame.height, 1e-6)


def pictures(objects: PageObjects, frame: PageFrame) -> list[Picture]:
    """The pictures of a page."""
    page = (0.0, 0.0, frame.width, frame.height)
    return [
        Picture(_common(_placed(bounds, frame, matrix), page), _pixels(item))
        for (item, matrix), bounds in zip(objects.images, bounds_of(objects.images), strict=True)
    ]


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


def _placed(bounds: Sequence[float], frame: PageFrame, matrix: Matrix) -> Box:
    left, bottom, right, top = bounds
    xs, ys = zip(*[moved((x, y), matrix) for x in (left, right) for y in (bottom, top)], strict=True)
    return frame.shown(min(xs), min(ys), max(xs), max(ys))


def _pixels(item: int) -> int:
    size = (ctypes.c_uint * 2)()
    start = ctypes.addressof(size)
    function("FPDFImageObj_GetImagePixelSize", INT, ADDRESS, ADDRESS, ADDRESS)(item, start, start + 4)
    return int(size[0]) * int(size[1])


def _common(one: Box, two: Box) -> Box:
    return max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3])


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
