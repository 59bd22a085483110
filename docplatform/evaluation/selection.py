"""Which documents are worth labelling next: those the model is unsure about, and that stand for many others.

Belongs here: choosing among texts. Doesn't: finding them, or predicting them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

_FEATURES = 1 << 18
"""Hashed words: no vocabulary is kept, and 2^18 buckets make collisions rare in a pool of some thousand texts."""


def choose(
    texts: Sequence[str],
    limit: int,
    *,
    uncertainty: Sequence[float] | None = None,
    labeled: Sequence[str] = (),
    first: Collection[int] = (),
) -> list[int]:
    """Indices of at most ``limit`` texts, the one most worth labelling first.

    Greedy facility location over TF-IDF, weighted by uncertainty (after Wei, Iyer and Bilmes 2015, "Submodularity in
    data subset selection and active learning"): each step takes the text for which uncertainty times what it adds is
    greatest. What it adds is the sum, over all texts, of how much more alike (cosine) they are to it than to the
    nearest text labelled or chosen before. So big groups that nobody has labelled come first, one text of each; copies
    add nothing, and a text that is like no other adds itself alone. Without ``uncertainty`` that decides alone.
    Deterministic; of equal ones the first.

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
    alike = (vectors @ vectors.T).toarray()
    covered = np.zeros(len(texts)) if known is None else (vectors @ known.T).max(axis=1).toarray().ravel()
    weight = np.ones(len(texts)) if uncertainty is None else np.asarray(uncertainty, dtype=float)
    waiting, ahead = set(range(len(texts))), set(first)
    chosen: list[int] = []
    for _ in range(min(limit, len(texts))):
        allowed = np.zeros(len(texts), dtype=bool)
        allowed[sorted(waiting & ahead or waiting)] = True
        added = weight * np.maximum(alike - covered[:, None], 0.0).sum(axis=0)
        best = int(np.argmax(np.where(allowed, np.round(added, 9), -1.0)))
        waiting.remove(best)
        chosen.append(best)
        covered = np.maximum(covered, alike[best])
    return chosen


def _vectors(texts: Sequence[str], labeled: Sequence[str]) -> tuple[Any, Any]:
    """L2-normalised TF-IDF rows of both, idf over both; None for no labelled texts."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(n_features=_FEATURES, alternate_sign=False, norm=None).transform([*texts, *labeled])
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts).tocsr()
    return vectors[: len(texts)], vectors[len(texts) :] if labeled else None
