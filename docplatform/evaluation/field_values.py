"""Values of fields, labelled and found, and when they are the same.

A document has one value per field. Spans of it that stand apart (an address over three lines) are parts of the value;
the same value labelled in several places is one value.
"""

from __future__ import annotations

from collections.abc import Iterable

from docplatform.documents.predictions import Entity, FieldValue, LabeledExample, Prediction


def labelled_values(example: LabeledExample) -> dict[str, FieldValue]:
    """Field name to the value it is labelled with."""
    return _grouped(example.entities)


def found_values(example: LabeledExample, prediction: Prediction) -> dict[str, FieldValue]:
    """Field name to the value predicted: ``fields``, else what ``entities`` make up."""
    if not prediction.fields:
        return _grouped(prediction.entities)
    values: dict[str, FieldValue] = {}
    for field in prediction.fields:
        known = values.get(field.name)
        if known is None or field.confidence_score > known.confidence_score:
            values[field.name] = field
    return {name: _undoubled(value, example.text) for name, value in values.items()}


def plain(text: str) -> str:
    """Letters and digits alone, case folded: what two spellings of a value have in common."""
    return "".join(character for character in text.casefold() if character.isalnum())


def is_exact(labelled: FieldValue, found: FieldValue) -> bool:
    """Whether the contents are the same but for white space."""
    return labelled.content.split() == found.content.split()


def is_right(labelled: FieldValue, found: FieldValue) -> bool:
    """Whether the values are the same: letters and digits of the contents, or the typed value where there is one.

    Contents without a letter or digit (a selection mark's) have to be exact.
    """
    wanted = plain(labelled.content)
    if not wanted:
        return is_exact(labelled, found)
    if wanted == plain(found.content):
        return True
    typed = labelled.value if labelled.value is not None else labelled.content
    return found.value is not None and plain(found.value) == plain(typed)


def _grouped(entities: Iterable[Entity]) -> dict[str, FieldValue]:
    spans: dict[str, list[Entity]] = {}
    for entity in sorted(entities, key=lambda e: (e.offset, e.length)):
        spans.setdefault(entity.category, []).append(entity)
    return {name: _joined(name, found) for name, found in spans.items()}


def _joined(name: str, entities: list[Entity]) -> FieldValue:
    texts = _once([entity.text for entity in entities])
    return FieldValue(
        name,
        "\n".join(texts),
        tuple((entity.offset, entity.length) for entity in entities),
        confidence_score=min(entity.confidence_score for entity in entities),
    )


def _undoubled(value: FieldValue, text: str) -> FieldValue:
    if len(value.spans) < 2:
        return value
    texts = [text[offset : offset + length] for offset, length in value.spans]
    if len({plain(part) for part in texts}) > 1:
        return value
    return FieldValue(value.name, texts[0], value.spans, value.value, value.confidence_score)


def _once(texts: list[str]) -> list[str]:
    return texts[:1] if len({plain(text) for text in texts}) == 1 else texts
