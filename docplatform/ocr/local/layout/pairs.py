"""Keys and their values: which label on a page names which text.

Belongs here: ``Label: value`` in a line, a label beside or above its value. Doesn't: boxes of forms (``form_boxes``),
check boxes (``marks``), what a label is made of (``label_words``).

Confidence lies between the share of a rule's pairs that are right on generated invoices and receipts (.99) and on noisy
scanned forms (in line .66, beside .86, a known noun .67 with the true words; ``benchmarks/pairs.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from docplatform.ocr.local.blocks import PairBlock, TableBlock, WordBox
from docplatform.ocr.local.layout.label_words import (
    heads_column,
    is_amount,
    is_filler,
    is_label,
    is_value,
    looks_like_label,
    names_amount,
)
from docplatform.ocr.local.layout.pieces import Box, Piece

IN_LINE, BESIDE, RAISED, BELOW = 0.8, 0.8, 0.6, 0.6
"""A colon, and the value in its line; beside it; beside it and a little higher; below it."""
NAMED, HEADED, BOXED, LISTED = 0.7, 0.65, 0.65, 0.5
"""No colon: beside a known noun; below one in a row of them; below one in a box; beside what looks like a label."""
_MAX_KEY_WORDS, _MAX_BOXED_WORDS = 7, 15
_COLONS = (":", "：")
_ADDRESS = re.compile(r"^(https?|ftp|mailto|file):$", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.,:/-]*\d|^\D?\d+$")
_MAX_LINES = 6
_MAX_PIECES = 5_000
"""A page of more is no form, and rows of thousands of labels take minutes."""
_FULL = 15.0
"""Line heights: a line as long may be broken."""
_MIN_ROWS, _MIN_KNOWN = 3, 1 / 3
_FAR, _NEAR = 25.0, 12.0
"""Line heights between a label and its value in one row; in two."""

BoxOf = Callable[[WordBox], Box]


class _Chunk(NamedTuple):
    """Words of one piece: a key with its colon, or other text. ``row`` counts from the top."""

    words: Sequence[WordBox]
    box: Box
    is_key: bool

    @property
    def height(self) -> float:
        return max(self.box[3] - self.box[1], 1e-6)

    @property
    def texts(self) -> list[str]:
        return [word.text for word in self.words]


def boxed_pairs(tables: Iterable[TableBlock]) -> Iterator[PairBlock]:
    """The pairs of forms made of boxes: a label at the top of a cell, its value below it in the same cell."""
    for cell in (cell for table in tables for cell in table.cells if len(cell.lines) > 1):
        key, *lines = (line.words for line in cell.lines)
        texts = [word.text.rstrip("".join(_COLONS)) for word in key]
        value = [word for words in lines for word in words if not is_filler(word.text)]
        is_named = is_label(texts) and not heads_column(texts)
        if is_named and 0 < len(value) <= _MAX_BOXED_WORDS and not is_label([word.text for word in value]):
            yield PairBlock(key, value, None, BOXED)


def find_pairs(rows: Sequence[Sequence[Piece]], box_of: BoxOf) -> list[PairBlock]:
    """The pairs of a page.

    Args:
        rows: its pieces, each row from where it starts.
        box_of: bounds of a word in the frame of the pieces.
    """
    if all(len(row) == 1 for row in rows) and not any(_has_colon(piece) for (piece,) in rows):
        return []  # a page of prose
    if sum(map(len, rows)) > _MAX_PIECES:
        return []
    return list(_Page(rows, box_of).pairs())


def _has_colon(piece: Piece) -> bool:
    return any(word.text[-1:] in _COLONS for word in piece.line.words)


class _Page:
    def __init__(self, rows: Sequence[Sequence[Piece]], box_of: BoxOf) -> None:
        self._rows = [[chunk for piece in row for chunk in _chunks(piece, box_of)] for row in rows]
        self._taken: set[int] = set()  # identities of chunks that are a key or a value already

    def pairs(self) -> Iterator[PairBlock]:
        for number, row in enumerate(self._rows):
            if any(chunk.is_key for chunk in row):
                yield from self._keyed(number, row)
        for number, row in enumerate(self._rows):
            if len(row) > 1:
                yield from self._headed(number, row)
                yield from self._named(row)
        yield from self._listed()

    def _keyed(self, number: int, row: Sequence[_Chunk]) -> Iterator[PairBlock]:
        """Pairs of the labels with a colon in a row."""
        for place, chunk in enumerate(row):
            if not chunk.is_key:
                continue
            following = row[place + 1] if place + 1 < len(row) else None
            if following and not following.is_key and _gap(chunk, following) < 1.5 * chunk.height:
                yield self._pair(chunk, self._lines(number, following, chunk), IN_LINE)
            elif following and self._can_be_value(following) and _gap(chunk, following) < _FAR * chunk.height:
                yield self._pair(chunk, self._lines(number, following, chunk), BESIDE)
            elif raised := self._raised(number, chunk):
                yield self._pair(chunk, [raised], RAISED)
            elif below := self._below(number, chunk):
                lines = self._lines(number + 1, below, chunk)
                if len(lines) > 1 or is_value(below.texts) or is_label(_plain(chunk)):
                    yield self._pair(chunk, lines, BELOW)

    def _named(self, row: Sequence[_Chunk]) -> Iterator[PairBlock]:
        """Pairs of known nouns and the values at their right; a third text beside them is the next label."""
        for place in range(len(row) - 1):
            key, value = row[place], row[place + 1]
            if not (self._is_free(key) and self._can_be_value(value) and is_label(key.texts) and is_value(value.texts)):
                continue
            beyond = row[place + 2] if place + 2 < len(row) else None
            if beyond and not (beyond.is_key or is_label(beyond.texts)):
                continue
            if names_amount(key.texts) or not is_amount(value.texts):
                yield self._pair(key, [value], NAMED)

    def _headed(self, number: int, row: Sequence[_Chunk]) -> Iterator[PairBlock]:
        """Pairs of a row of known nouns and one row of values below it; of several rows it is a table's head."""
        if number + 1 >= len(self._rows) or not all(self._is_free(c) and is_label(c.texts) for c in row):
            return
        values = [below for chunk in row if (below := self._aligned(number + 1, chunk))]
        if len(values) < len(row) or any(heads_column(chunk.texts) for chunk in row):
            return
        if not all(self._can_be_value(value) and is_value(value.texts) for value in values):
            return
        if number + 2 < len(self._rows) and sum(self._aligned(number + 2, value) is not None for value in values) > 1:
            return
        for key, value in zip(row, values, strict=True):
            yield self._pair(key, [value], HEADED)

    def _listed(self) -> Iterator[PairBlock]:
        """Pairs of a form without colons: rows of two texts at the same two places, some of their labels known."""
        for run in self._runs():
            known = sum(1 for key, _ in run if not self._is_free(key) or is_label(key.texts))
            if len(run) >= _MIN_ROWS and known >= _MIN_KNOWN * len(run):
                yield from (self._pair(key, [value], LISTED) for key, value in run if self._is_free(key))

    def _runs(self) -> Iterator[list[tuple[_Chunk, _Chunk]]]:
        run: list[tuple[_Chunk, _Chunk]] = []
        for row in self._rows:
            pair = self._as_pair(row)
            if run and not (pair and _is_aligned(run[-1], pair)):
                yield run
                run = []
            if pair:
                run.append(pair)
        yield run

    def _as_pair(self, row: Sequence[_Chunk]) -> tuple[_Chunk, _Chunk] | None:
        """A row that is a pair, or could be one."""
        if len(row) != 2 or _gap(row[0], row[1]) > _FAR * row[0].height:
            return None
        key, value = row
        if not self._is_free(key) and not self._is_free(value):
            return key, value
        if not self._is_free(key) or not self._can_be_value(value) or is_amount(value.texts):
            return None
        return (key, value) if looks_like_label(key.texts) else None

    def _can_be_value(self, chunk: _Chunk) -> bool:
        return not chunk.is_key and self._is_free(chunk) and not is_label(chunk.texts)

    def _pair(self, key: _Chunk, values: Sequence[_Chunk], confidence: float) -> PairBlock:
        self._taken.update(id(chunk) for chunk in (key, *values))
        words = [word for value in values for word in value.words if not is_filler(word.text)]
        return PairBlock(key.words, words, None, confidence)

    def _lines(self, number: int, first: _Chunk, key: _Chunk) -> list[_Chunk]:
        """A value with the lines that continue it: close below, with nothing before them."""
        lines = [first]
        for row in self._rows[number + 1 : number + _MAX_LINES]:
            following = next((chunk for chunk in row if _continues(lines[-1], chunk, first, key)), None)
            if following is None or following.is_key or not self._is_free(following):
                break
            if any(chunk is not following and chunk.box[0] < following.box[0] for chunk in row):
                break
            if self._is_named_beside(number + len(lines), following):
                break
            lines.append(following)
        return lines

    def _is_named_beside(self, number: int, value: _Chunk) -> bool:
        """Whether a label with a colon stands before a text, in its row or half a line above or below."""
        near = (chunk for row in self._rows[max(0, number - 1) : number + 2] for chunk in row)
        return any(
            chunk.is_key
            and chunk.box[0] < value.box[0]
            and min(chunk.box[3], value.box[3]) - max(chunk.box[1], value.box[1]) > 0.3 * chunk.height
            for chunk in near
        )

    def _raised(self, number: int, key: _Chunk) -> _Chunk | None:
        """What stands at the right of a key, less than a line higher: filled in by typewriter or hand."""
        for chunk in self._rows[number - 1] if number else ():
            is_beside = 0 <= _gap(key, chunk) < _NEAR * key.height
            if is_beside and self._can_be_value(chunk) and chunk.box[3] > key.box[1] - 0.3 * key.height:
                return chunk
        return None

    def _below(self, number: int, key: _Chunk) -> _Chunk | None:
        """What stands below a key and starts where it does; or further in, where both are alone in their rows."""
        if number + 1 >= len(self._rows):
            return None
        row, below = self._rows[number], self._aligned(number + 1, key)
        only = self._rows[number + 1][0]
        if not below and len(row) == len(self._rows[number + 1]) == 1 and _is_close_below(key, only, 1.2):
            below = only if 0 < only.box[0] - key.box[0] < _NEAR * key.height else None
        return below if below and self._can_be_value(below) else None

    def _aligned(self, number: int, chunk: _Chunk) -> _Chunk | None:
        """What stands close below a chunk and starts where it does."""
        for other in self._rows[number]:
            is_aligned = abs(other.box[0] - chunk.box[0]) < 1.5 * chunk.height
            if is_aligned and not other.is_key and _is_close_below(chunk, other, 1.2):
                return other
        return None

    def _is_free(self, chunk: _Chunk) -> bool:
        return id(chunk) not in self._taken


