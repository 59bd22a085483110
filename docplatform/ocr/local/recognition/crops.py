"""Lines cut out of the page and brought to the height that the networks read.

Belongs here: cutting and scaling. Doesn't: what is read in them.
"""

from __future__ import annotations

from docplatform.ocr.local.recognition.arrays import Batch, Floats, Image

HEIGHT = 48
"""Height of a line as the networks read it (pixels)."""
_NARROWING = 0.8
"""Width over what its proportions ask for. A line costs what its width costs, and to here that costs hardly a word.

Word recall on 20 receipts .886 at 1 and at .8, on 10 forms .779 and .782 (at .8 with a tail and without dilation).
"""
_LEVEL = 0.75  # pixels by which a quad may lean and still be cut out without being turned


def cut(image: Image, quad: Floats) -> Image:
    """The line in a quad, ``HEIGHT`` pixels high, a little narrowed."""
    import cv2
    import numpy as np

    width = max(float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[2] - quad[3]))), 1.0)
    height = max(float(np.hypot(*(quad[3] - quad[0]))), float(np.hypot(*(quad[2] - quad[1]))), 1.0)
    part = _level(image, quad)
    if part is None:
        part = _turned(image, quad, max(1, round(width)), max(1, round(height)))
    target = (max(1, int(np.ceil(HEIGHT * width / height * _NARROWING))), HEIGHT)
    return cv2.resize(part, target, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _turned(image: Image, quad: Floats, width: int, height: int) -> Image:
    """The pixels of a quad, turned level and brought to a size."""
    import cv2
    import numpy as np

    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    return cv2.warpPerspective(  # type: ignore[return-value]
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _level(image: Image, quad: Floats) -> Image | None:
    """The pixels of a quad that lies level, its text from left to right; nothing of others."""
    import numpy as np

    left, top = quad[0]
    right, bottom = quad[2]
    lean = max(abs(quad[1, 1] - top), abs(quad[3, 0] - left), abs(quad[1, 0] - right), abs(quad[3, 1] - bottom))
    if lean > _LEVEL or right <= left or bottom <= top:
        return None
    x1, y1 = max(0, int(np.floor(left))), max(0, int(np.floor(top)))
    x2, y2 = min(image.shape[1], int(np.ceil(right))), min(image.shape[0], int(np.ceil(bottom)))
    return image[y1:y2, x1:x2] if x2 > x1 and y2 > y1 else None


def batch_of(crops: list[Image], width: int) -> Batch:
    """Crops as a network takes them, -1 to 1, filled up to ``width`` with middle grey."""
    import numpy as np

    batch = np.zeros((len(crops), 3, HEIGHT, width), np.float32)
    for row, crop in zip(batch, crops, strict=True):
        part = row[:, :, : crop.shape[1]]
        np.multiply(crop.transpose(2, 0, 1), np.float32(2 / 255), out=part)
        part -= 1
    return batch
