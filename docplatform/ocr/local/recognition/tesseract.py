"""``TesseractRecognizer``: Tesseract's program instead of the bundled networks (``[tesseract]``).

Belongs here: running it and mapping what it prints. Doesn't: choosing it (``choice``).

Tesseract costs a third of the networks and finds 9 to 13 of 100 words less. It is an option for languages the networks
don't know (with Tesseract's own language files), and for machines that are short of time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from docplatform.errors import ConfigurationError
from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.recognition import orientation
from docplatform.ocr.local.recognition.arrays import Floats, Image

_REVISION = 1
"""Raised when this module makes something else of the same image."""
_SURE = 2.0
"""Confidence of the orientation from which it is believed; Tesseract's own scale, on which 15 is beyond doubt."""
_HINT = "Install docplatform[tesseract] and the program (Debian: tesseract-ocr), or choose another reading.ocr_engine."


class TesseractRecognizer:
    """Implements ``Recognizer``."""

    def __init__(self, languages: str) -> None:
        self._languages = languages

    @property
    def fingerprint(self) -> str:
        """Version and languages. Raises ``ConfigurationError`` where it isn't installed."""
        return f"tesseract-{tesseract_version()}:{_REVISION}:{self._languages}"

    def recognize(self, image: Image) -> PageElements:
        """Read a BGR or grey image of 8 bits. Everything is in pixels of it."""
        import numpy as np

        height, width = image.shape[:2]
        tesseract = _tesseract()
        pixels = image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image
        direction = _direction(tesseract, pixels)
        rows = tesseract.image_to_data(
            _for_pillow(orientation.upright(pixels, direction)),
            lang=self._languages,
            config="--psm 3",
            output_type="dict",
        )
        lines = [_line_box(words, direction, width, height) for words in _lines(rows)]
        quads = np.array([line.polygon for line in lines]).reshape(-1, 4, 2)
        return PageElements(lines, width, height, "pixel", direction, orientation.skew(quads, direction))


def tesseract_version() -> str:
    """The program's version. Raises ``ConfigurationError`` where it or its package is missing."""
    return str(_tesseract().get_tesseract_version())


def _tesseract() -> Any:
    try:
        import pytesseract
    except ImportError as error:
        raise ConfigurationError(f"The package pytesseract isn't installed. {_HINT}") from error
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # its threads cost 5.4 x the time with two workers beside each other
    try:
        pytesseract.get_tesseract_version()
    except pytesseract.TesseractNotFoundError as error:
        raise ConfigurationError(f"The program tesseract isn't on the PATH. {_HINT}") from error
    return pytesseract


def _for_pillow(image: Image) -> Any:
    import numpy as np
    from PIL import Image as PillowImage

    return PillowImage.fromarray(np.ascontiguousarray(image[:, :, ::-1] if image.ndim == 3 else image))


def _direction(tesseract: Any, image: Image) -> int:
    """Which way text runs. Tesseract refuses to say where it sees too few characters: upright then."""
    try:
        found = tesseract.image_to_osd(_for_pillow(image), output_type="dict")
    except tesseract.TesseractError:
        return 0
    return (360 - int(found["rotate"])) % 360 if float(found["orientation_conf"]) >= _SURE else 0


def _lines(rows: Mapping[str, list[Any]]) -> Iterator[list[tuple[str, float, Floats]]]:
    """The words of each line: text, confidence, quad in the upright image."""
    import numpy as np

    def line_of(number: int) -> tuple[int, int, int]:
        return rows["block_num"][number], rows["par_num"][number], rows["line_num"][number]

    for _, numbers in groupby((n for n, text in enumerate(rows["text"]) if text.strip()), key=line_of):
        words = []
        for number in numbers:
            left, top = rows["left"][number], rows["top"][number]
            right, bottom = left + rows["width"][number], top + rows["height"][number]
            quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
            words.append((rows["text"][number].strip(), max(0.0, float(rows["conf"][number])) / 100, quad))
        yield words


def _line_box(words: list[tuple[str, float, Floats]], direction: int, width: int, height: int) -> LineBox:
    import numpy as np

    corners = np.concatenate([quad for _, _, quad in words])
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    whole = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])

    def polygon(quad: Floats) -> tuple[float, ...]:
        return tuple(orientation.as_it_came(quad, direction, width, height).reshape(-1).tolist())

    return LineBox([WordBox(text, polygon(quad), round(score, 4)) for text, score, quad in words], polygon(whole))
