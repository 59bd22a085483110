"""From annotations and texts to a dataset: examples with their splits, and a version that names them.

Belongs here: building datasets from plain rows. Doesn't: reading or storing them, or the splitting scheme (``splits``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import DocumentPart, Entity, LabeledExample, Split, TaskKind
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.annotations import NO_CATEGORY
from docplatform.labels.projects import ModelProject
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
    texts: Mapping[str, DocumentText],
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
    if project.kind.labels_spans and not project.text.is_as_read:
        raise ConfigurationError(
            f"Project {project.name}: offsets of entities and fields count in the text as read, so text_source must "
            f"be content or layout, not {project.text.value}."
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
        examples.append(_example(rows, texts[document_id], labels_spans=project.kind.labels_spans))
        splits = {Split(row["declared_split"]) for row in rows if row.get("declared_split")}
        if splits:
            declared[document_id] = Split.TEST if Split.TEST in splits else Split.TRAIN
    items = [Item(e.document_id, e.text, _label_names(e), declared.get(e.document_id)) for e in examples]
    assigned = assign_splits(items, previous)
    final = tuple(_with_split(example, assigned[example.document_id]) for example in examples)
    return Dataset(version=_version(project, final), examples=final, skipped=skipped)


def _why_not(project: ModelProject, rows: list[Row], document: DocumentText | None) -> str | None:
    if document is None:
        return f"its text ({project.text.value}) isn't there yet"
    if not document.text.strip():
        return "its text is empty"
    names = {row["category"] for row in rows}
    if project.kind is TaskKind.SINGLE_LABEL_CLASSIFICATION and len(names) != 1:
        return f"it has {len(names)} classes ({', '.join(sorted(names))}), a single-label project allows one"
    return None


def _example(rows: list[Row], document: DocumentText, *, labels_spans: bool) -> LabeledExample:
    example = LabeledExample(
        str(rows[0]["document_id"]), document.text, words=document.words, page_count=document.page_count
    )
    if labels_spans:
        entities = {_entity(row, document.text) for row in rows if row["category"] != NO_CATEGORY}
        ordered = sorted(entities, key=lambda entity: (entity.offset, entity.length, entity.category))
        return replace(example, entities=tuple(ordered))
    names = sorted({row["category"] for row in rows} - {NO_CATEGORY})
    parts = {DocumentPart(r["category"], r["first_page"], r["last_page"]) for r in rows if r.get("first_page")}
    ordered_parts = sorted(parts, key=lambda part: (part.first_page, part.last_page, part.category))
    return replace(example, categories=tuple(names), parts=tuple(ordered_parts))


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
    return replace(example, split=split)


def _layout_of(example: LabeledExample) -> list[object]:
    """What else the row says, where the project looks at pages."""
    parts = [[part.category, part.first_page, part.last_page] for part in example.parts]
    return [example.page_count, example.words, parts] if example.words or parts else []


def _version(project: ModelProject, examples: Iterable[LabeledExample]) -> str:
    digest = hashlib.sha256(f"{project.name}\0{project.kind.value}\n".encode())
    for example in examples:
        row = [
            example.document_id,
            hashlib.sha256(example.text.encode("utf-8", "surrogatepass")).hexdigest(),
            list(example.categories),
            [[entity.category, entity.offset, entity.length] for entity in example.entities],
            example.split.value,
            *_layout_of(example),
        ]
        digest.update(json.dumps(row).encode() + b"\n")
    return digest.hexdigest()
