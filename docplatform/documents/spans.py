"""Offsets: Unicode code points inside, UTF-16 code units where Azure's files and services count in them.

Belongs here: converting offsets and spans between the two. Doesn't: what the spans are of.
"""

from __future__ import annotations

from bisect import bisect_right

from docplatform.documents.elements import Span

_FIRST_WIDE = 0x10000  # the first code point that takes two UTF-16 units


class Utf16Offsets:
    """Converts offsets in one text. Built once per text, then O(log n) in the number of wide characters."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._wide = [] if text.isascii() else [i for i, char in enumerate(text) if ord(char) >= _FIRST_WIDE]
        """Code point offsets of the characters that take two units."""
        self._unit_starts = [offset + before for before, offset in enumerate(self._wide)]

    def to_code_point(self, unit_offset: int) -> int:
        """The code point offset of a UTF-16 offset.

        Raises:
            ValueError: where it lies outside the text, or between the two halves of a character.
        """
        before = bisect_right(self._unit_starts, unit_offset - 1)
        if before and self._unit_starts[before - 1] == unit_offset - 1:
            raise ValueError(f"UTF-16 offset {unit_offset} lies inside a character (a surrogate pair).")
        offset = unit_offset - before
        if not 0 <= offset <= self._length:
            raise ValueError(f"UTF-16 offset {unit_offset} lies outside the text of {self.unit_length} units.")
        return offset

    def to_utf16(self, offset: int) -> int:
        """The UTF-16 offset of a code point offset.

        Raises:
            ValueError: where it lies outside the text.
        """
        if not 0 <= offset <= self._length:
            raise ValueError(f"Offset {offset} lies outside the text of {self._length} characters.")
        return offset + bisect_right(self._wide, offset - 1)

    @property
    def unit_length(self) -> int:
        """Length of the text in UTF-16 units."""
        return self._length + len(self._wide)

    def span_to_code_points(self, span: Span) -> Span:
        """A span counted in code points. Raises ``ValueError`` as ``to_code_point`` does."""
        start, end = self.to_code_point(span.offset), self.to_code_point(span.end)
        return span.model_copy(update={"offset": start, "length": end - start})

    def span_to_utf16(self, span: Span) -> Span:
        """A span counted in UTF-16 units. Raises ``ValueError`` as ``to_utf16`` does."""
        start, end = self.to_utf16(span.offset), self.to_utf16(span.end)
        return span.model_copy(update={"offset": start, "length": end - start})
