"""What formats of labelled places share: boxes, and spans turned into boxes by the words they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabeledField, LabeledPlace, PlaceUnit
from docplatform.labels.readings import PageSize, Reading

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[int | float, ...]:
    """An upright box as a polygon, clockwise from the upper left corner."""
    return (left, top, right, top, right, bottom, left, bottom)


def box_of(polygon: Sequence[float]) -> Box:
    """The upright box around a polygon."""
    across, down = polygon[0::2], polygon[1::2]
    return min(across), min(down), max(across), max(down)


def is_upright(polygon: Sequence[float]) -> bool:
    """Whether a polygon is its box, so that nothing is lost by writing the box."""
    return tuple(polygon) == rectangle(*box_of(polygon))


def with_places(document: DocumentLabels, *, page_sizes: tuple[PageSize, ...]) -> DocumentLabels:
    """The document with its pages' sizes, where it needs them: places in the page's own unit have no other scale."""
    needs = any(place.unit is PlaceUnit.PAGE for field in document.fields for place in field.places)
    return replace(document, page_sizes=page_sizes) if needs and not document.page_sizes else document


def places_of_spans(
    document: DocumentLabels, unit: StringIndexType, reading: Reading | None
) -> tuple[DocumentLabels, list[str]]:
    """The document with its entities as fields by place, and what of them was lost.

    The entities of one category become the places of one field; a word is one place.

    Raises:
        LabelFileError: where there are entities, but no reading that says where words lie.
    """
    if not document.entities:
        return document, []
    if reading is None or not reading.document.words:
        raise LabelFileError(
            f"{document.location}: its labels are spans of text, and this format wants places on pages: the document "
            "must have been read with its layout."
        )
    offsets = TextOffsets(reading.text, unit)
    places: dict[str, list[LabeledPlace]] = {}
    lost: list[str] = []
    for entity in document.entities:
        found = _places(entity, offsets, reading)
        places.setdefault(entity.category, []).extend(found)
        if not found:
            lost.append(f"{document.location}: {entity.category} covers no word that has a place: left out.")
    fields = tuple(LabeledField(name, places=tuple(found)) for name, found in places.items() if found)
    return replace(document, entities=(), regions=(), fields=(*document.fields, *fields)), lost


def _places(entity: LabeledEntity, offsets: TextOffsets, reading: Reading) -> list[LabeledPlace]:
    start, end = offsets.span_to_code_points(entity.offset, entity.length)
    found = []
    for word in reading.document.words:
        if word.offset < end and start < word.offset + word.length:
            text = reading.text[word.offset : word.offset + word.length].strip(":")
            box = rectangle(word.left, word.top, word.right, word.bottom)
            found.append(LabeledPlace(word.page, (box,), text, PlaceUnit.FRACTION))
    return found
