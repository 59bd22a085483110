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
from docplatform.ocr.local.recognition.ambiguity import settled
from docplatform.ocr.local.recognition.arrays import Floats, Image, Quads
from docplatform.ocr.local.recognition.batches import read_lines
from docplatform.ocr.local.recognition.classification import upside_down
from docplatform.ocr.local.recognition.crops import cut
from docplatform.ocr.local.recognition.decoding import Reading
from docplatform.ocr.local.recognition.detection import detect
from docplatform.ocr.local.recognition.engine import BUNDLED_MODELS, Engine, chosen, load_engine
from docplatform.ocr.local.recognition.preparation import prepared
from docplatform.ocr.local.recognition.spelling import spelled
from docplatform.ocr.local.recognition.underlines import read_without_rules
from docplatform.ocr.local.recognition.words import Word, words
from docplatform.settings import ReadingSettings

_REVISION = 6
"""Raised when anything in this package finds something else on the same image, so that pages are recognised anew."""
_PACKAGES = ("rapidocr", "opencv-python-headless", "py3langid", "simplemma")
_MIN_SCORE = 0.5  # RapidOCR's own; what scores less is mostly noise: folds, logos, lines of tables
_OUT_OF_MEMORY = ("bad_alloc", "Failed to allocate memory", "std::bad_alloc")


@dataclass(frozen=True, slots=True)
class _Located:
    """Lines of an image before they are read, as they lie: quads begun where upright text would begin."""

    quads: Quads
    crops: list[Image]
    turned: list[int]
    """Those that the classifier takes to stand on their heads."""
    direction: int


class RapidOcrRecognizer:
    """Implements ``Recognizer``. The networks are loaded at the first image."""

    def __init__(self, reading: ReadingSettings) -> None:
        self._reading = reading

    @cached_property
    def fingerprint(self) -> str:
        """Packages, models and options that can change what is found on an image."""
        runtime = chosen(self._reading.ocr_engine).value
        packages = ",".join(f"{name}={version(name)}" for name in (*_PACKAGES, runtime))
        models = ",".join(BUNDLED_MODELS.values())
        parts = f"{_REVISION};{packages};{models};{self._reading.ocr_max_side}"
        return f"rapidocr-{version('rapidocr')}:{runtime}:{hashlib.sha256(parts.encode()).hexdigest()[:12]}"

    @cached_property
    def _engine(self) -> Engine:
        return load_engine(chosen(self._reading.ocr_engine))

    def recognize(self, image: Image) -> PageElements:
        """Read a BGR or grey image of 8 bits. Everything is in pixels of it."""
        height, width = image.shape[:2]
        page, scale = prepared(image, self._reading.ocr_max_side)
        try:
            direction, quads, lines = self._read(page)
        except Exception as error:
            if any(mark in str(error) for mark in _OUT_OF_MEMORY):
                raise MemoryError("The OCR engine ran out of memory.") from error
            raise
        quads = orientation.as_it_came(quads, direction, page.shape[1], page.shape[0]) * scale
        direction = orientation.settled(quads, direction)
        boxes = [_line_box(quad, line) for quad, line in zip(quads, lines, strict=True)]
        return PageElements(boxes, width, height, "pixel", direction, orientation.skew(quads, direction))

    def _read(self, page: Image) -> tuple[int, Quads, list[list[Word]]]:
        """The direction of the text, and quads and words of the lines in the frame in which it is upright."""
        located = self._located(page)
        direction = located.direction
        if direction:
            located = self._located(orientation.upright(page, direction))
        quads, crops, unsettled = self._readings(located)
        readings = spelled(settled(unsettled))
        kept = [n for n, reading in enumerate(readings) if reading.score >= _MIN_SCORE and reading.text.strip()]
        return direction, quads[kept], [list(words(readings[number], crops[number])) for number in kept]

    def _located(self, image: Image) -> _Located:
        quads, is_tall = orientation.along_text(detect(image, self._engine.detection))
        crops = [cut(image, quad) for quad in quads]
        is_turned = upside_down(crops, self._engine.classification)
        direction = orientation.page_direction(quads, is_tall, is_turned)
        return _Located(quads, crops, [n for n, turned in enumerate(is_turned) if turned], direction)

    def _readings(self, located: _Located) -> tuple[Quads, list[Image], list[Reading]]:
        """Quads, crops and readings of the lines, each the way up that it reads better.

        The classifier alone isn't to be believed: now and then it is sure that an upright line stands on its head.
        """
        import numpy as np

        quads, crops = located.quads.copy(), list(located.crops)
        half_turned = [np.ascontiguousarray(crops[number][::-1, ::-1]) for number in located.turned]
        readings = read_lines([*crops, *half_turned], self._engine.recognition, self._engine.decoder)
        for number, crop, reading in zip(located.turned, half_turned, readings[len(crops) :], strict=True):
            if reading.score > readings[number].score:
                quads[number], crops[number], readings[number] = np.roll(quads[number], -2, axis=0), crop, reading
        readings = readings[: len(crops)]
        return quads, *read_without_rules(crops, readings, self._engine.recognition, self._engine.decoder)


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
