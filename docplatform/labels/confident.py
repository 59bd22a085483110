"""Confident learning: which labels are likely wrong, told by models that weren't trained on them.

Belongs here: the method, on labels and predictions as data. Doesn't: training (``training.label_errors``).

After Northcutt, Jiang and Chuang, 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels": a label is
likely wrong where a model is as confident of another class as it is, on average, of that class's own examples. A class
that is hard to tell has a low threshold of its own, one that is easy a high one. Models here say their likeliest class
and its probability; the rest of the probability is taken to be shared by the other classes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LikelyWrong:
    """A label that is likely wrong."""

    index: int
    """Place of the example."""
    suggested: str
    """What the model says it is."""
    probability: float
    """How sure the model is of that, in [0, 1]."""


def likely_wrong(labels: Sequence[str], predicted: Sequence[tuple[str, float] | None]) -> list[LikelyWrong]:
    """The examples whose label is likely wrong, the surest first.

    Args:
        labels: the given label of each example.
        predicted: class and probability that a model not trained on the example gives it; None where it has no answer.
    """
    thresholds = _thresholds(labels, predicted)
    found = [
        LikelyWrong(index, answer[0], answer[1])
        for index, (label, answer) in enumerate(zip(labels, predicted, strict=True))
        if answer is not None and answer[0] != label and answer[1] >= thresholds.get(answer[0], 1.0)
    ]
    return sorted(found, key=lambda item: (-item.probability, item.index))


def _thresholds(labels: Sequence[str], predicted: Sequence[tuple[str, float] | None]) -> dict[str, float]:
    """Per class the mean probability of it among the examples that are labelled so."""
    others = max(1, len(set(labels)) - 1)
    own: dict[str, list[float]] = defaultdict(list)
    for label, answer in zip(labels, predicted, strict=True):
        if answer is not None:
            own[label].append(answer[1] if answer[0] == label else (1 - answer[1]) / others)
    return {label: sum(values) / len(values) for label, values in own.items()}