def _is_aligned(above: tuple[_Chunk, _Chunk], below: tuple[_Chunk, _Chunk]) -> bool:
    return all(abs(one.box[0] - two.box[0]) < one.height for one, two in zip(above, below, strict=True))


def _continues(above: _Chunk, chunk: _Chunk, first: _Chunk, key: _Chunk) -> bool:
    """Whether a chunk is the next line of a value: starting with it, or with its key where the line above is full."""
    if not _is_close_below(above, chunk, 0.5):
        return False
    if abs(chunk.box[0] - first.box[0]) < 0.7 * above.height:
        return True
    is_full = above.box[2] - key.box[0] > _FULL * above.height and above.box[2] > chunk.box[2] - 2 * above.height
    return is_full and abs(chunk.box[0] - key.box[0]) < 0.7 * above.height


def _chunks(piece: Piece, box_of: BoxOf) -> Iterable[_Chunk]:
    """A piece parted behind its labels' colons and before the labels themselves."""
    words = piece.line.words
    ends = [number for number, word in enumerate(words) if word.text[-1:] in _COLONS]
    return _parted(piece, ends, box_of) if ends else (_Chunk(words, piece.box, is_key=False),)


def _parted(piece: Piece, ends: Sequence[int], box_of: BoxOf) -> Iterator[_Chunk]:
    """The same, given the numbers of the words with a colon."""
    words = piece.line.words
    start = 0
    for end in ends:
        first = key_start(words, start, end)
        if first is None:
            continue
        if first > start:
            yield _chunk(words[start:first], piece, box_of, is_key=False)
        yield _chunk(words[first : end + 1], piece, box_of, is_key=True)
        start = end + 1
    if start < len(words):
        yield _chunk(words[start:], piece, box_of, is_key=False)


