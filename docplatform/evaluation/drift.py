"""Drift: whether recent documents and predictions still look like those a model was trained on.

Four measures, each of which alarms only on a difference that is large and beyond chance:

* ``texts``: a domain classifier tells recent from reference texts (AUC at least ``MIN_AUC``, ``MIN_Z`` standard scores
  above chance).
* ``words``: recent texts hold more words that no reference text has (the same bounds).
* ``classes``: the mix of predicted classes has moved (population stability index at least ``MIN_PSI``, which a
  permutation of the documents yields in at most ``MAX_P_VALUE`` of cases).
* ``confidence``: the distribution of confidence has moved (Kolmogorov-Smirnov distance at least ``MIN_DISTANCE`` at
  ``MAX_CONFIDENCE_P_VALUE``). It needs reference predictions of documents that the model wasn't trained on: a model is
  surer of those it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docplatform.documents.predictions import Prediction

if TYPE_CHECKING:
    from docplatform.evaluation.domain_classifier import Separation
    from docplatform.evaluation.stability import MixChange

MIN_DOCUMENTS = 30
MIN_AUC = 0.60
MIN_Z = 4.0
MIN_PSI = 0.10
"""By convention .1 to .25 is a moderate change. Of few classes, half of them four times as frequent can be .16."""
MAX_P_VALUE = 0.002
"""Small, since it is looked every day: false alarms of all measures together come to about 3 in 1,000 looks."""
MIN_DISTANCE = 0.15
MAX_CONFIDENCE_P_VALUE = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """What was measured. A measure that couldn't be taken is None."""

    reference_count: int
    """Reference texts there were."""
    current_count: int
    """Recent texts there were."""
    domain_auc: float | None = None
    """AUC of telling recent from reference texts; 0.5 is alike."""
    domain_z: float | None = None
    """Standard scores of that AUC above 0.5."""
    unseen_words_auc: float | None = None
    """AUC of telling recent from reference texts by their share of words that no other reference text has."""
    unseen_words_z: float | None = None
    """Standard scores of that AUC above 0.5."""
    prediction_psi: float | None = None
    """Population stability index of predicted classes."""
    prediction_p_value: float | None = None
    """Share of random divisions of the documents with an index as large."""
    confidence_psi: float | None = None
    """Population stability index of confidence."""
    mean_confidence: float | None = None
    """Of recent predictions."""
    alarms: tuple[str, ...] = ()
    """Which measures alarmed: ``texts``, ``words``, ``classes``, ``confidence``."""
    confidence_distance: float | None = None
    """Greatest difference of the two distributions of confidence (Kolmogorov-Smirnov), 0 to 1."""
    confidence_p_value: float | None = None
    alarm: bool
    reason: str


def detect_drift(
    reference_texts: Sequence[str],
    current_texts: Sequence[str],
    reference_predictions: Sequence[Prediction],
    current_predictions: Sequence[Prediction],
) -> DriftReport:
    """Compare recent texts and predictions with reference ones.

    Large samples are thinned to a few thousand by a fixed rule, so that cost is bounded and the same input gives the
    same report. Predictions may be left out on either side.
    """
    texts = _look_at_texts(reference_texts, current_texts)
    predictions = _look_at_predictions(reference_predictions, current_predictions)
    findings = [*texts.findings, *predictions.findings]
    if not findings:
        findings = [
            f"Too few documents to tell: {len(reference_texts)} reference and {len(current_texts)} recent texts, "
            f"{len(reference_predictions)} and {len(current_predictions)} predictions; at least {MIN_DOCUMENTS} "
            "of each are needed"
        ]
    reason = "; ".join(findings)
    alarms = (*texts.alarms, *predictions.alarms)
    return DriftReport(
        reference_count=len(reference_texts),
        current_count=len(current_texts),
        mean_confidence=_mean([p.confidence_score for p in current_predictions]),
        alarms=alarms,
        alarm=bool(alarms),
        reason=f"{reason[0].upper()}{reason[1:]}.",
        **texts.measures,
        **predictions.measures,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    measures: dict[str, float | None]
    findings: list[str]
    alarms: list[str]


def _look_at_texts(reference: Sequence[str], current: Sequence[str]) -> _Look:
    from docplatform.evaluation.domain_classifier import tell_apart
    from docplatform.evaluation.unseen_words import tell_by_unseen_words

    if min(len(reference), len(current)) < MIN_DOCUMENTS:
        return _Look({}, [], [])
    domain, words = tell_apart(reference, current), tell_by_unseen_words(reference, current)
    drifted = {"texts": _is_apart(domain), "words": _is_apart(words)}
    findings = [_domain_words(domain, drifted=drifted["texts"])]
    if drifted["words"] and words is not None:
        findings.append(f"recent texts hold more words that the reference has none of ({_numbers(words)})")
    measures = {
        "domain_auc": domain.auc if domain else None,
        "domain_z": domain.z if domain else None,
        "unseen_words_auc": words.auc if words else None,
        "unseen_words_z": words.z if words else None,
    }
    return _Look(measures, findings, [name for name, is_drifted in drifted.items() if is_drifted])


def _look_at_predictions(reference: Sequence[Prediction], current: Sequence[Prediction]) -> _Look:
    from docplatform.evaluation.stability import compare_confidence, compare_confidence_shape, compare_mix

    if min(len(reference), len(current)) < MIN_DOCUMENTS:
        return _Look({}, [], [])
    mix = compare_mix(reference, current)
    distance, p_value = compare_confidence_shape(reference, current)
    drifted = {
        "classes": mix.psi >= MIN_PSI and mix.p_value <= MAX_P_VALUE,
        "confidence": distance >= MIN_DISTANCE and p_value <= MAX_CONFIDENCE_P_VALUE,
    }
    findings = [_mix_words(mix, drifted=drifted["classes"])]
    if drifted["confidence"]:
        findings.append(
            f"confidence is spread otherwise (distance {distance:.2f}, alarm from {MIN_DISTANCE:.2f}; p {p_value:.4f}, "
            f"alarm to {MAX_CONFIDENCE_P_VALUE:.4f})"
        )
    measures: dict[str, float | None] = {
        "prediction_psi": mix.psi,
        "prediction_p_value": mix.p_value,
        "confidence_psi": compare_confidence(reference, current),
        "confidence_distance": distance,
        "confidence_p_value": p_value,
    }
    return _Look(measures, findings, [name for name, is_drifted in drifted.items() if is_drifted])


def _is_apart(separation: Separation | None) -> bool:
    return separation is not None and separation.auc >= MIN_AUC and separation.z >= MIN_Z


def _numbers(separation: Separation) -> str:
    return f"AUC {separation.auc:.2f}, alarm from {MIN_AUC:.2f}; z {separation.z:.2f}, alarm from {MIN_Z:.2f}"


def _domain_words(domain: Separation | None, *, drifted: bool) -> str:
    if domain is None:
        return "the texts are copies of so few that they can't be compared"
    return f"recent texts {'differ from' if drifted else 'look like'} the reference ({_numbers(domain)})"


def _mix_words(mix: MixChange, *, drifted: bool) -> str:
    numbers = f"PSI {mix.psi:.2f}, alarm from {MIN_PSI:.2f}; p {mix.p_value:.3f}, alarm to {MAX_P_VALUE:.3f}"
    moved = f"have shifted, most of all {mix.largest_shift}" if drifted else "are mixed as before"
    return f"predicted classes {moved} ({numbers})"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
