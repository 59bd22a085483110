"""Putting answers into a label file, and remembering which of its labels came from Label Studio.

Belongs here: merging, and the record beside the label file. Doesn't: reading answers, or storing anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from docplatform.documents.offsets import TextOffsets
from docplatform.errors import ConfigurationError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile, declared_name
from docplatform.labels.studio.answers import Answer


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the labels of a document came from."""

    task: int
    annotation: int
    labeled_by: str
    labeled_at: str
    document_id: str
    content_hash: str
    labels: str
    """Hash of the labels as they were put into the label file."""


@dataclass(frozen=True, slots=True)
class StudioLink:
    """A model project's project in Label Studio: ``projects/<name>/label_studio.json``."""

    url: str
    project_id: int
    created_at: str
    """Of the project on the server: one that got the same number after a reset has another."""
    origins: dict[str, Origin] = field(default_factory=dict)
    """Location to where its labels came from, for those that came from here."""

    def to_json(self) -> bytes:
        """As it is stored."""
        return (json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> StudioLink:
        """What ``to_json`` wrote. Raises ``ConfigurationError``."""
        try:
            values = json.loads(data)
            origins = {location: Origin(**origin) for location, origin in values.pop("origins").items()}
            return cls(**values, origins=origins)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"label_studio.json of the project is damaged ({error}): delete it; the next push makes another "
                "project in Label Studio, or takes up the one you name with --studio-project."
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of a label file."""

    label_file: LabelFile
    origins: dict[str, Origin]
    added: tuple[str, ...]
    """Locations labelled for the first time."""
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    """Locations whose answer was taken back in Label Studio."""

    @property
    def is_changed(self) -> bool:
        """Whether any label changed."""
        return bool(self.added or self.replaced or self.removed)


def merge_answers(
    label_file: LabelFile,
    answers: Sequence[tuple[Answer, str]],
    origins: dict[str, Origin],
    *,
    kept: Sequence[str] = (),
) -> Merged:
    """Put answers into a label file. Doing it again changes nothing.

    An answer replaces all labels of its document; declared split and language stay. A document that was answered
    before and isn't now loses its labels, unless they are others than the answer's by now: somebody else labelled it.

    Args:
        label_file: the project's.
        answers: each with the text of its document.
        origins: of the labels put in before.
        kept: locations whose answers can't be read now (a text that changed): their labels stay as they are.
    """
    documents = {document.location: document for document in label_file.documents}
    new_origins: dict[str, Origin] = {location: origins[location] for location in kept if location in origins}
    added, replaced, removed = [], [], []
    for answer, content in answers:
        location, former = answer.location, documents.get(answer.location)
        documents[location] = _labels(answer, content, label_file, former)
        new_origins[location] = _origin(answer, documents[location])
        if former is None:
            added.append(location)
        elif _hash(former) != _hash(documents[location]):
            replaced.append(location)
    for location, origin in origins.items():
        if location not in new_origins and location in documents and _hash(documents[location]) == origin.labels:
            del documents[location]
            removed.append(location)
    used = [declared_name(name) for document in documents.values() for name in document.names]
    return Merged(
        label_file=replace(
            label_file,
            documents=tuple(documents.values()),
            categories=tuple(dict.fromkeys([*label_file.categories, *used])),
        ),
        origins=new_origins,
        added=tuple(added),
        replaced=tuple(replaced),
        removed=tuple(removed),
    )


def attributions(label_file: LabelFile, link: StudioLink) -> dict[str, tuple[str, datetime]]:
    """Location to who labelled it in Label Studio and when (UTC), where its labels are still that answer's.

    Raises:
        ConfigurationError: where what is remembered holds no time.
    """
    found = {}
    for document in label_file.documents:
        origin = link.origins.get(document.location)
        if origin is not None and origin.labels == _hash(document):
            try:
                found[document.location] = origin.labeled_by, datetime.fromisoformat(origin.labeled_at).astimezone(UTC)
            except ValueError as error:
                raise ConfigurationError(f"label_studio.json: {origin.labeled_at!r} is no time: {error}") from error
    return found


def _labels(answer: Answer, content: str, label_file: LabelFile, former: DocumentLabels | None) -> DocumentLabels:
    offsets = TextOffsets(content, label_file.string_index_type)
    entities = []
    for entity in answer.entities:
        offset, length = offsets.span_to_unit(entity.offset, entity.offset + entity.length)
        entities.append(LabeledEntity(entity.category, offset, length, entity.text))
    return replace(
        former or DocumentLabels(location=answer.location, language=label_file.language),
        classes=answer.classes,
        entities=tuple(entities),
        is_answered=label_file.kind.labels_spans and not entities,
        parts=(),
        regions=(),
        fields=(),
    )


def _origin(answer: Answer, labels: DocumentLabels) -> Origin:
    return Origin(
        task=answer.task,
        annotation=answer.annotation,
        labeled_by=answer.labeled_by,
        labeled_at=answer.labeled_at,
        document_id=answer.document_id,
        content_hash=answer.content_hash,
        labels=_hash(labels),
    )


def _hash(labels: DocumentLabels) -> str:
    """Of what is labelled, whatever order and regions it is written in."""
    spans = sorted((entity.category, entity.offset, entity.length) for entity in labels.entities)
    said = [sorted(labels.classes), spans, labels.is_answered]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
