"""Which documents are worth labelling next: those the model is unsure about, and unlike each other.

Belongs here: choosing among texts. Doesn't: finding them, or predicting them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_FEATURES = 1 << 18
"""Hashed words: no vocabulary is kept, and 2^18 buckets make collisions rare in a pool of some thousand texts."""


_AHEAD = 2.0
"""More than uncertainty times distance can be."""


def choose(
    texts: Sequence[str],
    limit: int,
    *,
    uncertainty: Sequence[float] | None = None,
    labeled: Sequence[str] = (),
    first: Collection[int] = (),
) -> list[int]:
    """Indices of at most ``limit`` texts, the one most worth labelling first.

    Greedy k-center over TF-IDF (Sener and Savarese 2018, "Active learning for convolutional neural networks: a
    core-set approach"), weighted by uncertainty: each step takes the text for which uncertainty times cosine distance
    to the nearest text labelled or chosen before is greatest. Without ``uncertainty`` it is diversity alone, which
    begins at the most typical text. Deterministic; of equal ones the first.

    Args:
        texts: what may be chosen.
        limit: how many.
        uncertainty: of the model about each, in [0, 1]; None where there is no model.
        labeled: texts that are labelled already: what is like them teaches little.
        first: indices of texts that come before all others, in the same order among themselves.

    Raises:
        ValueError: there isn't one uncertainty for each text.
    """
    import numpy as np

    if uncertainty is not None and len(uncertainty) != len(texts):
        raise ValueError(f"{len(uncertainty)} uncertainties for {len(texts)} texts")
    if not texts or limit <= 0:
        return []
    vectors, known = _vectors(texts, labeled)
    weight = np.ones(len(texts)) if uncertainty is None else np.asarray(uncertainty, dtype=float)
    distance = np.ones(len(texts))
    if known is not None:
        distance = 1 - (vectors @ known.T).max(axis=1).toarray().ravel()
    elif uncertainty is None:
        distance = _typicality(vectors)  # for the first pick only: the next ones look at what was chosen
    ahead = np.zeros(len(texts))
    ahead[list(first)] = _AHEAD
    free = np.ones(len(texts), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(limit, len(texts))):
        # a copy of a chosen text scores 0 and an index that was chosen scores less, so that copies come last
        best = int(np.argmax(np.where(free, np.round(weight * distance + ahead, 9), -1.0)))
        if not chosen and known is None:
            distance = np.ones(len(texts))
        free[best] = False
        chosen.append(best)
        distance = np.minimum(distance, np.clip(1 - (vectors @ vectors[best].T).toarray().ravel(), 0.0, 1.0))
    return chosen


def _vectors(texts: Sequence[str], labeled: Sequence[str]) -> tuple[Any, Any]:
    """L2-normalised TF-IDF rows of both, idf over both; None for no labelled texts."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(n_features=_FEATURES, alternate_sign=False, norm=None).transform([*texts, *labeled])
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts).tocsr()
    return vectors[: len(texts)], vectors[len(texts) :] if labeled else None


def _typicality(vectors: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Cosine similarity of each row to the mean of all, up to a factor."""
    import numpy as np

    return np.asarray(vectors @ np.asarray(vectors.mean(axis=0)).ravel()).ravel()
