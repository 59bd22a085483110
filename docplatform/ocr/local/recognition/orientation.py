"""Which way text runs, on a page and in its lines.

Belongs here: quarter turns and skew, and moving quads between frames. Doesn't: asking the classifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from docplatform.ocr.local.recognition.arrays import Floats, Image, Quads

_TALL = 1.5  # a quad taller than this times its width holds a line that runs up or down
_LINES_HIGH = 1.3
"""A tall quad no longer than so many lines are high holds one upright character: receipts set quantities of ``1`` and
``3`` apart."""
_ROTATIONS = {90: 2, 180: 1, 270: 0}  # cv2.ROTATE_… that turns text of a direction upright


def along_text(quads: Quads) -> tuple[Quads, list[bool]]:
    """Quads begun where their text begins (in tall ones: as if it ran down the page), and which of them are tall."""
    import numpy as np

    if not len(quads):
        return quads, []
    across, down = (np.hypot(*(quads[:, corner] - quads[:, 0]).T) for corner in (1, 3))
    line_height = float(np.median(np.minimum(across, down)))
    is_tall = ((down >= _TALL * np.maximum(across, 1e-6)) & (down > _LINES_HIGH * line_height)).tolist()
    return np.array([np.roll(quad, -int(tall), axis=0) for quad, tall in zip(quads, is_tall, strict=True)]), is_tall


def page_direction(quads: Quads, is_tall: Sequence[bool], is_turned: Sequence[bool]) -> int:
    """Which way most of the text runs, long lines counting more: 0, 90, 180 or 270 degrees clockwise.

    The quads begin where their text begins but for those ``is_turned``, which stand on their heads.
    """
    total = tall = tall_turned = turned = 0.0
    for quad, up, over in zip(quads, is_tall, is_turned, strict=True):
        length = math.dist(quad[0], quad[1])
        total += length
        tall += length * up
        tall_turned += length * (up and over)
        turned += length * (not up and over)
    if tall > total / 2:
        return 270 if tall_turned > tall / 2 else 90
    return 180 if turned > (total - tall) / 2 else 0


def upright(image: Image, direction: int) -> Image:
    """The image turned so that text of ``direction`` is upright."""
    import cv2

    return cv2.rotate(image, _ROTATIONS[direction]) if direction else image  # type: ignore[return-value]


def as_it_came(quads: Quads, direction: int, width: int, height: int) -> Quads:
    """Points of the upright image in the image as it came (``width`` x ``height``), within it."""
    import numpy as np

    x, y = quads[..., 0], quads[..., 1]
    if direction == 90:
        x, y = width - y, x
    elif direction == 180:
        x, y = width - x, height - y
    elif direction == 270:
        x, y = y, height - x
    return np.stack([np.clip(x, 0, width), np.clip(y, 0, height)], axis=-1)


def settled(quads: Quads, direction: int) -> int:
    """``direction``, or its opposite where most of what was read turned out to run that way, long lines counting more.

    The classifier takes blurred upright lines for turned ones, a page of them too; which way they read better tells.
    """
    import numpy as np

    if not len(quads):
        return direction
    right, down = (quads[:, 1] - quads[:, 0]).sum(axis=0)
    along = right * np.cos(np.radians(direction)) + down * np.sin(np.radians(direction))
    return (direction + 180) % 360 if along < 0 else direction


def skew(quads: Quads, direction: int) -> float:
    """How far lines are turned beyond ``direction``: the median of their angles (degrees), long lines counting more."""
    import numpy as np

    if not len(quads):
        return 0.0
    vectors = quads[:, 1] - quads[:, 0]
    angles = (np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])) - direction + 180) % 360 - 180
    return _weighted_median(angles, np.hypot(vectors[:, 0], vectors[:, 1]))


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = values.argsort()
    total = weights[order].cumsum()
    return float(values[order][total.searchsorted(total[-1] / 2)])
