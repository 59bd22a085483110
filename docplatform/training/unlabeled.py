"""The texts of a project's documents that nobody labelled, for trainers that learn from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from docplatform.documents.predictions import Split
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import ROUTED_DOCUMENTS, TABLES
from docplatform.models.base import LearnsFromUnlabeled, Trainer
from docplatform.training.datasets import DatasetVersion, load_examples

_BATCH = 64
"""Texts fetched at once."""


def with_project_texts(trainer: Trainer, project: ModelProject, lake: Lake, dataset: DatasetVersion) -> Trainer:
    """The trainer, given the texts of the documents that the project's champion predicts.

    The test split's documents and texts aren't among them, nor is more than the trainer asks for. Which documents, if
    there are more, depends on their ids alone. ``applies_to.document_classes`` isn't looked at: the classes are another
    model's answers, which would make one model's files depend on another's.
    """
    if not isinstance(trainer, LearnsFromUnlabeled) or not trainer.unlabeled_characters:
        return trainer
    tests = load_examples(lake, project.name, dataset.dataset_version, [Split.TEST])
    barred_ids, barred_texts = {e.document_id for e in tests}, {e.text for e in tests}
    texts: list[str] = []
    left = trainer.unlabeled_characters
    for document_id, text in _texts(project, lake):
        if document_id in barred_ids or text in barred_texts:
            continue
        texts.append(text[:left])
        left -= len(texts[-1])
        if not left:
            break
    return trainer.with_unlabeled(texts)


def _texts(project: ModelProject, lake: Lake) -> Iterator[tuple[str, str]]:
    """Ids and texts of the project's documents that have been read, in an order that has nothing to do with time."""
    routed = lake.read_rows(ROUTED_DOCUMENTS, columns=["document_id", "customer", "extension"])
    ids = [row["document_id"] for row in routed if project.applies_to.includes(row["customer"], row["extension"])]
    ids.sort(key=lambda document_id: hashlib.sha256(document_id.encode()).digest())
    source = project.text
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        columns = ["document_id", source.column]
        rows = lake.read_rows(TABLES[source.table], where={"document_id": batch}, columns=columns)
        contents = {row["document_id"]: row[source.column] for row in rows}
        for document_id in batch:
            if contents.get(document_id):
                yield document_id, source.document(contents[document_id]).text
