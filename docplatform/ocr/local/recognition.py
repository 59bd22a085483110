"""OCR of one image: lines, words, polygons in the image's own frame, whichever way up the page is.

Belongs here: running the engine's stages and mapping what they find. Doesn't: decoding files (``images``), configuring
the engine (``engine``).

Orientation costs no second recognition: after detection and line classification the boxes tell it (tall: sideways;
turned by the classifier: upside down), and the page is turned before its lines are recognised.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.engine import engine_fingerprint, load_engine
from docplatform.ocr.local.page_elements import PageElements
from docplatform.settings import ReadingSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Quad = NDArray[np.float64]

_REVISION = 1
"""Raised when this module finds something else on the same image, so that pages are recognised anew."""
_MIN_SCORE = 0.5  # RapidOCR's own; what scores less is mostly noise: folds, logos, lines of tables
_TALL = 1.5  # RapidOCR turns crops taller than this
_ROTATIONS = {90: 2, 180: 1, 270: 0}  # cv2.ROTATE_… that turns text of a direction upright
_OUT_OF_MEMORY = ("bad_alloc", "Failed to allocate memory", "std::bad_alloc")


@dataclass(frozen=True, slots=True)
class _Detected:
    """Text regions of an image: quads starting where their text starts, crops, and whether each was turned."""

    quads: list[Quad]
    crops: list[Image]
    is_tall: list[bool]
    is_turned: list[bool]


class RapidOcrRecognizer:
    """Recognises images. The engine is loaded at the first one."""

    def __init__(self, reading: ReadingSettings) -> None:
        self._reading = reading
        self._engine: Any = None

    @cached_property
    def fingerprint(self) -> str:
        """The engine's, and this module's own revision."""
        return f"{_REVISION}:{engine_fingerprint(self._reading)}"

    def recognize(self, image: Image) -> PageElements:
        """Read a BGR or grey image of 8 bits. Everything is in pixels of it."""
        import numpy as np

        if self._engine is None:
            self._engine = load_engine(self._reading)
        if image.ndim == 2 or image.shape[2] == 1:
            image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
        height, width = image.shape[:2]
        small, shrink = self._shrunk(np.ascontiguousarray(image))
        try:
            direction, lines = self._read(small)
        except Exception as error:
            if any(mark in str(error) for mark in _OUT_OF_MEMORY):
                raise MemoryError("The OCR engine ran out of memory.") from error
            raise
        mapped = [_mapped(line, direction, small.shape[1], small.shape[0], shrink) for line in lines]
        return PageElements(
            [_line_box(line) for line in mapped], width, height, "pixel", direction, _skew(mapped, direction)
        )

    def _shrunk(self, image: Image) -> tuple[Image, float]:
        """The image within the side limit, and its pixels per pixel of it."""
        import cv2

        longest = max(image.shape[:2])
        if longest <= self._reading.ocr_max_side:
            return image, 1.0
        ratio = self._reading.ocr_max_side / longest
        size = (max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio)))
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA), 1.0 / ratio  # type: ignore[return-value]

    def _read(self, image: Image) -> tuple[int, list[_Line]]:
        """The direction text runs in (degrees clockwise), and the lines in the frame in which it is upright."""
        import cv2

        detected = self._detect(image)
        direction = _direction(detected)
        if direction:
            upright: Image = cv2.rotate(image, _ROTATIONS[direction])  # type: ignore[assignment]
            detected = self._detect(upright)
        return direction, list(self._recognize(detected))

    def _detect(self, image: Image) -> _Detected:
        import numpy as np

        resized, record = self._engine.preprocess_img(image)
        ratios = (record["preprocess"]["ratio_w"], record["preprocess"]["ratio_h"])
        try:
            crops, regions = self._engine.detect_and_crop(resized, record)
        except _nothing_found():
            return _Detected([], [], [], [])
        boxes = regions.boxes.astype(np.float64)  # a padding, if any, moved them; RapidOCR keeps it to itself
        padding = _padding(self._engine, resized)
        turned_crops, classes = self._engine.cls_and_rotate(crops)
        threshold = self._engine.cfg.Cls.cls_thresh
        is_turned = ["180" in label and score > threshold for label, score in classes.cls_res]
        is_tall = [_is_tall(box) for box in boxes]
        boxes[:, :, 1] -= padding
        boxes *= np.array(ratios)
        quads = [
            np.roll(box, -(int(tall) + 2 * int(turned)), axis=0)
            for box, tall, turned in zip(boxes, is_tall, is_turned, strict=True)
        ]
        return _Detected(quads, turned_crops, is_tall, is_turned)

    def _recognize(self, detected: _Detected) -> Iterator[_Line]:
        if not detected.crops:
            return
        found = self._engine.recognize_txt(detected.crops)
        for quad, text, score, info in zip(detected.quads, found.txts, found.scores, found.word_results, strict=True):
            if score >= _MIN_SCORE and text.strip():
                yield _Line(quad, tuple(_words(text, info)))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word; ``start`` and ``end`` are shares of its line's length."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Line:
    quad: Quad
    words: tuple[_Word, ...]


def _nothing_found() -> type[Exception]:
    from rapidocr.main import RapidOCRError

    return RapidOCRError


def _padding(engine: Any, image: Image) -> int:
    """How many pixels RapidOCR padded a very wide or low image with at its top before detection."""
    from rapidocr.utils.process_img import get_padding_h

    height, width = image.shape[:2]
    ratio, least = engine.width_height_ratio, engine.min_height
    if not engine.cfg.Global.use_vertical_padding or (height > least and (ratio == -1 or width / height <= ratio)):
        return 0
    return int(get_padding_h(height, width, ratio, least))


def _is_tall(box: Quad) -> bool:
    """As RapidOCR's crop decides it."""
    import numpy as np

    width = int(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3])))
    height = int(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2])))
    return height >= _TALL * width


