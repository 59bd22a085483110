"""Which words of a reading lie in labelled boxes.

Belongs here: geometry on pages. Doesn't: whether the words are the right ones (``placing``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from docplatform.documents.document_text import WordBox
from docplatform.labels.aligning import Spans
from docplatform.labels.label_file import DocumentLabels, LabeledPlace, PlaceUnit
from docplatform.labels.readings import Reading

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in fractions of the page."""


def covered_words(
    reading: Reading, labels: DocumentLabels, places: Iterable[LabeledPlace], share: float
) -> list[WordBox]:
    """The words that lie in the places, in the order of the text.

    Args:
        reading: the document's words.
        labels: how large the labelled pages were, where the places count in the page's own unit.
        places: the boxes.
        share: least part of a word's area in a box; where no word has it, words that hold as much of the box count.
    """
    found: set[WordBox] = set()
    for place in places:
        words = [word for word in reading.document.words if word.page == place.page]
        for polygon in place.polygons:
            box = in_fractions(polygon, place, labels, reading)
            if box is None:
                continue
            inside = [word for word in words if _share(word, box, of_word=True) >= share]
            found.update(inside or [word for word in words if _share(word, box, of_word=False) >= share])
    return sorted(found)


def in_fractions(polygon: Sequence[float], place: LabeledPlace, labels: DocumentLabels, reading: Reading) -> Box | None:
    """The upright box around a polygon; None where it isn't known how large the page is."""
    if place.unit is PlaceUnit.PAGE:
        sizes = labels.page_sizes or reading.page_sizes
        width, height = sizes[place.page - 1] if place.page <= len(sizes) else (0, 0)
    else:
        width = height = 100 if place.unit is PlaceUnit.PERCENT else 1
    if not width or not height:
        return None
    across, down = polygon[0::2], polygon[1::2]
    return min(across) / width, min(down) / height, max(across) / width, max(down) / height


def gap(reading: Reading, labels: DocumentLabels, places: Sequence[LabeledPlace], spans: Spans) -> tuple[float, float]:
    """How far a text lies from places, in parts of the page: between their edges, and between their centres.

    Infinite where they lie on different pages, or it isn't known where one of them does.
    """
    boxes = [in_fractions(polygon, place, labels, reading) for place in places for polygon in place.polygons]
    words = [
        word
        for word in reading.document.words
        if any(word.offset < end and start < word.offset + word.length for start, end in spans)
    ]
    known = [box for box in boxes if box is not None]
    if not words or not known or {word.page for word in words} != {place.page for place in places}:
        return math.inf, math.inf
    one, other = _around(known), _around([word[3:] for word in words])
    across = max(0.0, one[0] - other[2], other[0] - one[2])
    down = max(0.0, one[1] - other[3], other[1] - one[3])
    centres = (one[0] + one[2] - other[0] - other[2]) / 2, (one[1] + one[3] - other[1] - other[3]) / 2
    return round(math.hypot(across, down), 6), round(math.hypot(*centres), 6)


def _around(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _share(word: WordBox, box: Box, *, of_word: bool) -> float:
    """The part of a word's area, or of the box's, that both have in common."""
    across = min(word.right, box[2]) - max(word.left, box[0])
    down = min(word.bottom, box[3]) - max(word.top, box[1])
    if across <= 0 or down <= 0:
        return 0.0
    whole = (word.right - word.left) * (word.bottom - word.top) if of_word else (box[2] - box[0]) * (box[3] - box[1])
    return across * down / whole if whole > 0 else 0.0


def line_spans(text: str, words: Sequence[WordBox]) -> Spans:
    """Words as spans of the text: those that follow each other in a line are one."""
    spans: list[tuple[int, int]] = []
    for word in words:
        start, end = word.offset, word.offset + word.length
        between = text[spans[-1][1] : start] if spans else None
        if between is not None and "\n" not in between and not between.strip():
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(spans)
