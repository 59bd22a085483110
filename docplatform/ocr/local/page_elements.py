"""``PageElements``: what was found on a page with geometry, before layout makes blocks of it.

Belongs here: the shape that the text layer, the recogniser and any other engine hand to ``layout``, changing its unit,
and the port of engines that recognise images. Doesn't: finding elements, arranging them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from docplatform.documents.elements import Polygon
from docplatform.ocr.local.blocks import AS_GIVEN, BarcodeBox, LineBox, MarkBox, PageQuality, WordBox


class Rule(NamedTuple):
    """A straight line that is drawn on the page, from one end to the other."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class PageElements:
    """Everything in one frame: the page as it is shown, from its top left, in ``unit``."""

    lines: Sequence[LineBox]
    """Runs of words, each with a polygon that starts where its text starts; in no order that matters."""
    width: float
    height: float
    unit: str
    direction: int = 0
    """The way most text runs: 0, 90, 180 or 270 degrees clockwise."""
    skew: float = 0.0
    """Degrees clockwise by which text is turned beyond ``direction``."""
    rules: Sequence[Rule] = ()
    marks: Sequence[MarkBox] = ()
    barcodes: Sequence[BarcodeBox] = ()
    pictures: Sequence[Polygon] = ()
    quality: PageQuality = AS_GIVEN
    """As measured on a page's image (``quality``)."""

    @property
    def angle(self) -> float:
        """Clockwise turn of the text, degrees in (-180, 180]."""
        angle = round((self.direction + self.skew + 180) % 360 - 180, 2)
        return 180.0 if angle == -180 else angle

    def scaled(self, scale: float, width: float, height: float, unit: str) -> PageElements:
        """The same page with ``scale`` units per present unit; whole pixels, or 4 decimals."""
        digits = 0 if unit == "pixel" and scale >= 1 else 4

        def polygon(numbers: Polygon) -> Polygon:
            if digits == 0:
                return tuple(round(number * scale) for number in numbers)
            return tuple(round(number * scale, digits) for number in numbers)

        def line(box: LineBox) -> LineBox:
            words = [
                WordBox(word.text, polygon(word.polygon or ()), word.confidence, word.before) for word in box.words
            ]
            return LineBox(words, polygon(box.polygon or ()))

        return replace(
            self,
            lines=[line(box) for box in self.lines],
            width=width,
            height=height,
            unit=unit,
            rules=[Rule(r.x1 * scale, r.y1 * scale, r.x2 * scale, r.y2 * scale) for r in self.rules],
            marks=[replace(mark, polygon=polygon(mark.polygon)) for mark in self.marks],
            barcodes=[replace(code, polygon=polygon(code.polygon)) for code in self.barcodes],
            pictures=[polygon(picture) for picture in self.pictures],
        )


class Recognizer(Protocol):
    """Recognises what is on an image."""

    def recognize(self, image: Any) -> PageElements:
        """Read an image (8 bits; BGR, height x width x 3, or grey). Everything found is in pixels of it.

        Raises:
            MemoryError: the engine ran out of memory.
        """
        ...
