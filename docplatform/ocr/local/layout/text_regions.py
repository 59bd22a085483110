"""Where on a page text may be a table that no grid shows: between rules across, or rows with the same gaps.

Belongs here: choosing rows to try and taking those that are a table. Doesn't: the trying (``text_table``).

Cheap where there is nothing: a page with fewer than two rows of several pieces is left after one sort, prose in columns
after counting words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from docplatform.ocr.local.layout.cells import Cell
from docplatform.ocr.local.layout.frame import hull
from docplatform.ocr.local.layout.numbers import is_figure
from docplatform.ocr.local.layout.pieces import Piece
from docplatform.ocr.local.layout.rules import Stroke
from docplatform.ocr.local.layout.text_table import table_in
from docplatform.ocr.local.layout.tokens import CHUNK_GAP, Row, chunks_of, em_of, tokens_of

_MIN_RULE = 8.0  # heights of text
_ACROSS = 0.6  # share of the rows' width that a rule must run along to part them
_MAX_STEP = 2.0  # heights of text between two rows of a table
_MAX_ALONE = 2  # rows with one phrase after each other within a table
_MAX_HEAD = 2  # rows above the first rule
_INDENTED = 3.0  # heights: how far a heading of some columns begins from the left at least
_MIN_ROWS = 3
_WIDEST = 0.75  # share of the width between the ends of rules: a lone line that is wider is prose
_MOSTLY = 0.5
_SOME = 0.3  # share of the lines between rules that have several phrases: cells may have many lines
_PROSE_WORDS = 4
_NARROWEST = 0.4  # ems: of a gutter, more than a space
_FEW_STEPS = 2
_FARTHER = 1.6  # of the rows' widest step: what is further off isn't of the table
_MAX_CROSSED = 3  # of so many gutters a row may cross one: a heading across columns

_Gaps = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Region:
    """A table's cells, and the pieces that are in it."""

    cells: Sequence[Cell]
    pieces: Sequence[Piece]


class _TextRow:
    """Pieces beside each other, from left to right. Words are looked at only where it comes to that."""

    def __init__(self, pieces: Sequence[Piece], angle: float) -> None:
        self.pieces = sorted(pieces, key=lambda piece: piece.box[0])
        _, self.top, _, self.bottom = hull([piece.box for piece in pieces])
        self._angle = angle
        self._phrases: dict[float, int] = {}

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        return max(piece.box[2] for piece in self.pieces) - self.pieces[0].box[0]

    @property
    def is_prose(self) -> bool:
        """Whether it has at most two pieces, all of running text."""
        return len(self.pieces) <= 2 and all(len(piece.line.words) >= _PROSE_WORDS for piece in self.pieces)

    @cached_property
    def tokens(self) -> Row:
        tokens = [token for piece in self.pieces for token in tokens_of(piece, self._angle)]
        return sorted(tokens, key=lambda token: token.box[0])

    def phrases(self, em: float) -> int:
        """How many there are, as far as gaps tell."""
        if em not in self._phrases:  # asked up to five times
            self._phrases[em] = len(chunks_of(self.tokens, CHUNK_GAP * em))
        return self._phrases[em]

    def gaps(self, narrowest: float) -> _Gaps:
        """Where no word stands, the outside included."""
        edges = [(-math.inf, self.tokens[0].box[0])]
        right = -math.inf
        for one, two in pairwise(self.tokens):
            right = max(right, one.box[2])
            if two.box[0] - right >= narrowest:
                edges.append((right, two.box[0]))
        return [*edges, (max(right, self.tokens[-1].box[2]), math.inf)]


def text_tables(pieces: Sequence[Piece], level: Sequence[Stroke], height: float, angle: float) -> list[Region]:
    """Tables without a grid, in no particular order.

    Args:
        pieces: what stands on the page and in no table yet.
        level: its level strokes.
        height: of a line of text.
        angle: degrees clockwise by which the page's text is turned.
    """
    beside = _beside(pieces)
    if sum(len(row) > 1 for row in beside) < 2:
        return []
    rows = [_TextRow(row, angle) for row in beside]
    regions: list[Region] = []
    rules = [stroke for stroke in level if stroke.length >= _MIN_RULE * height]
    groups, runs = _alike(rules, height), list(_runs(rows, height))
    if not groups and not runs:
        return []
    em = em_of(pieces, height, angle)
    for group in groups:
        regions += _between_rules(pieces, group, height, em, angle)
    if regions:
        taken = {id(piece) for region in regions for piece in region.pieces}
        runs = list(_runs(_rows([piece for piece in pieces if id(piece) not in taken], angle), height))
    for run in runs:
        regions += _aligned(run, rules, height, em)
    return regions


