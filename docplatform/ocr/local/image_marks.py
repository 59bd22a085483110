"""Check boxes on a page's image: squares drawn with thin straight lines, empty or filled in.

Belongs here: finding them by their shape. Doesn't: check boxes that are characters (``layout.marks``).

A box is four straight strokes at right angles around a mostly empty square, about as high as a line of text. Letters
lack a straight side (D, O) or one side (U, H), cells of tables are larger or touch others, solid squares are bullets.
Whatever is unclear is no mark: a missed box costs less than a letter taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from docplatform.ocr.local.blocks import LineBox, MarkBox
from docplatform.ocr.local.page_elements import PageElements

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Ink = NDArray[np.uint8]

_LEAST, _MOST = 0.6, 2.2
"""Side of a box, in heights of a line's box."""
_MIN_SIDE = 9  # pixels; of smaller ones nothing tells an empty one from a letter
_MAX_ASPECT = 1.25
_SIDE_COVER = 0.9
"""Share of each side that a stroke must cover."""
_MAX_STROKE = 0.22
"""Share of the side that a stroke may be thick."""
_CORNER, _CORNER_INK = 0.15, 0.3
"""Share of the side that is a corner, and of ink in it; letters have round ones (D, O, B)."""
_MAX_BEFORE, _MAX_AROUND = 0.1, 0.35
"""Share of ink right before a box, where within a word there is a letter; sum of the shares at its four sides."""
_EMPTY, _FILLED, _SOLID = 0.03, 0.07, 0.85
"""Share of ink inside: below, it isn't selected; above, it is; above the last it is a bullet."""
_MARGIN = 0.2
"""Share of the side that is left out on each side when ink inside is measured: strokes and their blur."""


@dataclass(frozen=True, slots=True)
class _Square:
    left: int
    top: int
    width: int
    height: int


def find_marks(grey: Grey, elements: PageElements) -> PageElements:
    """A page with the check boxes of its image; a ``Finder``."""
    marks = image_marks(grey, elements.lines)
    return replace(elements, marks=[*elements.marks, *marks]) if marks else elements


def image_marks(grey: Grey, lines: Sequence[LineBox]) -> list[MarkBox]:
    """The check boxes of an image (grey, dark on light), in its pixels, given the text recognised on it."""
    import cv2

    heights = sorted(min(_sides(line)) for line in lines if line.polygon)
    if not heights:
        return []
    height = median(heights)
    _, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return [mark for square in _squares(ink, height) if (mark := _mark(ink, square))]  # type: ignore[arg-type]


def _sides(line: LineBox) -> tuple[float, float]:
    x1, y1, x2, y2, x3, y3 = (line.polygon or (0.0,) * 8)[:6]
    return ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, ((x3 - x2) ** 2 + (y3 - y2) ** 2) ** 0.5


def _squares(ink: Ink, height: float) -> Iterator[_Square]:
    """Squares whose four sides are strokes, from left to right strokes and from top to bottom ones alone."""
    import cv2

    least, most = max(_MIN_SIDE, _LEAST * height), _MOST * height
    length = max(6, round(0.8 * least))
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, (length, 1)))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, (1, length)))
    strokes = cv2.bitwise_or(across, down)
    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    sides = stats[1:, 2:4]
    is_square = sides.max(axis=1) <= _MAX_ASPECT * sides.min(axis=1)
    for left, top, width, tall in stats[1:, :4][is_square & (sides.min(axis=1) >= least) & (sides.max(axis=1) <= most)]:
        square = _Square(int(left), int(top), int(width), int(tall))
        if _is_framed(ink, across, down, square):  # type: ignore[arg-type]
            yield square


def _is_framed(ink: Ink, across: Ink, down: Ink, square: _Square) -> bool:
    """Whether a thin stroke runs along each of the four sides, and into each of the four corners."""
    rows = across[square.top : square.top + square.height, square.left : square.left + square.width] > 0
    columns = down[square.top : square.top + square.height, square.left : square.left + square.width] > 0
    thick = max(2, round(_MAX_STROKE * min(square.width, square.height)))
    sides = (rows[:thick], rows[-thick:], columns[:, :thick].T, columns[:, -thick:].T)
    if not all(side.any(axis=0).mean() >= _SIDE_COVER for side in sides):
        return False
    block = max(2, round(_CORNER * min(square.width, square.height)))
    box = ink[square.top : square.top + square.height, square.left : square.left + square.width] > 0
    corners = (box[:block, :block], box[:block, -block:], box[-block:, :block], box[-block:, -block:])
    return all(corner.mean() >= _CORNER_INK for corner in corners) and _is_apart(ink, square, max(3, block))


def _is_apart(ink: Ink, square: _Square, width: int) -> bool:
    """Whether little ink is around a square, and less before it: a tick may run out at its other sides."""
    right, bottom = square.left + square.width, square.top + square.height
    sides = [
        ink[square.top : bottom, max(0, square.left - width) : max(0, square.left - 1)],
        ink[square.top : bottom, right + 1 : right + width],
        ink[max(0, square.top - width) : max(0, square.top - 1), square.left : right],
        ink[bottom + 1 : bottom + width, square.left : right],
    ]
    shares = [float((side > 0).mean()) if side.size else 0.0 for side in sides]
    return shares[0] <= _MAX_BEFORE and sum(shares) <= _MAX_AROUND


def _mark(ink: Ink, square: _Square) -> MarkBox | None:
    """The mark, unless it is solid, or neither clearly empty nor clearly filled in."""
    inset_x, inset_y = max(2, round(_MARGIN * square.width)), max(2, round(_MARGIN * square.height))
    inside = ink[
        square.top + inset_y : square.top + square.height - inset_y,
        square.left + inset_x : square.left + square.width - inset_x,
    ]
    share = float((inside > 0).mean()) if inside.size else 1.0
    if share >= _SOLID or _EMPTY < share < _FILLED:
        return None
    left, top, right, bottom = square.left, square.top, square.left + square.width, square.top + square.height
    polygon = tuple(float(number) for number in (left, top, right, top, right, bottom, left, bottom))
    is_selected = share >= _FILLED
    return MarkBox(is_selected, polygon, 0.8 if is_selected else 0.9)
