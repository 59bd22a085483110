"""Freezing a project's dataset, pinned to the table versions it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample, Split
from docplatform.errors import PermanentError
from docplatform.labels.datasets import build_dataset
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.lake.lake import Lake
from docplatform.lake.tables import ANNOTATIONS, DATASET_VERSIONS, LABELED_DATASET, TABLES
from docplatform.lake.values import entities_from, entities_value, parts_from, parts_value, words_from, words_value
from docplatform.ledger.ledger import Ledger
from docplatform.training.annotations import LabelSource, is_current


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """A frozen dataset: what ``dataset_versions`` says of it."""

    project: str
    dataset_version: str
    source_version: str
    annotations_version: int
    text_table: str
    text_version: int
    train_count: int
    validation_count: int
    test_count: int
    created_at: datetime
    run_id: str
    label_set: str = ""
    """Hash of the label file; empty for datasets frozen before it was kept."""

    @property
    def count(self) -> int:
        """Documents in all splits."""
        return self.train_count + self.validation_count + self.test_count


def freeze_dataset(
    project: ModelProject, *, projects: ProjectStore, ledger: Ledger, lake: Lake, run_id: str
) -> DatasetVersion:
    """Freeze the project's annotations and their texts as a dataset version. The same rows are the same version.

    Raises:
        PermanentError: where no labelled document has been read yet, or labels or texts changed since the annotations
            were made.
        ConfigurationError: where the label file is missing or can't be parsed.
    """
    source = LabelSource.load(project, projects=projects, ledger=ledger)
    source_version = source.source_version(lake)
    text_spec = TABLES[project.text.table]
    annotations_version, text_version = lake.version(ANNOTATIONS.name), lake.version(text_spec.name)
    annotations = lake.read_rows(ANNOTATIONS, where={"project": project.name}, version=annotations_version)
    if source_version is None or not annotations or annotations_version is None or text_version is None:
        raise PermanentError(
            f"Project {project.name} has no labelled document to train on yet: materialize `annotations` after the "
            f"documents named in projects/{project.labels} have arrived for customer {project.customer} and been read."
        )
    if not is_current(annotations, source, lake):
        # the dataset would bear the version of labels and texts that it doesn't hold, and never be made anew
        raise PermanentError(
            f"Project {project.name}: its label file or labelled documents changed since `annotations` was "
            "materialized: materialize `annotations` first."
        )
    texts = _texts(lake, project, sorted({row["document_id"] for row in annotations}), text_version)
    former = latest_dataset(lake, project.name)
    examples = load_examples(lake, project.name, former.dataset_version) if former else []
    previous = {example.document_id: example.split for example in examples}
    dataset = build_dataset(project, annotations, texts, previous=previous)
    now = datetime.now(UTC)
    counts = {split: sum(example.split is split for example in dataset.examples) for split in Split}
    frozen = DatasetVersion(
        project=project.name,
        dataset_version=dataset.version,
        source_version=source_version,
        annotations_version=annotations_version,
        text_table=text_spec.name,
        text_version=text_version,
        train_count=counts[Split.TRAIN],
        validation_count=counts[Split.VALIDATION],
        test_count=counts[Split.TEST],
        created_at=now,
        run_id=run_id,
        label_set=hashlib.sha256(source.data).hexdigest(),
    )
    hashes = {row["document_id"]: row["text_hash"] for row in annotations}
    lake.replace(
        LABELED_DATASET,
        [_example_row(project, frozen, example, hashes[example.document_id]) for example in dataset.examples],
        where={"project": project.name, "dataset_version": dataset.version},
        run_id=run_id,
    )
    lake.upsert(DATASET_VERSIONS, [{name: getattr(frozen, name) for name in _FIELDS}], run_id=run_id)
    return frozen


_FIELDS = tuple(column.name for column in DATASET_VERSIONS.columns)


def latest_dataset(lake: Lake, project: str) -> DatasetVersion | None:
    """The dataset version frozen last, None where there is none."""
    rows = lake.read_rows(DATASET_VERSIONS, where={"project": project})
    if not rows:
        return None
    newest = max(rows, key=lambda row: row["created_at"])
    return DatasetVersion(**{name: newest[name] for name in _FIELDS if newest[name] is not None})


def load_examples(
    lake: Lake, project: str, dataset_version: str, splits: Sequence[Split] = tuple(Split)
) -> list[LabeledExample]:
    """The examples of a frozen dataset, in document order."""
    rows = lake.read_rows(LABELED_DATASET, where={"project": project, "dataset_version": dataset_version})
    wanted = {split.value for split in splits}
    return [_example(row) for row in sorted(rows, key=lambda row: row["document_id"]) if row["split"] in wanted]


def _texts(lake: Lake, project: ModelProject, document_ids: list[str], version: int) -> dict[str, DocumentText]:
    rows = lake.read_rows(
        TABLES[project.text.table],
        where={"document_id": document_ids},
        columns=["document_id", project.text.column],
        version=version,
    )
    return {row["document_id"]: project.text.document(row[project.text.column]) for row in rows}


def _example_row(
    project: ModelProject, frozen: DatasetVersion, example: LabeledExample, text_hash: str
) -> dict[str, Any]:
    return {
        "project": project.name,
        "dataset_version": frozen.dataset_version,
        "document_id": example.document_id,
        "split": example.split.value,
        "text": example.text,
        "text_hash": text_hash,
        "categories": list(example.categories),
        "entities": entities_value(example.entities),
        "words": words_value(example.words),
        "page_count": example.page_count,
        "parts": parts_value(example.parts),
        "customer": project.customer,
        "created_at": frozen.created_at,
        "run_id": frozen.run_id,
    }


def _example(row: dict[str, Any]) -> LabeledExample:
    return LabeledExample(
        document_id=row["document_id"],
        text=row["text"],
        categories=tuple(row["categories"]),
        entities=entities_from(row["entities"]),
        split=Split(row["split"]),
        words=words_from(row["words"] or ()),
        page_count=row["page_count"] or 1,
        parts=parts_from(row["parts"] or ()),
    )


def pinned_versions(lake: Lake) -> dict[str, set[int]]:
    """Table name to the versions that some dataset was made from: maintenance keeps those."""
    pinned: dict[str, set[int]] = {}
    for row in lake.read_rows(DATASET_VERSIONS, columns=["annotations_version", "text_table", "text_version"]):
        pinned.setdefault(ANNOTATIONS.name, set()).add(row["annotations_version"])
        pinned.setdefault(row["text_table"], set()).add(row["text_version"])
    return pinned
