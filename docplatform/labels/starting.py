"""The label file of a project in which nothing is labelled yet."""

from __future__ import annotations

from collections.abc import Sequence

from docplatform.documents.predictions import TaskKind
from docplatform.labels.azure_language import write_label_file
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject
from docplatform.labels.stored import write_labels

_OWN_FORMAT = (TaskKind.FIELD_EXTRACTION, TaskKind.DOCUMENT_CLASSIFICATION)
"""Kinds that Azure Language has no label file for."""


def empty_label_file(project: ModelProject, categories: Sequence[str]) -> bytes:
    """A label file that declares categories and labels no document; Azure Language's format where it has the kind."""
    label_file = LabelFile(
        kind=project.kind,
        name=project.name,
        language=project.language,
        categories=tuple(dict.fromkeys(categories)),
        documents=(),
    )
    return write_labels(label_file) if project.kind in _OWN_FORMAT else write_label_file(label_file)
