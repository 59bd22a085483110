"""Where things stand on a PDF page: from PDF space to the page as it is shown.

Belongs here: rotation, crop box, and polygons in inches. Doesn't: finding anything on a page.

Everything here takes numbers and numpy arrays of them alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from docplatform.ocr.local.layout.pieces import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POINTS_PER_INCH = 72.0
Coordinate = TypeVar("Coordinate", float, "NDArray[np.float64]")


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The page as it is shown: its box in PDF points and its clockwise rotation."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @classmethod
    def of(cls, page: Any) -> PageFrame:
        """The frame of a pypdfium2 page."""
        left, bottom, right, top = page.get_bbox()
        return cls(left, bottom, right, top, page.get_rotation())

    @property
    def width(self) -> float:
        """Width as shown, points."""
        is_upright = self.rotation in (0, 180)
        return self.right - self.left if is_upright else self.top - self.bottom

    @property
    def height(self) -> float:
        """Height as shown, points."""
        is_upright = self.rotation in (0, 180)
        return self.top - self.bottom if is_upright else self.right - self.left

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height as shown, inches."""
        return round(self.width / POINTS_PER_INCH, 4), round(self.height / POINTS_PER_INCH, 4)

    def shown(
        self, left: Coordinate, bottom: Coordinate, right: Coordinate, top: Coordinate
    ) -> tuple[Coordinate, Coordinate, Coordinate, Coordinate]:
        """A box in PDF space as a box on the page as shown, points from its top left."""
        if self.rotation == 90:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.rotation == 180:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        if self.rotation == 270:
            return self.top - top, self.right - right, self.top - bottom, self.right - left
        return left - self.left, self.top - top, right - self.left, self.top - bottom


_CORNERS = (0, 1, 2, 1, 2, 3, 0, 3)  # of a box: left top, right top, right bottom, left bottom


def polygon_of(box: Box, direction: int = 0) -> tuple[float, ...]:
    """A box in points as a polygon in inches that starts where its text starts."""
    numbers = [round(number / POINTS_PER_INCH, 4) for number in box]
    return tuple(numbers[side] for side in _corners(direction))


def polygons_of(boxes: NDArray[np.float64], direction: int = 0) -> list[tuple[float, ...]]:
    """The same for an array of boxes, n x 4."""
    import numpy as np

    inches = np.round(boxes / POINTS_PER_INCH, 4).tolist()
    if direction == 0:
        return [(left, top, right, top, right, bottom, left, bottom) for left, top, right, bottom in inches]
    corners = _corners(direction)
    return [tuple([box[side] for side in corners]) for box in inches]


def _corners(direction: int) -> list[int]:
    first = direction // 90 * 2
    return [*_CORNERS[first:], *_CORNERS[:first]]
