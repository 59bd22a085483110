"""What was mistaken for what: the confusion matrix, and errors to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from docplatform.documents.line_items import cell_of, column_of
from docplatform.documents.predictions import FieldValue, LabeledExample

NONE = "(none)"
"""Stands for "no label" and "no prediction"."""
_CONTEXT = 60
"""Characters shown to each side of an entity, and four times as many of a text's beginning."""

Item = tuple[str, int, int]
"""A label with its offset and length; both 0 for classes. See ``items`` for those of fields."""
Pair = tuple[frozenset[Item], frozenset[Item]]
"""What an example is labelled with, and what was predicted."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """``counts[i][j]``: items labelled ``labels[i]`` that were predicted as ``labels[j]``.

    ``(none)`` stands last where something was missed or invented.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ErrorExample:
    """One thing the model got wrong."""

    document_id: str
    expected: str
    predicted: str
    context: str
    """The text around it; for classes, its beginning."""


def class_mistakes(examples: Sequence[LabeledExample], pairs: Sequence[Pair]) -> tuple[Confusion, list[ErrorExample]]:
    """Mistakes in classes. The confusion means something only where an example has one class at most."""
    cells: Counter[tuple[str, str]] = Counter()
    errors: list[ErrorExample] = []
    for example, (truth, found) in zip(examples, pairs, strict=True):
        expected, predicted = _names(truth), _names(found)
        cells[expected, predicted] += 1
        if truth != found:
            errors.append(ErrorExample(example.document_id, expected, predicted, _beginning(example.text)))
    return _matrix(cells), errors


def entity_mistakes(examples: Sequence[LabeledExample], pairs: Sequence[Pair]) -> tuple[Confusion, list[ErrorExample]]:
    """Mistakes in entities.

    In the confusion, categories are mistaken for each other where the span is the same; a wrong span is one missed and
    one invented. Among the errors the two stand together where they overlap.
    """
    return _placed_mistakes(examples, pairs, _described, _surroundings)


def part_mistakes(examples: Sequence[LabeledExample], pairs: Sequence[Pair]) -> tuple[Confusion, list[ErrorExample]]:
    """Mistakes in the documents of packets; as ``entity_mistakes``, with pages in the place of characters."""
    return _placed_mistakes(examples, pairs, _pages, lambda text, _: _beginning(text))


def _placed_mistakes(
    examples: Sequence[LabeledExample],
    pairs: Sequence[Pair],
    describe: Callable[[str, Item | None], str],
    show: Callable[[str, Item], str],
) -> tuple[Confusion, list[ErrorExample]]:
    cells: Counter[tuple[str, str]] = Counter()
    errors: list[ErrorExample] = []
    for example, (truth, found) in zip(examples, pairs, strict=True):
        cells.update((item[0], item[0]) for item in truth & found)
        for missed, invented in _paired(truth - found, found - truth):
            if missed and invented and missed[1:] == invented[1:]:
                cells[missed[0], invented[0]] += 1
            else:
                cells.update([(missed[0], NONE)] if missed else [])
                cells.update([(NONE, invented[0])] if invented else [])
            context = show(example.text, missed or invented or ("", 0, 0))
            errors.append(
                ErrorExample(
                    example.document_id, describe(example.text, missed), describe(example.text, invented), context
                )
            )
    return _matrix(cells), errors


def field_mistakes(
    examples: Sequence[LabeledExample],
    pairs: Sequence[Pair],
    values: Sequence[tuple[Mapping[str, FieldValue], Mapping[str, FieldValue]]],
) -> tuple[Confusion, list[ErrorExample]]:
    """Mistakes in fields; ``values`` are those labelled and those found, per example.

    A wrong value is one missed and one invented, unless it is the one that another missed field should have had: then
    the two fields were mistaken for each other.
    """
    cells: Counter[tuple[str, str]] = Counter()
    errors: list[ErrorExample] = []
    for example, (truth, found), (labelled, said) in zip(examples, pairs, values, strict=True):
        cells.update((item[0], item[0]) for item in truth & found)
        invented = {cell_of(column, row) for column, _, row in found - truth}
        for name in sorted(cell_of(column, row) for column, _, row in truth - found):
            mistaken = next((other for other in sorted(invented) if _same(said[other], labelled[name])), None)
            invented.discard(mistaken or "")
            cells[column_of(name), column_of(mistaken or NONE)] += 1
            predicted = said.get(name) or (said[mistaken] if mistaken else None)
            errors.append(_field_error(example, labelled[name], predicted))
        cells.update((NONE, column_of(name)) for name in invented)
        errors += [_field_error(example, None, said[name]) for name in sorted(invented - set(labelled))]
    return _matrix(cells), errors


def _field_error(example: LabeledExample, expected: FieldValue | None, predicted: FieldValue | None) -> ErrorExample:
    shown = expected or predicted
    offset, length = shown.spans[0] if shown and shown.spans else (0, 0)
    return ErrorExample(
        example.document_id, _value(expected), _value(predicted), _surroundings(example.text, ("", offset, length))
    )


def _value(value: FieldValue | None) -> str:
    return NONE if value is None else f'{value.name} "{_one_line(value.content)}"'


def _same(one: FieldValue, other: FieldValue) -> bool:
    return one.content.split() == other.content.split()


def _paired(missed: frozenset[Item], invented: frozenset[Item]) -> list[tuple[Item | None, Item | None]]:
    """Each missed item with the invented one that overlaps it most, then the invented ones that are left."""
    left = sorted(invented, key=_place)
    pairs: list[tuple[Item | None, Item | None]] = []
    for item in sorted(missed, key=_place):
        partner = max(left, key=lambda other: overlap(item, other), default=None)
        if partner is not None and overlap(item, partner) > 0:
            left.remove(partner)
            pairs.append((item, partner))
        else:
            pairs.append((item, None))
    return pairs + [(None, item) for item in left]


def _place(item: Item) -> tuple[int, int, str]:
    return item[1], item[2], item[0]


def overlap(one: Item, other: Item) -> float:
    """Characters (or pages) in both, over those in either."""
    both = min(one[1] + one[2], other[1] + other[2]) - max(one[1], other[1])
    return max(0, both) / max(1, one[2] + other[2] - both)


def _matrix(cells: Counter[tuple[str, str]]) -> Confusion:
    names = {name for cell in cells for name in cell}
    labels = (*sorted(names - {NONE}), *([NONE] if NONE in names else []))
    return Confusion(labels, tuple(tuple(cells[row, column] for column in labels) for row in labels))


def _names(items: frozenset[Item]) -> str:
    return ", ".join(sorted(name for name, _, _ in items)) or NONE


def _described(text: str, item: Item | None) -> str:
    """``Date "6/29/2018" at 5``: with its place, for the same words may stand in a text twice."""
    if item is None:
        return NONE
    category, offset, length = item
    return f'{category} "{_one_line(text[offset : offset + length])}" at {offset}'


def _pages(text: str, item: Item | None) -> str:  # noqa: ARG001
    """``invoice, pages 2-3``."""
    if item is None:
        return NONE
    category, first, count = item
    return f"{category}, page {first}" if count == 1 else f"{category}, pages {first}-{first + count - 1}"


def _beginning(text: str) -> str:
    return _one_line(text[: 4 * _CONTEXT]) + ("…" if len(text) > 4 * _CONTEXT else "")


def _surroundings(text: str, item: Item) -> str:
    start, end = max(0, item[1] - _CONTEXT), item[1] + item[2] + _CONTEXT
    return ("…" if start else "") + _one_line(text[start:end]) + ("…" if end < len(text) else "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
