"""What else is on a page's image besides text: a recogniser whose finders complete what OCR found.

Belongs here: the composition. Doesn't: the finders, each of which has a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.page_elements import PageElements, Recognizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

Finder = Callable[["Grey", PageElements], PageElements]
"""Given an image (grey, 8 bits) and what was found on it so far, all in pixels of it: that, and what it finds."""


class CompleteRecognizer:
    """Implements ``Recognizer``: text by OCR, then whatever the finders find, in their order."""

    def __init__(self, text: Recognizer, finders: Sequence[Finder]) -> None:
        self._text = text
        self._finders = finders

    def recognize(self, image: Any) -> PageElements:
        """Read an image; see ``Recognizer``."""
        elements = self._text.recognize(image)
        grey = _grey(image)
        for find in self._finders:
            elements = find(grey, elements)
        return elements


def _grey(image: Any) -> Grey:
    import cv2
    import numpy as np

    if image.ndim == 2:
        return np.ascontiguousarray(image)
    if image.shape[2] == 1:
        return np.ascontiguousarray(image[:, :, 0])
    return cv2.cvtColor(np.ascontiguousarray(image[:, :, :3]), cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]
