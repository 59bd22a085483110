"""The text layer of a PDF page: words, lines and their polygons.

Belongs here: what pdfium's text page says, and where. Doesn't: whether it makes sense (``text_sanity``), rendering or
recognising (``pdf``).

Coordinates become inches from the top left corner of the page as it is shown (rotation and crop box applied). A page
has 400 words and is to take less than a millisecond here: pdfium is asked for the box of each word's first and last
character only, in one sweep, and the rest is arithmetic on arrays.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.layout.pieces import upright_box
from docplatform.ocr.local.pdf_calls import ADDRESS, INT, UINT, address, buffer, function, sweep
from docplatform.ocr.local.pdf_frame import PageFrame, polygons_of
from docplatform.ocr.local.pdf_words import HYPHEN, WordExtents, is_printed_twice, word_extents

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_MAX_GAP = 1.5  # heights between two words of one line

_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\ufeff\ufffe]")
_HYPHENS = ("\x02", "\xad", HYPHEN)


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The runs of words of a page."""

    lines: Sequence[LineBox]
    direction: int = 0
    """Degrees clockwise in which most of the text runs."""
    outside: int = 0
    """Words that lie off the page as it is shown: beyond its crop box."""
    boxes: Array | None = None
    """Where words stand, n x 4, in points of the page as shown; None where there are none."""


