"""``RapidOcrRecognizer``: the PaddleOCR networks that RapidOCR's wheel carries, run stage by stage.

Belongs here: the order of the stages. Doesn't: the stages, each of which has a module beside this one.

Orientation costs no second recognition: after detection and line classification the quads tell it (tall: sideways;
turned by the classifier: upside down), and the page is turned before its lines are recognised.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.recognition import orientation
from docplatform.ocr.local.recognition.arrays import Floats, Image, Quads
from docplatform.ocr.local.recognition.batches import read_lines
from docplatform.ocr.local.recognition.classification import upside_down
from docplatform.ocr.local.recognition.crops import cut
from docplatform.ocr.local.recognition.detection import detect
from docplatform.ocr.local.recognition.engine import BUNDLED_MODELS, Engine, chosen, load_engine
from docplatform.ocr.local.recognition.words import Word, words
from docplatform.settings import ReadingSettings

_REVISION = 2
"""Raised when anything in this package finds something else on the same image, so that pages are recognised anew."""
_MIN_SCORE = 0.5  # RapidOCR's own; what scores less is mostly noise: folds, logos, lines of tables
_OUT_OF_MEMORY = ("bad_alloc", "Failed to allocate memory", "std::bad_alloc")


@dataclass(frozen=True, slots=True)
class _Located:
    """Lines of an image before they are read: quads begun where their text begins, upright crops."""

    quads: Quads
    crops: list[Image]
    direction: int


class RapidOcrRecognizer:
    """Implements ``Recognizer``. The networks are loaded at the first image."""

    def __init__(self, reading: ReadingSettings) -> None:
        self._reading = reading

    @cached_property
    def fingerprint(self) -> str:
        """Packages, models and options that can change what is found on an image."""
        runtime = chosen(self._reading.ocr_engine).value
        packages = ",".join(f"{name}={version(name)}" for name in ("rapidocr", runtime, "opencv-python-headless"))
        models = ",".join(BUNDLED_MODELS.values())
        parts = f"{_REVISION};{packages};{models};{self._reading.ocr_max_side}"
        return f"rapidocr-{version('rapidocr')}:{runtime}:{hashlib.sha256(parts.encode()).hexdigest()[:12]}"

    @cached_property
    def _engine(self) -> Engine:
        return load_engine(chosen(self._reading.ocr_engine))

    def recognize(self, image: Image) -> PageElements:
        """Read a BGR or grey image of 8 bits. Everything is in pixels of it."""
        import numpy as np

        if image.ndim == 2 or image.shape[2] == 1:
            image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
        height, width = image.shape[:2]
        small, scale = _shrunk(np.ascontiguousarray(image), self._reading.ocr_max_side)
        try:
            direction, quads, lines = self._read(small)
        except Exception as error:
            if any(mark in str(error) for mark in _OUT_OF_MEMORY):
                raise MemoryError("The OCR engine ran out of memory.") from error
            raise
        quads = orientation.as_it_came(quads, direction, small.shape[1], small.shape[0]) * scale
        boxes = [_line_box(quad, line) for quad, line in zip(quads, lines, strict=True)]
        return PageElements(boxes, width, height, "pixel", direction, orientation.skew(quads, direction))

    def _read(self, image: Image) -> tuple[int, Quads, list[list[Word]]]:
        """The direction of the text, and quads and words of the lines in the frame in which it is upright."""
        located = self._located(image)
        direction = located.direction
        if direction:
            located = self._located(orientation.upright(image, direction))
        readings = read_lines(located.crops, self._engine.recognition, self._engine.decoder)
        kept = [
            number for number, reading in enumerate(readings) if reading.score >= _MIN_SCORE and reading.text.strip()
        ]
        return direction, located.quads[kept], [list(words(readings[number], located.crops[number])) for number in kept]

    def _located(self, image: Image) -> _Located:
        import numpy as np

        quads, is_tall = orientation.along_text(detect(image, self._engine.detection))
        crops = [cut(image, quad) for quad in quads]
        is_turned = upside_down(crops, self._engine.classification)
        direction = orientation.page_direction(quads, is_tall, is_turned)
        quads = np.array(
            [np.roll(quad, -2 * int(turned), axis=0) for quad, turned in zip(quads, is_turned, strict=True)]
        ).reshape(-1, 4, 2)
        crops = [_half_turned(crop) if turned else crop for crop, turned in zip(crops, is_turned, strict=True)]
        return _Located(quads, crops, direction)


def _half_turned(crop: Image) -> Image:
    import numpy as np

    return np.ascontiguousarray(crop[::-1, ::-1])


def _shrunk(image: Image, max_side: int) -> tuple[Image, float]:
    """The image within the side limit, and its pixels per pixel of it."""
    import cv2

    longest = max(image.shape[:2])
    if longest <= max_side:
        return image, 1.0
    ratio = max_side / longest
    size = (max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), 1.0 / ratio  # type: ignore[return-value]


def _line_box(quad: Floats, line: list[Word]) -> LineBox:
    return LineBox(
        [WordBox(word.text, _flat(_part(quad, word)), word.confidence) for word in line],
        _flat(quad),
    )


def _part(quad: Floats, word: Word) -> Floats:
    """The part of a line's quad that a word takes."""
    import numpy as np

    along = np.array([word.left, word.right, word.right, word.left])[:, None]
    down = np.array([word.top, word.top, word.bottom, word.bottom])[:, None]
    top = quad[0] + (quad[1] - quad[0]) * along
    bottom = quad[3] + (quad[2] - quad[3]) * along
    return top + (bottom - top) * down  # type: ignore[no-any-return]


def _flat(quad: Floats) -> tuple[float, ...]:
    return tuple(quad.reshape(-1).round(2).tolist())  # hundredths of a pixel: more is noise, and triples a cache entry