def _direction(detected: _Detected) -> int:
    """Which way most of the text runs, long lines counting more: 0, 90, 180 or 270 degrees clockwise."""
    total = tall = tall_turned = turned = 0.0
    for quad, is_tall, is_turned in zip(detected.quads, detected.is_tall, detected.is_turned, strict=True):
        length = math.dist(quad[0], quad[1])
        total += length
        tall += length * is_tall
        tall_turned += length * (is_tall and is_turned)
        turned += length * (not is_tall and is_turned)
    if tall > total / 2:
        return 270 if tall_turned > tall / 2 else 90
    return 180 if turned > (total - tall) / 2 else 0


def _words(text: str, info: Any) -> Iterator[_Word]:
    """Words between spaces. The recogniser says in which column of the line it saw each character."""
    columns = iter([column for word in info.word_cols for column in word])
    length = max(float(info.line_txt_len), 1e-6)
    places = [None if char.isspace() else next(columns) for char in text]
    seen = [place for place in places if place is not None]
    pitch = (seen[-1] - seen[0]) / (len(seen) - 1) if len(seen) > 1 else length / 2
    start = 0
    while start < len(text):
        if places[start] is None:
            start += 1
            continue
        end = start
        while end < len(text) and places[end] is not None:
            end += 1
        first, last = places[start] or 0, places[end - 1] or 0
        own = (last - first) / (end - start - 1) if end - start > 1 else pitch
        yield _Word(
            text[start:end],
            max(0.0, (first + 0.5 - own / 2) / length),
            min(1.0, (last + 0.5 + own / 2) / length),
            round(sum(info.confs[start:end]) / (end - start), 4),
        )
        start = end


def _mapped(line: _Line, direction: int, width: int, height: int, scale: float) -> _Line:
    """A line of the upright image in the image as it came."""
    import numpy as np

    x, y = line.quad[:, 0], line.quad[:, 1]
    if direction == 90:
        x, y = width - y, x
    elif direction == 180:
        x, y = width - x, height - y
    elif direction == 270:
        x, y = y, height - x
    quad = np.stack([np.clip(x, 0, width), np.clip(y, 0, height)], axis=1) * scale
    return _Line(quad, line.words)


def _skew(lines: Sequence[_Line], direction: int) -> float:
    """How far lines are turned beyond ``direction``: the median of their angles (degrees), long lines counting more."""
    import numpy as np

    if not lines:
        return 0.0
    vectors = np.array([line.quad[1] - line.quad[0] for line in lines])
    angles = (np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])) - direction + 180) % 360 - 180
    return _weighted_median(angles, np.hypot(vectors[:, 0], vectors[:, 1]))


def _line_box(line: _Line) -> LineBox:
    words = [WordBox(word.text, _part(line.quad, word), word.confidence) for word in line.words]
    return LineBox(words, _flat(line.quad))


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = values.argsort()
    total = weights[order].cumsum()
    return float(values[order][total.searchsorted(total[-1] / 2)])


def _part(quad: Quad, word: _Word) -> tuple[float, ...]:
    """The part of a line's quad that a word takes."""
    import numpy as np

    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = [quad[0] + top * word.start, quad[0] + top * word.end]
    corners += [quad[3] + bottom * word.end, quad[3] + bottom * word.start]
    return _flat(np.array(corners))


def _flat(quad: Quad) -> tuple[float, ...]:
    return tuple(quad.reshape(-1).round(2).tolist())  # hundredths of a pixel: more is noise, and triples a cache entry
