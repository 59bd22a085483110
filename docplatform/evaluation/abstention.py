"""From which confidence on an assertion may stand unseen: a threshold per label for a precision that is asked for.

Found on held-out assertions. A threshold is used only where their precision is shown, not merely seen: the lower
Clopper-Pearson bound of what lies above it must reach the target. Ten coverages are tried (all of a label's assertions,
the surest nine in ten, …), and the error is shared among them (Bonferroni), so that trying often gives no false safety.
A label with too few assertions gets the threshold that holds for all labels together, where there is one; without
either, all its assertions are to be reviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from docplatform.evaluation.items import Assertion

COVERAGES = tuple(share / 10 for share in range(10, 0, -1))
ERROR = 0.05
"""Chance that a label's threshold doesn't hold its target."""
NEVER = 2.0
"""A threshold that no confidence reaches."""
ALL_LABELS = "*"
"""Key of the threshold of labels that have none of their own."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What is right among the surest assertions."""

    coverage: float
    """Share of the assertions that are at least as sure."""
    threshold: float
    """Least confidence among them."""
    precision: float
    precision_low: float
    """Lower 95 % bound, shared among the coverages tried."""
    count: int


@dataclass(frozen=True, slots=True)
class ReviewThreshold:
    """From which confidence on assertions of a label may stand unseen."""

    label: str
    threshold: float
    """``NEVER``: none may."""
    coverage: float
    """Share of the label's held-out assertions at or above it."""
    precision: float | None
    """Of those; None where there are none."""
    count: int
    """Held-out assertions of the label."""
    is_own: bool
    """Found on the label's own assertions; else it is that of all labels together."""


def risk_coverage(assertions: Sequence[Assertion]) -> tuple[RiskPoint, ...]:
    """The risk-coverage curve at ``COVERAGES``, widest first; assertions of the same confidence go together."""
    if not assertions:
        return ()
    confidence = np.array([score for _, score, _ in assertions])
    right = np.array([is_right for _, _, is_right in assertions])
    ordered = np.sort(confidence)[::-1]
    points = []
    for coverage in COVERAGES:
        threshold = float(ordered[max(0, int(np.ceil(coverage * len(ordered))) - 1)])
        chosen = confidence >= threshold
        count, hits = int(chosen.sum()), int(right[chosen].sum())
        low = _lower_bound(hits, count, ERROR / len(COVERAGES))
        points.append(RiskPoint(count / len(ordered), threshold, hits / count, low, count))
    return tuple(points)


def review_thresholds(
    assertions: Sequence[Assertion], target: float, labels: Sequence[str]
) -> tuple[ReviewThreshold, ...]:
    """A threshold for each label, and ``ALL_LABELS`` last.

    Args:
        assertions: Held-out ones, of all labels.
        target: Precision to hold, in (0, 1).
        labels: Every label that the model can assert.
    """
    pooled = _widest(risk_coverage(assertions), target)
    common = pooled.threshold if pooled else NEVER
    found = []
    for label in sorted({*labels, *(name for name, _, _ in assertions)}):
        own = [one for one in assertions if one[0] == label]
        point = _widest(risk_coverage(own), target)
        found.append(_described(label, point.threshold if point else common, own, is_own=point is not None))
    return (*found, _described(ALL_LABELS, common, assertions, is_own=True))


def _described(label: str, threshold: float, own: Sequence[Assertion], *, is_own: bool) -> ReviewThreshold:
    kept = [is_right for _, score, is_right in own if score >= threshold]
    precision = sum(kept) / len(kept) if kept else None
    return ReviewThreshold(label, threshold, len(kept) / max(1, len(own)), precision, len(own), is_own)


def _widest(points: Sequence[RiskPoint], target: float) -> RiskPoint | None:
    return next((point for point in points if point.precision_low >= target), None)


def _lower_bound(hits: int, count: int, error: float) -> float:
    """Clopper and Pearson's exact one-sided bound of a proportion."""
    from scipy.stats import beta

    return float(beta.ppf(error, hits, count - hits + 1)) if hits else 0.0
