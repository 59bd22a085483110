"""The promotion gate: whether a candidate becomes champion, and why, in a sentence a person can check.

It gives three answers. A candidate below a threshold, or worse than the champion beyond chance, is not promoted. One
that scores no less than the champion (less the regression allowed) is promoted; where the project asks for a
significant gain, only if the difference is one. Everything between is inconclusive: the test split is too small to
tell, and the reason says about how many labels would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docplatform.evaluation.comparison import Comparison
    from docplatform.evaluation.metrics import Evaluation

TEST_SHARE = 0.20
"""Of labelled documents, as ``labels.splits`` divides them."""
_TOLERANCE = 1e-9
"""Scores that are the same fraction computed in two ways may differ in the last digit."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a candidate must reach. Scores in [0, 1]."""

    min_f1: float = 0.80
    """Least micro F1."""
    max_regression: float = 0.0
    """How far below the champion's micro F1 it may stay."""
    min_label_f1: Mapping[str, float] = field(default_factory=dict)
    """Least F1 of single labels."""
    require_significant: bool = False
    """Whether it must be better than the champion beyond chance."""
    significance: float = 0.05
    """Largest p-value that counts as beyond chance."""


class GateAnswer(StrEnum):
    """What the gate says."""

    PROMOTED = "promoted"
    NOT_PROMOTED = "not promoted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The gate's word."""

    answer: GateAnswer
    reason: str

    @property
    def promoted(self) -> bool:
        """Whether the candidate may serve."""
        return self.answer is GateAnswer.PROMOTED


def decide(
    candidate: Evaluation, champion: Evaluation | None, thresholds: Thresholds, comparison: Comparison | None = None
) -> GateDecision:
    """Judge a candidate.

    Args:
        candidate: Its scores on the test split, or in cross-validation.
        champion: The present champion's scores on the same split, or in the cross-validation that it was judged by;
            None where there is no champion.
        thresholds: What is asked for.
        comparison: The two, document by document; None: by their scores alone.
    """
    if not candidate.example_count or not candidate.micro.support:
        return GateDecision(
            GateAnswer.NOT_PROMOTED,
            f"Not promoted: there are {candidate.basis}, with {candidate.micro.support} labels, so nothing can be "
            "measured. Label more documents.",
        )
    failures = [
        *_below_minimum(candidate, thresholds.min_f1),
        *_weak_labels(candidate, thresholds.min_label_f1),
    ]
    doubts: list[str] = []
    if comparison is None:
        failures += _worse_than_champion(candidate, champion, thresholds.max_regression)
    elif champion is not None:
        worse, doubts = _against_champion(candidate, champion, thresholds, comparison)
        failures += worse
    if failures:
        return GateDecision(GateAnswer.NOT_PROMOTED, f"Not promoted: {'; '.join(failures)}.")
    if doubts:
        return GateDecision(GateAnswer.INCONCLUSIVE, f"Inconclusive: {'; '.join(doubts)}.")
    praise = _praise(candidate, champion, thresholds)
    evidence = f" ({_evidence(comparison)})" if comparison is not None and champion is not None else ""
    return GateDecision(GateAnswer.PROMOTED, f"Promoted: {praise}{evidence}.")


def _against_champion(
    candidate: Evaluation, champion: Evaluation, thresholds: Thresholds, comparison: Comparison
) -> tuple[list[str], list[str]]:
    """What speaks against the candidate, and what can't be told."""
    allowed = thresholds.max_regression
    is_certain = comparison.p_value <= thresholds.significance
    scores = f"F1 {_n(candidate.micro.f1)} against the champion's {_n(champion.micro.f1)}"
    if comparison.difference >= -allowed - _TOLERANCE and not thresholds.require_significant:
        return [], []
    if is_certain and comparison.difference > 0:
        return [], []
    if is_certain and (comparison.high < -allowed + _TOLERANCE or thresholds.require_significant):
        words = _worse_than_champion(candidate, champion, allowed) or [f"{scores} is worse"]
        return [f"{words[0]}, beyond chance ({_evidence(comparison)})"], []
    return [], [f"{scores} may be chance ({_evidence(comparison)}): {_advice(comparison)}"]


def _evidence(comparison: Comparison) -> str:
    return (
        f"difference {comparison.difference:+.4f}, 95 % interval {comparison.low:+.4f} to {comparison.high:+.4f}, "
        f"{comparison.test} on {comparison.documents} documents p {comparison.p_value:.3f}"
    )


def _advice(comparison: Comparison) -> str:
    if comparison.needed_documents is None:
        return "add labels; how many would tell the two apart can't be estimated"
    more = max(1, comparison.needed_documents)
    return f"add labels, about {more} more test documents, which are {round(more / TEST_SHARE)} labelled ones"


def _below_minimum(candidate: Evaluation, least: float) -> list[str]:
    if candidate.micro.f1 >= least - _TOLERANCE:
        return []
    return [f"F1 {_n(candidate.micro.f1)} is below the minimum of {_n(least)}"]


def _weak_labels(candidate: Evaluation, minima: Mapping[str, float]) -> list[str]:
    failures = []
    for name, least in sorted(minima.items()):
        score = candidate.label(name)
        if score is None or not score.support:
            failures.append(f"label {name} must reach F1 {_n(least)} but isn't among what was tested")
        elif score.f1 < least - _TOLERANCE:
            failures.append(f"F1 {_n(score.f1)} of label {name} is below its minimum of {_n(least)}")
    return failures


def _worse_than_champion(candidate: Evaluation, champion: Evaluation | None, allowed: float) -> list[str]:
    if champion is None or candidate.micro.f1 >= champion.micro.f1 - allowed - _TOLERANCE:
        return []
    grace = f" by more than the {_n(allowed)} allowed" if allowed else ""
    return [f"F1 {_n(candidate.micro.f1)} is below the champion's {_n(champion.micro.f1)}{grace}"]


def _praise(candidate: Evaluation, champion: Evaluation | None, thresholds: Thresholds) -> str:
    words = f"F1 {_n(candidate.micro.f1)} on {candidate.basis} reaches the minimum of "
    words += _n(thresholds.min_f1)
    if thresholds.min_label_f1:
        words += f", {len(thresholds.min_label_f1)} labels reach theirs"
    if champion is None:
        return f"{words}; there was no champion to compare with"
    if thresholds.max_regression and candidate.micro.f1 < champion.micro.f1 - _TOLERANCE:
        return f"{words} and is within {_n(thresholds.max_regression)} of the champion's {_n(champion.micro.f1)}"
    return f"{words} and isn't below the champion's {_n(champion.micro.f1)}"


def _n(score: float) -> str:
    """Four digits, so that two scores that differ look different."""
    return f"{score:.4f}"
