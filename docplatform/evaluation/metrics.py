"""Scores of predictions against labels: precision, recall and F1 per label, averages, confusion, errors to look at.

What counts as one right thing is ``items``' matter. Averages are those of scikit-learn: micro over all decisions, macro
the plain mean over labels that occur in truth or predictions, weighted the mean by support. Intervals are bootstraps
over documents (``counts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from docplatform.documents.predictions import LabeledExample, Prediction, TaskKind
from docplatform.evaluation.calibration import Calibration, ReliabilityBin, calibration_of
from docplatform.evaluation.counts import DocumentCounts, Interval, f1_intervals
from docplatform.evaluation.document_scores import FieldAccuracy, FieldScores, PageScores, field_scores, page_scores
from docplatform.evaluation.field_values import found_values, labelled_values
from docplatform.evaluation.items import assertions, pair_of
from docplatform.evaluation.mistakes import (
    Confusion,
    ErrorExample,
    Pair,
    class_mistakes,
    entity_mistakes,
    field_mistakes,
    part_mistakes,
)
from docplatform.evaluation.overlaps import overlap_counts

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
    f1_low: float | None = None
    """95 % interval of ``f1``, by resampling documents; None where nothing was counted."""
    f1_high: float | None = None


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
    weighted: LabelScore | None = None
    """Mean of the labels by support."""
    overlap: tuple[LabelScore, ...] = ()
    """Spans: lenient scores of each label and ``micro avg``; see ``overlaps``."""
    fields: FieldScores | None = None
    """Field extraction: accuracy of values."""
    pages: PageScores | None = None
    """Document classification: pages, and how packets were divided."""
    calibration: Calibration | None = None
    """How far confidence can be trusted; None where nothing was asserted."""
    folds: int | None = None
    """Parts of a cross-validation, where that is what was scored; None: one model on examples held back from it."""

    @property
    def basis(self) -> str:
        """What the scores are of, in words."""
        if self.folds is None:
            return f"{self.example_count} test examples"
        return f"{self.example_count} examples cross-validated in {self.folds} parts"

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
        weighted, fields, pages = data.get("weighted"), data.get("fields"), data.get("pages")
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
            weighted=weighted and LabelScore(**weighted),
            overlap=tuple(LabelScore(**score) for score in data.get("overlap", ())),
            fields=fields and FieldScores(**{**fields, "fields": tuple(FieldAccuracy(**f) for f in fields["fields"])}),
            pages=pages and PageScores(**pages),
            calibration=_calibration_from(data.get("calibration")),
            folds=data.get("folds"),
        )


def _calibration_from(data: Mapping[str, Any] | None) -> Calibration | None:
    if data is None:
        return None
    return Calibration(**{**data, "bins": tuple(ReliabilityBin(**one) for one in data["bins"])})


def document_counts(
    kind: TaskKind, examples: Sequence[LabeledExample], predictions: Sequence[Prediction]
) -> DocumentCounts:
    """What was right, asserted and labelled in each document: what comparisons and slices are made from."""
    return DocumentCounts.of([e.document_id for e in examples], _pairs(kind, examples, predictions))


def evaluate(kind: TaskKind, examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> Evaluation:
    """Score one prediction per example, in order.

    An abstention counts as having asserted nothing: every label of the example is missed.

    Raises:
        ValueError: where there are not as many predictions as examples.
    """
    pairs = _pairs(kind, examples, predictions)
    counts = DocumentCounts.of([e.document_id for e in examples], pairs)
    intervals = f1_intervals(counts)
    right, asserted, labelled = (part.sum(axis=0) for part in (counts.right, counts.asserted, counts.labelled))
    labels = tuple(
        _within(_score(name, int(right[i]), int(asserted[i]), int(labelled[i])), intervals.labels[i])
        for i, name in enumerate(counts.labels)
    )
    micro = _score("micro avg", int(right.sum()), int(asserted.sum()), int(labelled.sum()))
    confusion, errors = _mistakes(kind, examples, predictions, pairs)
    sure = [one for e, p in zip(examples, predictions, strict=True) for one in assertions(kind, e, p)]
    return Evaluation(
        kind=kind,
        example_count=len(examples),
        accuracy=_ratio(sum(truth == found for truth, found in pairs), len(pairs)),
        micro=_within(micro, intervals.micro),
        macro=_within(_mean("macro avg", labels, [1] * len(labels)), intervals.macro),
        labels=labels,
        confusion=None if kind is TaskKind.MULTI_LABEL_CLASSIFICATION else confusion,
        errors=tuple(errors[:MAX_ERRORS]),
        error_count=len(errors),
        abstained_count=sum(p.abstained for p in predictions),
        weighted=_mean("weighted avg", labels, [score.support for score in labels]),
        overlap=_overlap(pairs) if kind is TaskKind.ENTITY_RECOGNITION else _field_overlap(kind, examples, predictions),
        fields=field_scores(examples, predictions) if kind is TaskKind.FIELD_EXTRACTION else None,
        pages=page_scores(examples, predictions) if kind is TaskKind.DOCUMENT_CLASSIFICATION else None,
        calibration=calibration_of([confidence for _, confidence, _ in sure], [is_right for _, _, is_right in sure]),
    )


def _pairs(kind: TaskKind, examples: Sequence[LabeledExample], predictions: Sequence[Prediction]) -> list[Pair]:
    if len(examples) != len(predictions):
        raise ValueError(f"{len(examples)} examples but {len(predictions)} predictions")
    return [pair_of(kind, e, p) for e, p in zip(examples, predictions, strict=True)]


def _mistakes(
    kind: TaskKind, examples: Sequence[LabeledExample], predictions: Sequence[Prediction], pairs: Sequence[Pair]
) -> tuple[Confusion, list[ErrorExample]]:
    if kind is TaskKind.ENTITY_RECOGNITION:
        return entity_mistakes(examples, pairs)
    if kind is TaskKind.DOCUMENT_CLASSIFICATION:
        return part_mistakes(examples, pairs)
    if kind is TaskKind.FIELD_EXTRACTION:
        said = [Prediction() if p.abstained else p for p in predictions]
        values = [(labelled_values(e), found_values(e, p)) for e, p in zip(examples, said, strict=True)]
        return field_mistakes(examples, pairs, values)
    return class_mistakes(examples, pairs)


def _field_overlap(
    kind: TaskKind, examples: Sequence[LabeledExample], predictions: Sequence[Prediction]
) -> tuple[LabelScore, ...]:
    """Spans of fields, held against each other as those of entities are."""
    if kind is not TaskKind.FIELD_EXTRACTION:
        return ()
    return _overlap(_pairs(TaskKind.ENTITY_RECOGNITION, examples, predictions))


def _overlap(pairs: Sequence[Pair]) -> tuple[LabelScore, ...]:
    matched, asserted, labelled = overlap_counts(pairs)
    scores = [_score(name, matched[name], asserted[name], labelled[name]) for name in sorted(labelled | asserted)]
    return (*scores, _score("micro avg", matched.total(), asserted.total(), labelled.total()))


def _mean(name: str, labels: Sequence[LabelScore], weights: Sequence[float]) -> LabelScore:
    total = sum(weights)

    def mean(values: Sequence[float]) -> float:
        return _ratio(sum(value * weight for value, weight in zip(values, weights, strict=True)), total)

    return LabelScore(
        name,
        mean([score.precision for score in labels]),
        mean([score.recall for score in labels]),
        mean([score.f1 for score in labels]),
        sum(score.support for score in labels),
    )


def _score(label: str, right: int, asserted: int, labelled: int) -> LabelScore:
    return LabelScore(
        label, _ratio(right, asserted), _ratio(right, labelled), _ratio(2 * right, asserted + labelled), labelled
    )


def _within(score: LabelScore, interval: Interval | None) -> LabelScore:
    return score if interval is None else replace(score, f1_low=interval[0], f1_high=interval[1])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
