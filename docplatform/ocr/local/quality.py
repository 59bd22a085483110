"""How well a page image can be read: POOR, FAIR, GOOD or EXCELLENT, and why.

Belongs here: measuring an image where text was found on it, and grading the measures. Doesn't: recognising; pages whose
text comes from the file itself, which aren't measured.

Every measure is taken where the text is and in units of the text, so that neither paper, margins nor pictures count,
and the same page scanned at twice the resolution is as sharp as before. A page is as good as its worst measure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docplatform.documents.elements import QualityGrade
from docplatform.ocr.completeness import INK_WITHOUT_TEXT
from docplatform.ocr.local.blocks import LineBox, PageQuality
from docplatform.ocr.local.page_elements import PageElements

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_MOST_LINES = 30
"""Lines measured, the longest ones: more cost time and change the median by nothing that matters."""
_WINDOW = 300
"""Most of a line's width or height that is measured (pixels)."""
_SHARP_EDGE = 2.2
"""Width (pixels) that the smoothing gives the edges of a page without any blur."""
_BLANK_SIDE = 500
_INK_STEP = 40  # grey levels
_LEAST_STROKE = 4  # pixels at that side: what is smaller is dust
_INK_SHARE = 0.0005


@dataclass(frozen=True, slots=True)
class _Scale:
    """The least value for each grade, or the most where ``is_less_better``."""

    reason: str
    measure: str
    fair: float
    good: float
    excellent: float
    is_less_better: bool = False

    def grade(self, value: float) -> QualityGrade:
        sign = -1 if self.is_less_better else 1
        reached = [sign * value >= sign * bound for bound in (self.fair, self.good, self.excellent)]
        return list(QualityGrade)[sum(reached)]


SCALES = (
    _Scale("lowConfidence", "confidence", 0.92, 0.96, 0.985),
    _Scale("lowResolution", "textSize", 6, 8.5, 10),
    _Scale("blur", "blur", 0.34, 0.28, 0.18, is_less_better=True),
    _Scale("faint", "contrast", 0.06, 0.12, 0.20),
    _Scale("noise", "noise", 0.35, 0.28, 0.15, is_less_better=True),
    _Scale("skew", "skew", 20, 10, 5, is_less_better=True),
)
"""Calibrated on generated scans, whose errors are known exactly: see benchmarks/quality.py."""


def graded(image: Image, elements: PageElements) -> PageElements:
    """The elements with the page's quality as its image (8 bits; BGR or grey) and they show it."""
    return replace(elements, quality=page_quality(image, elements))


def page_quality(image: Image, elements: PageElements) -> PageQuality:
    """The grade of a page, in whose image's pixels the elements are."""
    grey = _grey(image)
    if not elements.lines:
        has_ink = shows_ink(grey)
        return PageQuality(QualityGrade.POOR, (INK_WITHOUT_TEXT,)) if has_ink else PageQuality(QualityGrade.EXCELLENT)
    measures = _measures(grey, elements)
    grades = {scale.reason: scale.grade(measures[scale.measure]) for scale in SCALES}
    order = list(QualityGrade)
    worst = min(grades.values(), key=order.index)
    reasons = [reason for reason, grade in grades.items() if grade == worst and worst is not QualityGrade.EXCELLENT]
    return PageQuality(worst, reasons, {name: round(value, 3) for name, value in measures.items()})


def shows_ink(image: Image) -> bool:
    """Whether anything is on a page besides paper: its shade, speckles and dark edges left out."""
    import cv2
    import numpy as np

    grey = _grey(image)
    scale = min(1.0, _BLANK_SIDE / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    margin_y, margin_x = (side // 50 for side in small.shape)
    inner = small[margin_y : small.shape[0] - margin_y, margin_x : small.shape[1] - margin_x]
    differs = cv2.absdiff(inner, cv2.medianBlur(inner, 51)) > _INK_STEP
    _, _, stats, _ = cv2.connectedComponentsWithStats(differs.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]  # the first is the paper
    return bool(areas[areas >= _LEAST_STROKE].sum() >= _INK_SHARE * inner.size)


def _grey(image: Image) -> Image:
    import cv2

    if image.ndim == 2:
        return image
    if image.shape[2] == 1:
        return image[:, :, 0]
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def _measures(grey: Image, elements: PageElements) -> dict[str, float]:
    """Every measure of ``SCALES``: text size in pixels, skew in degrees, blur as a share of the text size."""
    import numpy as np

    lines = sorted(elements.lines, key=_letters, reverse=True)[:_MOST_LINES]
    weights = np.array([float(_letters(line)) for line in lines])
    samples = np.array([(_text_size(line), *_line_measures(grey, line)) for line in lines])
    size, contrast, edge, noise = (_weighted_median(column, weights) for column in samples.T)
    return {
        "confidence": _confidence(elements.lines),
        "textSize": size,
        "blur": math.sqrt(max(0.0, edge**2 - _SHARP_EDGE**2)) / max(size, 1.0),
        "contrast": contrast / 255,
        "noise": noise / max(contrast, 1.0),
        "skew": abs(elements.skew),
    }


def _text_size(line: LineBox) -> float:
    """The em of a line (pixels), taken for two mean character widths: the height of its box grows with blur and skew.

    Characters of Chinese and Japanese are an em wide; there the box is the smaller one.
    """
    polygon = line.polygon or (0.0,) * 8
    characters = max(1, _letters(line) + len(line.words) - 1)
    return min(math.dist(polygon[0:2], polygon[6:8]), 2 * math.dist(polygon[0:2], polygon[2:4]) / characters)


def _line_measures(grey: Image, line: LineBox) -> tuple[float, float, float]:
    """Contrast (grey levels), width of edges (pixels) and noise (grey levels) of a line of text.

    The width of an edge is the step from paper to ink over the steepest slope. Unlike the variance of the Laplacian
    it doesn't grow with the contrast or the amount of text, and noise, smoothed first, moves it little.
    """
    import cv2
    import numpy as np

    polygon = line.polygon or (0.0,) * 8
    crop = grey[_middle(polygon[1::2]), _middle(polygon[::2])]
    if min(crop.shape) < 3:
        return 0.0, 0.0, 0.0
    smooth = cv2.GaussianBlur(crop, (3, 3), 0)
    dark, light = np.percentile(smooth, (3, 97))
    contrast = float(light - dark)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1)))
    steepest = float(np.percentile(cv2.magnitude(across, down), 97))
    return contrast, contrast / max(steepest, 1e-3), _noise(crop)


def _middle(coordinates: Sequence[float]) -> slice:
    """The part of an image between the least and the greatest coordinate, or the middle of it where that is long."""
    low, high = max(0, math.floor(min(coordinates))), math.ceil(max(coordinates))
    surplus = max(0, high - low - _WINDOW) // 2
    return slice(low + surplus, max(0, high - surplus))


def _noise(crop: Image) -> float:
    """Standard deviation of the noise, by the median of a difference that straight edges and slopes don't show in.

    Immerkaer, Fast noise variance estimation, 1996; the median in place of the mean leaves strokes out.
    """
    import cv2
    import numpy as np

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    return float(np.median(np.abs(cv2.filter2D(crop, cv2.CV_32F, kernel)))) / (0.6745 * 6)


def _confidence(lines: Sequence[LineBox]) -> float:
    """Mean confidence of the words, long ones counting more."""
    words = [word for line in lines for word in line.words]
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0


def _letters(line: LineBox) -> int:
    return sum(len(word.text) for word in line.words)


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = values.argsort()
    total = weights[order].cumsum()
    return float(values[order][total.searchsorted(total[-1] / 2)])
