"""Documents that are nearly the same: copies with another header, forwarded mails, corrected versions.

Belongs here: finding them. Doesn't: what follows from it (``splits`` keeps them together, ``doctor`` names them).

Two texts are near duplicates where the Jaccard index of their 5-word shingles is at least 0.8 (Broder, 1997, "On the
resemblance and containment of documents"). Words are compared in lower case and without punctuation; a text of fewer
words than five is one shingle. A shingle that stands in over a tenth of the documents (and in more than 4) is a form's
or a letter's template and doesn't count: filled forms are no copies of each other. The search is exact, by prefix
filtering (Bayardo, Ma and Srikant, 2007, "Scaling up all pairs similarity search"): ordered from rare to frequent, two
sets that are alike enough share one of their rarest shingles. No sampling, so the same texts give the same answer.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

WORDS = 5
"""Words of a shingle."""
LEAST_JACCARD = 0.8
_TEMPLATE_SHARE = 0.1
_TEMPLATE_LEAST = 4
_WORD = re.compile(r"\w+")


def near_duplicates(texts: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    """Pairs of places in ``texts`` that are near duplicates, the earlier first, with their Jaccard index.

    Of texts whose counted shingles are equal only neighbours are paired: n copies give n - 1 pairs.
    """
    vocabulary: dict[str, int] = {}
    shingles = _counted([_shingles(text, vocabulary) for text in texts])
    first_of: dict[frozenset[int], int] = {}
    distinct: list[int] = []
    for place, found in enumerate(shingles):
        if not found:
            continue
        if found in first_of:
            yield first_of[found], place, 1.0
        else:
            distinct.append(place)
        first_of[found] = place
    yield from _alike(shingles, distinct)


def _alike(shingles: Sequence[frozenset[int]], distinct: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    frequency = Counter(shingle for place in distinct for shingle in shingles[place])
    holding: dict[int, list[int]] = {}
    # shorter sets first, so that a set meets only those that are no longer than itself
    for place in sorted(distinct, key=lambda place: (len(shingles[place]), place)):
        own = shingles[place]
        prefix = sorted(own, key=lambda shingle: (frequency[shingle], shingle))
        prefix = prefix[: len(own) - math.ceil(LEAST_JACCARD * len(own)) + 1]
        candidates = {other for shingle in prefix for other in holding.get(shingle, ())}
        for other in sorted(other for other in candidates if len(shingles[other]) >= LEAST_JACCARD * len(own)):
            common = len(own & shingles[other])
            jaccard = common / (len(own) + len(shingles[other]) - common)
            if jaccard >= LEAST_JACCARD:
                yield min(place, other), max(place, other), jaccard
        for shingle in prefix:
            if frequency[shingle] > 1:
                holding.setdefault(shingle, []).append(place)


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of ``count`` places the smallest place that pairs lead to, through others too."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(place) for place in range(count)]


def _shingles(text: str, vocabulary: dict[str, int]) -> frozenset[int]:
    """Hashes (64 bits) of the shingles. Of numbers, not of words: Python's hashes of those differ between processes."""
    words = _WORD.findall(text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold())
    numbers = [vocabulary.setdefault(word, len(vocabulary)) for word in words]
    if len(numbers) < WORDS:
        return frozenset([hash(tuple(numbers))]) if numbers else frozenset()
    return frozenset(map(hash, zip(*(numbers[start:] for start in range(WORDS)), strict=False)))


def _counted(shingles: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """The shingles without those of templates; texts that are nothing else keep theirs."""
    frequency = Counter(shingle for found in shingles for shingle in found)
    most = max(_TEMPLATE_LEAST, _TEMPLATE_SHARE * len(shingles))
    template = {shingle for shingle, count in frequency.items() if count > most}
    return [found - template or found for found in shingles]
