"""Tokens: words with their boxes in the frame in which text is upright, and the rows and chunks they stand in.

Belongs here: taking lines of words apart and putting tokens together again. Doesn't: deciding what is a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.layout.frame import bounds, hull, polygon_of, turned
from docplatform.ocr.local.layout.pieces import Box, Piece

CHUNK_GAP = 0.7
"""Ems: words further apart than this don't belong to one phrase (a space takes about 0.25)."""
_SPACE = 0.3  # ems
_ENOUGH_GAPS = 200
_FEW_GAPS = 8
_NARROWEST_EM, _WIDEST_EM = 0.5, 2.5  # heights


class Token(NamedTuple):
    """A word, or a whole line where its words have no places of their own."""

    words: tuple[WordBox, ...]
    box: Box
    line: LineBox | None = None
    """The whole line that it is, where it runs another way than the page's text."""

    @property
    def center(self) -> float:
        """From the left."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def middle(self) -> float:
        """From the top."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def text(self) -> str:
        """What it says."""
        words = self.words
        return words[0].text if len(words) == 1 else " ".join([word.text for word in words])


Row = list[Token]
"""Tokens beside each other, from left to right."""


def tokens_of(piece: Piece, angle: float) -> list[Token]:
    """The words of a piece. ``angle``: degrees clockwise by which the page's text is turned."""
    words = piece.line.words
    if len(words) == 1 or any(word.polygon is None for word in words):
        return [Token(tuple(words), piece.box)]
    return [Token((word,), box) for word, box in zip(words, word_boxes(words, angle), strict=True)]


def word_boxes(words: Sequence[WordBox], angle: float) -> list[Box]:
    """The bounds of words that have places, in the frame in which text turned by ``angle`` is upright."""
    if angle == 0:
        return [bounds(word.polygon or ()) for word in words]
    return [bounds(turned(word.polygon or (), -angle)) for word in words]


def parted(
    piece: Piece, angle: float, digits: int | None, key: Callable[[Token], int | None]
) -> Iterator[tuple[int | None, list[Token], Piece]]:
    """A piece as runs of tokens that have the same key, each with a piece of its own."""
    tokens = tokens_of(piece, angle)
    runs = [(value, list(run)) for value, run in groupby(tokens, key)]
    for value, run in runs:
        yield value, run, piece if len(runs) == 1 else Piece(line_of(run, angle, digits), hull([t.box for t in run]))


def line_of(tokens: Sequence[Token], angle: float, digits: int | None) -> LineBox:
    """Tokens beside each other as a line, its polygon turned back to the page."""
    words = [word for token in tokens for word in token.words]
    if len(tokens) == 1 and len(words) == 1 and words[0].polygon:
        return LineBox(words, words[0].polygon)
    return LineBox(words, polygon_of(hull([token.box for token in tokens]), angle, digits))


def rows_of(tokens: Iterable[Token]) -> list[Row]:
    """Tokens whose heights overlap by more than half stand in one row; rows from the top down."""
    rows: list[Row] = []
    top = bottom = 0.0
    for token in sorted(tokens, key=lambda token: (token.box[1] + token.box[3], token.box[0])):
        overlap = min(bottom, token.box[3]) - max(top, token.box[1])
        if rows and overlap > 0.5 * min(bottom - top, token.box[3] - token.box[1]):
            rows[-1].append(token)
        else:
            rows.append([token])
            top, bottom = token.box[1], token.box[3]
    return [sorted(row, key=lambda token: token.box[0]) for row in rows]


def chunks_of(row: Sequence[Token], gap: float) -> list[Row]:
    """The phrases of a row: tokens no further apart than ``gap``."""
    chunks: list[Row] = []
    right = 0.0
    for token in row:
        if chunks and token.box[0] - right <= gap:
            chunks[-1].append(token)
            right = max(right, token.box[2])
        else:
            chunks.append([token])
            right = token.box[2]
    return chunks


def em_of(pieces: Iterable[Piece], height: float, angle: float) -> float:
    """What gaps between words are measured by, told from the spaces on the page; about the height of its text.

    Not the height itself: a recogniser's boxes are up to half higher than the text, typewriters have wide spaces.
    """
    gaps: list[float] = []
    for piece in pieces:
        words = piece.line.words
        if len(words) > 1 and all(word.polygon for word in words):
            gaps += [max(0.0, two[0] - one[2]) for one, two in pairwise(word_boxes(words, angle))]
        if len(gaps) >= _ENOUGH_GAPS:
            break
    if len(gaps) < _FEW_GAPS:
        return height
    usual = sorted(gaps)[len(gaps) // 3]  # lines of tables have a wide gap among few spaces
    return min(max(usual / _SPACE, _NARROWEST_EM * height), _WIDEST_EM * height)


def row_middle(row: Sequence[Token]) -> float:
    """Where a row stands, from the top."""
    return median(token.middle for token in row)