def _chunk(words: Sequence[WordBox], piece: Piece, box_of: BoxOf, *, is_key: bool) -> _Chunk:
    if len(words) == len(piece.line.words):
        return _Chunk(words, piece.box, is_key)
    first, last = box_of(words[0]), box_of(words[-1])
    return _Chunk(words, (first[0], piece.box[1], last[2], piece.box[3]), is_key)


def key_start(words: Sequence[WordBox], start: int, end: int) -> int | None:
    """Where the key that ends with a colon at ``end`` begins; None where it is no key."""
    if _ADDRESS.match(words[end].text):
        return None
    first = end
    if start == 0 and end < _MAX_KEY_WORDS:
        first = 0
    else:  # behind another value or within a sentence: back to the nearest word with a capital
        while first > start and first > end - _MAX_KEY_WORDS and not words[first].text[:1].isupper():
            first -= 1
        if not words[first].text[:1].isupper():
            return None
    key = [word.text for word in words[first : end + 1]]
    letters = sum(char.isalpha() for text in key for char in text)
    holds_number = any(_NUMBER.search(text) for text in key[1:] or key)
    is_lowered = first == 0 and key[0][:1].islower() and not is_label([text.rstrip(":：") for text in key])
    return first if letters >= 2 and not holds_number and not is_lowered else None


def _plain(key: _Chunk) -> list[str]:
    """The words of a key without its colon."""
    return [text.rstrip("".join(_COLONS)) for text in key.texts]


def _gap(left: _Chunk, right: _Chunk) -> float:
    return right.box[0] - left.box[2]


def _is_close_below(above: _Chunk, below: _Chunk, heights: float) -> bool:
    gap = below.box[1] - above.box[3]
    return -0.6 * above.height < gap < heights * above.height