def _rows(pieces: Iterable[Piece], angle: float) -> list[_TextRow]:
    return [_TextRow(row, angle) for row in _beside(pieces)]


def _beside(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces whose heights overlap by more than half, from the top down."""
    rows: list[list[Piece]] = []
    top = bottom = 0.0
    for piece in sorted(pieces, key=lambda piece: piece.box[1] + piece.box[3]):
        overlap = min(bottom, piece.box[3]) - max(top, piece.box[1])
        if rows and overlap > 0.5 * min(bottom - top, piece.height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
            top, bottom = piece.box[1], piece.box[3]
    return rows


def _alike(rules: Sequence[Stroke], height: float) -> list[list[Stroke]]:
    """Strokes that begin and end at the same places, at least two, from the top down."""
    groups: list[list[Stroke]] = []
    for stroke in sorted(rules, key=lambda stroke: stroke.start):
        for group in reversed(groups):
            if stroke.start - group[0].start > height:
                break
            if abs(stroke.end - group[0].end) <= height:
                group.append(stroke)
                break
        else:
            groups.append([stroke])
            continue
        if stroke.start - group[0].start > height:
            groups.append([stroke])
    return [sorted(group, key=lambda stroke: stroke.at) for group in groups if len(group) >= 2]


def _between_rules(
    pieces: Sequence[Piece], rules: Sequence[Stroke], height: float, em: float, angle: float
) -> Iterator[Region]:
    """Tables between rules that are alike, with a head above where there are only two."""
    start, end = rules[0].start - height, rules[0].end + height
    rows = _rows([piece for piece in pieces if start <= (piece.box[0] + piece.box[2]) / 2 <= end], angle)
    bands = [[row for row in rows if above.at < row.middle <= below.at] for above, below in pairwise(rules)]
    for first, last in _tabular(bands, _WIDEST * rules[0].length, em):
        tried = [row for band in bands[first:last] for row in band]
        ats = [rule.at for rule in rules[first : last + 1]]
        is_body = len(rules) == 2 or _says_figures(tried[0])  # so that its head, if any, is above the first rule
        if first == 0 or is_body:
            tried = _with_head(rows, tried, rules[first], height, em, is_body=is_body)
        found = table_in([row.tokens for row in tried], ats, height, em)
        if found:
            yield Region(found.cells, [piece for number in found.rows for piece in tried[number].pieces])


def _tabular(bands: Sequence[Sequence[_TextRow]], widest: float, em: float) -> Iterator[tuple[int, int]]:
    """Runs of bands (first, after the last) most of whose rows have several phrases.

    Lines that stand alone and are no wider than ``widest`` may lie between.
    """
    first = last = -1
    for number, band in enumerate(bands):
        several = sum(row.phrases(em) > 1 for row in band)
        has_prose = any(row.width > widest and row.phrases(em) == 1 for row in band)
        if band and several >= _SOME * len(band) and not has_prose:
            first, last = (number if first < 0 else first), number + 1
        elif first >= 0 and (has_prose or number >= last + _MAX_ALONE):
            yield first, last
            first = -1
    if first >= 0:
        yield first, last


def _says_figures(row: _TextRow) -> bool:
    return any(is_figure(token.text) for token in row.tokens)


def _with_head(
    rows: Sequence[_TextRow], tried: Sequence[_TextRow], rule: Stroke, height: float, em: float, *, is_body: bool
) -> list[_TextRow]:
    """The rows right above the first rule too: of several phrases above a body, or a heading of some columns."""
    head: list[_TextRow] = []
    below = rule.at
    above = sorted((row for row in rows if row.middle <= rule.at), key=lambda row: -row.middle)
    for row in above[:_MAX_HEAD]:
        is_head = is_body and row.phrases(em) > 1
        is_partial = row.phrases(em) == 1 and row.tokens[0].box[0] > rule.start + _INDENTED * height
        if below - row.bottom > height or not (is_head or is_partial):
            break
        head.insert(0, row)
        below = row.top
    return [*head, *tried]


def _runs(rows: Sequence[_TextRow], height: float) -> Iterator[list[_TextRow]]:
    """Rows close below each other, many of several pieces; not those that are prose in two columns."""
    run: list[_TextRow] = []
    alone = 0  # at the end of the run
    for row in rows:
        is_near = bool(run) and row.top - run[-1].bottom <= _MAX_STEP * height
        if not is_near or (len(row.pieces) == 1 and alone == _MAX_ALONE < len(run)):
            yield from _if_promising(run)
            run, alone = [], 0
        run = run[1:] if alone == len(run) == _MAX_ALONE else run
        run.append(row)
        alone = alone + 1 if len(row.pieces) == 1 else 0
        alone = min(alone, len(run))
    yield from _if_promising(run)


def _if_promising(run: Sequence[_TextRow]) -> Iterator[list[_TextRow]]:
    several = [row for row in run if len(row.pieces) > 1]
    if len(several) >= _MIN_ROWS and sum(row.is_prose for row in several) <= _MOSTLY * len(several):
        yield list(run)


def _aligned(run: list[_TextRow], rules: Sequence[Stroke], height: float, em: float) -> list[Region]:
    """The tables among rows, found by growing from the first of the rows with the most phrases."""
    pending, regions = [run], []
    while pending:
        rows = pending.pop()
        counts = [row.phrases(em) for row in rows]
        if sum(count > 1 for count in counts) < _MIN_ROWS:
            continue
        seed = counts.index(_usual(counts))
        first, last = _grown(rows, seed, height, em)
        tried = rows[first:last]
        found = table_in([row.tokens for row in tried], _separators(tried, rules), height, em)
        if found:
            used = tried[found.rows.start : found.rows.stop]
            regions.append(Region(found.cells, [piece for row in used for piece in row.pieces]))
            first, last = first + found.rows.start, first + found.rows.stop
        pending += [rows[:first], rows[last:]]
    return regions


def _usual(counts: Sequence[int]) -> int:
    """The largest number of phrases that at least two rows have; else the largest."""
    often = [count for count, times in Counter(counts).items() if times > 1 and count > 1]
    return max(often or counts)


def _grown(rows: Sequence[_TextRow], seed: int, height: float, em: float) -> tuple[int, int]:
    """From where to where (exclusive) rows leave free what the seed leaves free, and stand no further apart."""
    narrowest = _NARROWEST * em
    free = [gap for gap in rows[seed].gaps(CHUNK_GAP * em) if -math.inf < gap[0] and gap[1] < math.inf]
    steps: list[float] = []
    ends = []
    for order in (range(seed + 1, len(rows)), range(seed - 1, -1, -1)):
        alone, end = 0, seed
        for number in order:
            step = max(rows[number].top, rows[end].top) - min(rows[number].bottom, rows[end].bottom)
            narrowed, crossed = _narrowed(free, rows[number].gaps(narrowest), narrowest)
            alone = alone + 1 if rows[number].phrases(em) == 1 else 0
            is_far = len(steps) >= _FEW_STEPS and step > max(height, _FARTHER * max(steps))
            if crossed > len(free) // _MAX_CROSSED or alone > _MAX_ALONE or is_far:
                break
            free, end = narrowed, number
            steps.append(step)
        ends.append(end)
    return ends[1], ends[0] + 1


def _narrowed(free: _Gaps, gaps: _Gaps, narrowest: float) -> tuple[_Gaps, int]:
    """What of each free interval a row's gaps leave; how many it crosses, which stay as they are."""
    found, crossed = [], 0
    for left, right in free:
        parts = [(max(left, start), min(right, end)) for start, end in gaps if start < right and end > left]
        widest = max(parts, key=lambda part: part[1] - part[0], default=(0.0, 0.0))
        if widest[1] - widest[0] >= narrowest:
            found.append(widest)
        else:
            found.append((left, right))
            crossed += 1
    return found, crossed


def _separators(rows: Sequence[_TextRow], rules: Sequence[Stroke]) -> list[float]:
    """Heights of the rules that run across the rows."""
    left = min(piece.box[0] for row in rows for piece in row.pieces)
    right = max(piece.box[2] for row in rows for piece in row.pieces)
    least = _ACROSS * (right - left)
    across = (rule for rule in rules if min(rule.end, right) - max(rule.start, left) >= least)
    return sorted(rule.at for rule in across if rows[0].top < rule.at < rows[-1].bottom)
