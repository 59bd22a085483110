"""Words grouped by the company they keep, learned from the user's own text: no download, no pretrained model.

A word's vector are the words at its sides with their places (positive pointwise mutual information, reduced by a
singular value decomposition), and k-means groups vectors at several granularities. Sources: Levy & Goldberg 2014,
*Neural Word Embedding as Implicit Matrix Factorization*; Turian et al. 2010, *Word Representations*, for several
granularities at once as features of a sequence model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Ints = npt.NDArray[np.int32]

GRANULARITIES = (32, 128, 512)
"""How many clusters, coarse to fine."""
MIN_COUNT = 2
"""A word seen once has no company to speak of. That it has no cluster tells the model that it is rare."""
_MOST_WORDS = 20_000
_CONTEXT_WORDS = 1_500
_PLACES = (-2, -1, 1, 2)
_DIMENSIONS = 60
_SMOOTHING = 0.75
"""Exponent on contexts' counts, Levy, Goldberg & Dagan 2015: rare contexts would dominate otherwise."""
_SEED = 20_170_907


def cluster_words(texts: Sequence[Sequence[str]]) -> tuple[list[str], Ints]:
    """Cluster the words of texts.

    Args:
        texts: Lower-cased tokens of each text.

    Returns:
        The words that were seen ``MIN_COUNT`` times, most frequent first, and for each one cluster number per
        granularity that its number of words allows (a column may be missing, all may).
    """
    counts = Counter(form for text in texts for form in text)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    words = [word for word, count in ranked if count >= MIN_COUNT][:_MOST_WORDS]
    sizes = [size for size in GRANULARITIES if 2 * size <= len(words)]
    if not sizes:
        return words, np.zeros((len(words), 0), dtype=np.int32)
    from sklearn.cluster import KMeans

    vectors = _vectors(texts, words)
    columns = [KMeans(size, n_init=1, max_iter=30, random_state=_SEED).fit_predict(vectors) for size in sizes]
    return words, np.stack(columns, axis=1).astype(np.int32)


def _vectors(texts: Sequence[Sequence[str]], words: Sequence[str]) -> npt.NDArray[np.float64]:
    """One row of unit length (or of zeros) per word."""
    from sklearn.utils.extmath import randomized_svd

    weights = _positive_mutual_information(_contexts(texts, words))
    dimensions = min(_DIMENSIONS, len(words) - 1)
    left, values, _ = randomized_svd(weights, dimensions, n_iter=4, random_state=_SEED)
    vectors = left * np.sqrt(values)
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9))


def _contexts(texts: Sequence[Sequence[str]], words: Sequence[str]) -> csr_matrix:
    """How often each word has each of the most frequent words in each place beside it."""
    from scipy.sparse import coo_matrix

    numbers = {word: number for number, word in enumerate(words)}
    gap = [-1] * max(_PLACES)
    stream = np.array([number for text in texts for number in (*(numbers.get(f, -1) for f in text), *gap)])
    width = min(_CONTEXT_WORDS, len(words))
    rows, columns = [], []
    for position, place in enumerate(_PLACES):
        at = stream[-place:] if place < 0 else stream[:-place]
        beside = stream[:place] if place < 0 else stream[place:]
        counted = (at >= 0) & (beside >= 0) & (beside < width)
        rows.append(at[counted])
        columns.append(beside[counted] + position * width)
    row, column = np.concatenate(rows), np.concatenate(columns)
    return coo_matrix((np.ones(len(row)), (row, column)), shape=(len(words), width * len(_PLACES))).tocsr()


def _positive_mutual_information(counts: csr_matrix) -> csr_matrix:
    from scipy.sparse import coo_matrix

    of_word = np.asarray(counts.sum(axis=1)).ravel()
    of_context = np.asarray(counts.sum(axis=0)).ravel() ** _SMOOTHING
    share = of_context / max(of_context.sum(), 1.0)
    entries = counts.tocoo()
    information = np.log(entries.data / (of_word[entries.row] * share[entries.col]))
    kept = information > 0
    positions = (entries.row[kept], entries.col[kept])
    return coo_matrix((information[kept], positions), shape=counts.shape).tocsr()
