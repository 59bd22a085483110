"""Labels that models trained on the other labels contradict.

Belongs here: what such a model's answer says about a label. Doesn't: training and asking (``cross_validation``),
judging the answers (``labels.confident``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from docplatform.documents.document_text import DocumentText
from docplatform.documents.offsets import TextOffsets
from docplatform.documents.predictions import Entity, LabeledExample, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.confident import likely_wrong
from docplatform.labels.findings import Finding, FindingCode, Severity
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject
from docplatform.labels.readings import Reading
from docplatform.models.base import Model, TellsProbabilities
from docplatform.models.factory import trainer_for
from docplatform.training.cross_validation import HeldOut, held_out_answers, held_out_predictions

FOLDS = 5
_SURE = 0.9
"""Least probability of a span or a further class that isn't labelled: most such doubts are the model's own fault."""


def likely_wrong_labels(project: ModelProject, label_file: LabelFile, readings: Mapping[str, Reading]) -> list[Finding]:
    """A warning for each label that a model not trained on it contradicts with confidence, the surest first.

    Args:
        project: names the trainer and its options. Texts are taken as they were read.
        label_file: the labels, placed.
        readings: location to document.

    Raises:
        ConfigurationError: where there is no trainer for the project's kind.
        PermanentError: where the labels can't be learned from.
    """
    examples = dict(_examples(label_file, readings))
    known, numbers = list(examples.values()), list(examples)
    if project.kind.labels_spans or project.kind is TaskKind.MULTI_LABEL_CLASSIFICATION:
        answers = held_out_predictions(known, FOLDS, lambda: trainer_for(project), hurried=True)
        told = _contradicted_spans if project.kind.labels_spans else _missing_classes
        found = list(told(known, answers))
    else:
        probabilities = held_out_answers(known, FOLDS, lambda: trainer_for(project), _probabilities, hurried=True)
        found = list(_wrong_classes(known, probabilities))
    found.sort(key=lambda item: (-item[1], item[0]))
    return [_finding(label_file, numbers[index], message) for index, _, message in found]


def _examples(label_file: LabelFile, readings: Mapping[str, Reading]) -> Iterator[tuple[int, LabeledExample]]:
    for number, document in enumerate(label_file.documents):
        reading = readings.get(document.location)
        if reading is None or not reading.text.strip():
            continue
        is_answered = document.is_answered or label_file.kind is TaskKind.MULTI_LABEL_CLASSIFICATION
        if not document.names and not is_answered:
            continue
        offsets = TextOffsets(reading.text, label_file.string_index_type)
        entities = []
        for entity in document.entities:
            try:
                start, end = offsets.span_to_code_points(entity.offset, entity.length)
            except ValueError:
                continue  # the doctor says so
            entities.append(Entity(entity.category, start, end - start, reading.text[start:end]))
        yield (
            number,
            LabeledExample(
                document.location,
                reading.text,
                categories=tuple(sorted({*document.classes, *(part.category for part in document.parts)})),
                entities=tuple(sorted(entities, key=lambda e: (e.offset, e.length, e.category))),
                words=reading.document.words,
                page_count=reading.document.page_count,
                parts=document.parts,
            ),
        )


_Found = tuple[int, float, str]
"""Example, probability, message."""


def _probabilities(model: Model, documents: Sequence[DocumentText]) -> list[Mapping[str, float] | None]:
    if not isinstance(model, TellsProbabilities):
        raise ConfigurationError(
            f"Models of kind {model.kind.value} of this project's backend don't tell how probable each class is, so "
            "that likely wrong labels can't be told."
        )
    return model.class_probabilities(documents)


def _wrong_classes(
    examples: Sequence[LabeledExample], answers: Sequence[Mapping[str, float] | None]
) -> Iterator[_Found]:
    """Surest first: by how little probable the label is."""
    single = [index for index, example in enumerate(examples) if len(example.categories) == 1]
    labels = [examples[index].categories[0] for index in single]
    for item in likely_wrong(labels, [answers[index] for index in single]):
        label = labels[item.index]
        message = (
            f"is labelled {label}, but models trained on the other documents say {item.suggested} "
            f"({item.probability:.0%})."
        )
        yield single[item.index], item.doubt, message


def _missing_classes(examples: Sequence[LabeledExample], answers: HeldOut) -> Iterator[_Found]:
    """Classes that a model is sure of and the label isn't there; it doesn't say how unsure it is of the others."""
    for index, (example, answer) in enumerate(zip(examples, answers, strict=True)):
        for category in answer.categories if answer is not None else ():
            if category.category not in example.categories and category.confidence_score >= _SURE:
                message = f"may be {category.category} too ({category.confidence_score:.0%}), which it isn't labelled."
                yield index, category.confidence_score, message


def _contradicted_spans(examples: Sequence[LabeledExample], answers: HeldOut) -> Iterator[_Found]:
    for index, (example, answer) in enumerate(zip(examples, answers, strict=True)):
        for entity in answer.entities if answer is not None else ():
            touching = [own for own in example.entities if _touch(own, entity)]
            if entity.confidence_score < _SURE or any(own.category == entity.category for own in touching):
                continue
            given = f"is labelled {touching[0].category}" if touching else "isn't labelled"
            message = (
                f"{entity.text!r} at {entity.offset} (code points) {given}, but models trained on the other documents "
                f"say {entity.category} ({entity.confidence_score:.0%})."
            )
            yield index, entity.confidence_score, message


def _touch(one: Entity, other: Entity) -> bool:
    return one.offset < other.offset + other.length and other.offset < one.offset + one.length


def _finding(label_file: LabelFile, number: int, message: str) -> Finding:
    return Finding(
        code=FindingCode.LIKELY_WRONG,
        severity=Severity.WARNING,
        message=message,
        location=label_file.documents[number].location,
        document_index=number,
    )
