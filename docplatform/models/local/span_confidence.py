"""From a CRF's marginal probabilities to how often entities with such a probability are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

_PRIOR = 5.0
"""Weight of believing the CRF as it is, in examples: a dozen held-out entities, all right, prove little."""
_CLOSEST = 1e-6


@dataclass(frozen=True)
class SpanConfidence:
    """Scale and shift on the log-odds (Platt 1999)."""

    scale: float = 1.0
    shift: float = 0.0

    def of(self, probability: float) -> float:
        """The confidence, in (0, 1), for the least marginal probability of an entity's tokens."""
        margin = self.scale * _log_odds(probability) + self.shift
        return 1.0 / (1.0 + exp(-max(-50.0, min(50.0, margin))))


def fit_span_confidence(probabilities: Sequence[float], right: Sequence[bool]) -> SpanConfidence:
    """Learn from entities found in texts that weren't trained on. The scale stays positive: order is kept."""
    from scipy.optimize import minimize

    if not probabilities:
        return SpanConfidence()
    odds = np.array([_log_odds(p) for p in probabilities])
    truth = np.array(right, dtype=np.float64)

    def loss(parameters: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        margin = np.exp(parameters[0]) * odds + parameters[1]
        return float(np.sum(np.logaddexp(0, margin) - truth * margin) + _PRIOR * np.sum(parameters**2) / 2)

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-3.0, 1.5), (-5.0, 5.0)])
    return SpanConfidence(float(np.exp(found.x[0])), float(found.x[1]))


def _log_odds(probability: float) -> float:
    bounded = min(1 - _CLOSEST, max(_CLOSEST, probability))
    return log(bounded / (1 - bounded))
