"""What is counted as one right or wrong thing, for every kind of task.

Belongs here: holding one prediction against one example. Doesn't: averages over many (``counts``, ``metrics``).

* Classes of a text: the class.
* Entities: category, offset and length, all exact (the way of CoNLL).
* Fields: a document's value of a field, compared as ``field_values`` says; where it stands doesn't matter. Line items
  count by column, a cell of each row.
* Documents in a packet: class, first and last page, all exact. A file that is one document is a packet of one.
"""

from __future__ import annotations

from collections.abc import Iterable

from docplatform.documents.line_items import column_of, row_of
from docplatform.documents.predictions import Category, DocumentPart, Entity, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.field_values import found_values, is_right, labelled_values
from docplatform.evaluation.mistakes import Item, Pair

RIGHT, WRONG = 0, 1
"""Offset of a field's item: two items of a field are the same only where its value is right."""

Assertion = tuple[str, float, bool]
"""What was asserted: label, confidence, and whether it is right."""


def pair_of(kind: TaskKind, example: LabeledExample, prediction: Prediction) -> Pair:
    """What an example is labelled with and what was predicted. An abstention asserts nothing."""
    said = Prediction() if prediction.abstained else prediction
    if kind is TaskKind.ENTITY_RECOGNITION:
        return span_items(example.entities), span_items(said.entities)
    if kind is TaskKind.FIELD_EXTRACTION:
        return _field_pair(example, said)
    if kind is TaskKind.DOCUMENT_CLASSIFICATION:
        return frozenset(map(_page_item, labelled_parts(example))), frozenset(
            map(_page_item, found_parts(example, said))
        )
    return frozenset((c, 0, 0) for c in example.categories), frozenset((c.category, 0, 0) for c in said.categories)


def assertions(kind: TaskKind, example: LabeledExample, prediction: Prediction) -> list[Assertion]:
    """Everything a prediction asserts with its confidence, and whether it is right."""
    if prediction.abstained:
        return []
    truth, _ = pair_of(kind, example, prediction)
    if kind is TaskKind.ENTITY_RECOGNITION:
        return [
            (e.category, e.confidence_score, (e.category, e.offset, e.length) in truth) for e in prediction.entities
        ]
    if kind is TaskKind.FIELD_EXTRACTION:
        labelled = labelled_values(example)
        return [
            (column_of(name), value.confidence_score, name in labelled and is_right(labelled[name], value))
            for name, value in found_values(example, prediction).items()
        ]
    if kind is TaskKind.DOCUMENT_CLASSIFICATION:
        parts = found_parts(example, prediction)
        return [(part.category, part.confidence_score, _page_item(part) in truth) for part in parts]
    return [(c.category, c.confidence_score, (c.category, 0, 0) in truth) for c in prediction.categories]


def span_items(entities: Iterable[Entity]) -> frozenset[Item]:
    """Category, offset and length of each."""
    return frozenset((e.category, e.offset, e.length) for e in entities)


def labelled_parts(example: LabeledExample) -> tuple[DocumentPart, ...]:
    """The documents a file is labelled to hold: its parts, or itself."""
    return example.parts or _whole(example, (Category(name) for name in example.categories))


def found_parts(example: LabeledExample, prediction: Prediction) -> tuple[DocumentPart, ...]:
    """The documents a file was found to hold: the parts predicted, or itself."""
    return prediction.parts or _whole(example, prediction.categories)


def _whole(example: LabeledExample, categories: Iterable[Category]) -> tuple[DocumentPart, ...]:
    return tuple(DocumentPart(c.category, 1, max(1, example.page_count), c.confidence_score) for c in categories)


def _page_item(part: DocumentPart) -> Item:
    return part.category, part.first_page, part.last_page - part.first_page + 1


def _field_pair(example: LabeledExample, said: Prediction) -> Pair:
    labelled, found = labelled_values(example), found_values(example, said)
    right = {name for name, value in found.items() if name in labelled and is_right(labelled[name], value)}
    return (
        frozenset((column_of(name), RIGHT, row_of(name)) for name in labelled),
        frozenset((column_of(name), RIGHT if name in right else WRONG, row_of(name)) for name in found),
    )
