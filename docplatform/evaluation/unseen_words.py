"""Whether recent texts hold more words that the reference has none of: misread characters, a new topic, a new language.

Each text gets the share of its words that stand in no *other* reference text, so that reference and recent texts are
counted alike; the two samples of shares are then compared by ranks. Copies of a text are one: a hundred of them are no
more evidence than it. A domain classifier needs many texts to learn that "lnvoice" is odd; this knows it from one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from docplatform.evaluation.domain_classifier import Separation, thinned

_WORD = re.compile(r"\w+")

Floats = npt.NDArray[np.float64]


def tell_by_unseen_words(reference: Sequence[str], current: Sequence[str]) -> Separation | None:
    """AUC of the share of unseen words telling recent from reference texts, and its standard scores.

    None where no text holds a word, or no share differs from another.
    """
    known, recent = (_words(list(dict.fromkeys(thinned(texts)))) for texts in (reference, current))
    counts = Counter(word for words in known for word in words)
    shares = np.array(
        [
            *(_share(words, counts, own=1) for words in known if words),
            *(_share(words, counts, own=0) for words in recent if words),
        ]
    )
    first = sum(bool(words) for words in known)
    return _separation(shares[:first], shares[first:])


def _words(texts: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(_WORD.findall(text.casefold())) for text in texts]


def _share(words: frozenset[str], counts: Counter[str], *, own: int) -> float:
    return sum(counts[word] <= own for word in words) / len(words)


def _separation(reference: Floats, current: Floats) -> Separation | None:
    """The Mann-Whitney statistic, with its variance corrected for ties."""
    from scipy.stats import rankdata

    first, second = len(current), len(reference)
    together = first + second
    _, ties = np.unique(np.concatenate([current, reference]), return_counts=True)
    if not first or not second or len(ties) < 2:
        return None
    ranks = rankdata(np.concatenate([current, reference]))[:first].sum()
    auc = (ranks - first * (first + 1) / 2) / (first * second)
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (together * (together - 1))
    variance = (together + 1 - tied) / (12 * first * second)
    return Separation(float(auc), float((auc - 0.5) / np.sqrt(variance)))
