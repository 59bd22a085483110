"""Texts to numbers for the linear classifiers: TF-IDF of words and of characters within words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from docplatform.errors import PermanentError
from docplatform.models.local.options import ClassificationOptions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"\b\w+\b")
_MANY = 2_000
"""From this many texts on, a feature must stand in two of them: half the features stand in one only. With few texts
those tell classes apart too (10 examples a class of banking77: accuracy .735 to .745)."""


@dataclass(frozen=True)
class TextFeatures:
    """A fitted vocabulary. ``transform`` depends on each text alone."""

    vectorizers: tuple[TfidfVectorizer, ...]
    weights: tuple[float, ...]
    """Length of a text's row in each vectorizer's features."""
    max_characters: int
    text_count: int
    """Texts that were fitted on."""

    @classmethod
    def fit(cls, texts: Sequence[str], options: ClassificationOptions) -> tuple[TextFeatures, csr_matrix]:
        """Learn the vocabulary and document frequencies of these texts; also hand out the texts' own rows.

        Raises:
            PermanentError: where the texts hold no word at all.
        """
        from scipy.sparse import hstack

        seen = [text[: options.max_characters] for text in texts]
        vectorizers = _vectorizers(options, 2 if len(texts) >= _MANY else 1)
        fitted = [(v, w, rows) for v, w in vectorizers if (rows := _fit(v, seen)) is not None]
        if not fitted:
            raise PermanentError(f"None of the {len(texts)} texts holds a word; check what was read from them.")
        features = cls(tuple(v for v, *_ in fitted), tuple(w for _, w, _ in fitted), options.max_characters, len(texts))
        return features, hstack([rows * np.float32(w) for _, w, rows in fitted], format="csr")

    @property
    def count(self) -> int:
        """Features there are."""
        return sum(len(vectorizer.vocabulary_) for vectorizer in self.vectorizers)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """One row per text. A row without entries has no feature that was trained on."""
        from scipy.sparse import csr_matrix, hstack

        if not texts:
            return csr_matrix((0, self.count), dtype=np.float32)
        seen = [text[: self.max_characters] for text in texts]
        blocks = [v.transform(seen) * np.float32(w) for v, w in zip(self.vectorizers, self.weights, strict=True)]
        return hstack(blocks, format="csr")

    def known_share(self, texts: Sequence[str], rows: csr_matrix, *, others_only: bool = False) -> Floats:
        """How much of each text's words is known, weighted by rarity: 0 to 1, 1 for a text without words.

        Args:
            texts: Any texts.
            rows: What ``transform``, or ``fit``, gave for them.
            others_only: The texts are those that were fitted on; a word that no other of them has is unknown.
        """
        rarity, unseen = self._rarity
        if others_only:
            rarity = np.where(rarity > unseen - np.log(2) - 1e-6, 0.0, rarity)
        stands = rows.astype(np.bool_).astype(np.float64)
        found = (set(_WORD.findall(text[: self.max_characters].lower())) for text in texts)
        count = np.array([len(words) for words in found], dtype=np.float64)
        known = stands @ rarity
        total = known + (count - stands @ (rarity > 0)) * unseen
        return np.where(total > 0, known / np.maximum(total, 1e-12), 1.0)

    @cached_property
    def _rarity(self) -> tuple[Floats, float]:
        """The inverse document frequency of each feature that is a word, 0 for others; and that of an unknown word."""
        rarity = np.zeros(self.count)
        unseen = float(np.log(1 + self.text_count)) + 1
        if self.vectorizers[0].analyzer == "word":
            terms = self.vectorizers[0].get_feature_names_out()
            rarity[: len(terms)] = np.where([" " in term for term in terms], 0.0, self.vectorizers[0].idf_)
        return rarity, unseen

    def to_files(self) -> tuple[bytes, dict[str, Floats]]:
        """The vocabulary as JSON, and the arrays that go with it."""
        terms = [[str(t) for t in v.get_feature_names_out()] for v in self.vectorizers]
        blocks = [
            {"analyzer": v.analyzer, "ngrams": list(v.ngram_range), "weight": w, "terms": t}
            for v, w, t in zip(self.vectorizers, self.weights, terms, strict=True)
        ]
        document = {"max_characters": self.max_characters, "text_count": self.text_count, "blocks": blocks}
        idf = {f"idf_{i}": np.asarray(v.idf_) for i, v in enumerate(self.vectorizers)}
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"), idf

    @classmethod
    def from_files(cls, vocabulary: bytes, arrays: Mapping[str, npt.NDArray[Any]]) -> TextFeatures:
        """Read back what ``to_files`` gave."""
        document = json.loads(vocabulary.decode("utf-8", "surrogatepass"))
        vectorizers = []
        for index, block in enumerate(document["blocks"]):
            vectorizer = _vectorizer(block["analyzer"], tuple(block["ngrams"]), 1, None, block["terms"])
            vectorizer.idf_ = arrays[f"idf_{index}"]
            vectorizers.append(vectorizer)
        weights = tuple(float(block["weight"]) for block in document["blocks"])
        return cls(tuple(vectorizers), weights, int(document["max_characters"]), int(document["text_count"]))


def _vectorizers(options: ClassificationOptions, min_df: int) -> list[tuple[TfidfVectorizer, float]]:
    vectorizers = [(_vectorizer("word", (1, options.word_ngrams), min_df, options.max_features), 1.0)]
    if options.char_ngrams:
        shortest = min(2, options.char_ngrams)
        chars = _vectorizer("char_wb", (shortest, options.char_ngrams), min_df, options.max_features)
        vectorizers.append((chars, options.char_weight))
    return vectorizers


def _vectorizer(
    analyzer: str, ngrams: tuple[int, int], min_df: int, max_features: int | None, terms: Sequence[str] | None = None
) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        min_df=min_df,
        max_features=max_features,
        vocabulary=None if terms is None else {term: i for i, term in enumerate(terms)},
        sublinear_tf=True,
        dtype=np.float32,
        token_pattern=_WORD.pattern if analyzer == "word" else None,
    )


def _fit(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> csr_matrix | None:
    """Fit; None where no feature of this sort is left, which is what scikit-learn's ``ValueError`` says."""
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:
        return None
