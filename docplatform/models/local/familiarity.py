"""Whether a text is like those that were trained on: a classifier chooses among its classes whatever it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.models.local.features import TextFeatures
from docplatform.models.local.model_folder import Arrays, arrays_from_bytes, arrays_to_bytes
from docplatform.models.local.options import ClassificationOptions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

_ENOUGH = 20
"""With fewer examples nothing is known of how alike texts of this kind are."""

_USUAL_COSINE = 2 / 3
_USUAL_KNOWN = 0.75
"""A text with these shares of the median example's cosine, and of its known words, is never far."""


@dataclass(frozen=True)
class Familiarity:
    """How alike a text must be to the examples.

    A text is far that has too few known words (weighted by their rarity), or too small a cosine with every class's
    mean. The first finds long texts from elsewhere, the second short ones, whose few words may all be known.
    """

    centroids: Floats32
    """Features x groups of examples, each of unit length."""
    least_cosine: float
    least_known: float
    """Below either a text is far from all examples."""

    @classmethod
    def fit(
        cls, features: TextFeatures, texts: Sequence[str], rows: csr_matrix, has: Bools, share: float
    ) -> Familiarity:
        """Set each bound so that this share of the examples themselves would be below it.

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
            return cls(centroids, 0.0, 0.0)
        own = np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64)
        products = np.asarray(rows @ sums, dtype=np.float64) - own * groups
        lengths = squares - 2 * products * groups - own * groups
        cosines = products / np.sqrt(np.maximum(lengths * own, 1e-12))
        cosines[lengths < 1e-6] = 0.0
        known = features.known_share(texts, rows, others_only=True)
        return cls(centroids, _bound(cosines.max(axis=1), share, _USUAL_COSINE), _bound(known, share, _USUAL_KNOWN))

    def is_far(self, features: TextFeatures, texts: Sequence[str], rows: csr_matrix) -> Bools:
        """Which texts are below the bound, or without any known feature."""
        unknown = np.diff(rows.indptr) == 0
        if not self.least_cosine and not self.least_known:
            return np.asarray(unknown)
        own = np.sqrt(np.maximum(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64), 1e-12))
        cosine = np.asarray(rows @ self.centroids, dtype=np.float64).max(axis=1) / own.ravel()
        known = features.known_share(texts, rows)
        return np.asarray(unknown | (cosine < self.least_cosine) | (known < self.least_known))

    def to_arrays(self) -> Arrays:
        """As numbers to keep."""
        return {"centroids": self.centroids, "least_familiar": np.array([self.least_cosine, self.least_known])}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Familiarity:
        """Read back what ``to_arrays`` gave. Raises ``KeyError`` where it isn't there."""
        cosine, known = arrays["least_familiar"]
        return cls(arrays["centroids"], float(cosine), float(known))


@dataclass(frozen=True)
class KnownWords:
    """The share of a document's words that must be known, for models that have no features of whole texts."""

    features: TextFeatures
    least: float
    """Below it a document is far from all examples."""

    @classmethod
    def fit(cls, texts: Sequence[str], part: float) -> KnownWords:
        """Set the bound to a part of the examples' median, each compared with the others.

        A share of the examples, as ``Familiarity.fit`` takes, tells little here: documents of new senders, which are
        to be read, know fewer words than any example does. Nor does the cosine: short documents have a small one.

        Args:
            texts: The examples.
            part: 0 to 1; 0: only a text without a known word is far.

        Raises:
            PermanentError: where the texts hold no word at all.
        """
        features, rows = TextFeatures.fit(texts, ClassificationOptions(word_ngrams=1, char_ngrams=0))
        known = features.known_share(texts, rows, others_only=True)
        return cls(features, part * float(np.median(known)) if len(texts) >= _ENOUGH else 0.0)

    def is_far(self, texts: Sequence[str]) -> Bools:
        """Which texts are far from all examples."""
        rows = self.features.transform(texts)
        unknown = np.diff(rows.indptr) == 0
        return np.asarray(unknown | (self.features.known_share(texts, rows) < self.least))

    def to_files(self) -> dict[str, bytes]:
        """As files of a model."""
        vocabulary, idf = self.features.to_files()
        return {"vocabulary.json": vocabulary, "known.npz": arrays_to_bytes({**idf, "least": np.array(self.least)})}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> KnownWords:
        """Read back what ``to_files`` gave. Raises ``KeyError`` or ``ValueError`` where it isn't that."""
        arrays = arrays_from_bytes(files["known.npz"])
        return cls(TextFeatures.from_files(files["vocabulary.json"], arrays), float(arrays["least"]))


def _bound(values: Floats, share: float, usual: float) -> float:
    """The value that this share of texts is below.

    The least of a few examples stands for far more than that share of texts: the bound is no higher than it would be if
    values were normal, nor than ``usual`` times the median (examples of a closed vocabulary all know every word).
    """
    normal = float(values.mean() + NormalDist().inv_cdf(share) * values.std())
    return max(0.0, min(float(np.quantile(values, share)), normal, usual * float(np.median(values))))
