"""What is found on a page's image besides its words: a recogniser and, after it, the finders.

Belongs here: the list of finders and running them, once for each page image, so that a cache keeps what they find.
Doesn't: finding anything, which each finder's own module does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.barcodes import find_barcodes
from docplatform.ocr.local.image_marks import find_marks
from docplatform.ocr.local.layout.image_rules import ruled
from docplatform.ocr.local.page_cache import FingerprintedRecognizer
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.quality import graded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Find = Callable[[Grey, PageElements], PageElements]


@dataclass(frozen=True, slots=True)
class Finder:
    """One thing to look for. ``revision`` is raised when it finds something else on the same image."""

    name: str
    revision: int
    find: Find
    """Gets the image (grey, 8 bits) and what was found so far, in pixels of it; returns that with its own findings."""


FINDERS = (
    Finder("rules", 2, ruled),
    Finder("marks", 1, find_marks),
    Finder("barcodes", 1, find_barcodes),
    Finder("quality", 1, graded),
)
"""In the order they run: a later one sees what earlier ones found."""


class PageFindings:
    """A ``Recognizer`` that finds words as another one does, and then whatever its finders look for."""

    def __init__(self, recognizer: FingerprintedRecognizer, finders: Sequence[Finder] = FINDERS) -> None:
        self._recognizer = recognizer
        self._finders = finders

    @cached_property
    def fingerprint(self) -> str:
        """The recogniser's and the finders'."""
        return ";".join([self._recognizer.fingerprint, *(f"{f.name}-{f.revision}" for f in self._finders)])

    def recognize(self, image: Any) -> PageElements:
        """See ``Recognizer``."""
        elements = self._recognizer.recognize(image)
        grey = _grey(image)
        for finder in self._finders:
            elements = finder.find(grey, elements)
        return elements


def _grey(image: Any) -> Grey:
    import cv2
    import numpy as np

    if image.ndim == 2:
        return np.ascontiguousarray(image)
    if image.shape[2] == 1:
        return np.ascontiguousarray(image[:, :, 0])
    return cv2.cvtColor(np.ascontiguousarray(image[:, :, :3]), cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]
