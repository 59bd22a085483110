"""Terms of one sort, runs of words or of characters within words, and what each weighs in a text (TF-IDF).

Runs of characters are counted word by word: those of each different word once, then as often as it stands in each text.
Against counting them text by text the counts are the same, at a fifth of the time for news articles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer

Floats = npt.NDArray[np.float64]

WORD = r"\b\w+\b"


@dataclass(frozen=True)
class Terms:
    """A fitted vocabulary of terms. ``rows`` depends on each text alone."""

    analyzer: str
    """``word`` or ``char_wb``, as scikit-learn names them."""
    ngrams: tuple[int, int]
    """Shortest and longest run."""
    weight: float
    """Length of a text's row in these terms."""
    names: Sequence[str]
    idf: Floats
    is_lone: npt.NDArray[np.bool_] | None = None
    """Which would be no terms without one of the texts that hold them; None: not known any more."""

    @classmethod
    def fit(
        cls,
        analyzer: str,
        ngrams: tuple[int, int],
        weight: float,
        texts: Sequence[str],
        *,
        in_texts: int,
        most: int,
    ) -> tuple[Terms, csr_matrix] | None:
        """Terms in so many texts, the ``most`` frequent of those, with the texts' rows; None: no terms."""
        counter = _counter(analyzer, ngrams)
        try:
            counts = _count(counter, texts, counter.fit_transform)
        except ValueError:  # scikit-learn's for a vocabulary without terms
            return None
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        kept = np.flatnonzero(frequency >= in_texts)
        total, least = np.asarray(counts.sum(axis=0)).ravel(), 0
        if len(kept) > most:
            kept = np.sort(kept[np.argsort(-total[kept], kind="stable")[:most]])
            least = total[kept].min()
        if not len(kept):
            return None
        idf = np.log((1 + len(texts)) / (1 + frequency[kept])) + 1
        is_lone = (frequency[kept] - 1 < in_texts) | (total[kept] - 1 < least)
        names = [str(name) for name in counter.get_feature_names_out()[kept]]
        terms = cls(analyzer, ngrams, weight, names, idf, is_lone)
        return terms, terms._weighed(counts[:, kept])

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """One row per text: logarithms of counts times rarity, made of length ``weight``."""
        return self._weighed(_count(self._counter, texts, self._counter.transform))

    def _weighed(self, counts: csr_matrix) -> csr_matrix:
        from sklearn.preprocessing import normalize

        counts.sort_indices()  # else a row's sum of squares would depend on the texts beside it
        counts.data = (np.log(counts.data) + 1) * self._idf32[counts.indices]
        return normalize(counts, copy=False) * np.float32(self.weight)

    @cached_property
    def _idf32(self) -> npt.NDArray[np.float32]:
        return self.idf.astype(np.float32)

    @cached_property
    def _counter(self) -> CountVectorizer:
        return _counter(self.analyzer, self.ngrams, {name: index for index, name in enumerate(self.names)})


def _counter(analyzer: str, ngrams: tuple[int, int], vocabulary: Mapping[str, int] | None = None) -> CountVectorizer:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        vocabulary=vocabulary,
        dtype=np.float32,
        token_pattern=WORD if analyzer == "word" else None,
    )


def _count(counter: CountVectorizer, texts: Sequence[str], count: Callable[[Iterable[str]], csr_matrix]) -> csr_matrix:
    """How often each term stands in each text, by a method of the counter."""
    if counter.analyzer == "word":
        return count(texts)
    words, stand = _words(texts)
    return stand @ count(words)


def _words(texts: Sequence[str]) -> tuple[list[str], csr_matrix]:
    """The different words between white space, and how often each stands in each text."""
    from scipy.sparse import csr_matrix

    index: dict[str, int] = {}
    found = [[index.setdefault(word, len(index)) for word in text.lower().split()] for text in texts]
    edges = np.cumsum([0, *map(len, found)])
    columns = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=int(edges[-1]))
    shape = (len(texts), len(index))
    stand = csr_matrix((np.ones(len(columns), dtype=np.float32), columns, edges), shape=shape)
    return list(index), stand
