"""Whether confidence can be trusted: calibration error, reliability bins, and how it tells right from wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 10

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Assertions whose confidence lies in [low, high)."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean; 0 where there are none."""
    accuracy: float
    """Share that is right; 0 where there are none."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How confidence and truth go together, over everything asserted."""

    count: int
    error: float
    """Expected calibration error: mean distance of confidence and accuracy of ten bins, weighted by their counts."""
    auroc: float | None
    """Chance that something right was given more confidence than something wrong; None without one of both."""
    bins: tuple[ReliabilityBin, ...]


def calibration_of(confidence: Sequence[float], right: Sequence[bool]) -> Calibration | None:
    """Calibration of assertions; None where nothing was asserted."""
    if not confidence:
        return None
    scores, truth = np.asarray(confidence, dtype=float), np.asarray(right, dtype=bool)
    places = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    bins = []
    for place in range(BINS):
        inside = places == place
        count = int(inside.sum())
        bins.append(
            ReliabilityBin(
                place / BINS,
                (place + 1) / BINS,
                count,
                float(scores[inside].mean()) if count else 0.0,
                float(truth[inside].mean()) if count else 0.0,
            )
        )
    error = sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / len(scores)
    return Calibration(len(scores), float(error), _auroc(scores, truth), tuple(bins))


def _auroc(scores: Floats, truth: Bools) -> float | None:
    """The Mann-Whitney statistic over its greatest value; ties count half."""
    from scipy.stats import rankdata

    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return None
    ranks = float(rankdata(scores)[truth].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)
