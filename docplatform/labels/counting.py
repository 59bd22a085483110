"""How a label tool may have counted, where all labels of a document are off in the same way.

Belongs here: ways to count offsets, and which of them explains a document's labels. Doesn't: reporting it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.labels.boundaries import is_clean
from docplatform.labels.label_file import LabeledEntity

_MOST_SHIFT = 12
"""Largest constant shift looked for (units)."""

Place = Callable[[int], int | None]
"""From an offset in the file to a code point offset in the text; None outside the text or within a character."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A way of counting under which every label of a document is right."""

    message: str
    place: Place

    def span(self, entity: LabeledEntity) -> tuple[int, int] | None:
        """Start and end of a label in the text's code points, counted this way."""
        start, end = self.place(entity.offset), self.place(entity.offset + entity.length)
        return None if start is None or end is None or end < start else (start, end)


@dataclass(frozen=True, slots=True)
class _Count:
    explanation: Explanation
    is_structural: bool
    """Follows from the text's own characters, so that less evidence is enough than for a constant shift."""


def explain(entities: tuple[LabeledEntity, ...], text: str, unit: StringIndexType) -> Explanation | None:
    """The way of counting that makes every label right, where the declared one doesn't and such a way exists.

    A label is right where its declared text stands there; without one, where it cuts no word. Evidence asked for: a
    way that follows from the text (line ends, wide characters, bytes) must move at least one label with a declared
    text, or two without; a constant shift two, or four. The first way in this order wins: line ends, units, bytes,
    then the smallest shift.
    """
    offsets = TextOffsets(text, unit)
    declared = Explanation("as declared", lambda offset: _code_point(offsets, offset))
    if all(_is_right(entity, declared.span(entity), text) for entity in entities):
        return None
    for count in _counts(text, unit, offsets):
        spans = [count.explanation.span(entity) for entity in entities]
        if not all(_is_right(entity, span, text) for entity, span in zip(entities, spans, strict=True)):
            continue
        moved = [e for e, span in zip(entities, spans, strict=True) if span != declared.span(e)]
        proofs = sum(entity.text is not None for entity in moved)
        if proofs >= (1 if count.is_structural else 2) or len(moved) >= (2 if count.is_structural else 4):
            return count.explanation
    return None


def _is_right(entity: LabeledEntity, span: tuple[int, int] | None, text: str) -> bool:
    if span is None:
        return False
    if entity.text is not None:
        return text[span[0] : span[1]] == entity.text
    return is_clean(text, *span)


def _counts(text: str, unit: StringIndexType, offsets: TextOffsets) -> Iterator[_Count]:
    if "\r\n" in text:
        # Both characters of a CRLF are one line end, which begins at the CR: a label that ends there ends before it.
        kept = [i for i, char in enumerate(text) if char != "\n" or text[i - 1 : i] != "\r"]
        message = "the offsets count a line end as one character, but the file has CRLF (two)"
        yield _structural(message, _through(kept, text, TextOffsets(text.replace("\r\n", "\n"), unit)))
    elif "\n" in text:
        doubled = [i for i, char in enumerate(text) for _ in range(2 if char == "\n" else 1)]
        message = "the offsets count a line end as two characters (CRLF), but the file has LF (one)"
        yield _structural(message, _through(doubled, text, TextOffsets(text.replace("\n", "\r\n"), unit)))
    if offsets.unit_length != len(text):
        message = "the offsets count Unicode code points, but the file declares UTF-16 code units"
        other = TextOffsets(text, StringIndexType.UNICODE_CODE_POINT)
        yield _structural(message, lambda offset: _code_point(other, offset))
    elif unit is StringIndexType.UNICODE_CODE_POINT and not text.isascii():
        message = "the offsets count UTF-16 code units, but the file declares Unicode code points"
        utf16 = TextOffsets(text, StringIndexType.UTF16_CODE_UNIT)
        yield _structural(message, lambda offset: _code_point(utf16, offset))
    if not text.isascii():
        starts = [i for i, char in enumerate(text) for _ in char.encode("utf-8", "surrogatepass")]
        yield _structural("the offsets count UTF-8 bytes", _through(starts, text, None))
    for distance in range(1, _MOST_SHIFT + 1):
        for shift in (-distance, distance):
            yield _Count(Explanation(_shift_message(shift), _shifted(offsets, shift)), is_structural=False)


def _structural(message: str, place: Place) -> _Count:
    return _Count(Explanation(message, place), is_structural=True)


def _code_point(offsets: TextOffsets, offset: int) -> int | None:
    try:
        return offsets.to_code_point(offset)
    except ValueError:
        return None  # the answer "no such place" is what the callers ask for


def _through(places: list[int], text: str, counted: TextOffsets | None) -> Place:
    """Offsets in a text as the tool saw it, whose character ``i`` is ``text[places[i]]``."""

    def place(offset: int) -> int | None:
        index = offset if counted is None else _code_point(counted, offset)
        if index is None or not 0 <= index <= len(places):
            return None
        return len(text) if index == len(places) else places[index]

    return place


def _shifted(offsets: TextOffsets, shift: int) -> Place:
    return lambda offset: _code_point(offsets, offset + shift)


def _shift_message(shift: int) -> str:
    if shift == -1:
        return "every offset is 1 too large: it counts a byte order mark (which is no part of the text), or starts at 1"
    return f"every offset is {abs(shift)} too {'large' if shift < 0 else 'small'}"
