"""Population stability indices (PSI) of predicted classes and of confidence.

The index of two samples grows with the number of classes and shrinks with their size even when nothing has changed
(30 documents of 77 classes yield 1 and more by chance), so it is smoothed, and a permutation test stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docplatform.documents.predictions import Prediction

MAX_PREDICTIONS = 4_000
"""Predictions looked at on each side."""
_PERMUTATIONS = 1_999
_SMOOTHING = 0.5
"""Added to every count, so that a class that is new or gone doesn't make the index infinite."""
_CONFIDENCE_EDGES = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_SEED = 20_221_001
_NOTHING = "(none)"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MixChange:
    """How far the mix of predicted classes has moved."""

    psi: float
    p_value: float
    largest_shift: str
    """The class that moved most, in words."""


def stability_index(reference: Floats, current: Floats) -> Floats:
    """PSI of counts, smoothed; classes along the last axis."""
    expected, found = reference + _SMOOTHING, current + _SMOOTHING
    expected = expected / expected.sum(axis=-1, keepdims=True)
    found = found / found.sum(axis=-1, keepdims=True)
    return np.asarray(((found - expected) * np.log(found / expected)).sum(axis=-1))


def compare_mix(reference: Sequence[Prediction], current: Sequence[Prediction]) -> MixChange:
    """Compare what was predicted: classes, or categories of entities; nothing predicted counts as a class too.

    Documents, not labels, are permuted: the entities of one document come together.
    """
    generator = np.random.default_rng(_SEED)
    reference, current = _thinned(reference, generator), _thinned(current, generator)
    names, counts = _counts([*reference, *current])
    first, total = counts[: len(reference)].sum(axis=0), counts.sum(axis=0)
    psi = float(stability_index(first, total - first))
    chosen = np.zeros((_PERMUTATIONS, len(counts)), dtype=np.float32)
    for row in chosen:
        row[generator.permutation(len(counts))[: len(reference)]] = 1
    permuted = (chosen @ counts.astype(np.float32)).astype(np.float64)
    by_chance = stability_index(permuted, total - permuted)
    p_value = (1 + int((by_chance >= psi - 1e-9).sum())) / (1 + _PERMUTATIONS)
    return MixChange(psi, p_value, _largest_shift(names, first, total - first))


def compare_confidence(reference: Sequence[Prediction], current: Sequence[Prediction]) -> float:
    """PSI of confidence, in bins of a fixed width that is finer where models are sure."""
    first, second = (
        np.bincount(
            np.digitize([p.confidence_score for p in predictions], _CONFIDENCE_EDGES),
            minlength=len(_CONFIDENCE_EDGES) + 1,
        ).astype(np.float64)
        for predictions in (reference, current)
    )
    return float(stability_index(first, second))


def compare_confidence_shape(reference: Sequence[Prediction], current: Sequence[Prediction]) -> tuple[float, float]:
    """Kolmogorov and Smirnov's distance of the two distributions of confidence, and its p-value."""
    from scipy.stats import ks_2samp

    first, second = ([p.confidence_score for p in predictions] for predictions in (reference, current))
    found = ks_2samp(first, second, method="asymp")
    return float(found.statistic), float(found.pvalue)


def _counts(predictions: Sequence[Prediction]) -> tuple[list[str], Floats]:
    asserted = [
        [c.category for c in p.categories] + [e.category for e in p.entities] or [_NOTHING] for p in predictions
    ]
    names = sorted({name for one in asserted for name in one})
    column = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(predictions), len(names)))
    for row, one in zip(counts, asserted, strict=True):
        for name in one:
            row[column[name]] += 1
    return names, counts


def _largest_shift(names: Sequence[str], first: Floats, second: Floats) -> str:
    before, after = first / first.sum(), second / second.sum()
    most = int(np.argmax(np.abs(after - before)))
    return f"{names[most]} from {before[most]:.0%} to {after[most]:.0%}"


def _thinned(predictions: Sequence[Prediction], generator: np.random.Generator) -> list[Prediction]:
    if len(predictions) <= MAX_PREDICTIONS:
        return list(predictions)
    chosen = np.sort(generator.choice(len(predictions), MAX_PREDICTIONS, replace=False))
    return [predictions[i] for i in chosen]
