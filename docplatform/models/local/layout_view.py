"""Words of a document with their places, grouped into segments: runs of words of one line without a wide gap.

Belongs here: geometry. Doesn't: what a model makes of it (``layout_features``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from docplatform.documents.document_text import DocumentText, WordBox

_PIECE = re.compile(r":(?:un)?selected:|[^\W\d_]+|\d(?:[\d.,/:\-]*\d)?|\S")
"""What a word is cut into, so that a value can be part of one (``RM6.40``, ``Date:20/04/2018``)."""
_WORD = re.compile(r"\S+")
_WIDE = 1.6
"""A gap of this many heights of a word parts segments: between words of a sentence it is .2 to .6."""
_TEXT_COLUMNS, _TEXT_LINES = 100, 66
"""A text without places is laid out as if typed on a page: characters across, lines down."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or part of one: ``text == content[start:end]``, upright box in page fractions."""

    start: int
    end: int
    text: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    begins_line: bool
    """Whether a line end stands before it in the text."""

    @property
    def height(self) -> float:
        """In fractions of the page's height."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Segment:
    """Pieces ``first`` to ``last`` (exclusive) and the box around them."""

    first: int
    last: int
    page: int
    left: float
    top: float
    right: float
    bottom: float


def pieces_of(document: DocumentText) -> list[Piece]:
    """All pieces in the order of the text. Documents without places get those of typed text."""
    pieces: list[Piece] = []
    text, before = document.text, 0
    for word in document.words or _typed(text):
        pieces += _cut(text, word, "\n" in text[before : word.offset] or not pieces)
        before = word.offset + word.length
    return pieces


def segments_of(pieces: Sequence[Piece]) -> list[Segment]:
    """The runs of pieces that stand side by side in one line of the text."""
    edges = [i for i in range(1, len(pieces)) if not side_by_side(pieces[i - 1], pieces[i])]
    bounds = zip([0, *edges], [*edges, len(pieces)], strict=True) if pieces else ()
    return [_segment(pieces, first, last) for first, last in bounds]


def median_height(pieces: Sequence[Piece]) -> float:
    """Of the pieces, in page fractions; never 0."""
    return max(median(piece.height for piece in pieces), 1e-4) if pieces else 1e-4


def _cut(text: str, word: WordBox, begins_line: bool) -> Iterator[Piece]:
    content = text[word.offset : word.offset + word.length]
    wide = (word.right - word.left) / max(len(content), 1)
    for match in _PIECE.finditer(content):
        start, end = match.span()
        yield Piece(
            word.offset + start,
            word.offset + end,
            match.group(),
            word.page,
            word.left + wide * start,
            word.top,
            word.left + wide * end,
            word.bottom,
            begins_line,
        )
        begins_line = False


def _typed(text: str) -> Iterator[WordBox]:
    offset = 0
    for number, line in enumerate(text.splitlines(keepends=True)):
        page, row = divmod(number, _TEXT_LINES)
        top = row / _TEXT_LINES
        for match in _WORD.finditer(line):
            start, end = match.span()
            left, right = min(start / _TEXT_COLUMNS, 0.99), min(end / _TEXT_COLUMNS, 1.0)
            yield WordBox(offset + start, end - start, page + 1, left, top, right, top + 0.8 / _TEXT_LINES)
        offset += len(line)


def side_by_side(one: Piece, following: Piece) -> bool:
    """Whether two pieces, one after the other, are of one segment."""
    if following.begins_line or following.page != one.page or following.left < one.left:
        return False
    middle = (following.top + following.bottom) / 2
    return following.left - one.right <= _WIDE * one.height and one.top <= middle <= one.bottom


def _segment(pieces: Sequence[Piece], first: int, last: int) -> Segment:
    run = pieces[first:last]
    return Segment(
        first,
        last,
        run[0].page,
        min(p.left for p in run),
        min(p.top for p in run),
        max(p.right for p in run),
        max(p.bottom for p in run),
    )
