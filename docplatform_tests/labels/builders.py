"""Small label files and projects for the tests of this room."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import TaskKind
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile
from docplatform.labels.projects import ModelProject

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "azure_projects"


def shared_project(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip("the real Azure projects aren't in ../shared/data beside this checkout")
    return folder


def ner_json(documents: list[dict[str, Any]], categories: Sequence[str] = ("Server", "Code"), **top: Any) -> bytes:
    content = {
        "projectFileVersion": "2022-05-01",
        "stringIndexType": "Utf16CodeUnit",
        "metadata": {"projectName": "Incidents", "projectKind": "CustomEntityRecognition", "language": "en-us"},
        "assets": {
            "projectKind": "CustomEntityRecognition",
            "entities": [{"category": name} for name in categories],
            "documents": documents,
        },
        **top,
    }
    return json.dumps(content).encode()


def tutorial_json() -> bytes:
    """The shape of tutorials: no regions, each label with its own text, offsets as wrong as they come."""
    return ner_json(
        [
            {
                "location": "incident1.txt",
                "language": "en-us",
                "entities": [
                    {"category": "Server", "offset": 18, "length": 12, "text": "payments-api"},
                    {"category": "Code", "offset": 48, "length": 5, "text": "ERR-503"},
                ],
            },
            {
                "location": "incident2.txt",
                "entities": [{"category": "Server", "offset": 7, "length": 5, "text": "web-01"}],
            },
        ],
        projectFileVersion="2022-10-01-preview",
    )


TUTORIAL_TEXTS: dict[str, str | None] = {
    "incident1.txt": "The service called  payments-api failed with code ERR-503 again.",
    "incident2.txt": "Server web-01 restarted.",
}


def entity_file(
    *documents: tuple[str, Sequence[LabeledEntity]],
    unit: StringIndexType = StringIndexType.UTF16_CODE_UNIT,
    categories: tuple[str, ...] = ("A", "B"),
) -> LabelFile:
    return LabelFile(
        kind=TaskKind.ENTITY_RECOGNITION,
        name="Test",
        language="en",
        categories=categories,
        documents=tuple(DocumentLabels(location=name, entities=tuple(entities)) for name, entities in documents),
        string_index_type=unit,
    )


def class_file(
    kind: TaskKind, documents: Mapping[str, tuple[str, ...]], categories: tuple[str, ...] = ("x", "y")
) -> LabelFile:
    return LabelFile(
        kind=kind,
        name="Test",
        language="en",
        categories=categories,
        documents=tuple(DocumentLabels(location=name, classes=classes) for name, classes in documents.items()),
    )


def project(kind: TaskKind = TaskKind.ENTITY_RECOGNITION, **changes: Any) -> ModelProject:
    return ModelProject(**{"name": "test", "kind": kind, "customer": "acme", "labels": "test/labels.json", **changes})
