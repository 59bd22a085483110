"""How much each term tells of classes, learned from labelled examples: what a linear classifier may expect of it.

A term that stands in one class only tells much, one that stands in all alike nothing. Source of the shrinkage, without
which every term that was seen once would seem to tell its class: Hausser and Strimmer 2009, *Entropy Inference and the
James-Stein Estimator*. Weighing terms by their labels at all: Debole and Sebastiani 2003.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_FLOOR = 0.05
"""Distinctness that every term is granted beside its own."""


def distinctness(rows: csr_matrix, has: Bools) -> Floats:
    """Of each term: 0 where it stands in all classes alike, 1 where in one only, as far as the examples show it.

    One less the entropy of its classes, each class counted as if it had as many examples as any other, in units of the
    greatest there is. The shares of classes are shrunk towards alike by as much as chance could have set them apart.

    Args:
        rows: Examples x terms.
        has: Examples x classes, one true in each row; at least two classes.
    """
    stands = rows.astype(np.bool_).astype(np.float32)
    counts = np.asarray(stands.T @ has.astype(np.float32), dtype=np.float64)
    total, even = counts.sum(axis=1, keepdims=True), 1 / has.shape[1]
    shares = counts / np.maximum(has.sum(axis=0), 1)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    chance = 1 - (shares**2).sum(axis=1, keepdims=True)
    apart = (total - 1) * ((even - shares) ** 2).sum(axis=1, keepdims=True)
    shrunk = np.where(chance < apart, chance / np.maximum(apart, 1e-12), 1.0)
    shares = shrunk * even + (1 - shrunk) * shares
    entropy = -(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=1)
    return np.asarray(np.clip(1 - entropy / np.log(has.shape[1]), 0, 1))


def spread(rows: csr_matrix, has: Bools) -> Floats32:
    """The factor of each term by which a classifier's penalty follows distinctness.

    A weight's variance, as the penalty expects it, is in proportion to a floor and the term's distinctness. Rows are as
    long as before, in the square mean, so that C means what it did.
    """
    factor = np.sqrt(_FLOOR + distinctness(rows, has))
    squares = np.asarray(rows.multiply(rows).sum(axis=0), dtype=np.float64).ravel()
    return np.asarray(factor * np.sqrt(squares.sum() / (squares @ factor**2)), dtype=np.float32)
