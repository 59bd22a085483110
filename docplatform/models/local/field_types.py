"""What sort of value a field holds, told by its labelled values, and reading a text as such a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_MOST = 0.8
"""Share of a field's labelled values that must be readable as a type for the field to be of it."""
_MARKS = {":selected:": "selected", ":unselected:": "unselected"}
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_DATE = re.compile(r"(?<!\d)(\d{1,4})\s*[-/. ,]\s*(\d{1,2}|[a-z]{3,9})\.?\s*[-/. ,]\s*(\d{1,4})(?!\d)", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?\s*,?\s*(\d{4})", re.IGNORECASE)
_NUMBER = re.compile(r"[-(]?\s*\d(?:[\d.,' ]*\d)?")


class FieldType(StrEnum):
    """Document Intelligence's types, as far as values are typed here."""

    STRING = "string"
    DATE = "date"
    NUMBER = "number"
    SELECTION_MARK = "selectionMark"


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads the values of one field."""

    field_type: FieldType = FieldType.STRING
    day_first: bool = True
    """Whether 3/4/2020 is in April."""

    @classmethod
    def of(cls, contents: Sequence[str]) -> ValueReader:
        """Told by labelled values. Dates are day first unless more of them are readable month first."""
        if not contents:
            return cls()
        readable = {first: sum(_date(c, first) is not None for c in contents) for first in (True, False)}
        day_first = readable[True] >= readable[False]
        for field_type in (FieldType.SELECTION_MARK, FieldType.DATE, FieldType.NUMBER):
            reader = cls(field_type, day_first)
            if sum(reader.read(c) is not None for c in contents) >= _MOST * len(contents):
                return reader
        return cls()

    def meant(self, content: str) -> str | None:
        """What contents that mean the same have in common, ``RM 9.00`` and ``9.00``; None where that is the text."""
        return None if self.field_type is FieldType.STRING else self.read(content)

    def read(self, content: str) -> str | None:
        """The content in the field's type; None where it can't be read as such."""
        match self.field_type:
            case FieldType.SELECTION_MARK:
                return _MARKS.get(content.strip().lower())
            case FieldType.DATE:
                return _date(content, self.day_first)
            case FieldType.NUMBER:
                return _number(content)
        return " ".join(content.split())


def _date(content: str, day_first: bool) -> str | None:
    if named := _MONTH_FIRST.search(content):
        month, day, year = named.groups()
        return _iso(year, str(_MONTHS.get(month[:3].lower(), 0)), day)
    found = _DATE.search(content)
    if not found:
        return None
    first, middle, last = found.groups()
    if not middle.isdigit():
        middle = str(_MONTHS.get(middle[:3].lower(), 0))
        return _iso(first, middle, last) if len(first) == 4 else _iso(last, middle, first)
    if len(first) == 4:
        return _iso(first, middle, last)
    return _iso(last, middle, first) if day_first else _iso(last, first, middle)


def _iso(year: str, month: str, day: str) -> str | None:
    full = int(year) + (2000 if int(year) < 70 else 1900) if len(year) <= 2 else int(year)
    try:
        return date(full, int(month), int(day)).isoformat()
    except ValueError:
        return None


def _number(content: str) -> str | None:
    found = _NUMBER.findall(content)
    letters = sum(c.isalpha() for c in content)
    if len(found) != 1 or letters > 4:
        return None
    text = re.sub(r"[\s'(]", "", found[0])
    sign, text = ("-" if found[0][0] in "-(" else ""), text.lstrip("-")
    point = max(text.rfind("."), text.rfind(","))
    if point < 0:
        return sign + text
    whole, fraction = re.sub(r"\D", "", text[:point]), text[point + 1 :]
    groups = re.split(r"[.,]", text)
    if len(fraction) == 3 and len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:]) and groups[0] != "0":
        return sign + "".join(groups)
    return f"{sign}{whole}.{fraction}"
