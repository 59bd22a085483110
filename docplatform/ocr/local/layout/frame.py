"""Turning: points and boxes between the page as it is and the frame in which its text is upright.

Belongs here: geometry of points. Doesn't: knowing what they are the points of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from docplatform.ocr.local.layout.pieces import Box


def turned(numbers: Sequence[float], angle: float) -> Sequence[float]:
    """Points turned clockwise around the origin by ``angle`` degrees."""
    if angle == 0:
        return numbers
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [
        number
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
        for number in (x * cos - y * sin, x * sin + y * cos)
    ]


def bounds(numbers: Sequence[float]) -> Box:
    """The upright rectangle around points."""
    if len(numbers) == 8:
        x1, y1, x2, y2, x3, y3, x4, y4 = numbers
        if x1 == x4 <= x2 == x3 and y1 == y2 <= y3 == y4:  # upright already, as nearly all are
            return x1, y1, x3, y3
        return min(x1, x2, x3, x4), min(y1, y2, y3, y4), max(x1, x2, x3, x4), max(y1, y2, y3, y4)
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def hull(boxes: Sequence[Box]) -> Box:
    """The rectangle around boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def polygon_of(box: Box, angle: float, digits: int | None) -> tuple[float, ...]:
    """A box of the upright frame as a polygon on the page, from where its text starts, rounded to ``digits``."""
    if angle == 0:
        left, top, right, bottom = (round(number, digits) for number in box)
        return left, top, right, top, right, bottom, left, bottom
    left, top, right, bottom = box
    numbers = turned((left, top, right, top, right, bottom, left, bottom), angle)
    return tuple(round(number, digits) for number in numbers)
