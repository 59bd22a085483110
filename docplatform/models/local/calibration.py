"""Scores to probabilities, and probabilities to decisions; learned from scores of examples that weren't trained on.

Sources: temperature scaling, Guo et al. 2017, *On Calibration of Modern Neural Networks*; sigmoid calibration and its
smoothed targets, Platt 1999; the threshold of greatest expected F1, Lipton et al. 2014, *Optimal Thresholding of
Classifiers to Maximize F1 Measure*.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

UNCALIBRATED_SCALE = 2.0
"""Scale of scores where nothing could be held out to learn it from."""
_LOG_SCALE_BOUNDS = (-3.0, 4.0)


def softmax(scores: Floats, scale: float) -> Floats:
    """Probabilities of classes that exclude each other, one row per text."""
    scaled = scores * scale
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit_scale(scores: Floats, truth: Ints) -> float:
    """The scale of ``softmax`` under which held-out truth is likeliest.

    Targets are smoothed by one part in n + 2, so that a few examples, all of them right, don't make it sure of itself.
    """
    from scipy.optimize import minimize_scalar

    if not len(truth):
        return UNCALIBRATED_SCALE
    rows, smoothing = np.arange(len(truth)), 1.0 / (len(truth) + 2)

    def loss(log_scale: float) -> float:
        probabilities = np.log(np.clip(softmax(scores, float(np.exp(log_scale))), 1e-12, 1.0))
        right = probabilities[rows, truth]
        return -float(np.mean((1 - smoothing) * right + smoothing * probabilities.mean(axis=1)))

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_SCALE_BOUNDS, method="bounded").x))


def sigmoid(scores: Floats, scale: Floats, shift: Floats) -> Floats:
    """Probabilities of classes that don't exclude each other, one row per text."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores * scale + shift, -50, 50))))


def fit_sigmoid(scores: Floats, truth: Bools) -> tuple[float, float]:
    """Scale and shift of ``sigmoid`` for one class, under which held-out truth is likeliest.

    The scale is never negative: a classifier worse than chance on what was held out is one that knows nothing.
    """
    from scipy.optimize import minimize

    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return UNCALIBRATED_SCALE, 0.0
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        margin = np.clip(scores * parameters[0] + parameters[1], -50, 50)
        slope = 1.0 / (1.0 + np.exp(-margin)) - target
        return float(np.sum(np.logaddexp(0, margin) - target * margin)), np.array([slope @ scores, slope.sum()])

    start = np.array([1.0, float(np.log((positives + 1) / (negatives + 1)))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)])
    return float(found.x[0]), float(found.x[1])


def best_threshold(probabilities: Floats) -> float:
    """The threshold of one class at which the F1 to be expected from these probabilities is greatest.

    It looks at probabilities alone, not at the truth again: on few examples that varies far less.
    """
    ordered = np.sort(probabilities)[::-1]
    expected = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    best = int(np.argmax(expected))
    following = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return float((ordered[best] + following) / 2)
