"""Languages of a document.

Belongs here: which parts of a content are in which language. Doesn't: detection (``text.language``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docplatform.ocr.local.building.content import Extent, Json, span
from docplatform.text.language import UNDETERMINED, DetectedLanguage, detect_language

_SHORTEST = 20
"""Characters of a content below which nothing can be told, and the detector's model needn't be loaded (0.7 s)."""
_LEAST = 80
"""Characters of a paragraph whose language is worth asking for; shorter ones belong to what is before them."""
_PROBE = 200
"""Characters that are looked at: 0.18 ms, where 2,000 take 0.54."""
_PROBES = 3
"""Paragraphs that stand for a document. Where they agree, the whole needn't be asked: a third of the CPU."""
_SURE = 0.9
_MOST = 500
"""Paragraphs asked one by one in a document of several languages: 0.1 s."""


def languages(content: str, paragraphs: Iterable[Extent]) -> list[Json]:
    """The languages of a content, given where its paragraphs are (gone through twice); empty where none can be told.

    One for the whole where the longest paragraphs of its beginning, middle and end are clearly in it. Otherwise 4,000
    characters of the whole are asked, and every paragraph where one of those three is clearly in another language.
    """
    if len(content) < _SHORTEST:
        return []
    long = [extent for extent in paragraphs if extent[1] - extent[0] >= _LEAST]
    probes = [detect_language(content[start : min(end, start + _PROBE)]) for start, end in _probes(long)]
    sure = [probe for probe in probes if probe.confidence >= _SURE]
    if len(sure) == _PROBES and len({probe.language for probe in sure}) == 1:
        return [_entry(sure[0].language, [(0, len(content))], [probe.confidence for probe in sure])]
    whole = detect_language("\n".join(content[start:end] for start, end in paragraphs) or content)
    if whole.language == UNDETERMINED:
        return []
    if all(probe.language == whole.language for probe in sure):
        return [_entry(whole.language, [(0, len(content))], [whole.confidence])]
    return _by_paragraph(content, paragraphs, whole)


def _probes(long: Sequence[Extent]) -> list[Extent]:
    third = -(-len(long) // _PROBES) or 1
    return [max(long[at : at + third], key=lambda extent: extent[1] - extent[0]) for at in range(0, len(long), third)]


def _of(content: str, extent: Extent, otherwise: DetectedLanguage) -> DetectedLanguage:
    found = detect_language(content[extent[0] : min(extent[1], extent[0] + _PROBE)])
    return found if found.confidence >= _SURE else otherwise


def _by_paragraph(content: str, paragraphs: Iterable[Extent], whole: DetectedLanguage) -> list[Json]:
    extents: dict[str, list[Extent]] = {}
    confidences: dict[str, list[float]] = {}
    current, asked = whole, 0
    for start, end in paragraphs:
        if end - start >= _LEAST and asked < _MOST:
            current, asked = _of(content, (start, end), whole), asked + 1
            confidences.setdefault(current.language, []).append(current.confidence)
        mine = extents.setdefault(current.language, [])
        if mine and not content[mine[-1][1] : start].strip():
            start = mine.pop()[0]
        mine.append((start, end))
    return [
        _entry(language, found, confidences.get(language, [whole.confidence])) for language, found in extents.items()
    ]


def _entry(language: str, extents: Sequence[Extent], confidences: Sequence[float]) -> Json:
    confidence = round(sum(confidences) / len(confidences), 3)
    return {"locale": language, "spans": [span(extent) for extent in extents], "confidence": confidence}
