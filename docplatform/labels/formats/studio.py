"""Document Intelligence Studio's projects: ``fields.json``, ``*.labels.json`` and ``*.ocr.json`` beside documents.

Belongs here: both generations of label files, in and out. Doesn't: ``fields.json`` (``studio_schema``), the trees of
the second generation (``studio_tree``), ``*.ocr.json`` (``readings``), finding labels in our reading (``placing``).

The first generation (2021-03-01) is a list of labels, each with values that have a text and boxes in fractions of the
page; the second (2024-11-30) is a tree of fields with regions in the page's own unit. The ``*.ocr.json`` beside a
document is what the Studio read: labels are placed in it where docplatform hasn't read the document itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.formats.places import places_of_spans, with_places
from docplatform.labels.formats.studio_schema import categories, first_schema, second_schema
from docplatform.labels.formats.studio_tree import fields_of_tree, tree_of_fields
from docplatform.labels.json_reader import JsonNode, LabelFileError, parse_json
from docplatform.labels.label_file import (
    DocumentLabels,
    LabeledField,
    LabeledPlace,
    LabelFile,
    PlaceUnit,
    declared_name,
)
from docplatform.labels.readings import Reading, parse_ocr_json

_LABELS, _OCR, _FIELDS = ".labels.json", ".ocr.json", "fields.json"
_FIRST_LABELS = "https://schema.cognitiveservices.azure.com/formrecognizer/2021-03-01/labels.json"
_SECOND_LABELS = "https://schema.ai.azure.com/documentintelligence/2024-11-30/labels.json"
_SCHEMA, _FILE = "fields.json", "file"
"""Keys of ``extras``: the whole ``fields.json``; the label file's name where it isn't the document's."""


