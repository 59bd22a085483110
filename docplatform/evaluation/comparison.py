"""Whether one model is better than another on the same documents, or only luckier.

Where every document is one decision (single-label classes, files of one document) the two are compared by McNemar's
exact test on the documents that only one of them got right. Otherwise by a paired permutation test over documents
(approximate randomisation: Yeh, 2000, "More accurate tests for the statistical significance of result differences"):
how often would swapping the two models' answers, document by document, give a difference in micro F1 as large. The
interval of the difference is a paired bootstrap over documents. All seeded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from docplatform.evaluation.counts import CONFIDENCE, RESAMPLES, DocumentCounts, Floats, f1, resampled

MCNEMAR, PERMUTATION = "McNemar's exact test", "paired permutation test"
_PERMUTATIONS = 2_000
_SEED = 20_221_001
_CHUNK = 100
_POWER = 1.96 + 0.84
"""Standard errors a difference must measure to be seen four times in five at the 5 % level."""
_MOST_TIMES = 100
"""An estimate of more than so many times the documents there are is no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A candidate against a champion on the same test documents."""

    test: str
    """Which test gave ``p_value``."""
    difference: float
    """Micro F1 of the candidate less the champion's."""
    low: float
    """95 % interval of the difference."""
    high: float
    p_value: float
    """Chance of a difference at least as large if the two were equally good."""
    documents: int
    needed_documents: int | None
    """Further test documents after which a difference like this would probably be significant; None: can't be told."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Comparison:
        """Read back ``to_dict``."""
        return cls(**data)


def compare(candidate: DocumentCounts, champion: DocumentCounts) -> Comparison:
    """Compare two models by their counts on the same documents.

    Raises:
        ValueError: the documents differ, or there are none.
    """
    if candidate.documents != champion.documents or not candidate.documents:
        raise ValueError("Two models are compared on the same documents, and on at least one")
    first, second = np.stack(candidate.all_labels, axis=1), np.stack(champion.all_labels, axis=1)
    difference = candidate.micro_f1 - champion.micro_f1
    by_chance = _bootstrap(first, second)
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(value) for value in np.quantile(by_chance, [tail, 1 - tail]))
    is_single = max(float(first.max()), float(second.max())) <= 1.0
    return Comparison(
        test=MCNEMAR if is_single else PERMUTATION,
        difference=difference,
        low=min(low, difference),
        high=max(high, difference),
        p_value=_mcnemar(first, second) if is_single else _permutation(first, second, difference),
        documents=len(candidate.documents),
        needed_documents=_needed(difference, float(by_chance.std()), len(candidate.documents)),
    )


def _mcnemar(first: Floats, second: Floats) -> float:
    from scipy.stats import binomtest

    only_first = int(((first[:, 0] > 0) & (second[:, 0] == 0)).sum())
    only_second = int(((second[:, 0] > 0) & (first[:, 0] == 0)).sum())
    if not only_first + only_second:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def _permutation(first: Floats, second: Floats, difference: float) -> float:
    generator = np.random.default_rng(_SEED)
    changed = (first != second).any(axis=1)
    both, one, other = first[~changed].sum(axis=0), first[changed], second[changed]
    swapped = generator.integers(2, size=(_PERMUTATIONS, len(one))).astype(np.float64)
    mixed_one = both + swapped @ other + (1 - swapped) @ one
    mixed_other = both + swapped @ one + (1 - swapped) @ other
    gaps = np.abs(f1(*mixed_one.T) - f1(*mixed_other.T))
    return (1 + int((gaps >= abs(difference) - 1e-12).sum())) / (1 + _PERMUTATIONS)


def _bootstrap(first: Floats, second: Floats) -> Floats:
    generator = np.random.default_rng(_SEED)
    differences = []
    for _ in range(0, RESAMPLES, _CHUNK):
        weights = resampled(len(first), generator, _CHUNK)
        differences.append(f1(*(weights @ first).T) - f1(*(weights @ second).T))
    return np.concatenate(differences)


def _needed(difference: float, error: float, documents: int) -> int | None:
    if abs(difference) < 1e-12 or not error:
        return None
    times = (_POWER * error / abs(difference)) ** 2
    return None if times > _MOST_TIMES else max(0, math.ceil(documents * (times - 1)))
