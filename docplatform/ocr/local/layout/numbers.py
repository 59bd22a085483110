"""Telling figures from words: what stands in the columns of tables.

Belongs here: looking at the text of a cell. Doesn't: reading values (``models``), geometry.
"""

from __future__ import annotations

from collections.abc import Iterable

_MOST_LETTERS = 3  # a currency or unit: "EUR 12.00", "12 pcs", "3 Mar 2026"
_PLACEHOLDERS = {"", "-", "–", "—", "--", "n/a", "N/A", "*", "."}
_MOSTLY = 0.7


def is_figure(text: str) -> bool:
    """Amounts, counts, dates, percentages, short codes of digits."""
    digits = sum(map(str.isdigit, text))
    letters = sum(map(str.isalpha, text))
    return digits > 0 and letters <= _MOST_LETTERS


def is_placeholder(text: str) -> bool:
    """What stands where there is no value."""
    return text.strip() in _PLACEHOLDERS


def are_figures(texts: Iterable[str], least: int = 2) -> bool:
    """Whether most are figures, and at least ``least``; placeholders don't count."""
    said = [text for text in texts if not is_placeholder(text)]
    figures = sum(map(is_figure, said))
    return figures >= least and figures >= _MOSTLY * len(said)
