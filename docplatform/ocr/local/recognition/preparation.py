"""The page before it is looked at: three channels, within the side limit, its ink told from its paper.

Belongs here: what is done to a whole page's pixels. Doesn't: decoding files (``images``), lines (``crops``).
"""

from __future__ import annotations

from docplatform.ocr.local.recognition.arrays import Image

_FAINT = 100
"""Grey levels from ink to paper under which a page is stretched: scans have 150 and more; at 12 nothing is found."""
_LEAST = 6  # grey levels; less is the noise of an empty page
_EXTREME = 0.1  # per cent of the pixels that may be darker than ink and lighter than paper: specks


def prepared(image: Image, max_side: int) -> tuple[Image, float]:
    """A BGR or grey image of 8 bits as the networks want it, and its pixels per pixel of what is returned."""
    import cv2
    import numpy as np

    if image.ndim == 2 or image.shape[2] == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    longest = max(image.shape[:2])
    if longest <= max_side:
        return _stretched(np.ascontiguousarray(image)), 1.0
    ratio = max_side / longest
    size = (max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio)))
    small: Image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return _stretched(small), 1.0 / ratio


def _stretched(image: Image) -> Image:
    """A faint page with its ink black and its paper white; any other as it is."""
    import numpy as np

    sample = image[::4, ::4].min(axis=2) if min(image.shape[:2]) > 64 else image.min(axis=2)
    dark, light = (float(level) for level in np.percentile(sample, (_EXTREME, 100 - _EXTREME)))
    if not _LEAST <= light - dark < _FAINT:
        return image
    levels = np.clip((np.arange(256) - dark) * (255 / (light - dark)), 0, 255).astype(np.uint8)
    return levels[image]  # type: ignore[no-any-return]
