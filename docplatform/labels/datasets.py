"""From annotations and texts to a dataset: examples with their splits, and a version that names them.

Belongs here: building datasets from plain rows. Doesn't: reading or storing them, or the splitting scheme (``splits``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from docplatform.documents.predictions import Entity, LabeledExample, Split, TaskKind
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.annotations import NO_CATEGORY
from docplatform.labels.projects import ModelProject, TextSource
from docplatform.labels.splits import Item, assign_splits

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A project's labelled examples, divided into splits."""

    version: str
    """SHA-256 over the sorted examples: ids, texts, labels and splits. The same content is the same version."""
    examples: tuple[LabeledExample, ...]
    """By document id."""
    skipped: Mapping[str, str]
    """Document id to why a labelled document isn't in it."""

    def split(self, split: Split) -> tuple[LabeledExample, ...]:
        """The examples of one split."""
        return tuple(example for example in self.examples if example.split is split)

    def counts(self) -> dict[Split, int]:
        """How many examples each split has."""
        return {split: len(self.split(split)) for split in Split}


def build_dataset(
    project: ModelProject,
    annotation_rows: Iterable[Row],
    texts: Mapping[str, str],
    *,
    previous: Mapping[str, Split] | None = None,
) -> Dataset:
    """Build the dataset of a project.

    Args:
        project: names the kind of task and the text that is trained on.
        annotation_rows: rows of ``annotations``.
        texts: document id to the project's text (``project.text``). Labelled documents without one are skipped.
        previous: document id to split in the project's last dataset; those stay where they are. See ``splits``.

    Raises:
        ConfigurationError: where entities are to be found in a text that their offsets don't count in.
        PermanentError: where a labelled span isn't the text that its row says: annotations and texts don't belong
            together, and the annotations must be refreshed.
    """
    is_ner = project.kind is TaskKind.ENTITY_RECOGNITION
    if is_ner and project.text is not TextSource.CONTENT:
        raise ConfigurationError(
            f"Project {project.name}: entity offsets count in the text as read, so text_source must be "
            f"{TextSource.CONTENT.value}, not {project.text.value}."
        )
    by_document: dict[str, list[Row]] = {}
    for row in annotation_rows:
        by_document.setdefault(row["document_id"], []).append(row)
    examples: list[LabeledExample] = []
    skipped: dict[str, str] = {}
    declared: dict[str, Split] = {}
    for document_id, rows in sorted(by_document.items()):
        reason = _why_not(project, rows, texts.get(document_id))
        if reason is not None:
            skipped[document_id] = reason
            continue
        examples.append(_example(rows, texts[document_id], is_ner))
        splits = {Split(row["declared_split"]) for row in rows if row.get("declared_split")}
        if splits:
            declared[document_id] = Split.TEST if Split.TEST in splits else Split.TRAIN
    items = [Item(e.document_id, e.text, _label_names(e), declared.get(e.document_id)) for e in examples]
    assigned = assign_splits(items, previous)
    final = tuple(_with_split(example, assigned[example.document_id]) for example in examples)
    return Dataset(version=_version(project, final), examples=final, skipped=skipped)


def _why_not(project: ModelProject, rows: list[Row], text: str | None) -> str | None:
    if text is None:
        return f"its text ({project.text.value}) isn't there yet"
    if not text.strip():
        return "its text is empty"
    names = {row["category"] for row in rows}
    if project.kind is TaskKind.SINGLE_LABEL_CLASSIFICATION and len(names) != 1:
        return f"it has {len(names)} classes ({', '.join(sorted(names))}), a single-label project allows one"
    return None


def _example(rows: list[Row], text: str, is_ner: bool) -> LabeledExample:
    document_id = str(rows[0]["document_id"])
    if is_ner:
        entities = {_entity(row, text) for row in rows if row["category"] != NO_CATEGORY}
        ordered = sorted(entities, key=lambda entity: (entity.offset, entity.length, entity.category))
        return LabeledExample(document_id, text, entities=tuple(ordered))
    names = sorted({row["category"] for row in rows} - {NO_CATEGORY})
    return LabeledExample(document_id, text, categories=tuple(names))


def _entity(row: Row, text: str) -> Entity:
    offset, length = int(row["offset"]), int(row["length"])
    found = text[offset : offset + length]
    if found != row["text"]:
        raise PermanentError(
            f"Document {row['document_id']} ({row['location']}): {row['category']} at {offset}, length {length}, "
            f"should be {row['text']!r}, but the text holds {found!r} there: it was read anew since. Materialize "
            "`annotations`."
        )
    return Entity(str(row["category"]), offset, length, found)


def _label_names(example: LabeledExample) -> frozenset[str]:
    return frozenset(example.categories) | {entity.category for entity in example.entities}


def _with_split(example: LabeledExample, split: Split) -> LabeledExample:
    return LabeledExample(example.document_id, example.text, example.categories, example.entities, split)


def _version(project: ModelProject, examples: Iterable[LabeledExample]) -> str:
    digest = hashlib.sha256(f"{project.name}\0{project.kind.value}\n".encode())
    for example in examples:
        row = [
            example.document_id,
            hashlib.sha256(example.text.encode("utf-8", "surrogatepass")).hexdigest(),
            list(example.categories),
            [[entity.category, entity.offset, entity.length] for entity in example.entities],
            example.split.value,
        ]
        digest.update(json.dumps(row).encode() + b"\n")
    return digest.hexdigest()
