"""Scores of predictions against labels: precision, recall and F1 per label, averages, confusion, errors to look at.

Entities count as right when category, offset and length all match (exact span), the way of CoNLL. Averages are those
of scikit-learn: micro over all decisions, macro the plain mean over labels that occur in truth or predictions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from docplatform.documents.predictions import Entity, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.mistakes import Confusion, ErrorExample, Item, Pair, class_mistakes, entity_mistakes

MAX_ERRORS = 100


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well one label, or an average, was found. All but ``support`` in [0, 1]."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    """Labelled items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Scores on one set of labelled examples."""

    kind: TaskKind
    example_count: int
    accuracy: float
    """Share of examples whose prediction is right in every part."""
    micro: LabelScore
    macro: LabelScore
    labels: tuple[LabelScore, ...]
    """In order of name."""
    confusion: Confusion | None
    """None for multi-label classification, where classes aren't mistaken for each other."""
    errors: tuple[ErrorExample, ...]
    """The first ``MAX_ERRORS`` in the order of the examples."""
    error_count: int
    """Of all, kept or not."""
    abstained_count: int

    def label(self, name: str) -> LabelScore | None:
        """The score of one label, None where it occurs neither in truth nor in predictions."""
        return next((score for score in self.labels if score.label == name), None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "kind": self.kind.value}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Evaluation:
        """Read back ``to_dict``, before or after a trip through JSON."""
        confusion = data["confusion"]
        return cls(
            kind=TaskKind(data["kind"]),
            example_count=data["example_count"],
            accuracy=data["accuracy"],
            micro=LabelScore(**data["micro"]),
            macro=LabelScore(**data["macro"]),
            labels=tuple(LabelScore(**score) for score in data["labels"]),
            confusion=confusion and Confusion(tuple(confusion["labels"]), tuple(map(tuple, confusion["counts"]))),
            errors=tuple(ErrorExample(**error) for error in data["errors"]),
            error_count=data["error_count"],
            abstained_count=data["abstained_count"],
        )


def evaluate(kind: TaskKind, examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> Evaluation:
    """Score one prediction per example, in order.

    An abstention counts as having asserted nothing: every label of the example is missed.

    Raises:
        ValueError: where there are not as many predictions as examples, or the kind has no such scores.
    """
    if len(examples) != len(predictions):
        raise ValueError(f"{len(examples)} examples but {len(predictions)} predictions")
    if kind is TaskKind.ENTITY_RECOGNITION:
        pairs = [_entity_items(e, p) for e, p in zip(examples, predictions, strict=True)]
    elif kind in (TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.MULTI_LABEL_CLASSIFICATION):
        pairs = [_class_items(e, p) for e, p in zip(examples, predictions, strict=True)]
    else:
        raise ValueError(f"No metrics for {kind.value}")
    labels = _label_scores(pairs)
    confusion, errors = class_mistakes(examples, pairs)
    if kind is TaskKind.ENTITY_RECOGNITION:
        confusion, errors = entity_mistakes(examples, pairs)
    return Evaluation(
        kind=kind,
        example_count=len(examples),
        accuracy=_ratio(sum(truth == found for truth, found in pairs), len(pairs)),
        micro=_micro(pairs),
        macro=_macro(labels),
        labels=labels,
        confusion=None if kind is TaskKind.MULTI_LABEL_CLASSIFICATION else confusion,
        errors=tuple(errors[:MAX_ERRORS]),
        error_count=len(errors),
        abstained_count=sum(p.abstained for p in predictions),
    )


def _class_items(example: LabeledExample, prediction: Prediction) -> Pair:
    found = () if prediction.abstained else prediction.categories
    return frozenset((c, 0, 0) for c in example.categories), frozenset((c.category, 0, 0) for c in found)


def _entity_items(example: LabeledExample, prediction: Prediction) -> Pair:
    return _spans(example.entities), _spans(() if prediction.abstained else prediction.entities)


def _spans(entities: Iterable[Entity]) -> frozenset[Item]:
    return frozenset((e.category, e.offset, e.length) for e in entities)


def _label_scores(pairs: Sequence[Pair]) -> tuple[LabelScore, ...]:
    right: Counter[str] = Counter(item[0] for truth, found in pairs for item in truth & found)
    labelled: Counter[str] = Counter(item[0] for truth, _ in pairs for item in truth)
    asserted: Counter[str] = Counter(item[0] for _, found in pairs for item in found)
    return tuple(_score(name, right[name], asserted[name], labelled[name]) for name in sorted(labelled | asserted))


def _micro(pairs: Sequence[Pair]) -> LabelScore:
    right = sum(len(truth & found) for truth, found in pairs)
    return _score("micro avg", right, sum(len(f) for _, f in pairs), sum(len(t) for t, _ in pairs))


def _macro(labels: Sequence[LabelScore]) -> LabelScore:
    count = len(labels)
    return LabelScore(
        "macro avg",
        _ratio(sum(score.precision for score in labels), count),
        _ratio(sum(score.recall for score in labels), count),
        _ratio(sum(score.f1 for score in labels), count),
        sum(score.support for score in labels),
    )


def _score(label: str, right: int, asserted: int, labelled: int) -> LabelScore:
    return LabelScore(
        label, _ratio(right, asserted), _ratio(right, labelled), _ratio(2 * right, asserted + labelled), labelled
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
