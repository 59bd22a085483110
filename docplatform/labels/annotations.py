"""From a label file and the documents it names to rows of the ``annotations`` table.

Belongs here: checking, converting offsets, building rows. Doesn't: finding or storing anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from docplatform.documents.offsets import TextOffsets
from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.doctor import examine
from docplatform.labels.findings import LabelReport
from docplatform.labels.label_file import DocumentLabels, LabelFile
from docplatform.labels.projects import ModelProject
from docplatform.labels.readings import Reading

NO_CATEGORY = ""
"""The category of the one row of a document that a multi-label file lists with no class: labelled with none."""


@dataclass(frozen=True, slots=True)
class LabeledText:
    """A document that labels speak of, as it was read."""

    document_id: str
    content: str
    """``ocr_text.content``."""
    content_hash: str
    """``ocr_text.content_hash``: names the text that offsets count in."""
    reading: Reading | None = None
    """Where its words lie, where labels are boxes on pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationBuild:
    """What a label file says of the documents that are there."""

    rows: tuple[dict[str, Any], ...]
    """Rows of ``annotations``, one per distinct label."""
    report: LabelReport
    """The doctor's findings about the documents that are there."""
    missing: tuple[str, ...]
    """Labelled documents that aren't, in the file's order."""


def build_annotations(
    project: ModelProject,
    label_file: LabelFile,
    documents: Mapping[str, LabeledText],
    *,
    run_id: str,
    now: datetime,
) -> AnnotationBuild:
    """Build the rows of a project's annotations.

    Labels without offsets are found in the text first (``placing``); those that aren't there give no row, and a
    warning. A document whose labels have an error gives no row: half of a document's labels would teach that the other
    half is nothing. A document without a label gives none either, but for multi-label files, where no class is an
    answer, and documents that are answered with no span: one row with an empty category.

    Args:
        project: the project the labels belong to.
        label_file: its labels.
        documents: location to document, those that have arrived and been read.
        run_id: the Dagster run that asks.
        now: the time that stands in the rows (UTC).

    Raises:
        ConfigurationError: where the label file is of another kind than the project.
    """
    if label_file.kind is not project.kind:
        raise ConfigurationError(
            f"Project {project.name} is for {project.kind.value}, but its label file {project.labels} is for "
            f"{label_file.kind.value}. Import that file under another project name, or correct the project's kind."
        )
    present = replace(label_file, documents=tuple(d for d in label_file.documents if d.location in documents))
    readings = {location: text.reading or Reading.of_text(text.content) for location, text in documents.items()}
    placed, report = examine(present, readings, is_whole=False)
    rows: dict[str, dict[str, Any]] = {}
    for document in placed.documents:
        if document.location in report.refused:
            continue
        for row in _rows(project, label_file, document, documents[document.location]):
            rows.setdefault(row["annotation_id"], {**row, "run_id": run_id, "processed_at": now})
    missing = dict.fromkeys(d.location for d in label_file.documents if d.location not in documents)
    return AnnotationBuild(rows=tuple(rows.values()), report=report, missing=tuple(missing))


def _rows(
    project: ModelProject, label_file: LabelFile, document: DocumentLabels, text: LabeledText
) -> Iterator[dict[str, Any]]:
    """A row of ``annotations`` for each label of a document, but for who asked and when."""
    for category, offset, length, pages in _labels(label_file, document, text.content):
        first_page, last_page = pages or (None, None)
        yield {
            "annotation_id": _annotation_id(project.name, text.document_id, category, offset, length, *pages),
            "project": project.name,
            "document_id": text.document_id,
            "customer": project.customer,
            "location": document.location,
            "category": category,
            "offset": offset,
            "length": length,
            "text": None if offset is None or length is None else text.content[offset : offset + length],
            "text_hash": text.content_hash,
            "first_page": first_page,
            "last_page": last_page,
            "declared_split": document.declared_split.value if document.declared_split else None,
            "label_file_hash": label_file.sha256,
            "labeled_by": None,
            "labeled_at": None,
        }


def _labels(
    label_file: LabelFile, document: DocumentLabels, content: str
) -> Iterator[tuple[str, int | None, int | None, tuple[int, int] | tuple[()]]]:
    """Category, offset and length (code points), first and last page of each label."""
    if label_file.kind.labels_spans:
        offsets = TextOffsets(content, label_file.string_index_type)
        for entity in document.entities:
            start, end = offsets.span_to_code_points(entity.offset, entity.length)
            yield entity.category, start, end - start, ()
        if document.is_answered and not document.entities:
            yield NO_CATEGORY, None, None, ()
        return
    for name in document.classes:
        yield name, None, None, ()
    for part in document.parts:
        yield part.category, None, None, (part.first_page, part.last_page)
    if not document.classes and label_file.kind is TaskKind.MULTI_LABEL_CLASSIFICATION:
        yield NO_CATEGORY, None, None, ()


def _annotation_id(
    project: str, document_id: str, category: str, offset: int | None, length: int | None, *pages: int
) -> str:
    return hashlib.sha256(repr((project, document_id, category, offset, length, *pages)).encode()).hexdigest()[:32]
