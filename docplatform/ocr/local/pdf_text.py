"""The text layer of a PDF page: words, lines and their polygons.

Belongs here: what pdfium's text page says, and whether it makes sense. Doesn't: rendering or recognising (``pdf``).

Coordinates become inches from the top left corner of the page as it is shown (rotation and crop box applied).
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.layout.pieces import Box, upright_box

POINTS_PER_INCH = 72.0
MIN_SANE_CHARACTERS = 10
"""A page with fewer is taken for a scan."""
_MAX_GARBAGE = 0.2
_MIN_WORD_CHARACTERS = 0.35
_WORD = re.compile(r"\S+")
_MAX_GAP = 1.5  # heights between two words of one line

_CONTROLS = {code: " " for code in [*range(32), *range(0x7F, 0xA0), 0xFEFF] if code not in (9, 10, 13)}
_TRANSLATION = _CONTROLS | {0x02: "-", 0xFFFE: "-", 0xAD: "-"}  # pdfium's marks for a hyphen at a line's end


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The page as it is shown: its box in PDF points and its clockwise rotation."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @classmethod
    def of(cls, page: Any) -> PageFrame:
        """The frame of a pypdfium2 page."""
        left, bottom, right, top = page.get_bbox()
        return cls(left, bottom, right, top, page.get_rotation())

    @property
    def width(self) -> float:
        """Width as shown, points."""
        is_upright = self.rotation in (0, 180)
        return self.right - self.left if is_upright else self.top - self.bottom

    @property
    def height(self) -> float:
        """Height as shown, points."""
        is_upright = self.rotation in (0, 180)
        return self.top - self.bottom if is_upright else self.right - self.left

    def shown(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A box in PDF space as a box on the page as shown, points from its top left."""
        if self.rotation == 90:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.rotation == 180:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        if self.rotation == 270:
            return self.top - top, self.right - right, self.top - bottom, self.right - left
        return left - self.left, self.top - top, right - self.left, self.top - bottom


@dataclass(frozen=True, slots=True)
class _PlacedWord:
    text: str
    box: Box
    direction: int
    starts_line: bool


def characters(textpage: Any) -> str:
    """All characters of a text page, one per pdfium index."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count * 2 + 1))()
    written = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(0, written - 1)].decode("utf-16-le", errors="replace")
    if len(text) != count:  # some indices have no character, or one that takes two units
        text = "".join(_character(pdfium.FPDFText_GetUnicode(textpage, index)) for index in range(count))
    return text.translate(_TRANSLATION)


def _character(code: int) -> str:
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else " "


def is_sane(text: str) -> bool:
    """True where a text layer reads as text: enough characters, few private-use or undefined ones, enough letters."""
    visible = "".join(text.split())
    if len(visible) < MIN_SANE_CHARACTERS or is_garbage(text):
        return False
    word_characters = sum(1 for char in visible if char.isalnum())
    return word_characters >= max(MIN_SANE_CHARACTERS, _MIN_WORD_CHARACTERS * len(visible))


def is_garbage(text: str) -> bool:
    """True where too many characters are private-use or undefined: fonts that don't say which characters they draw."""
    visible = "".join(text.split())
    garbage = sum(1 for char in visible if char == "\ufffd" or 0xE000 <= ord(char) <= 0xF8FF or ord(char) >= 0xF0000)
    return garbage > _MAX_GARBAGE * len(visible)


def page_lines(textpage: Any, text: str, frame: PageFrame) -> tuple[list[LineBox], int]:
    """The runs of words of a page, and the direction (degrees clockwise) most of it runs in."""
    words = list(_placed_words(textpage, text, frame))
    directions = Counter(word.direction for word in words)
    main = directions.most_common(1)[0][0] if directions else 0
    lines = []
    for direction in directions:
        runs = _runs([word for word in words if word.direction == direction], frame)
        lines += [_line(run) for run in runs]
    return lines, main


def _placed_words(textpage: Any, text: str, frame: PageFrame) -> Iterator[_PlacedWord]:
    import pypdfium2.raw as pdfium

    first, last = pdfium.FS_RECTF(), pdfium.FS_RECTF()
    end = 0
    for match in _WORD.finditer(text):
        start, stop = match.span()
        pdfium.FPDFText_GetLooseCharBox(textpage, start, first)  # every index that has a character has a box
        pdfium.FPDFText_GetLooseCharBox(textpage, stop - 1, last)
        one = frame.shown(first.left, first.bottom, first.right, first.top)
        two = frame.shown(last.left, last.bottom, last.right, last.top)
        box = (min(one[0], two[0]), min(one[1], two[1]), max(one[2], two[2]), max(one[3], two[3]))
        direction = _direction(textpage, start, one, two, frame)
        yield _PlacedWord(match.group(), box, direction, "\n" in text[end:start] or "\r" in text[end:start])
        end = stop


def _direction(textpage: Any, index: int, first: Box, last: Box, frame: PageFrame) -> int:
    """Clockwise degrees in which a word runs. Only asked of pdfium where the boxes don't run to the right."""
    right = (last[0] + last[2] - first[0] - first[2]) / 2
    down = (last[1] + last[3] - first[1] - first[3]) / 2
    if right > 0 and right >= abs(down):
        return 0
    import pypdfium2.raw as pdfium

    angle = pdfium.FPDFText_GetCharAngle(textpage, index)  # radians, clockwise; -1: none
    own = 0 if angle < 0 else round(math.degrees(angle) / 90) * 90
    return (own + frame.rotation) % 360


def _runs(words: Sequence[_PlacedWord], frame: PageFrame) -> Iterator[list[tuple[_PlacedWord, Box]]]:
    """Words of one direction, split where a line ends or a wide gap parts it. Boxes are upright."""
    run: list[tuple[_PlacedWord, Box]] = []
    for word in words:
        box = upright_box(word.box, word.direction, frame.width, frame.height)
        if run and (word.starts_line or not _follows(run[-1][1], box)):
            yield run
            run = []
        run.append((word, box))
    if run:
        yield run


def _follows(before: Box, box: Box) -> bool:
    height = min(before[3] - before[1], box[3] - box[1])
    overlap = min(before[3], box[3]) - max(before[1], box[1])
    gap = max(box[0] - before[2], before[0] - box[2])  # either side: right-to-left scripts run the other way
    return overlap > 0.5 * height and gap <= _MAX_GAP * height


def _line(run: Sequence[tuple[_PlacedWord, Box]]) -> LineBox:
    words = [WordBox(word.text, polygon_of(word.box, word.direction)) for word, _ in run]
    return LineBox(words, polygon_of(_hull([word.box for word, _ in run]), run[0][0].direction))


def _hull(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def polygon_of(box: Box, direction: int = 0) -> tuple[float, ...]:
    """A box in points as a polygon in inches that starts where its text starts."""
    left, top, right, bottom = (round(number / POINTS_PER_INCH, 4) for number in box)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    turn = direction // 90
    return tuple(number for corner in corners[turn:] + corners[:turn] for number in corner)
