"""Texts to numbers for the linear classifiers: TF-IDF of words and of characters within words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from docplatform.errors import PermanentError
from docplatform.models.local.options import ClassificationOptions

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

Floats = npt.NDArray[np.float64]

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
        features = cls(tuple(v for v, *_ in fitted), tuple(w for _, w, _ in fitted), options.max_characters)
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

    def to_files(self) -> tuple[bytes, dict[str, Floats]]:
        """The vocabulary as JSON, and the arrays that go with it."""
        terms = [[str(t) for t in v.get_feature_names_out()] for v in self.vectorizers]
        blocks = [
            {"analyzer": v.analyzer, "ngrams": list(v.ngram_range), "weight": w, "terms": t}
            for v, w, t in zip(self.vectorizers, self.weights, terms, strict=True)
        ]
        document = {"max_characters": self.max_characters, "blocks": blocks}
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
        return cls(tuple(vectorizers), weights, int(document["max_characters"]))


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
        token_pattern=r"\b\w+\b" if analyzer == "word" else None,
    )


def _fit(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> csr_matrix | None:
    """Fit; None where no feature of this sort is left, which is what scikit-learn's ``ValueError`` says."""
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:
        return None
