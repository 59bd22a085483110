"""Label files as Azure Language's authoring API exports and imports them (``projectFileVersion`` 2022-05-01)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from docplatform.documents.predictions import Entity, TaskKind
from docplatform.samples.truth import SampleFile

_KINDS = {
    TaskKind.SINGLE_LABEL_CLASSIFICATION: "CustomSingleLabelClassification",
    TaskKind.MULTI_LABEL_CLASSIFICATION: "CustomMultiLabelClassification",
    TaskKind.ENTITY_RECOGNITION: "CustomEntityRecognition",
}


def utf16_length(text: str) -> int:
    """How many UTF-16 code units a text takes."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def label_file(name: str, kind: TaskKind, description: str, files: Sequence[SampleFile]) -> bytes:
    """The label file of a project over ``files``; locations are paths below the customer's folder.

    ``dataset`` is ``Test`` for documents from held-out templates, offsets count UTF-16 code units.
    """
    label = {
        TaskKind.SINGLE_LABEL_CLASSIFICATION: _single_label,
        TaskKind.MULTI_LABEL_CLASSIFICATION: _multi_label,
        TaskKind.ENTITY_RECOGNITION: _entity_label,
    }[kind]
    content = {
        "projectFileVersion": "2022-05-01",
        "stringIndexType": "Utf16CodeUnit",
        "metadata": {
            "projectKind": _KINDS[kind],
            "storageInputContainerName": "documents",
            "projectName": name,
            "multilingual": False,
            "description": description,
            "language": "en-us",
            "settings": {},
        },
        "assets": {
            "projectKind": _KINDS[kind],
            **_declared(kind, files),
            "documents": [
                {
                    "location": file.path.partition("/")[2],
                    "language": "en-us",
                    "dataset": "Test" if file.held_out else "Train",
                    **label(file),
                }
                for file in files
            ],
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def _declared(kind: TaskKind, files: Iterable[SampleFile]) -> dict[str, Any]:
    if kind is TaskKind.ENTITY_RECOGNITION:
        return {"entities": _categories(entity.category for file in files for entity in file.entities)}
    if kind is TaskKind.MULTI_LABEL_CLASSIFICATION:
        return {"classes": _categories(topic for file in files for topic in file.topics)}
    return {"classes": _categories(file.kind for file in files if file.kind)}


def _categories(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"category": str(name)} for name in sorted(set(names))]


def _single_label(file: SampleFile) -> dict[str, Any]:
    return {"class": {"category": str(file.kind)}}


def _multi_label(file: SampleFile) -> dict[str, Any]:
    return {"classes": [{"category": topic} for topic in file.topics]}


def _entity_label(file: SampleFile) -> dict[str, Any]:
    text = file.text or ""
    labels = [_azure_entity(text, entity) for entity in file.entities]
    return {"entities": [{"regionOffset": 0, "regionLength": utf16_length(text), "labels": labels}]}


def _azure_entity(text: str, entity: Entity) -> dict[str, Any]:
    offset = utf16_length(text[: entity.offset])
    return {"category": entity.category, "offset": offset, "length": utf16_length(entity.text)}
