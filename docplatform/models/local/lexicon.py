"""What a model knows of words before it looks at a text: their clusters, and which are words of the language."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from docplatform.models.local.model_folder import arrays_from_bytes, arrays_to_bytes
from docplatform.models.local.tokens import token_texts
from docplatform.models.local.word_clusters import GRANULARITIES, MIN_COUNT, cluster_words
from docplatform.text.language import detect_language
from docplatform.text.words import in_dictionary

_LONGEST = 40
"""Characters of a form that are looked at: OCR and code yield endless ones."""
_SAMPLES, _SAMPLE = 20, 200
"""Texts, and characters of each, that the language is told from."""

Clusters = Mapping[str, tuple[str, ...]]


def cut(text: str) -> str:
    """A token's text as it is looked at: bounded, and without lone surrogates, which CRFsuite can't take."""
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def forms_of(content: str) -> list[str]:
    """Lower-cased tokens of a text."""
    return [cut(text).lower() for text in token_texts(content)]


@dataclass(frozen=True)
class Lexicon:
    """Words that were seen more than once, with the names of their clusters, coarse to fine."""

    language: str
    """ISO 639-1; whose dictionary tells names from words. Without a dictionary every word is unknown alike."""
    clusters: Clusters

    def sort(self, form: str) -> str:
        """``k``: in the dictionary; ``u``: a word that isn't; ``-``: no word."""
        if not form.isalpha():
            return "-"
        return "k" if in_dictionary(form, self.language) else "u"

    def familiarity(self, forms: Sequence[str]) -> float | None:
        """The share of a text's words that were seen before; None where it has too few to tell."""
        words = [form for form in forms if form.isalpha()]
        if len(words) < 20:
            return None
        return sum(form in self.clusters for form in words) / len(words)

    def without(self, counts: Counter[str], held_out: Counter[str]) -> Lexicon:
        """The lexicon as it would be without some texts: words hardly seen elsewhere aren't in it."""
        gone = {form for form, count in held_out.items() if counts[form] - count < MIN_COUNT}
        kept = {form: names for form, names in self.clusters.items() if form not in gone}
        return Lexicon(self.language, kept)

    def files(self) -> dict[str, bytes]:
        """As files of a model."""
        words = list(self.clusters)
        width = max((len(names) for names in self.clusters.values()), default=0)
        numbers = [[int(name.partition(".")[2]) for name in self.clusters[word]] for word in words]
        table = np.array(numbers, dtype=np.int16).reshape(len(words), width)
        return {"words.txt": "\n".join(words).encode(), "clusters.npz": arrays_to_bytes({"clusters": table})}

    @classmethod
    def of_files(cls, language: str, files: Mapping[str, bytes]) -> Lexicon:
        """Read back ``files``. Raises ``KeyError`` or ``ValueError`` where they aren't such."""
        text = files["words.txt"].decode()
        table = arrays_from_bytes(files["clusters.npz"])["clusters"]
        return cls(language, _named(text.split("\n") if text else [], table))


@dataclass(frozen=True)
class LearnedLexicon:
    """A lexicon with what it was learned from."""

    lexicon: Lexicon
    counts: Counter[str]
    unlabeled: Mapping[str, int | str]
    """Number of unlabelled texts, their characters, and the SHA-256 of them: a model's lineage."""


def learn_lexicon(texts: Sequence[str], unlabeled: Sequence[str], *, language: str | None) -> LearnedLexicon:
    """Learn from labelled and unlabelled texts, each in a stable order; a text that is in both counts once.

    Args:
        texts: Of the labelled examples.
        unlabeled: Others.
        language: ISO 639-1; None: told from the labelled texts.
    """
    known = set(texts)
    others = sorted({text for text in unlabeled if text not in known})
    tokens = [forms_of(text) for text in (*texts, *others)]
    words, table = cluster_words(tokens)
    if language is None:
        language = detect_language("\n".join(text[:_SAMPLE] for text in texts[:_SAMPLES])).language
    digest = hashlib.sha256()
    for text in others:
        digest.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    lineage: dict[str, int | str] = {"texts": len(others), "characters": sum(map(len, others))}
    lineage["sha256"] = digest.hexdigest()
    counts = Counter(form for text in tokens for form in text)
    return LearnedLexicon(Lexicon(language, _named(words, table)), counts, lineage)


def _named(words: Sequence[str], table: np.ndarray[tuple[int, int], np.dtype[np.int32]]) -> Clusters:
    if len(words) != len(table):
        raise ValueError(f"{len(words)} words, {len(table)} rows of clusters")
    sizes = GRANULARITIES[: table.shape[1]]
    rows = table.tolist()
    return {w: tuple(f"{s}.{n}" for s, n in zip(sizes, row, strict=True)) for w, row in zip(words, rows, strict=True)}
