"""The domain classifier: how well recent texts can be told from reference texts.

Features are hashed, so nothing is fitted to the texts that are then tested; the classifier is cross-fitted, so each
text is scored by one that never saw it. (A projection fitted on the tested sample alarmed on 9 of 9 pairs that were
alike.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MAX_TEXTS = 2_000
"""Texts looked at on each side."""
_MAX_CHARACTERS = 4_000
_FOLDS = 5
_SEED = 20_221_001

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Separation:
    """``auc`` 0.5: can't be told apart; ``z``: its standard scores above that."""

    auc: float
    z: float


def tell_apart(reference: Sequence[str], current: Sequence[str]) -> Separation | None:
    """Cross-fit a classifier of current against reference texts.

    The AUC is the mean over folds, weighted by the pairs they compare; its variance under "no difference" is that of
    the Mann-Whitney statistic. None where the texts are copies of so few that no fold holds both sides.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    reference, current = thinned(reference), thinned(current)
    texts = [*reference, *current]
    is_current = np.arange(len(texts)) >= len(reference)
    folds = _folds(texts)
    with threadpool_limits(1):
        rows = _rows(texts)
        tested = [_fold_auc(rows, is_current, folds == fold) for fold in range(_FOLDS)]
    usable = [fold for fold in tested if fold[1]]
    if not usable:
        return None
    aucs, pairs, variances = (np.array(values) for values in zip(*usable, strict=True))
    weights = pairs / pairs.sum()
    auc = float(weights @ aucs)
    return Separation(auc, float((auc - 0.5) / np.sqrt(weights**2 @ variances)))


def _fold_auc(rows: csr_matrix, is_current: Bools, tested: Bools) -> tuple[float, int, float]:
    """AUC on the tested texts, the pairs it compares, and its variance if there is no difference."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    truth = is_current[tested]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    kept = is_current[~tested]
    if not positives or not negatives or kept.all() or not kept.any():
        return 0.5, 0, 0.0
    classifier = LogisticRegression(C=1.0, class_weight="balanced", solver="liblinear", random_state=_SEED).fit(
        rows[~tested], kept
    )
    auc = float(roc_auc_score(truth, classifier.decision_function(rows[tested])))
    return auc, positives * negatives, (positives + negatives + 1) / (12 * positives * negatives)


def _rows(texts: Sequence[str]) -> csr_matrix:
    """Words for what texts are about; pairs and triples of characters for how they were typed or recognised."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.preprocessing import normalize

    common = {"n_features": 2**17, "norm": None, "alternate_sign": False}
    vectorizers = [HashingVectorizer(**common)]
    vectorizers += [HashingVectorizer(analyzer="char_wb", ngram_range=(n, n), **common) for n in (2, 3)]
    blocks = []
    for vectorizer in vectorizers:
        block = vectorizer.transform(texts)
        block.data = np.log1p(block.data)
        blocks.append(normalize(block))
    return hstack(blocks, format="csr")


def thinned(texts: Sequence[str]) -> list[str]:
    """At most ``MAX_TEXTS``, whichever come first by their hashes: no matter in what order they are given."""
    cut = [text[:_MAX_CHARACTERS] for text in texts]
    return sorted(cut, key=_digest)[:MAX_TEXTS]


def _folds(texts: Sequence[str]) -> Ints:
    """Texts that are the same are tested together, or copies would be recognised."""
    return np.array([int(_digest("fold" + text)[:8], 16) % _FOLDS for text in texts], dtype=np.int64)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
