"""Label files and the documents they speak of, brought together in the ``annotations`` table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docplatform.errors import ConfigurationError
from docplatform.labels.annotations import AnnotationBuild, LabeledText, build_annotations
from docplatform.labels.findings import LabelReport
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.readings import Reading
from docplatform.labels.stored import parse_labels
from docplatform.labels.studio.merging import StudioLink, attributions
from docplatform.lake.lake import Lake
from docplatform.lake.tables import ANNOTATIONS, OCR_TEXT, TABLES, TableSpec
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationsReport:
    """What became of one project's labels."""

    project: str
    labels: int
    """Rows in ``annotations``."""
    documents: int
    """Documents with at least one row."""
    missing: tuple[str, ...]
    """Labelled documents that have not arrived, or could not be read."""
    report: LabelReport
    """What the label doctor found in the documents that are there."""


@dataclass(frozen=True)
class LabelSource:
    """A project's label file and the documents in the lake that it names."""

    project: ModelProject
    data: bytes
    label_file: LabelFile
    documents: dict[str, Document]
    """Location to document, those that have arrived."""

    @classmethod
    def load(cls, project: ModelProject, *, projects: ProjectStore, ledger: Ledger) -> LabelSource:
        """Read the label file and find its documents. Raises ``ConfigurationError`` where it can't be parsed."""
        data = projects.label_file(project)
        try:
            label_file = parse_labels(data)
        except ConfigurationError as error:
            raise ConfigurationError(f"Project {project.name}, projects/{project.labels}: {error}") from error
        locations = [document.location for document in label_file.documents]
        return cls(project, data, label_file, ledger.find_documents(project.customer, locations))

    @property
    def has_places(self) -> bool:
        """Whether labels are boxes on pages, so that it matters where words lie."""
        return any(item.places for document in self.label_file.documents for item in document.fields)

    def source_version(self, lake: Lake) -> str | None:
        """A hash of everything a dataset of this project is made from; None while no labelled text is there.

        It covers the label file, the texts by their content hash, and the settings that change the dataset.
        """
        spec = TABLES[self.project.text.table]
        hashes = _column_by_document(lake, spec, "content_hash", list(self.documents.values()))
        texts = sorted(
            (location, document.document_id, hashes[document.document_id])
            for location, document in self.documents.items()
            if document.document_id in hashes
        )
        if not texts:
            return None
        parts = [hashlib.sha256(self.data).hexdigest(), self.project.kind, self.project.text, texts]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def readings(self, lake: Lake, *, with_layout: bool) -> dict[str, Reading]:
        """Location to what was read of each document in the lake; with the places of its words where asked for."""
        column = "analyze_result" if with_layout else "content"
        values = _column_by_document(lake, OCR_TEXT, column, list(self.documents.values()))
        made = Reading.of_analyze_result if with_layout else Reading.of_text
        return {
            location: made(values[document.document_id])
            for location, document in self.documents.items()
            if document.document_id in values
        }

    def build(self, lake: Lake, run_id: str) -> AnnotationBuild:
        """The rows of ``annotations`` that the label file makes of the texts in the lake now."""
        hashes = _column_by_document(lake, OCR_TEXT, "content_hash", list(self.documents.values()))
        texts = {
            location: LabeledText(document.document_id, reading.text, hashes[document.document_id], reading)
            for location, reading in self.readings(lake, with_layout=self.has_places).items()
            if (document := self.documents[location]).document_id in hashes
        }
        return build_annotations(self.project, self.label_file, texts, run_id=run_id, now=datetime.now(UTC))


def is_current(rows: Iterable[Mapping[str, Any]], source: LabelSource, lake: Lake) -> bool:
    """Whether rows of ``annotations`` are those that the label file makes of the texts in the lake now."""

    def labels(found: Iterable[Mapping[str, Any]]) -> set[tuple[object, ...]]:
        return {(row["annotation_id"], row["text_hash"], row["declared_split"]) for row in found}

    return labels(rows) == labels(source.build(lake, run_id="").rows)


def refresh_annotations(
    project: ModelProject, *, projects: ProjectStore, ledger: Ledger, lake: Lake, run_id: str
) -> AnnotationsReport:
    """Replace a project's rows in ``annotations`` by what its label file says of the texts in the lake.

    Documents whose labels have errors give no row; the report names each error. Raises ``ConfigurationError`` where
    the label file is missing or can't be parsed.
    """
    source = LabelSource.load(project, projects=projects, ledger=ledger)
    build = source.build(lake, run_id)
    link = projects.studio_link(project)
    known = attributions(source.label_file, StudioLink.from_json(link)) if link is not None else {}
    who = {location: {"labeled_by": by, "labeled_at": at} for location, (by, at) in known.items()}
    rows = [{**row, **who.get(row["location"], {})} for row in build.rows]
    lake.replace(ANNOTATIONS, rows, where={"project": project.name}, run_id=run_id)
    return AnnotationsReport(
        project=project.name,
        labels=len(build.rows),
        documents=len({row["document_id"] for row in build.rows}),
        missing=tuple(build.missing),
        report=build.report,
    )


def refresh_all_annotations(
    *, projects: ProjectStore, ledger: Ledger, lake: Lake, run_id: str
) -> tuple[list[AnnotationsReport], list[str]]:
    """``refresh_annotations`` for every project that is right, and what is wrong with each other one."""
    reports = []
    usable, wrong = projects.load()
    for project in usable:
        try:
            reports.append(refresh_annotations(project, projects=projects, ledger=ledger, lake=lake, run_id=run_id))
        except ConfigurationError as error:
            wrong.append(str(error))
    return reports, wrong


def _column_by_document(lake: Lake, table: TableSpec, column: str, documents: Sequence[Document]) -> dict[str, str]:
    if not documents:
        return {}
    rows = lake.read_rows(
        table,
        lake_partitions=sorted({document.lake_partition for document in documents}),
        where={"document_id": [document.document_id for document in documents]},
        columns=["document_id", column],
    )
    return {row["document_id"]: row[column] for row in rows}
