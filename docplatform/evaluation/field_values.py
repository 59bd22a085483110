"""Values of fields, labelled and found, and when they are the same.

A document has one value per field. Spans of it that stand apart (an address over three lines) are parts of the value;
the same value labelled in several places is one value. Which row of line items a cell is said to be in doesn't matter,
only which cells are of one row and in which order rows are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from docplatform.documents.line_items import cell_of, column_of, is_column, row_of
from docplatform.documents.predictions import Entity, FieldValue, LabeledExample, Prediction


def labelled_values(example: LabeledExample) -> dict[str, FieldValue]:
    """Field name to the value it is labelled with."""
    return _grouped(example.entities)


def found_values(example: LabeledExample, prediction: Prediction) -> dict[str, FieldValue]:
    """Field name to the value predicted: ``fields``, else what ``entities`` make up.

    Rows of line items have the numbers of the labelled rows that they are.
    """
    if not prediction.fields:
        return _as_labelled(_grouped(prediction.entities), labelled_values(example))
    values: dict[str, FieldValue] = {}
    for field in prediction.fields:
        known = values.get(field.name)
        if known is None or field.confidence_score > known.confidence_score:
            values[field.name] = field
    undoubled = {name: _undoubled(value, example.text) for name, value in values.items()}
    return _as_labelled(undoubled, labelled_values(example))


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
    return replace(value, content=texts[0])


def _once(texts: list[str]) -> list[str]:
    return texts[:1] if len({plain(text) for text in texts}) == 1 else texts


_Rows = dict[int, dict[str, FieldValue]]
_PAIRED = 1e-3
"""Right cells that a row is worth which stands in a labelled row's place with no cell right."""


def _as_labelled(found: dict[str, FieldValue], labelled: dict[str, FieldValue]) -> dict[str, FieldValue]:
    values = {name: value for name, value in found.items() if not is_column(column_of(name))}
    rows, wanted = _by_array(found), _by_array(labelled)
    for array, its_rows in rows.items():
        for number, row in _numbered(its_rows, wanted.get(array, {})).items():
            for column, value in row.items():
                name = cell_of(column, number)
                values[name] = replace(value, name=name)
    return values


def _by_array(values: dict[str, FieldValue]) -> dict[str, _Rows]:
    arrays: dict[str, _Rows] = {}
    for name, value in values.items():
        column = column_of(name)
        if is_column(column):
            arrays.setdefault(column.partition("/*/")[0], {}).setdefault(row_of(name), {})[column] = value
    return arrays


def _numbered(found: _Rows, labelled: _Rows) -> _Rows:
    """Rows found, numbered so that most cells are right and their order is kept; those beyond after the labelled."""
    ours, theirs = sorted(found), sorted(labelled)
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(theirs))):
            together = _right_cells(found[ours[i]], labelled[theirs[j]]) + _PAIRED + best[i + 1][j + 1]
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    numbers: dict[int, int] = {}
    i = j = 0
    while i < len(ours) and j < len(theirs):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            numbers[ours[i]], i, j = theirs[j], i + 1, j + 1
    beyond = max(theirs, default=-1) + 1
    for row in ours:
        if row not in numbers:
            numbers[row], beyond = beyond, beyond + 1
    return {numbers[row]: found[row] for row in ours}


def _right_cells(found: dict[str, FieldValue], labelled: dict[str, FieldValue]) -> int:
    return sum(column in labelled and is_right(labelled[column], value) for column, value in found.items())
