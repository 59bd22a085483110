"""Drift: whether recent documents and predictions still look like those a model was trained on.

An alarm needs a large difference and a significant one: a domain classifier that tells recent from reference texts
(AUC at least ``MIN_AUC``, ``MIN_Z`` standard scores above chance), or predicted classes whose population stability
index reaches ``MIN_PSI`` and that a permutation of the documents would seldom yield. Confidence is reported without an
alarm of its own: a model is surer of texts it was trained on, so that index is never near zero.
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
MIN_PSI = 0.20
MAX_P_VALUE = 0.005


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
    prediction_psi: float | None = None
    """Population stability index of predicted classes."""
    prediction_p_value: float | None = None
    """Share of random divisions of the documents with an index as large."""
    confidence_psi: float | None = None
    """Population stability index of confidence."""
    mean_confidence: float | None = None
    """Of recent predictions."""
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
    from docplatform.evaluation.domain_classifier import tell_apart
    from docplatform.evaluation.stability import compare_confidence, compare_mix

    domain = mix = confidence_psi = None
    findings = []
    texts_drifted = mix_drifted = False
    if min(len(reference_texts), len(current_texts)) >= MIN_DOCUMENTS:
        domain = tell_apart(reference_texts, current_texts)
        texts_drifted = domain is not None and domain.auc >= MIN_AUC and domain.z >= MIN_Z
        findings.append(_domain_words(domain, drifted=texts_drifted))
    if min(len(reference_predictions), len(current_predictions)) >= MIN_DOCUMENTS:
        mix = compare_mix(reference_predictions, current_predictions)
        confidence_psi = compare_confidence(reference_predictions, current_predictions)
        mix_drifted = mix.psi >= MIN_PSI and mix.p_value <= MAX_P_VALUE
        findings.append(_mix_words(mix, drifted=mix_drifted))
    if not findings:
        findings = [
            f"Too few documents to tell: {len(reference_texts)} reference and {len(current_texts)} recent texts, "
            f"{len(reference_predictions)} and {len(current_predictions)} predictions; at least {MIN_DOCUMENTS} "
            "of each are needed"
        ]
    reason = "; ".join(findings)
    return DriftReport(
        reference_count=len(reference_texts),
        current_count=len(current_texts),
        domain_auc=domain.auc if domain else None,
        domain_z=domain.z if domain else None,
        prediction_psi=mix.psi if mix else None,
        prediction_p_value=mix.p_value if mix else None,
        confidence_psi=confidence_psi,
        mean_confidence=_mean([p.confidence_score for p in current_predictions]),
        alarm=texts_drifted or mix_drifted,
        reason=f"{reason[0].upper()}{reason[1:]}.",
    )


def _domain_words(domain: Separation | None, *, drifted: bool) -> str:
    if domain is None:
        return "the texts are copies of so few that they can't be compared"
    numbers = f"AUC {domain.auc:.2f}, alarm from {MIN_AUC:.2f}; z {domain.z:.1f}, alarm from {MIN_Z:.0f}"
    return f"recent texts {'differ from' if drifted else 'look like'} the reference ({numbers})"


def _mix_words(mix: MixChange, *, drifted: bool) -> str:
    numbers = f"PSI {mix.psi:.2f}, alarm from {MIN_PSI:.2f}; p {mix.p_value:.3f}, alarm to {MAX_P_VALUE:.3f}"
    moved = f"have shifted, most of all {mix.largest_shift}" if drifted else "are mixed as before"
    return f"predicted classes {moved} ({numbers})"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
