"""Words that the network is unsure of, spelled as a dictionary has them where it nearly said so itself.

Belongs here: weighing the readings of a word by whether each is a word. Doesn't: single characters (``ambiguity``),
words that the network is sure of, numbers, anything about what documents say.

Dictionaries are simplemma's, of English and of the page's own language, in the form that takes the least memory: 46 MB
instead of 349 for Finnish, the largest of four tried, 2 instead of 19 for English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import product
from math import prod

from docplatform.ocr.local.recognition.decoding import SURE, Reading
from docplatform.ocr.local.recognition.words import runs
from docplatform.text.language import detect_language

_UNKNOWN = 0.1
"""Belief in a reading that is no word, against one that is. .03 finds three words more of 40 receipts and two of 20
forms, and spells names as words (``Rova`` as ``Rove``)."""
_SHORTEST = 4  # characters; shorter words are abbreviations as often as not
_MOST_DOUBTS = 5  # in a word; one with more is noise
_CHOICES = 4  # of a doubted character


def spelled(readings: Sequence[Reading]) -> list[Reading]:
    """The lines of a page, of equal lengths, with words in them that the network was unsure of spelled as words."""
    if not any(reading.doubts for reading in readings):
        return list(readings)
    languages = _languages(" ".join(reading.text for reading in readings))
    return [_spelled(reading, languages) if reading.doubts else reading for reading in readings]


def _languages(text: str) -> tuple[str, ...]:
    """English, which is on pages of all languages, and the page's own where there is a dictionary of it."""
    own = detect_language(text).language
    return ("en", own) if own != "en" and own in _known_languages() else ("en",)


@cache
def _known_languages() -> frozenset[str]:
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    return frozenset(SUPPORTED_LANGUAGES)


@lru_cache(maxsize=20_000)  # a look-up takes 0.1 ms
def _is_known(word: str, languages: tuple[str, ...]) -> bool:
    from simplemma import is_known

    return is_known(word.lower(), languages, low_memory=True)


def _spelled(reading: Reading, languages: tuple[str, ...]) -> Reading:
    text, scores = list(reading.text), reading.scores.copy()
    for first, last in runs(reading):
        places = [place for place in range(first, last + 1) if reading.text[place].isalnum()]
        if not places or places[-1] - places[0] + 1 < _SHORTEST:
            continue
        for place, char in _changes(reading, places[0], places[-1] + 1, languages).items():
            text[place], scores[place] = char, reading.doubts[place][char]
    return replace(reading, text="".join(text), scores=scores)


def _changes(reading: Reading, start: int, end: int, languages: tuple[str, ...]) -> Mapping[int, str]:
    """What has to change from ``start`` to ``end`` for a word to stand there, if that is the likeliest reading."""
    doubted = [place for place in range(start, end) if reading.doubts.get(place)]
    word = reading.text[start:end]
    sure = [char for place, char in enumerate(word, start) if place not in doubted]
    if not 0 < len(doubted) <= _MOST_DOUBTS or not all(char.isalpha() for char in sure) or _is_known(word, languages):
        return {}
    for letters in _alternatives(reading, doubted):
        changed = dict(zip(doubted, letters, strict=True))
        other = "".join(changed.get(place, char) for place, char in enumerate(word, start))
        if other.isalpha() and (other.isupper() or other[1:].islower()) and _is_known(other, languages):
            return {place: char for place, char in changed.items() if char != reading.text[place]}
    return {}


def _alternatives(reading: Reading, doubted: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """What may stand at the doubted places, likeliest first; nothing less likely than what was read, being no word."""
    beliefs = [reading.doubts[place] for place in doubted]
    read = prod(belief.get(reading.text[place], SURE) for place, belief in zip(doubted, beliefs, strict=True))
    choices = [sorted(belief, key=belief.__getitem__, reverse=True)[:_CHOICES] for belief in beliefs]
    weighed = {
        letters: prod(belief[char] for belief, char in zip(beliefs, letters, strict=True))
        for letters in product(*choices)
    }
    likely = [letters for letters, weight in weighed.items() if weight > _UNKNOWN * read]
    yield from sorted(likely, key=weighed.__getitem__, reverse=True)
