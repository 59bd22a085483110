"""Labels as rows of a table: what ``records`` reads, and what a row can't hold said in notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.documents.predictions import TaskKind
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile
from docplatform.labels.readings import Reading

_PLACES = "Places on pages aren't held: fields are written by their values."
_NO_VALUE = "Fields without any text (drawn regions) are left out."


def json_records(label_file: LabelFile, readings: Mapping[str, Reading], notes: list[str]) -> Iterator[dict[str, Any]]:
    """An object per document. Raises ``LabelFileError`` where offsets can't be converted for want of the text."""
    kind = label_file.kind
    for document in _answered(label_file, notes):
        record: dict[str, Any] = {"location": document.location}
        reading = readings.get(document.location)
        if reading is not None and not kind.sees_layout:
            record["text"] = reading.text
        if document.declared_split is not None:
            record["split"] = document.declared_split.value
        yield {**record, **_labels(document, label_file, reading, notes)}


def _answered(label_file: LabelFile, notes: list[str]) -> tuple[DocumentLabels, ...]:
    """The documents that say something: rows know no difference between no answer and an empty one."""
    if label_file.kind is TaskKind.MULTI_LABEL_CLASSIFICATION:
        return label_file.documents
    answered = tuple(document for document in label_file.documents if document.names or document.is_answered)
    if len(answered) < len(label_file.documents):
        notes.append(f"{len(label_file.documents) - len(answered)} documents without a label are left out.")
    return answered


def _labels(
    document: DocumentLabels, label_file: LabelFile, reading: Reading | None, notes: list[str]
) -> dict[str, Any]:
    if document.entities or label_file.kind is TaskKind.ENTITY_RECOGNITION:
        if document.fields:
            raise LabelFileError(f"{document.location} has labels with and without offsets: place them first.")
        spans = _spans(document, label_file.string_index_type, reading)
        return {
            "entities": [
                {"start": start, "end": end, "label": e.category, **({} if e.text is None else {"text": e.text})}
                for e, start, end in spans
            ]
        }
    if label_file.kind is TaskKind.FIELD_EXTRACTION:
        return {"fields": _field_values(document, notes)}
    if document.parts:
        return {
            "parts": [
                {"class": p.category, "first_page": p.first_page, "last_page": p.last_page} for p in document.parts
            ]
        }
    if label_file.kind is TaskKind.MULTI_LABEL_CLASSIFICATION or len(document.classes) > 1:
        return {"labels": list(document.classes)}
    return {"label": document.classes[0] if document.classes else None}


def _field_values(document: DocumentLabels, notes: list[str]) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for item in document.fields:
        if item.places:
            notes.append(_PLACES)
        if not (item.declared or "").strip():
            notes.append(_NO_VALUE)
            continue
        values.setdefault(item.name, []).append(item.declared or "")
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _spans(
    document: DocumentLabels, unit: StringIndexType, reading: Reading | None
) -> Iterator[tuple[LabeledEntity, int, int]]:
    """Each entity with its start and end in code points."""
    if reading is None and unit is not StringIndexType.UNICODE_CODE_POINT and document.entities:
        raise LabelFileError(
            f"{document.location}: its offsets count {unit.value}, and its text isn't known here to convert them."
        )
    offsets = None if reading is None else TextOffsets(reading.text, unit)
    for entity in document.entities:
        try:
            start, end = (
                (entity.offset, entity.offset + entity.length)
                if offsets is None
                else offsets.span_to_code_points(entity.offset, entity.length)
            )
        except ValueError as error:
            raise LabelFileError(f"{document.location}: {error} Check the labels first.") from error
        yield entity, start, end


def csv_rows(
    label_file: LabelFile, readings: Mapping[str, Reading], notes: list[str]
) -> tuple[list[str], list[list[Any]]]:
    """Header and rows. Raises ``LabelFileError`` where a table can't hold the labels."""
    kind, documents = label_file.kind, _answered(label_file, notes)
    label_file = replace(label_file, documents=documents)
    if kind is TaskKind.ENTITY_RECOGNITION or any(document.entities for document in documents):
        return _span_rows(label_file, readings)
    if kind is TaskKind.FIELD_EXTRACTION:
        return _field_rows(label_file, notes)
    if any(document.parts for document in documents):
        header = ["location", "class", "first_page", "last_page", "split"]
        return header, [
            [d.location, p.category, p.first_page, p.last_page, _split(d)] for d in documents for p in _parts(d)
        ]
    is_multi = kind is TaskKind.MULTI_LABEL_CLASSIFICATION
    has_text = not kind.sees_layout and all(document.location in readings for document in documents)
    rows = []
    for document in documents:
        if any(mark in name for name in document.classes for mark in ";|") or (
            len(document.classes) > 1 and not is_multi
        ):
            raise LabelFileError(f"{document.location}: a cell can't hold {document.classes}: use jsonl.")
        text = [readings[document.location].text] if has_text else []
        rows.append([document.location, *text, ";".join(document.classes), _split(document)])
    return ["location", *(["text"] if has_text else []), "labels" if is_multi else "label", "split"], rows


def _parts(document: DocumentLabels) -> Iterator[Any]:
    if not document.parts:
        raise LabelFileError(f"{document.location} has no pages, others of the project have: use jsonl.")
    yield from document.parts


def _split(document: DocumentLabels) -> str:
    return document.declared_split.value if document.declared_split is not None else ""


def _span_rows(label_file: LabelFile, readings: Mapping[str, Reading]) -> tuple[list[str], list[list[Any]]]:
    rows: list[list[Any]] = []
    for document in label_file.documents:
        if document.fields:
            raise LabelFileError(f"{document.location} has labels with and without offsets: place them first.")
        spans = list(_spans(document, label_file.string_index_type, readings.get(document.location)))
        for entity, start, end in spans:
            rows.append([document.location, entity.category, start, end - start, entity.text or "", _split(document)])
        if not spans:
            rows.append([document.location, "", "", "", "", _split(document)])
    return ["location", "category", "offset", "length", "text", "split"], rows


def _field_rows(label_file: LabelFile, notes: list[str]) -> tuple[list[str], list[list[Any]]]:
    values = [_field_values(document, notes) for document in label_file.documents]
    names = list(dict.fromkeys(name for found in values for name in found))
    for document, found in zip(label_file.documents, values, strict=True):
        if any(isinstance(value, list) for value in found.values()):
            raise LabelFileError(f"{document.location}: a field has several values, a cell holds one: use jsonl.")
    reserved = {"location", "split"} & set(names)
    if reserved:
        raise LabelFileError(f"The field {', '.join(reserved)} can't be told from the table's own column: use jsonl.")
    rows = [
        [document.location, *(found.get(name, "") for name in names), _split(document)]
        for document, found in zip(label_file.documents, values, strict=True)
    ]
    return ["location", *names, "split"], rows
