"""Offsets: Unicode code points inside, UTF-16 code units where Azure's files and services count in them.

Belongs here: units of offsets, and converting between them. Doesn't: what the offsets are of, or if they are right.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum

_FIRST_WIDE = 0x10000  # the first code point that takes two UTF-16 units


class StringIndexType(StrEnum):
    """What offsets count, in the words of Azure Language's files."""

    UTF16_CODE_UNIT = "Utf16CodeUnit"
    """JavaScript, Java and .NET strings: characters beyond U+FFFF (emoji, rare CJK) count two."""
    UNICODE_CODE_POINT = "UnicodeCodePoint"
    """Python strings."""


class TextOffsets:
    """Converts offsets in one text from a unit to code points and back.

    Built once per text, then O(log n) in the number of wide characters.
    """

    def __init__(self, text: str, unit: StringIndexType) -> None:
        self._length = len(text)
        counts_wide = unit is StringIndexType.UTF16_CODE_UNIT and not text.isascii()
        self._wide = [i for i, char in enumerate(text) if ord(char) >= _FIRST_WIDE] if counts_wide else []
        """Code point offsets of the characters that take two units."""
        self._unit_starts = [offset + before for before, offset in enumerate(self._wide)]

    @property
    def unit_length(self) -> int:
        """Length of the text in the unit."""
        return self._length + len(self._wide)

    def to_code_point(self, unit_offset: int) -> int:
        """The code point offset of an offset in the unit.

        Raises:
            ValueError: where it lies outside the text, or between the two halves of a character.
        """
        before = bisect_right(self._unit_starts, unit_offset - 1)
        if before and self._unit_starts[before - 1] == unit_offset - 1:
            raise ValueError(f"UTF-16 offset {unit_offset} lies inside a character (a surrogate pair).")
        offset = unit_offset - before
        if not 0 <= offset <= self._length:
            raise ValueError(f"Offset {unit_offset} lies outside the text, which ends at {self.unit_length}.")
        return offset

    def to_unit(self, offset: int) -> int:
        """The offset in the unit of a code point offset.

        Raises:
            ValueError: where it lies outside the text.
        """
        if not 0 <= offset <= self._length:
            raise ValueError(f"Offset {offset} lies outside the text of {self._length} characters.")
        return offset + bisect_right(self._wide, offset - 1)

    def span_to_code_points(self, offset: int, length: int) -> tuple[int, int]:
        """Start and end in code points of a span in the unit. Raises ``ValueError`` as ``to_code_point``."""
        return self.to_code_point(offset), self.to_code_point(offset + length)

    def span_to_unit(self, start: int, end: int) -> tuple[int, int]:
        """Offset and length in the unit of ``text[start:end]``. Raises ``ValueError`` as ``to_unit``."""
        offset = self.to_unit(start)
        return offset, self.to_unit(end) - offset
