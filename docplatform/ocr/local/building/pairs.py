"""Key-value pairs: from the words of a pair to their places in the content.

Belongs here: spans and regions of pairs. Doesn't: finding pairs (``layout``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docplatform.ocr.local.blocks import MarkBox, PairBlock, WordBox
from docplatform.ocr.local.building.content import Extent, Json, hull, span, with_regions


def pair_entry(pair: PairBlock, places: Mapping[int, Extent], text: str, start: int, page_number: int) -> Json | None:
    """The JSON of a pair; None where no word of its key is in the content.

    ``places`` are the extents of words and marks by ``id``; ``text`` is the content from ``start`` on.
    """
    key = _element(pair.key, places, text, start, page_number)
    if key is None:
        return None
    entry: Json = {"key": key}
    marks = [pair.mark] if pair.mark else []
    value = _element([*pair.value, *marks], places, text, start, page_number)
    if value is not None:
        entry["value"] = value
    return entry | {"confidence": pair.confidence}


def _element(
    parts: Sequence[WordBox | MarkBox], places: Mapping[int, Extent], text: str, start: int, page_number: int
) -> Json | None:
    extents = _joined(sorted({places[id(part)] for part in parts if id(part) in places}), text, start)
    if not extents:
        return None
    content = " ".join(text[first - start : last - start] for first, last in extents)
    entry: Json = {"content": content, "spans": [span(extent) for extent in extents]}
    return with_regions(entry, page_number, hull(part.polygon for part in parts))


def _joined(extents: Sequence[Extent], text: str, start: int) -> list[Extent]:
    """Extents with nothing but white space between them become one."""
    joined: list[Extent] = []
    for first, last in extents:
        if joined and not text[joined[-1][1] - start : first - start].strip():
            first = joined.pop()[0]
        joined.append((first, last))
    return joined
