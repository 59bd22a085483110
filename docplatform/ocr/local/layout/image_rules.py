"""The rules of a page image: long thin strokes of ink, level or upright, also skewed by some degrees or broken.

Belongs here: pixels to rules. Doesn't: making tables of them (``tables``), the rules of PDFs (``pdf_rules``).

Ink is what is darker than its neighbourhood. Opening with a bar keeps what is at least as long as the bar; text isn't.
A line skewed by 3 degrees and 2 pixels thick runs level for only 38 pixels, so ink is thickened across first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.page_elements import PageElements, Rule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_NEIGHBOURHOOD = 31  # pixels
_DARKER = 12  # grey levels
_DARK_PAGE = 100  # mean grey level: light on dark
_BAR = 1 / 50  # of the long side; more than letters of ordinary text are wide or high
_MIN_BAR = 24  # pixels
_MIN_LENGTH = 1.5  # bars
_THICKEST = 0.25  # bars
_SLOPE = 0.09  # of the length: 5 degrees
_MAX_PARTS = 3_000
_LONG = 0.3  # of the page, along its text: a rule that tells its skew
_MAX_CORRECTION = 2.0  # degrees: lines further off are something else
_ENDS = 0.15  # share of a stroke at either end that tells where it lies


def ruled(grey: Image, found: PageElements) -> PageElements:
    """What was found on an image, with its rules, and with the skew that long rules show."""
    rules = image_rules(grey)
    return replace(found, rules=[*found.rules, *rules], skew=_truer_skew(found, rules))


def _truer_skew(found: PageElements, rules: Sequence[Rule]) -> float:
    """The skew that rules along the text show, where they are long enough to tell it better than text can.

    A line of text is found as a box, whose angle is often 0 where the text's is up to half a degree: over the width of
    a page that is a row of a table.
    """
    along = found.width if found.direction in (0, 180) else found.height
    turns = []
    for rule in rules:
        angle = math.degrees(math.atan2(rule.y2 - rule.y1, rule.x2 - rule.x1)) - found.direction
        skew = (angle + 90) % 180 - 90
        length = math.dist((rule.x1, rule.y1), (rule.x2, rule.y2))
        if length >= _LONG * along and abs(skew - found.skew) <= _MAX_CORRECTION:
            turns.append((skew, length))
    if sum(length for _, length in turns) < along:
        return found.skew
    return _weighted_median(turns)


def _weighted_median(pairs: Sequence[tuple[float, float]]) -> float:
    """The median of the first numbers, which count as much as the second ones say."""
    rest = sum(weight for _, weight in pairs) / 2
    ordered = iter(sorted(pairs))
    number, weight = next(ordered)
    while weight < rest:
        rest -= weight
        number, weight = next(ordered)
    return number


def image_rules(grey: Image) -> list[Rule]:
    """The rules of an image of 8 bits, in its pixels; none where there are more than a page of tables has."""
    import cv2

    if min(grey.shape) < _MIN_BAR:
        return []
    light = grey if grey.mean() >= _DARK_PAGE else cv2.bitwise_not(grey)
    ink = cv2.adaptiveThreshold(light, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _NEIGHBOURHOOD, _DARKER)
    bar = max(_MIN_BAR, round(_BAR * max(grey.shape)))
    level = [Rule(*ends) for ends in _strokes(ink, bar)]
    upright = [Rule(y1, x1, y2, x2) for x1, y1, x2, y2 in _strokes(cv2.transpose(ink), bar)]
    return [*level, *upright]


def _strokes(ink: Any, bar: int) -> Iterator[tuple[float, float, float, float]]:
    """Level strokes of ink, from end to end."""
    import cv2
    import numpy as np

    thick = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    step = 2 if bar > _MIN_BAR else 1  # thickened lines outlast it, and labelling takes a quarter of the time
    small = np.ascontiguousarray(thick[::step, ::step])
    opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((1, bar // step), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8, ltype=cv2.CV_16U)
    if count > _MAX_PARTS:
        return
    widths, heights, areas = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    thickest = _THICKEST * bar / step
    is_long = widths * step >= _MIN_LENGTH * bar
    is_thin = (areas <= thickest * widths) & (heights <= _SLOPE * widths + thickest)
    for number in np.flatnonzero(is_long & is_thin):
        left, top, width, height, _ = stats[number].tolist()
        part = labels[top : top + height, left : left + width] == number
        yield tuple(step * place for place in _ends(part, left, top))  # type: ignore[misc]


def _ends(part: Any, left: int, top: int) -> tuple[float, float, float, float]:
    """From where to where a stroke runs, by where its ends lie in the middle."""
    import numpy as np

    height, width = part.shape
    end = max(1, round(_ENDS * width))
    rows = np.arange(height) + top + 0.5
    one, two = part[:, :end].sum(axis=1), part[:, -end:].sum(axis=1)
    y1, y2 = float(rows @ one / one.sum()), float(rows @ two / two.sum())
    overhang = (y2 - y1) / max(width - end, 1) * end / 2  # from the middle of an end to where it stops
    return left, y1 - overhang, left + width, y2 + overhang
