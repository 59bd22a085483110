"""Rows of text made into the cells of one table, if they are one.

Belongs here: from rows of tokens to cells, by columns (``text_columns``), rows (``text_rows``) and judgement
(``plausible``). Doesn't: choosing which rows of a page to try (``text_regions``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from docplatform.ocr.local.layout.cells import Cell
from docplatform.ocr.local.layout.frame import hull
from docplatform.ocr.local.layout.numbers import is_figure
from docplatform.ocr.local.layout.plausible import is_table
from docplatform.ocr.local.layout.text_columns import Line, Phrase, gutters, phrases
from docplatform.ocr.local.layout.text_rows import Group, group_lines, split_band
from docplatform.ocr.local.layout.tokens import Row, Token, row_middle

_MAX_BAND_LINES = 4
_MIN_BANDS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """Cells of a table, and which of the rows that were tried are in it."""

    cells: Sequence[Cell]
    rows: range


def table_in(rows: Sequence[Row], separators: Sequence[float], height: float, em: float) -> Found | None:
    """The table that the rows are, without what stands alone above and below it; None if they are none.

    Args:
        rows: rows of tokens from the top down.
        separators: heights of rules that run across all of it, from the top down.
        height: of a line of text.
        em: what gaps are measured by, see ``em_of``.
    """
    middles = gutters(rows, em) if len(rows) >= 2 else []
    if not middles:
        return None
    lines = [phrases(row, middles, em) for row in rows]
    columns = len(middles) + 1
    bands = _bands(lines, separators)
    groups = _ruled_groups(lines, bands, columns, height) or group_lines(lines, columns, separators, height)
    if len(separators) <= 2:
        groups = _trimmed(groups, lines, columns)
    if not groups:
        return None
    firsts = [_first_line(lines, group) for group in groups]
    if not is_table(firsts, columns, height, len(separators), len(bands)):
        return None
    used = range(groups[0][0], groups[-1][-1] + 1)
    return Found(_cells(groups, lines, middles), used)


def _bands(lines: Sequence[Line], separators: Sequence[float]) -> list[Group]:
    """Numbers of the lines between rules."""
    bands: dict[int, Group] = {}
    for number, line in enumerate(lines):
        bands.setdefault(bisect_left(separators, _middle(line)), []).append(number)
    return list(bands.values())


def _ruled_groups(lines: Sequence[Line], bands: Sequence[Group], columns: int, height: float) -> list[Group] | None:
    """The rows where rules stand between most of them."""
    if len(bands) < _MIN_BANDS or sorted(map(len, bands))[len(bands) * 3 // 4] > _MAX_BAND_LINES:
        return None
    return [
        [band[0] + number for number in group]
        for band in bands
        for group in split_band([lines[number] for number in band], columns, height)
    ]


def _trimmed(groups: Sequence[Group], lines: Sequence[Line], columns: int) -> list[Group]:
    """Without what stands alone at the top and the bottom: captions, notes, sums in words."""
    alone = [len(_first_line(lines, group)) < 2 for group in groups]
    top = next((number for number, is_alone in enumerate(alone) if not is_alone), 0)
    if top and _is_partial_head(lines[groups[top - 1][0]][0], columns):
        alone[top - 1] = False
    first = next((number for number, is_alone in enumerate(alone) if not is_alone), len(groups))
    last = next((number for number in reversed(range(len(groups))) if not alone[number]), -1)
    return list(groups[first : last + 1])


def _is_partial_head(phrase: Phrase, columns: int) -> bool:
    """Whether what stands alone above the first row is a heading of some of the columns."""
    return phrase.column > 0 and phrase.span < columns and not is_figure(phrase.text)


def _first_line(lines: Sequence[Line], group: Group) -> list[Phrase]:
    """The first phrase of each cell of a row."""
    found: dict[int, Phrase] = {}
    for number in group:
        for phrase in lines[number]:
            found.setdefault(phrase.column, phrase)
    return [found[column] for column in sorted(found)]


def _middle(line: Line) -> float:
    return row_middle([token for phrase in line for token in phrase.tokens])


def _cells(groups: Sequence[Group], lines: Sequence[Line], middles: Sequence[float]) -> list[Cell]:
    extent = hull([token.box for line in lines for phrase in line for token in phrase.tokens])
    xs = [extent[0], *middles, extent[2]]
    ys = _edges(groups, lines)
    cells = []
    for row, group in enumerate(groups):
        for first, last, tokens in _merged(group, lines, len(xs) - 1):
            cells.append(Cell(row, first, 1, last - first, (xs[first], ys[row], xs[last], ys[row + 1]), tokens))
    return cells


def _edges(groups: Sequence[Group], lines: Sequence[Line]) -> list[float]:
    """Where rows begin and end: halfway between their texts."""
    boxes = [hull([t.box for number in group for phrase in lines[number] for t in phrase.tokens]) for group in groups]
    between = [(above[3] + below[1]) / 2 for above, below in pairwise(boxes)]
    return [boxes[0][1], *between, boxes[-1][3]]


def _merged(group: Group, lines: Sequence[Line], columns: int) -> list[tuple[int, int, list[Token]]]:
    """The cells of a row as (first column, column after the last, tokens); empty ones too."""
    parts = sorted(
        ((phrase.column, phrase.column + phrase.span, list(phrase.tokens)) for n in group for phrase in lines[n]),
        key=lambda part: part[:2],
    )
    cells: list[tuple[int, int, list[Token]]] = []
    for first, last, tokens in parts:
        if cells and first < cells[-1][1]:
            before = cells.pop()
            cells.append((before[0], max(before[1], last), before[2] + tokens))
        else:
            begin = cells[-1][1] if cells else 0
            cells += [(column, column + 1, []) for column in range(begin, first)]
            cells.append((first, last, tokens))
    return cells + [(column, column + 1, []) for column in range(cells[-1][1] if cells else 0, columns)]