class DocumentIntelligenceStudio:
    """Document Intelligence Studio (and Form OCR Testing Tool): fields. Both generations are read, one is written."""

    def __init__(self, *, is_second: bool) -> None:
        self._is_second = is_second
        self.name = "di-studio-2024-11-30" if is_second else "di-studio"
        written = "2024-11-30" if is_second else "2021-03-01, which the Studio opens"
        self.description = f"Document Intelligence Studio: fields (written as {written}; both generations are read)"

    def sniff(self, files: LabelFiles) -> bool:
        """A ``fields.json``, or a ``*.labels.json`` beside others."""
        return any(PurePosixPath(name).name == _FIELDS or name.endswith(_LABELS) for name in files)

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:  # noqa: ARG002
        """Parse the project whose ``fields.json`` lies at the top."""
        below = [name for name in files if PurePosixPath(name).name == _FIELDS]
        if below and _FIELDS not in files:
            raise LabelFileError(f"{below[0]} is not at the top: import the folder that it lies in.")
        notes: list[str] = []
        schema = parse_json(files[_FIELDS]) if _FIELDS in files else None
        if schema is None:
            notes.append("There is no fields.json: the fields are those that are labelled.")
        documents: list[DocumentLabels] = []
        readings: dict[str, Reading] = {}
        for name in sorted(files):
            if not (name.endswith(_LABELS) or PurePosixPath(name).name == "labels.json"):
                continue
            location, document = _parse_document(name, parse_json(files[name]))
            if f"{location}{_OCR}" in files:
                readings[location] = parse_ocr_json(files[f"{location}{_OCR}"], f"{location}{_OCR}")
                document = with_places(document, page_sizes=readings[location].page_sizes)
            documents.append(document)
        notes.extend(_missing(files, documents, readings))
        used = dict.fromkeys(declared_name(item.name) for document in documents for item in document.fields)
        label_file = LabelFile(
            kind=TaskKind.FIELD_EXTRACTION,
            name="",
            language="en",
            categories=categories(schema) if schema is not None else tuple(used),
            documents=tuple(documents),
            string_index_type=StringIndexType.UNICODE_CODE_POINT,
            extras={} if schema is None else {_SCHEMA: schema.value},
        )
        return ParsedLabels(label_file=label_file, readings=readings, notes=tuple(notes))

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write ``fields.json`` and a ``*.labels.json`` per document.

        Labels that are spans need a reading with places. The Studio makes ``*.ocr.json`` itself.
        """
        if label_file.kind not in (TaskKind.FIELD_EXTRACTION, TaskKind.ENTITY_RECOGNITION):
            raise LabelFileError(
                f"Document Intelligence Studio's label files hold fields, not {label_file.kind.value}."
            )
        schema = label_file.extras.get(_SCHEMA)
        if not isinstance(schema, dict) or ("fieldSchema" in schema) != self._is_second:
            names = label_file.categories or sorted({declared_name(n) for d in label_file.documents for n in d.names})
            schema = second_schema(names) if self._is_second else first_schema(names)
        files = {_FIELDS: _dump(schema)}
        notes: list[str] = []
        for document in label_file.documents:
            placed, lost = places_of_spans(document, label_file.string_index_type, readings.get(document.location))
            notes.extend(lost)
            name = document.extras.get(_FILE, f"{document.location}{_LABELS}")
            files[name] = _dump(_second_json(placed) if self._is_second else _first_json(placed))
        return WrittenLabels(files=files, notes=tuple(notes))


def _missing(files: LabelFiles, documents: list[DocumentLabels], readings: Mapping[str, Reading]) -> Iterator[str]:
    absent = [document.location for document in documents if document.location not in files]
    if absent:
        read = sum(location in readings for location in absent)
        yield (
            f"{len(absent)} of {len(documents)} labelled documents aren't there ({absent[0]} …), {read} of them have "
            "an *.ocr.json: those labels can be checked, but to train, docplatform must read the documents: bring them."
        )
    labelled = {document.location for document in documents}
    unlabelled = [n.removesuffix(_OCR) for n in files if n.endswith(_OCR) and n.removesuffix(_OCR) not in labelled]
    if unlabelled:
        yield f"{len(unlabelled)} documents have no labels ({unlabelled[0]} …): they are left out."


def _parse_document(name: str, root: JsonNode) -> tuple[str, DocumentLabels]:
    own = name.removesuffix(_LABELS) if name.endswith(_LABELS) else name.removesuffix(".json")
    is_named = name.endswith(_LABELS)
    declared = root.get("document")
    location = own if is_named or declared is None else str(PurePosixPath(name).with_name(declared.text()))
    extras = {key: value for key, value in root.value.items() if key not in ("labels", "fieldLabels")}
    if f"{location}{_LABELS}" != name:
        extras[_FILE] = name
    tree = root.get("fieldLabels")
    if tree is None:
        fields = tuple(_first_field(node) for node in root.need("labels").items())
    else:
        fields, nodes = fields_of_tree(tree)
        extras["nodes"] = nodes
    return location, DocumentLabels(location=location, fields=fields, extras=extras)


def _first_field(node: JsonNode) -> LabeledField:
    extras = {key: value for key, value in node.value.items() if key not in ("label", "value")}
    places, rest = [], []
    values = node.get("value")
    for value in values.items() if values is not None else ():
        text = value.get("text")
        boxes = tuple(tuple(box.value) for box in value.need("boundingBoxes").items())
        shown = None if text is None else str(text.value)
        places.append(LabeledPlace(value.need("page").integer(), boxes, shown, PlaceUnit.FRACTION))
        rest.append({k: v for k, v in value.value.items() if k not in ("page", "text", "boundingBoxes")})
    if any(rest):
        extras["values"] = rest
    return LabeledField(node.need("label").text(), places=tuple(places), extras=extras)


def _first_json(document: DocumentLabels) -> dict[str, Any]:
    kept = _kept(document, _FIRST_LABELS)
    kept.setdefault("document", PurePosixPath(document.location).name)
    return {**kept, "labels": [_first_label(document, field) for field in document.fields]}


def _kept(document: DocumentLabels, schema: str) -> dict[str, Any]:
    """What the document's label file says beyond labels, where it was of this generation."""
    if document.extras.get("$schema") not in (None, schema):
        return {"$schema": schema}
    return {"$schema": schema} | {k: v for k, v in document.extras.items() if k not in (_FILE, "nodes")}


def _first_label(document: DocumentLabels, field: LabeledField) -> dict[str, Any]:
    if not field.places and field.value is not None:
        raise LabelFileError(
            f"{document.location}: {field.name} has no place on a page, which Document Intelligence Studio needs: "
            "export a project whose documents have been read, so that its values are found in them."
        )
    rest = field.extras.get("values") or [{}] * len(field.places)
    values = [
        {
            **more,
            "page": place.page,
            "text": (field.value if place.text is None and len(field.places) == 1 else place.text) or "",
            "boundingBoxes": [_fractions(polygon, place, document) for polygon in place.polygons],
        }
        for place, more in zip(field.places, rest, strict=True)
    ]
    kept = {key: value for key, value in field.extras.items() if key in ("key", "labelType", "confidence")}
    return {"label": field.name, **kept, "value": values}


def _fractions(polygon: tuple[float, ...], place: LabeledPlace, document: DocumentLabels) -> list[float]:
    if place.unit is PlaceUnit.FRACTION:
        return list(polygon)
    if place.unit is PlaceUnit.PERCENT:
        return [number / 100 for number in polygon]
    if place.page > len(document.page_sizes):
        raise LabelFileError(f"{document.location}: how large page {place.page} is isn't known")
    size = document.page_sizes[place.page - 1]
    return [number / size[index % 2] for index, number in enumerate(polygon)]


def _second_json(document: DocumentLabels) -> dict[str, Any]:
    return {**_kept(document, _SECOND_LABELS), "fieldLabels": tree_of_fields(document)}


def _dump(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "surrogatepass")
