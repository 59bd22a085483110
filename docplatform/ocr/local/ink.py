"""What a page's image shows, told from its brightness alone: ink on paper, or a photograph.

Belongs here: cheap figures of an image (a millisecond), and the notice of a page with ink and no text. Doesn't:
recognising.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docplatform.ocr.completeness import INK_WITHOUT_TEXT
from docplatform.ocr.local.blocks import Notice
from docplatform.ocr.local.quality import shows_ink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEAST_INK = 0.0005  # share of a picture
_MAX_INK = 0.4
_LEAST_PAPER = 0.5
_CONTRAST = 64  # of 255
_MARGIN = 0.02  # share of each side that isn't looked at: scanners' shadows
_SAMPLED_SIDE = 1_000  # pixels


@dataclass(frozen=True, slots=True)
class Ink:
    """Shares of an image, 0 to 1."""

    paper: float
    """What is about as bright as most of it."""
    ink: float
    """What stands out from that clearly."""

    @property
    def may_be_text(self) -> bool:
        """Whether it is paper with something on it, rather than a photograph."""
        return self.paper >= _LEAST_PAPER and _LEAST_INK <= self.ink <= _MAX_INK


def ink_of(image: Any) -> Ink:
    """Measure an image (8 bits; BGR, height x width x 3, or grey)."""
    import numpy as np

    grey = _sampled(image)
    if grey.size == 0:
        return Ink(1.0, 0.0)
    levels = np.bincount(grey.ravel(), minlength=256)
    near = np.convolve(levels, np.ones(33, np.int64), mode="same")  # 16 levels either side
    paper = int(near.argmax())
    total = float(grey.size)
    ink = int(levels[: max(0, paper - _CONTRAST)].sum()) + int(levels[paper + _CONTRAST :].sum())
    return Ink(float(near[paper]) / total, ink / total)


def ink_notice(image: Any, index: int) -> Notice | None:
    """The warning for page ``index`` (from 0), on whose image no text was found; None where it is blank."""
    if not shows_ink(image):
        return None
    message = f"Something is drawn on page {index + 1} ({ink_of(image).ink:.1%} of it), but no text was found there."
    return Notice(INK_WITHOUT_TEXT, message, f"/pages/{index}")


def _sampled(image: Any) -> NDArray[np.uint8]:
    """Every so many pixels of an image without its margins, in grey."""
    import numpy as np

    height, width = image.shape[:2]
    top, left = int(height * _MARGIN), int(width * _MARGIN)
    step = max(1, max(height, width) // _SAMPLED_SIDE)
    pixels = image[top : height - top : step, left : width - left : step]
    if pixels.ndim == 2:
        return np.asarray(pixels, np.uint8)
    if pixels.shape[2] == 1:
        return np.asarray(pixels[:, :, 0], np.uint8)
    # Luma in eighths: 1 blue, 4 green, 3 red.
    weighed = pixels[:, :, 0].astype(np.uint16) + pixels[:, :, 1] * np.uint16(4) + pixels[:, :, 2] * np.uint16(3)
    return np.asarray(weighed >> 3, np.uint8)
