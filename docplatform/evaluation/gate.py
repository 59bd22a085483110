"""The promotion gate: whether a candidate becomes champion, and why, in a sentence a person can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from docplatform.evaluation.metrics import Evaluation

_TOLERANCE = 1e-9
"""Scores that are the same fraction computed in two ways may differ in the last digit."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a candidate must reach on the test split. Scores in [0, 1]."""

    min_f1: float = 0.80
    """Least micro F1."""
    max_regression: float = 0.0
    """How far below the champion's micro F1 it may stay."""
    min_label_f1: Mapping[str, float] = field(default_factory=dict)
    """Least F1 of single labels."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The gate's word."""

    promoted: bool
    reason: str


def decide(candidate: Evaluation, champion: Evaluation | None, thresholds: Thresholds) -> GateDecision:
    """Judge a candidate.

    Args:
        candidate: Its scores on the test split.
        champion: The present champion's scores on the same split; None where there is no champion.
        thresholds: What is asked for.
    """
    if not candidate.example_count or not candidate.micro.support:
        return GateDecision(
            False,
            f"Not promoted: the test split holds {candidate.example_count} examples with "
            f"{candidate.micro.support} labels, so nothing can be measured. Label more documents.",
        )
    failures = [
        *_below_minimum(candidate, thresholds.min_f1),
        *_weak_labels(candidate, thresholds.min_label_f1),
        *_worse_than_champion(candidate, champion, thresholds.max_regression),
    ]
    if failures:
        return GateDecision(False, f"Not promoted: {'; '.join(failures)}.")
    return GateDecision(True, f"Promoted: {_praise(candidate, champion, thresholds)}.")


def _below_minimum(candidate: Evaluation, least: float) -> list[str]:
    if candidate.micro.f1 >= least - _TOLERANCE:
        return []
    return [f"F1 {_n(candidate.micro.f1)} is below the minimum of {_n(least)}"]


def _weak_labels(candidate: Evaluation, minima: Mapping[str, float]) -> list[str]:
    failures = []
    for name, least in sorted(minima.items()):
        score = candidate.label(name)
        if score is None or not score.support:
            failures.append(f"label {name} must reach F1 {_n(least)} but isn't in the test split")
        elif score.f1 < least - _TOLERANCE:
            failures.append(f"F1 {_n(score.f1)} of label {name} is below its minimum of {_n(least)}")
    return failures


def _worse_than_champion(candidate: Evaluation, champion: Evaluation | None, allowed: float) -> list[str]:
    if champion is None or candidate.micro.f1 >= champion.micro.f1 - allowed - _TOLERANCE:
        return []
    grace = f" by more than the {_n(allowed)} allowed" if allowed else ""
    return [f"F1 {_n(candidate.micro.f1)} is below the champion's {_n(champion.micro.f1)}{grace}"]


def _praise(candidate: Evaluation, champion: Evaluation | None, thresholds: Thresholds) -> str:
    words = f"F1 {_n(candidate.micro.f1)} on {candidate.example_count} test examples reaches the minimum of "
    words += _n(thresholds.min_f1)
    if thresholds.min_label_f1:
        words += f", {len(thresholds.min_label_f1)} labels reach theirs"
    if champion is None:
        return f"{words}; there was no champion"
    if thresholds.max_regression and candidate.micro.f1 < champion.micro.f1 - _TOLERANCE:
        return f"{words} and is within {_n(thresholds.max_regression)} of the champion's {_n(champion.micro.f1)}"
    return f"{words} and isn't below the champion's {_n(champion.micro.f1)}"


def _n(score: float) -> str:
    """Four digits, so that two scores that differ look different."""
    return f"{score:.4f}"
