"""Whether a text is like those that were trained on: a classifier chooses among its classes whatever it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.models.local.features import TextFeatures
from docplatform.models.local.model_folder import Arrays

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_ENOUGH = 20
"""With fewer examples nothing is known of how alike texts of this kind are."""


@dataclass(frozen=True)
class Familiarity:
    """How alike a text must be to the examples.

    A text's familiarity is the share of its words that are known, weighted by their rarity, times its cosine with the
    nearest class's mean. Either alone is high for some texts from elsewhere: those of common words, or of few words
    that happen to be a class's.
    """

    centroids: Floats32
    """Features x groups of examples, each of unit length."""
    least: float
    """Below it a text is far from all examples."""

    @classmethod
    def fit(
        cls, features: TextFeatures, texts: Sequence[str], rows: csr_matrix, has: Bools, share: float
    ) -> Familiarity:
        """Set the bound so that this share of the examples themselves would be below it.

        Each example is compared with the others only: its own words and its own part in the mean don't count.

        Args:
            features: As fitted on the texts.
            texts: The examples.
            rows: Their features.
            has: Examples x classes.
            share: Of examples that may be told far, 0 to 1; 0: none, and no text is ever far.
        """
        groups = np.concatenate([has, ~has.any(axis=1, keepdims=True)], axis=1)
        groups = groups[:, groups.any(axis=0)]
        sums = np.asarray(rows.T @ groups.astype(np.float32), dtype=np.float32)
        squares = (sums.astype(np.float64) ** 2).sum(axis=0)
        centroids = sums / np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
        if not share or len(texts) < _ENOUGH:
            return cls(centroids, 0.0)
        own = np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64)
        products = np.asarray(rows @ sums, dtype=np.float64) - own * groups
        lengths = squares - 2 * products * groups - own * groups
        cosines = products / np.sqrt(np.maximum(lengths * own, 1e-12))
        cosines[lengths < 1e-6] = 0.0
        likeness = _likeness(cosines.max(axis=1), features.known_share(texts, rows, others_only=True))
        return cls(centroids, _bound(likeness, share))

    def is_far(self, features: TextFeatures, texts: Sequence[str], rows: csr_matrix) -> Bools:
        """Which texts are below the bound, or without any known feature."""
        unknown = np.diff(rows.indptr) == 0
        if not self.least:
            return np.asarray(unknown)
        own = np.sqrt(np.maximum(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64), 1e-12))
        nearest = np.asarray(rows @ self.centroids, dtype=np.float64).max(axis=1, keepdims=True) / own.reshape(-1, 1)
        return np.asarray(unknown | (_likeness(nearest[:, 0], features.known_share(texts, rows)) < self.least))

    def to_arrays(self) -> Arrays:
        """As numbers to keep."""
        return {"centroids": self.centroids, "least_familiar": np.array(self.least)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Familiarity:
        """Read back what ``to_arrays`` gave. Raises ``KeyError`` where it isn't there."""
        return cls(arrays["centroids"], float(arrays["least_familiar"]))


def _likeness(cosine: Floats, known: Floats) -> Floats:
    return np.asarray(cosine * known**2)


def _bound(likeness: Floats, share: float) -> float:
    """The likeness that this share of texts is below.

    Of few examples the least like one stands for far more than that share: then the bound is where it would be if the
    logarithms were normal, which is lower.
    """
    logarithms = np.log(np.maximum(likeness, 1e-3))
    normal = float(np.exp(logarithms.mean() + NormalDist().inv_cdf(share) * logarithms.std()))
    return min(float(np.quantile(likeness, share)), normal)
