"""Lenient scores of spans: found where a span of the same category overlaps, wherever it begins and ends.

Each labelled span goes with one predicted span at most (largest overlap first), so that one long guess doesn't cover
five labels; beside the strict scores they tell wrong edges from wrong finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from docplatform.evaluation.mistakes import Item, Pair, overlap


def overlap_counts(pairs: Sequence[Pair]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Matched, asserted and labelled spans by category."""
    matched: Counter[str] = Counter()
    asserted: Counter[str] = Counter(item[0] for _, found in pairs for item in found)
    labelled: Counter[str] = Counter(item[0] for truth, _ in pairs for item in truth)
    for truth, found in pairs:
        matched += _matches(truth, found)
    return matched, asserted, labelled


def _matches(truth: frozenset[Item], found: frozenset[Item]) -> Counter[str]:
    exact = truth & found
    counts = Counter(item[0] for item in exact)
    by_category: dict[str, list[Item]] = {}
    for item in found - exact:
        by_category.setdefault(item[0], []).append(item)
    candidates = [
        (-overlap(label, guess), label, guess)
        for label in truth - exact
        for guess in by_category.get(label[0], ())
        if overlap(label, guess) > 0
    ]
    taken: set[Item] = set()
    given: set[Item] = set()
    for _, label, guess in sorted(candidates):
        if label not in taken and guess not in given:
            taken.add(label)
            given.add(guess)
            counts[label[0]] += 1
    return counts
