"""Where a labelled value stands in a text.

Belongs here: finding occurrences of one value, choosing among several, and the closest text where there is none.
Doesn't: places on pages (``placing``). Values are looked for in the form that they are declared in: a date or an amount
written otherwise is another text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property

from docplatform.documents.vocabulary import SelectionMarkState
from docplatform.labels.boundaries import cuts_word

Spans = tuple[tuple[int, int], ...]
"""Start and end of each piece of a value, in code points, in order; a piece ends where its line does."""

_MARKS = frozenset(mark.value for mark in SelectionMarkState)
_MOST_OCCURRENCES = 50
_MOST_PIECES = 8
_GAP = 400
"""Most characters between two pieces of a value: a line or two of another column."""
_LEAST_PIECE = 3
"""Fewest letters and digits of the first piece of a value in pieces."""
_CLOSEST_WORDS = 5_000
_ROUNDS = 3
"""Of expectation and maximisation; choices settle after two."""
_SMOOTHING = 0.5


class AlignedText:
    """A text that values are looked for in."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _plain(self) -> tuple[str, list[int]]:
        """Letters and digits, case-folded, and the place of each in the text."""
        return _plain_with_places(self.text)

    def occurrences(self, value: str) -> list[Spans]:
        """Where a value stands, in the order of the text.

        The first way that finds it counts: character by character; but for case and white space; by letters and digits
        alone; in pieces that lie apart (lines of a column). Each way prefers places where no word is cut, then takes
        those where letters meet digits (``RM9.00`` for ``9.00``); a number is never found within another one.
        """
        value = value.strip()
        if value in _MARKS:
            value = f":{value}:"  # as a reading has it
        if not value:
            return []
        for find in (self._exact, self._spaced, self._by_letters):
            found = [span for span in find(value) if not _within_number(self.text, *span)]
            clean = [span for span in found if not cuts_word(self.text, *span)]
            allowed = clean or [span for span in found if not _cuts_letters(self.text, *span)]
            if allowed:
                return [_by_line(self.text, [span]) for span in allowed[:_MOST_OCCURRENCES]]
        return [_by_line(self.text, spans) for spans in self._in_pieces(value)]

    def _exact(self, value: str) -> Iterator[tuple[int, int]]:
        return (match.span() for match in re.finditer(re.escape(value), self.text))

    def _spaced(self, value: str) -> Iterator[tuple[int, int]]:
        words = r"\s+".join(re.escape(word) for word in value.split())
        return (match.span() for match in re.finditer(words, self.text, re.IGNORECASE))

    def _by_letters(self, value: str) -> Iterator[tuple[int, int]]:
        return self._plain_spans(plain(value))

    def _plain_spans(self, wanted: str, begin: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Spans whose letters and digits are ``wanted``; ``begin`` and ``end`` count letters and digits too."""
        letters, places = self._plain
        place = letters.find(wanted, begin, end) if wanted else -1
        while place >= 0:
            yield places[place], places[place + len(wanted) - 1] + 1
            place = letters.find(wanted, place + 1, end)

    def _in_pieces(self, value: str) -> list[list[tuple[int, int]]]:
        words = [word for word in (plain(part) for part in value.split()) if word]
        found: list[list[tuple[int, int]]] = []
        for length in range(len(words) - 1, 0, -1):
            first = "".join(words[:length])
            if len(first) < _LEAST_PIECE:
                break
            for span in self._whole(first, 0, None):
                rest = self._rest(words[length:], span[1], _MOST_PIECES - 1)
                if rest is not None:
                    found.append([span, *rest])
                if len(found) == _MOST_OCCURRENCES:
                    break
            if found:
                break  # the longest first piece
        return found

    def _rest(self, words: Sequence[str], after: int, most: int) -> list[tuple[int, int]] | None:
        """The further pieces, each the longest that follows within reach; None where some word isn't there."""
        if not words:
            return []
        for length in range(len(words), 0, -1) if most else ():
            span = next(self._whole("".join(words[:length]), after, after + _GAP), None)
            if span is not None:
                rest = self._rest(words[length:], span[1], most - 1)
                if rest is not None:
                    return [span, *rest]
        return None

    def _whole(self, wanted: str, start: int, end: int | None) -> Iterator[tuple[int, int]]:
        """Spans between two places of the text that cut no word and no number."""
        for span in self._plain_spans(wanted):
            if span[0] < start or cuts_word(self.text, *span) or _within_number(self.text, *span):
                continue
            if end is not None and span[0] > end:
                return
            yield span

    def closest(self, value: str) -> tuple[float, tuple[int, int]] | None:
        """The words most like a value, and how alike they are (``alike``). None in an empty text."""
        wanted = _grams(plain(value))
        words = [match.span() for match in re.finditer(r"\S+", self.text)][:_CLOSEST_WORDS]
        count = max(1, len(value.split()))
        best: tuple[float, tuple[int, int]] | None = None
        for size in sorted({max(1, count - 1), count, count + 1}):
            for first in range(len(words) - size + 1):
                span = (words[first][0], words[first + size - 1][1])
                likeness = _dice(wanted, _grams(plain(self.text[slice(*span)])))
                if best is None or likeness > best[0]:
                    best = (likeness, span)
        return None if best is None else (alike(value, self.text[slice(*best[1])]), best[1])


def plain(text: str) -> str:
    """Letters and digits, case-folded."""
    return _plain_with_places(text)[0]


def alike(one: str, other: str) -> float:
    """How alike two texts are: the share of letters and digits that they have in common in order, 0 to 1."""
    return SequenceMatcher(None, plain(one), plain(other), autojunk=False).ratio()


def choose(candidates: Sequence[tuple[AlignedText, Sequence[Spans]]]) -> list[int]:
    """Which occurrence each document's value of one field is: the one that stands most like in the other documents.

    Naive Bayes over the words before and after a place and its height in the text, against all candidates, fitted by
    expectation and maximisation: documents where the value stands once say how its surroundings look.

    Args:
        candidates: per document its text and the occurrences, at least one.

    Returns:
        The place of the chosen one in each document's occurrences; the first where nothing tells them apart.
    """
    surroundings = [[_surroundings(text.text, spans) for spans in found] for text, found in candidates]
    if all(len(found) == 1 for found in surroundings):
        return [0] * len(surroundings)
    everywhere: Counter[str] = Counter(feature for found in surroundings for near in found for feature in near)
    total = sum(len(found) for found in surroundings)
    weights = [[1 / len(found)] * len(found) for found in surroundings]
    for _ in range(_ROUNDS):
        chosen: dict[str, float] = defaultdict(float)
        for found, shares in zip(surroundings, weights, strict=True):
            for near, share in zip(found, shares, strict=True):
                for feature in near:
                    chosen[feature] += share
        gains = _gains(chosen, everywhere, len(surroundings), total)
        weights = [_shares([sum(gains[f] for f in sorted(near)) for near in found]) for found in surroundings]
    return [_likeliest(shares) for shares in weights]


def _likeliest(shares: Sequence[float]) -> int:
    rounded = [round(share, 9) for share in shares]  # sums of the same features in another order are equal
    return rounded.index(max(rounded))


def _gains(chosen: Mapping[str, float], everywhere: Mapping[str, int], picked: int, total: int) -> dict[str, float]:
    """How much more often a feature stands near what is chosen than near any candidate, as a logarithm."""
    return {
        feature: math.log((chosen[feature] + _SMOOTHING) / (picked + 1)) - math.log((count + _SMOOTHING) / (total + 1))
        for feature, count in everywhere.items()
    }


def _shares(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    return [power / sum(powers) for power in powers]


def _surroundings(text: str, spans: Spans) -> frozenset[str]:
    start, end = spans[0][0], spans[-1][1]
    before = [_shape(word) for word in text[max(0, start - 80) : start].split()[-3:]]
    after = [_shape(word) for word in text[end : end + 40].split()[:1]]
    line = text[text.rfind("\n", 0, start) + 1 : start].split()
    height = f"height {5 * start // max(1, len(text))}"
    first = [f"line {_shape(line[0])}"] if line else ["line"]
    return frozenset([*(f"before {word}" for word in before), *(f"after {word}" for word in after), *first, height])


def _shape(word: str) -> str:
    return re.sub(r"\d", "0", word.casefold())


def _plain_with_places(text: str) -> tuple[str, list[int]]:
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for part in unicodedata.normalize("NFKC", char).casefold() if not char.isascii() else char.lower():
            if part.isalnum():
                letters.append(part)
                places.append(place)
    return "".join(letters), places


def _by_line(text: str, spans: Sequence[tuple[int, int]]) -> Spans:
    """Spans divided at line ends, without white space at their edges."""
    pieces: list[tuple[int, int]] = []
    for start, end in spans:
        for match in re.finditer(r"[^\n]+", text[start:end]):
            part = match.group()
            left = start + match.start() + len(part) - len(part.lstrip())
            right = start + match.start() + len(part.rstrip())
            if left < right:
                pieces.append((left, right))
    return tuple(pieces)


def _within_number(text: str, start: int, end: int) -> bool:
    """Whether the span is a part of a longer number: ``00`` of ``9.00``, ``1,019`` of ``1,019.50``."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    begins = text[start].isdigit() and re.search(r"\d[.,]?\Z", before) is not None
    return begins or (text[end - 1].isdigit() and re.match(r"[.,]?\d", after) is not None)


def _cuts_letters(text: str, start: int, end: int) -> bool:
    """Whether a word is cut between two letters; where letters meet digits it may be."""
    edges = (place for place in (start, end) if 0 < place < len(text))
    return any(text[place - 1].isalpha() and text[place].isalpha() for place in edges)


def _grams(letters: str) -> Counter[str]:
    padded = f" {letters} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
