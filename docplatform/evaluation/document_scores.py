"""Scores that only one kind of task has: overlap of spans, accuracy of fields, pages of packets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from docplatform.documents.line_items import column_of
from docplatform.documents.predictions import DocumentPart, LabeledExample, Prediction
from docplatform.evaluation.field_values import found_values, is_exact, is_right, labelled_values
from docplatform.evaluation.items import found_parts, labelled_parts


@dataclass(frozen=True, slots=True)
class FieldAccuracy:
    """How often a field's value was right in the documents that are labelled with it. In [0, 1]."""

    field: str
    """A column of line items is ``Items/*/Amount``."""
    exact: float
    """The same but for white space."""
    normalized: float
    """The same letters and digits, or the same typed value."""
    support: int
    """Documents labelled with it; of a column, labelled cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldScores:
    """Accuracy of field values. In [0, 1]."""

    fields: tuple[FieldAccuracy, ...]
    """By name."""
    exact: float
    """Over all labelled values."""
    normalized: float
    document_exact: float
    """Share of documents all of whose labelled values are exact, and nothing else was found."""
    document_normalized: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScores:
    """How packets were divided. In [0, 1]."""

    page_accuracy: float
    """Share of labelled pages that were given the right class."""
    split_accuracy: float
    """Share of files divided at the right pages, whatever the classes."""
    packet_count: int
    """Files labelled to hold several documents."""


def field_scores(examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> FieldScores:
    """Exact and normalised accuracy, of each field and of whole documents."""
    support: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    right: Counter[str] = Counter()
    whole_exact = whole_right = 0
    for example, prediction in zip(examples, predictions, strict=True):
        labelled = labelled_values(example)
        found = {} if prediction.abstained else found_values(example, prediction)
        shared = labelled.keys() & found.keys()
        are_exact = {name for name in shared if is_exact(labelled[name], found[name])}
        are_right = {name for name in shared if is_right(labelled[name], found[name])} | are_exact
        support.update(map(column_of, labelled))
        exact.update(map(column_of, are_exact))
        right.update(map(column_of, are_right))
        invented = bool(found.keys() - labelled.keys())
        whole_exact += len(are_exact) == len(labelled) and not invented
        whole_right += len(are_right) == len(labelled) and not invented
    return FieldScores(
        fields=tuple(FieldAccuracy(n, exact[n] / c, right[n] / c, c) for n, c in sorted(support.items())),
        exact=_ratio(exact.total(), support.total()),
        normalized=_ratio(right.total(), support.total()),
        document_exact=_ratio(whole_exact, len(examples)),
        document_normalized=_ratio(whole_right, len(examples)),
    )


def page_scores(examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> PageScores:
    """How pages were classified and packets divided."""
    pages = right = divided = packets = 0
    for example, prediction in zip(examples, predictions, strict=True):
        truth = labelled_parts(example)
        found = () if prediction.abstained else found_parts(example, prediction)
        said = _by_page(found)
        wanted = _by_page(truth)
        pages += len(wanted)
        right += sum(said.get(page) == category for page, category in wanted.items())
        divided += _ranges(truth) == _ranges(found)
        packets += len(truth) > 1
    return PageScores(
        page_accuracy=_ratio(right, pages), split_accuracy=_ratio(divided, len(examples)), packet_count=packets
    )


def _by_page(parts: Sequence[DocumentPart]) -> dict[int, str]:
    return {page: part.category for part in parts for page in range(part.first_page, part.last_page + 1)}


def _ranges(parts: Sequence[DocumentPart]) -> set[tuple[int, int]]:
    return {(part.first_page, part.last_page) for part in parts}


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