def characters(textpage: Any) -> str:
    """All characters of a text page, one per pdfium index. A hyphen that ends a line is U+FFFE."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    units, start = buffer("H", 2 * count + 1)
    written = function("FPDFText_GetText", INT, ADDRESS, INT, INT, ADDRESS)(address(textpage), 0, count, start)
    text = units[: max(0, written - 1)].tobytes().decode("utf-16-le", errors="replace")
    if len(text) != count:  # some indices have no character, or one that takes two units
        text = "".join(map(_character, sweep(_get_unicode(), address(textpage), range(count))))
    return _ODD.sub(_plain, text)


def _plain(odd: re.Match[str]) -> str:
    return HYPHEN if odd.group() in _HYPHENS else " "


def _get_unicode() -> Callable[..., int]:
    return function("FPDFText_GetUnicode", UINT, ADDRESS, INT)


def _character(code: int) -> str:
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else " "


def text_layer(textpage: Any, text: str, frame: PageFrame) -> TextLayer:
    """The runs of words of a page whose ``characters`` are ``text``."""
    extents = word_extents(text)
    if not len(extents.starts):
        return TextLayer(())
    words = _Words(text, extents, textpage, frame)
    directions = Counter(words.directions.tolist()) if words.directions.any() else Counter((0,))
    lines = [line for direction in directions for line in words.lines(direction)]
    return TextLayer(lines, directions.most_common(1)[0][0], words.outside(), words.boxes)


class _Words:
    """The words of a page as arrays, a row each."""

    def __init__(self, text: str, extents: WordExtents, textpage: Any, frame: PageFrame) -> None:
        import numpy as np

        self._frame = frame
        starts, lasts = extents.starts.tolist(), extents.lasts.tolist()
        if extents.is_joined.any():
            self.texts = [text[start : last + 1] for start, last in zip(starts, lasts, strict=True)]
        else:  # white space parts them all, which takes a quarter of the time
            self.texts = text.split()
        if HYPHEN in text:
            self.texts = [word.replace(HYPHEN, "-") for word in self.texts]
        left, top, right, bottom = _boxes(textpage, [*starts, *lasts], frame).reshape(4, 2, -1)
        self.boxes = np.array([left.min(0), top.min(0), right.max(0), bottom.max(0)]).T
        self.directions = _directions(textpage, starts, np.array([left + right, top + bottom]), frame)
        self._is_joined, self._starts_line = extents.is_joined, extents.starts_line
        self._keep(~is_printed_twice(self.texts, self.boxes))

    def outside(self) -> int:
        """How many lie off the page as it is shown."""
        left, top, right, bottom = self.boxes.T
        frame = self._frame
        return int(((right < 0) | (bottom < 0) | (left > frame.width) | (top > frame.height)).sum())

    def _keep(self, is_kept: NDArray[np.bool_]) -> None:
        if is_kept.all():
            return
        self.texts = [text for text, is_one in zip(self.texts, is_kept, strict=True) if is_one]
        for name in ("boxes", "directions", "_is_joined", "_starts_line"):
            setattr(self, name, getattr(self, name)[is_kept])

    def lines(self, direction: int) -> list[LineBox]:
        """The words of a direction, split where a line ends or a wide gap parts it."""
        import numpy as np

        chosen = self.directions == direction
        boxes = self.boxes[chosen]
        is_first = self._starts_line[chosen] | ~_follows(self._upright(boxes, direction))
        is_first[0] = True
        texts = self.texts if chosen.all() else [self.texts[index] for index in np.flatnonzero(chosen)]
        # As ``WordBox(text, polygon)``, in half the time
        fields = zip(texts, polygons_of(boxes, direction), repeat(1.0), repeat(" "))
        words: list[WordBox] = list(map(tuple.__new__, repeat(WordBox), fields))
        for index in np.flatnonzero(self._is_joined[chosen] & ~is_first):
            words[index] = WordBox(words[index].text, words[index].polygon, before="")
        starts = np.flatnonzero(is_first)
        hulls = np.hstack([np.minimum.reduceat(boxes[:, :2], starts), np.maximum.reduceat(boxes[:, 2:], starts)])
        runs = map(slice, starts.tolist(), [*starts[1:].tolist(), len(words)])
        return [LineBox(words[run], polygon) for run, polygon in zip(runs, polygons_of(hulls, direction), strict=True)]

    def _upright(self, boxes: Array, direction: int) -> Array:
        import numpy as np

        if direction == 0:
            return boxes
        left, top, right, bottom = boxes.T
        turned = upright_box((left, top, right, bottom), direction, self._frame.width, self._frame.height)
        return np.column_stack(turned)


def _boxes(textpage: Any, indices: Sequence[int], frame: PageFrame) -> Array:
    """The boxes of characters on the page as shown: left, top, right, bottom in points, 4 x n."""
    import numpy as np

    raw = np.zeros((len(indices), 4), np.float32)  # every index that has a character has a box
    start, step = raw.ctypes.data, raw.strides[0]
    get_box = function("FPDFText_GetLooseCharBox", INT, ADDRESS, INT, ADDRESS)
    sweep(get_box, address(textpage), indices, range(start, start + step * len(indices), step))
    left, top, right, bottom = raw.T.astype(np.float64)
    return np.array(frame.shown(left, bottom, right, top))


def _directions(textpage: Any, starts: Sequence[int], middles: Array, frame: PageFrame) -> NDArray[np.int64]:
    """Clockwise degrees in which words run. Only asked of pdfium where the boxes don't run to the right.

    ``middles``: twice the middles of first and last characters, 2 (x, y) x 2 (first, last) x n.
    """
    import numpy as np
    import pypdfium2.raw as pdfium

    right, down = middles[:, 1] - middles[:, 0]
    directions = np.zeros(len(starts), np.int64)
    for index in np.flatnonzero((right <= 0) | (right < np.abs(down))).tolist():
        angle = pdfium.FPDFText_GetCharAngle(textpage, starts[index])  # radians, clockwise; -1: none
        own = 0 if angle < 0 else round(math.degrees(angle) / 90) * 90
        directions[index] = (own + frame.rotation) % 360
    return directions


def _follows(boxes: Array) -> NDArray[np.bool_]:
    """Whether each word goes on where the one before it ends. The first doesn't."""
    import numpy as np

    left, top, right, bottom = boxes.T
    height = np.minimum(bottom[:-1] - top[:-1], bottom[1:] - top[1:])
    overlap = np.minimum(bottom[:-1], bottom[1:]) - np.maximum(top[:-1], top[1:])
    gap = np.maximum(left[1:] - right[:-1], left[:-1] - right[1:])  # right-to-left scripts run the other way
    return np.concatenate([[False], (overlap > 0.5 * height) & (gap <= _MAX_GAP * height)])
