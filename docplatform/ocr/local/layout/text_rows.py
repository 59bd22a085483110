"""Rows that only white space shows: which lines of text make one row of a table, its cells having several lines.

Belongs here: grouping lines from the top down. Doesn't: columns (``text_columns``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from docplatform.ocr.local.layout.numbers import are_figures, is_figure
from docplatform.ocr.local.layout.text_columns import Line
from docplatform.ocr.local.layout.tokens import row_middle

Group = list[int]
"""Numbers of the lines of one row."""

_WIDER = 1.2  # of the closest lines' distance: what is further apart is another row, where rows stand apart
_SAME_CELL = 1.35  # of it: lines of one cell are no further apart
_SAME_HEAD = 1.25  # heights of text: lines of one heading are no further apart
_FULL = 0.75  # share of the columns: such a line is a row of its own
_SPACE = 0.25  # heights
_MAX_HEAD = 3  # lines


def group_lines(lines: Sequence[Line], columns: int, separators: Sequence[float], height: float) -> list[Group]:
    """Lines of text grouped into rows. ``separators``: heights of rules across, which part rows always."""
    middles = [row_middle([token for phrase in line for token in phrase.tokens]) for line in lines]
    steps = [after - before for before, after in pairwise(middles)]
    cuts = [bisect_left(separators, before) != bisect_left(separators, after) for before, after in pairwise(middles)]
    near = [step for step, cut in zip(steps, cuts, strict=True) if not cut]
    closest = sorted(near)[len(near) // 10] if near else 0.0
    figures = _figure_columns(lines, columns)
    head = _head(lines, figures, cuts, steps, min(_SAME_CELL * closest, _SAME_HEAD * height))
    groups: list[Group] = [[*range(head)]] if head else []
    breaks = [cut or step > _WIDER * closest for cut, step in zip(cuts, steps, strict=True)]
    apart = _by_distance(lines, columns, figures, range(head, len(lines)), breaks)
    if apart:
        return groups + apart
    rights = _rights(lines, columns)
    for number in range(head, len(lines)):
        is_near = number > head and not cuts[number - 1] and steps[number - 1] <= _SAME_CELL * closest
        if is_near and _is_wrapped(lines, groups[-1], lines[number], figures, rights, height):
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def split_band(lines: Sequence[Line], columns: int, height: float) -> list[Group]:
    """The rows within one band of a ruled table: one, unless a column of figures goes on beside something else."""
    for column in _figure_columns(lines, columns):
        beside = [len(line) > 1 for line in lines if any(phrase.column == column for phrase in line)]
        if len(beside) >= 2 and all(beside):
            return group_lines(lines, columns, (), height)
    return [[*range(len(lines))]]


def _figure_columns(lines: Sequence[Line], columns: int) -> list[int]:
    """Columns in which figures stand, but for what is above the first of them."""
    found = []
    for column in range(columns):
        texts = [phrase.text for line in lines for phrase in line if phrase.column == column and phrase.span == 1]
        first = next((number for number, text in enumerate(texts) if is_figure(text)), len(texts))
        if first <= _MAX_HEAD and are_figures(texts[first:]):
            found.append(column)
    return found


def _head(
    lines: Sequence[Line], figures: Sequence[int], cuts: Sequence[bool], steps: Sequence[float], farthest: float
) -> int:
    """How many lines make a head of one row with several lines: close together, above all figures, without spans."""
    count = 0
    for line in lines[: _MAX_HEAD + 1]:
        if any(phrase.column in figures and is_figure(phrase.text) for phrase in line):
            break
        if any(phrase.span > 1 for phrase in line) or (count and [phrase.column for phrase in line] == [0]):
            return 0
        if count and (cuts[count - 1] or steps[count - 1] > farthest):
            return count
        count += 1
    return count if count <= _MAX_HEAD and figures else 0


def _by_distance(
    lines: Sequence[Line], columns: int, figures: Sequence[int], numbers: range, breaks: Sequence[bool]
) -> list[Group] | None:
    """Groups of close lines, if the rows stand apart: none holds two lines that each look like a row."""
    groups: list[Group] = []
    for number in numbers:
        if groups and not breaks[number - 1]:
            groups[-1].append(number)
        else:
            groups.append([number])
    if len(groups) < 3 or len(groups) == len(numbers):
        return None
    for group in groups:
        full = sum(len(lines[number]) >= max(2, _FULL * columns) for number in group)
        values = [sum(phrase.column == column for n in group for phrase in lines[n]) for column in figures]
        if full > 1 or any(value > 1 for value in values):
            return None
    return groups


def _is_wrapped(
    lines: Sequence[Line], group: Group, line: Line, figures: Sequence[int], rights: Sequence[float], height: float
) -> bool:
    """Whether a line goes on with the cells above it: each of its first words found no room on the line before."""
    if len(line) >= max(2, _FULL * len(rights)):
        return False
    for phrase in line:
        above = [other for number in group for other in lines[number] if other.column == phrase.column]
        if not above or phrase.span > 1 or phrase.column in figures:
            return False
        first = phrase.tokens[0].box
        needed = above[-1].right + _SPACE * height + first[2] - first[0]
        if needed <= rights[phrase.column]:
            return False
    return True


def _rights(lines: Sequence[Line], columns: int) -> list[float]:
    """Where the widest cell of each column ends."""
    rights = [0.0] * columns
    for line in lines:
        for phrase in line:
            if phrase.span == 1:
                rights[phrase.column] = max(rights[phrase.column], phrase.right)
    return rights
