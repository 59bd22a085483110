"""Where words begin and end in a text.

Belongs here: whether a span looks like one that a person marked. Doesn't: what to say about one that doesn't.
"""

from __future__ import annotations

import unicodedata

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_REVERSED = {closing: opening for opening, closing in _PAIRS.items()}
_AT_START = ",;:)]} \t\r\n\u00a0"
_AT_END = ",;:([{ \t\r\n\u00a0"
_MOST_SHIFT = 5


def cuts_word(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` begins or ends within a word. Scripts without spaces between words never do."""
    return _within_word(text, start) or _within_word(text, end)


def _within_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and _is_word_character(text[place - 1]) and _is_word_character(text[place])


def _is_word_character(char: str) -> bool:
    if not (char.isalnum() or char == "_" or unicodedata.combining(char)):
        return False
    # Thai to Burmese and Khmer, and everything from CJK radicals on (but for full-width forms): no spaces there.
    return not ("\u0e00" <= char <= "\u109f" or "\u1780" <= char <= "\u17ff" or char >= "\u2e80")


def trim_space(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its edges; an empty span where there is nothing else."""
    part = text[start:end]
    left = len(part) - len(part.lstrip())
    return start + left, max(start + left, start + len(part.rstrip()))


def trim_separators(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space, separators and unpaired brackets at its edges."""
    while start < end and (text[start] in _AT_START or _is_unpaired(text, start, start, end, _PAIRS)):
        start += 1
    while start < end and (text[end - 1] in _AT_END or _is_unpaired(text, end - 1, start, end, _REVERSED)):
        end -= 1
    return start, end


def _is_unpaired(text: str, place: int, start: int, end: int, pairs: dict[str, str]) -> bool:
    """Whether a bracket stands at ``place`` whose partner isn't in the span."""
    partner = pairs.get(text[place])
    return partner is not None and partner not in text[start:end]


def is_clean(text: str, start: int, end: int) -> bool:
    """Whether the span holds something, cuts no word, and has nothing at its edges that doesn't belong to it."""
    if not 0 <= start < end <= len(text) or cuts_word(text, start, end):
        return False
    return trim_separators(text, start, end) == (start, end)


def nearest_clean(text: str, start: int, end: int) -> tuple[int, int]:
    """A span that cuts no word: moved by at most 5 characters, else widened to whole words."""
    for distance in range(1, _MOST_SHIFT + 1):
        for moved in (distance, -distance):
            if is_clean(text, start + moved, end + moved):
                return start + moved, end + moved
    while _within_word(text, start):
        start -= 1
    while _within_word(text, end):
        end += 1
    return start, end


def occurrences(text: str, wanted: str, limit: int = 10_000) -> list[int]:
    """Where ``wanted`` stands in ``text``, ascending, at most ``limit`` places."""
    places: list[int] = []
    place = text.find(wanted)
    while place >= 0 and len(places) < limit:
        places.append(place)
        place = text.find(wanted, place + 1)
    return places
