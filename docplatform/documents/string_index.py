"""``stringIndexType``: a whole result with its offsets counted in another unit.

Belongs here: UTF-16 code units, text elements and code points of every span of an ``AnalyzeResult``. Doesn't: label
files, whose units are Azure Language's (``offsets``) and never text elements.

Text elements are the extended grapheme clusters of UAX #29: an emoji with its modifiers, a letter with its accents, and
CR LF count one. A span in code points may begin or end inside of one: it is widened to whole elements, since there is
no smaller range to name, and comes back as the wider span. All other conversions are exact and reversible.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Any, Protocol

import regex

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.offsets import StringIndexType as LabelIndexType
from docplatform.documents.offsets import TextOffsets
from docplatform.documents.vocabulary import StringIndexType

_CLUSTER = regex.compile(r"\X")
_Extent = tuple[int, int]


class _Unit(Protocol):
    def span_to_code_points(self, offset: int, length: int) -> _Extent: ...

    def span_to_unit(self, start: int, end: int) -> _Extent: ...


def counted_in(result: AnalyzeResult, unit: StringIndexType) -> AnalyzeResult:
    """The result with all its spans, wherever they are, in another unit; itself where they are in it already.

    Raises:
        ValueError: where a span lies outside the content or a bound of it inside a surrogate pair, or the result counts
            in something else than the three units.
    """
    current = StringIndexType(result.string_index_type)
    if current is unit:
        return result
    source, target = _unit(result.content, current), _unit(result.content, unit)
    raw = result.model_dump(by_alias=True, exclude_unset=True)
    raw["stringIndexType"] = unit.value
    pending: list[Any] = [raw]
    while pending:
        found = pending.pop()
        if isinstance(found, dict):
            if _is_span(found):
                start, end = source.span_to_code_points(found["offset"], found["length"])
                found["offset"], found["length"] = target.span_to_unit(start, end)
            pending.extend(found.values())
        elif isinstance(found, list | tuple):
            pending.extend(found)
    return AnalyzeResult.model_validate(raw)


def _is_span(found: dict[str, Any]) -> bool:
    """By its shape and not its key: a field of a document may be called ``spans``."""
    return isinstance(found.get("offset"), int) and isinstance(found.get("length"), int)


def _unit(content: str, unit: StringIndexType) -> _Unit:
    if unit is StringIndexType.TEXT_ELEMENTS:
        return TextElements(content)
    is_utf16 = unit is StringIndexType.UTF16_CODE_UNIT
    return TextOffsets(content, LabelIndexType.UTF16_CODE_UNIT if is_utf16 else LabelIndexType.UNICODE_CODE_POINT)


class TextElements:
    """Converts between code points and text elements of one text."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        # where every character is an element, no list of them is needed
        is_simple = text.isascii() and "\r\n" not in text
        lengths = range(0) if is_simple else map(len, _CLUSTER.findall(text))
        self._ends = list(accumulate(lengths))

    @property
    def unit_length(self) -> int:
        """Elements of the text."""
        return len(self._ends) or self._length

    def span_to_code_points(self, offset: int, length: int) -> _Extent:
        """Start and end in code points of ``length`` elements.

        Raises:
            ValueError: where they lie outside the text.
        """
        if not 0 <= offset <= offset + length <= self.unit_length:
            raise ValueError(f"Elements {offset} to {offset + length} lie outside the text of {self.unit_length}.")
        if not self._ends:
            return offset, offset + length
        return self._start(offset), self._start(offset + length)

    def _start(self, element: int) -> int:
        return self._ends[element - 1] if element else 0

    def span_to_unit(self, start: int, end: int) -> _Extent:
        """Offset and length in elements of the elements that ``text[start:end]`` touches.

        Raises:
            ValueError: where it lies outside the text.
        """
        if not 0 <= start <= end <= self._length:
            raise ValueError(f"Code points {start} to {end} lie outside the text of {self._length}.")
        if not self._ends:
            return start, end - start
        first = bisect_right(self._ends, start)
        return first, (bisect_left(self._ends, end) + 1 - first if end > start else 0)
