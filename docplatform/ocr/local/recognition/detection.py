"""Where text is: the detection network's map, and the rotated rectangles made of it.

Belongs here: scaling the page for the network and turning its map into quads (differentiable binarization, Liao et al.
2020, as PaddleOCR and RapidOCR do it). Doesn't: cutting lines out, saying which way up they are.
"""

from __future__ import annotations

from typing import Any

from docplatform.ocr.local.recognition.arrays import Batch, Floats, Image, Quads
from docplatform.ocr.local.recognition.sessions import Session

SIDE = 960
"""Long side of the page as the network sees it (pixels)."""
_STEP = 32  # the network's sides are multiples of it
_INK = 0.3  # of the map, above which a pixel is text
_MIN_SCORE = 0.5  # mean of the map in a rectangle
_UNCLIP = 1.6  # area over perimeter by which a rectangle grows: the network is taught shrunken text
_MIN_SIDE = 3  # pixels of the map; less is dust
_MAX_REGIONS = 1_000


def detect(image: Image, session: Session, side: int = SIDE) -> Quads:
    """Quads of the text regions, tops first; each starts at its top left corner as the image lies."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    ratio = min(1.0, side / max(height, width))
    size = tuple(max(_STEP, round(length * ratio / _STEP) * _STEP) for length in (width, height))
    scaled: Any = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    found = _rectangles(session.run(_normalized(scaled))[0, 0])
    found *= np.array([width / size[0], height / size[1]])
    return found[np.lexsort((found[:, 0, 0], found[:, 0, 1]))]


def _normalized(image: Image) -> Batch:
    import numpy as np

    batch = np.empty((1, 3, *image.shape[:2]), np.float32)
    np.multiply(image.transpose(2, 0, 1), np.float32(2 / 255), out=batch[0])
    batch -= 1
    return batch


def _rectangles(text_map: Batch) -> Quads:
    """Rotated rectangles around the islands of a map, grown to the size of the text."""
    import cv2
    import numpy as np

    # Not dilated, as RapidOCR does: that ties small lines together. Word recall on forms .797 with it, .799 without.
    mask = (text_map > _INK).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for contour in contours[:_MAX_REGIONS]:
        centre, sides, angle = cv2.minAreaRect(contour)
        corners: Any = cv2.boxPoints((centre, sides, angle))
        if min(sides) < _MIN_SIDE or _score(text_map, corners) < _MIN_SCORE:
            continue
        growth = _UNCLIP * sides[0] * sides[1] / (sides[0] + sides[1])
        grown = (sides[0] + growth, sides[1] + growth)
        if min(grown) >= _MIN_SIDE + 2:
            corners = cv2.boxPoints((centre, grown, angle))
            quads.append(_from_top_left(corners))
    return np.array(quads, np.float64).reshape(-1, 4, 2)


def _score(text_map: Batch, corners: Floats) -> float:
    """Mean of the map within a rectangle."""
    import cv2
    import numpy as np

    height, width = text_map.shape
    low = np.clip(np.floor(corners.min(axis=0)), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)), 0, (width - 1, height - 1)).astype(int)
    part = text_map[low[1] : high[1] + 1, low[0] : high[0] + 1]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, (corners - low).astype(np.int32)[None], 1)
    return float(cv2.mean(part, mask)[0])


def _from_top_left(corners: Floats) -> Floats:
    """The corners clockwise, from the upper one of the two leftmost."""
    import numpy as np

    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    top_left, bottom_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    top_right, bottom_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left])
