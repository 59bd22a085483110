"""Linear classifiers: balanced support vector machines, one per class, and their weights as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

REGULARIZATIONS = (0.1, 0.3, 1.0)
"""Values of C that are tried where the project gives none."""
SEED = 20_221_001


@dataclass(frozen=True)
class LinearWeights:
    """``weights`` (features x classes) and ``bias`` (classes), kept in 32 bits."""

    weights: Floats32
    bias: Floats32

    def scores(self, rows: csr_matrix) -> Floats:
        """Signed distances from each class's plane, one row per text."""
        product = rows.astype(np.float32) @ self.weights
        return np.asarray(product, dtype=np.float64) + self.bias


def fit_one_vs_rest(rows: csr_matrix, has: Bools, regularization: float) -> LinearWeights:
    """Fit one plane per column of ``has``, classes weighted by their rarity.

    A column that is all true or all false in these rows gets no weights and a score of plus or minus one.
    """
    weights = np.zeros((rows.shape[1], has.shape[1]), dtype=np.float32)
    bias = np.zeros(has.shape[1], dtype=np.float32)
    for column in range(has.shape[1]):
        wanted = has[:, column]
        if wanted.all() or not wanted.any():
            bias[column] = 1.0 if wanted.all() else -1.0
            continue
        machine = _machine(regularization).fit(rows, wanted)
        weights[:, column] = machine.coef_[0]
        bias[column] = machine.intercept_[0]
    return LinearWeights(weights, bias)


def _machine(regularization: float):  # type: ignore[no-untyped-def]
    from sklearn.svm import LinearSVC

    return LinearSVC(C=regularization, class_weight="balanced", random_state=SEED, dual=True, max_iter=2_000)
