"""Columns that only white space shows: where the gutters between them run, and which phrase stands in which.

Belongs here: sideways geometry of rows of tokens. Doesn't: which rows belong together (``text_rows``), whether the
whole is a table (``plausible``).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docplatform.ocr.local.layout.tokens import CHUNK_GAP, Row, Token, chunks_of

_NARROWEST = 0.3  # ems: of a gutter, in the row where it is narrowest
_SPLIT_GAP = 0.4  # ems: more than a space; parts two cells that nearly touch
_OVERHANG = 0.3  # ems: how far a phrase may reach over the middle of a gutter and still stand in one column
_WIDE = 0.45  # ems: a gap that words of one phrase seldom have
_MIN_SPARE_ROWS = 5  # from here on one row may be unlike the others
_WITNESSES = 0.3  # share of rows that must have a wide gap there
_DOUBTERS = 0.3  # share of rows that may have only a narrow one


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens of one row within one column, or across several."""

    column: int
    span: int
    tokens: Sequence[Token]

    @property
    def text(self) -> str:
        """What it says."""
        return " ".join([token.text for token in self.tokens])

    @property
    def left(self) -> float:
        """Where it begins."""
        return min(token.box[0] for token in self.tokens)

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(token.box[2] for token in self.tokens)


_Edges = tuple[list[float], list[float]]  # where a row's tokens begin and end
Line = Sequence[Phrase]
"""The phrases of one row of text, from left to right."""


def gutters(rows: Sequence[Row], em: float) -> list[float]:
    """Middles of the gutters that part the rows into columns. ``em``: as in ``em_of``."""
    tried = list(rows)
    while len(tried) >= 2:
        spare = max(int(len(tried) >= _MIN_SPARE_ROWS), len(tried) // 10)
        middles = [(left + right) / 2 for left, right in _free(tried, spare, _NARROWEST * em)]
        edges = [([token.box[0] for token in row], [token.box[2] for token in row]) for row in tried]
        middles = _confirmed([middle for middle in middles if _is_gutter(middle, edges, em, spare)], edges, em)
        lonely = _lonely(tried, middles) if len(tried) >= _MIN_SPARE_ROWS else None
        if lonely is None:
            return middles
        tried = [row for row in tried if row is not lonely]
    return []


def _lonely(rows: Sequence[Row], middles: Sequence[float]) -> Row | None:
    """The only row with words in some column, if there is one: a heading above several columns that parts them."""
    users: dict[int, list[Row]] = {}
    for row in rows:
        for column in {bisect_left(middles, token.center) for token in row}:
            users.setdefault(column, []).append(row)
    return next((found[0] for found in users.values() if len(found) == 1), None)


def _confirmed(middles: list[float], edges: Sequence[_Edges], em: float) -> list[float]:
    """Without gutters beside which words mostly stand as close as in a phrase: the ends of the longest phrases."""
    while middles:
        bounds = [-math.inf, *middles, math.inf]
        doubts = [_doubt(before, middle, after, edges, em) for before, middle, after in _triples(bounds)]
        worst = max(range(len(middles)), key=lambda number: doubts[number])
        if doubts[worst] <= 0:
            break
        middles = middles[:worst] + middles[worst + 1 :]
    return middles


def _triples(numbers: Sequence[float]) -> Iterator[tuple[float, float, float]]:
    return zip(numbers, numbers[1:], numbers[2:], strict=False)


def _doubt(before: float, middle: float, after: float, edges: Sequence[_Edges], em: float) -> int:
    """How many more rows have a narrow gap there than a wide one, of those with words in the columns on both sides."""
    doubt = 0
    for lefts, rights in edges:
        place = bisect_left(lefts, middle)
        if 0 < place < len(lefts) and rights[place - 1] > before and lefts[place] < after:
            doubt += 1 if lefts[place] - rights[place - 1] < _WIDE * em else -1
    return doubt


def _free(rows: Sequence[Row], spare: int, narrowest: float) -> Iterator[tuple[float, float]]:
    """Intervals that no token covers; where none is wide enough, those that at most ``spare`` tokens cover."""
    events = sorted(event for row in rows for token in row for event in ((token.box[0], 1), (token.box[2], -1)))
    low: list[tuple[float, float, int]] = []
    cover, last, is_bounded = 0, events[0][0], False
    for place, step in events:
        if place > last:
            if cover <= spare:
                low.append((last, place, cover))
            else:
                yield from _widest(low, narrowest, is_bounded)
                low, is_bounded = [], True
        cover, last = cover + step, place
    yield from _widest(low, narrowest, is_bounded=False)


def _widest(
    low: Sequence[tuple[float, float, int]], narrowest: float, is_bounded: bool
) -> Iterator[tuple[float, float]]:
    """The uncovered parts, or else all of it, if it lies between what is covered well: a heading runs across."""
    free = [(left, right) for left, right, cover in low if cover == 0 and right - left >= narrowest]
    if free:
        yield from free
    elif is_bounded and low and low[-1][1] - low[0][0] >= narrowest:
        yield low[0][0], low[-1][1]


def _is_gutter(middle: float, edges: Sequence[_Edges], em: float, spare: int) -> bool:
    """Whether enough rows have a wide gap there, and few a word or a narrow gap."""
    wide = narrow = crossed = 0
    for lefts, rights in edges:
        place = bisect_left(lefts, middle)
        if place and rights[place - 1] > middle:
            crossed += 1
        elif 0 < place < len(lefts):
            if lefts[place] - rights[place - 1] > _WIDE * em:
                wide += 1
            else:
                narrow += 1
    count = len(edges)
    return wide >= max(2, _WITNESSES * count) and narrow <= _DOUBTERS * count and crossed <= spare


def phrases(row: Row, middles: Sequence[float], em: float) -> list[Phrase]:
    """A row's tokens by column; what runs across a gutter spans its columns."""
    found: list[Phrase] = []
    for chunk in chunks_of(row, CHUNK_GAP * em):
        for part in _split(chunk, middles, em):
            left, right = part[0].box[0], max(token.box[2] for token in part)
            first = bisect_left(middles, min(left + _OVERHANG * em, right))
            last = max(first, bisect_left(middles, max(right - _OVERHANG * em, left)))
            phrase = Phrase(first, last - first + 1, part)
            if found and first < found[-1].column + found[-1].span:
                phrase = _union(found.pop(), phrase)
            found.append(phrase)
    return found


def _split(chunk: Row, middles: Sequence[float], em: float) -> Iterator[Row]:
    """A phrase cut where a gap a little wider than a space lies in a gutter: cells that nearly touch."""
    part: Row = []
    for token in chunk:
        if part:
            before, after = part[-1].box[2], token.box[0]
            is_gap = after - before >= _SPLIT_GAP * em
            if is_gap and bisect_left(middles, before) != bisect_left(middles, after):
                yield part
                part = []
        part.append(token)
    if part:
        yield part


def _union(one: Phrase, two: Phrase) -> Phrase:
    end = max(one.column + one.span, two.column + two.span)
    return Phrase(one.column, end - one.column, [*one.tokens, *two.tokens])
