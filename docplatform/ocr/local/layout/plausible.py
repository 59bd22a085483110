"""Whether aligned text is a table: what keeps prose in columns, addresses, labels with values and receipts out.

Belongs here: the judgement on columns and rows that only white space shows. Doesn't: finding them. A table that is
missed is still read row by row; a false one puts words in cells that have none: so doubt means no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from docplatform.ocr.local.layout.numbers import are_figures, is_figure, is_placeholder
from docplatform.ocr.local.layout.text_columns import Line, Phrase

_ALIGNED = 0.7  # share of a column's cells that begin, end or lie in the middle at one place
_EDGE = 0.4  # heights: how far edges at one place may differ
_FILLED = 0.5  # share of the cells that hold something
_LABELS = 0.4  # share of a column that ends in a colon: labels
_PROSE_WORDS = 4.5  # in the middle of a column's cells
_SHORT_WORDS = 3
_MIN_ROWS = 3
_MIN_TEXTS = 2  # of a column that counts
_MIN_PAIR_ROWS = 4
_MIN_TEXT_ROWS = 6
_MIN_FIGURE_ROWS = 5


@dataclass(frozen=True, slots=True)
class _Column:
    texts: Sequence[str]
    """Of its cells, the first line of each; the heading included."""
    is_figures: bool
    has_heading: bool
    is_aligned: bool
    words: float


def is_table(lines: Sequence[Line], columns: int, height: float, rules: int, bands: int) -> bool:
    """Whether rows of phrases are a table.

    Args:
        lines: the first line of each row.
        columns: how many columns there are.
        height: of a line of text.
        rules: how many rules run across the whole: 2 or more say much.
        bands: how many parts with text the rules make of it.
    """
    full = [line for line in lines if len(line) >= 2]
    if columns < 2 or len(full) < (2 if rules > 2 and columns > 2 else _MIN_ROWS):
        return False
    if sum(phrase.span for line in full for phrase in line) < _FILLED * columns * len(full):
        return False
    found = [_column(lines, number, height) for number in range(columns)]
    if any(_are_labels(column.texts) for column in found) or _is_prose(found):
        return False
    columns = sum(len(column.texts) >= _MIN_TEXTS for column in found)
    if columns < 2:
        return False
    if rules > 2:
        return columns > 2 or bands >= _MIN_ROWS or _is_headed(found)
    if sum(not column.is_aligned for column in found) > columns // 4:
        return False
    return _is_headed_pair(found, len(full)) if columns == 2 else _has_figures(found, len(full), rules)


def _column(lines: Sequence[Line], number: int, height: float) -> _Column:
    cells = [phrase for line in lines for phrase in line if phrase.column == number and phrase.span == 1]
    texts = [phrase.text for phrase in cells]
    has_heading = bool(texts) and not is_figure(texts[0]) and not is_placeholder(texts[0])
    body = cells[1:] if has_heading and len(cells) > 2 else cells
    return _Column(
        texts,
        are_figures([phrase.text for phrase in body]),
        has_heading,
        _is_aligned(body, _EDGE * height),
        median(len(text.split()) for text in texts) if texts else 0.0,
    )


def _is_aligned(cells: Sequence[Phrase], tolerance: float) -> bool:
    """Whether most begin, end or have their middle at one place."""
    if len(cells) < 2:
        return True
    edges = ([c.left for c in cells], [c.right for c in cells], [(c.left + c.right) / 2 for c in cells])
    return any(
        sum(abs(place - middle) <= tolerance for place in places) >= _ALIGNED * len(places)
        for places in edges
        for middle in [median(places)]
    )


def _are_labels(texts: Sequence[str]) -> bool:
    return sum(text.rstrip().endswith(":") for text in texts) >= max(1, _LABELS * len(texts))


def _is_prose(columns: Sequence[_Column]) -> bool:
    """Columns of running text: at least two with many words to a line, and no figures beside them."""
    wordy = sum(column.words >= _PROSE_WORDS for column in columns)
    return wordy >= 2 and (wordy > 2 or not any(column.is_figures for column in columns))


def _is_headed(columns: Sequence[_Column]) -> bool:
    return all(column.has_heading for column in columns) and columns[-1].is_figures


def _is_headed_pair(columns: Sequence[_Column], rows: int) -> bool:
    """Two columns are a list of labels and values, unless both have a heading and one of them holds figures."""
    return rows >= _MIN_PAIR_ROWS and _is_headed(columns) and not columns[0].is_figures


def _has_figures(columns: Sequence[_Column], rows: int, rules: int) -> bool:
    figures = [column for column in columns if column.is_figures]
    headed = any(column.has_heading for column in figures)  # words above figures; equations have only their numbers
    if len(figures) >= 2 or (figures and (headed or rules > 1 or rows >= _MIN_FIGURE_ROWS)):
        return True
    is_short = all(column.words <= _SHORT_WORDS for column in columns)
    return is_short and (rows >= _MIN_TEXT_ROWS or rules > 1)
