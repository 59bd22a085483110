"""Learning curves: how scores grow with examples, and how many more a label probably needs.

The error ``1 - F1`` of a label is taken to fall as a power of its examples, ``a * n ** -b`` (Hestness and others, 2017,
"Deep learning scaling is predictable, empirically"), fitted by least squares on logarithms. An answer is given only
where the points bear it: see ``estimate``.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from docplatform.documents.predictions import LabeledExample

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
TARGET_F1 = 0.80
MIN_POINTS = 4
MIN_SUPPORT = 5
"""Labelled items on the test split below which a label's scores are noise."""
MOST_TIMES = 10
"""Extrapolating further than so many times the examples there are isn't offered."""
_STEEPNESS = 2.0
"""Standard errors that the slope must be above 0."""
_LEAST_ERROR = 1e-3
_AVERAGE = "micro avg"


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """F1 of one label, or of the average, after training on some examples."""

    label: str
    share: float
    """Of the training split."""
    examples: int
    """Training examples that have the label."""
    f1: float
    support: int
    """Labelled items it was scored on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a label's curve says."""

    label: str
    f1: float
    """With all examples."""
    examples: int
    more: int | None
    """Further examples for ``TARGET_F1``; 0: reached; None: can't be told."""
    advice: str


def nested_subsets(examples: Sequence[LabeledExample], shares: Sequence[float]) -> list[list[LabeledExample]]:
    """Subsets of the examples, each within the next, with every label near its share. Deterministic, in any order."""
    counts = Counter(name for example in examples for name in label_names(example))
    strata: dict[str, list[tuple[str, LabeledExample]]] = {}
    for example in examples:
        rarest = min(label_names(example), key=lambda name: (counts[name], name), default="")
        digest = hashlib.sha256(example.document_id.encode("utf-8", "surrogatepass")).hexdigest()
        strata.setdefault(rarest, []).append((digest, example))
    placed = []
    for name, members in strata.items():
        members.sort(key=lambda member: member[0])
        placed += [((i + 0.5) / len(members), name, digest, e) for i, (digest, e) in enumerate(members)]
    placed.sort(key=lambda one: one[:3])
    return [[one[3] for one in placed[: math.ceil(share * len(placed))]] for share in shares]


def label_names(example: LabeledExample) -> frozenset[str]:
    """Every label that an example has."""
    return frozenset(example.categories) | {e.category for e in example.entities} | {p.category for p in example.parts}


def estimate(points: Sequence[CurvePoint]) -> Estimate:
    """What one label's points say of how many more examples it needs.

    It says that it can't be told where there are fewer than ``MIN_POINTS`` points or ``MIN_SUPPORT`` test labels, where
    the scores don't rise clearly (slope under two standard errors), and beyond ``MOST_TIMES`` the examples there are.
    """
    ordered = sorted(points, key=lambda point: point.share)
    last = ordered[-1]
    more, why = _more(ordered)
    name = "The project" if last.label == _AVERAGE else f"Label {last.label}"
    if more is None:
        advice = f"{name} has F1 {last.f1:.2f} with {last.examples} examples; how many more it needs can't be told: "
        advice += f"{why}."
    elif more == 0:
        advice = f"{name} has F1 {last.f1:.2f} with {last.examples} examples: {TARGET_F1:.2f} is reached."
    else:
        advice = f"{name} needs about {more} more examples for F1 {TARGET_F1:.2f} (now {last.f1:.2f} with "
        advice += f"{last.examples})."
    return Estimate(label=last.label, f1=last.f1, examples=last.examples, more=more, advice=advice)


def estimates(points: Sequence[CurvePoint]) -> tuple[Estimate, ...]:
    """One estimate per label, those that need most first."""
    by_label: dict[str, list[CurvePoint]] = {}
    for point in points:
        by_label.setdefault(point.label, []).append(point)
    found = [estimate(own) for own in by_label.values()]
    return tuple(sorted(found, key=lambda e: (e.f1, e.label)))


def _more(points: Sequence[CurvePoint]) -> tuple[int | None, str]:
    last = points[-1]
    if last.support < MIN_SUPPORT:
        return None, f"the test split holds {last.support} of it, at least {MIN_SUPPORT} are needed"
    if last.f1 >= TARGET_F1:
        return 0, ""
    usable = {point.examples: point for point in points if point.examples}
    if len(usable) < MIN_POINTS:
        return None, f"only {len(usable)} sizes of the training split could be trained on"
    sizes, scores = list(usable), [point.f1 for point in usable.values()]
    exponent, error, scale = _power_law(sizes, scores)
    if exponent <= 0 or exponent < _STEEPNESS * error:
        return None, "its F1 doesn't rise clearly with more examples, so look at its errors and labels first"
    wanted = (scale / (1 - TARGET_F1)) ** (1 / exponent)
    if wanted > MOST_TIMES * last.examples:
        return None, f"more than {MOST_TIMES} times as many at the present rate, so other labels or features are needed"
    return max(1, math.ceil(wanted - last.examples)), ""


def _power_law(sizes: Sequence[int], scores: Sequence[float]) -> tuple[float, float, float]:
    """Exponent, its standard error, and scale of ``1 - F1 = scale * n ** -exponent``."""
    x = np.log(np.asarray(sizes, dtype=float))
    y = np.log(np.maximum(1 - np.asarray(scores, dtype=float), _LEAST_ERROR))
    centred = x - x.mean()
    spread = float(centred @ centred)
    slope = float(centred @ y) / spread
    intercept = float(y.mean() - slope * x.mean())
    residuals = y - intercept - slope * x
    error = math.sqrt(float(residuals @ residuals) / (len(x) - 2) / spread)
    return -slope, error, math.exp(intercept)
