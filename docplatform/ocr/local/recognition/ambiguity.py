"""Characters that the network is unsure of, settled by what else is on the page.

Belongs here: weighing what a place of a line may hold by the page's scripts and by the characters beside it. Doesn't:
dictionaries, languages, anything about what documents say.

The network was taught some 18,700 characters of fifty languages, all alike. So print a little worn becomes
``Restäurants`` or ``：`` on pages of plain English, and ``F1r`` or ``BIk`` where glyphs are all but the same. Only what
it gives less than ``decoding.SURE`` to is weighed, and its beliefs count: ``é`` at .95 stays ``é`` on an English page.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from docplatform.ocr.local.recognition.decoding import Reading
from docplatform.ocr.local.recognition.words import SPACE_BELIEF

if TYPE_CHECKING:
    from docplatform.ocr.local.recognition.arrays import Floats

_TRUSTED = 0.9  # probability of the characters that tell which scripts a page has
_USUAL = 0.01
"""Share of a page's characters from which a script isn't held to be rare: accents are 2 % and more of German, Spanish
and French."""
_PRIOR = 50  # characters' worth of belief that a script is half as frequent as usual, before any is seen
_EASTERN = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "IDEOGRAPHIC"}
_SYMBOLS = "ªºµ"  # letters to Unicode, signs to people
_TWINS, _ALIKE = ("0Oo", "1Il|i!"), ("5Ss", "8B", "2Zz", "6G")
_WEIGHTS = {char: weight for weight, sets in ((0.15, _TWINS), (0.5, _ALIKE)) for chars in sets for char in chars}
"""What belief in a character is multiplied by where it doesn't go with those beside it. Twins differ in few typefaces,
so there the network's guess says little."""
_LOOKALIKES = {char: chars for chars in (*_TWINS, *_ALIKE) for char in chars}


def settled(readings: Sequence[Reading]) -> list[Reading]:
    """The lines of a page, of equal lengths, with what was unsure in them settled.

    A score becomes the network's belief in what was chosen, of look-alikes in all of them: a line whose scripts were
    noise (rows of asterisks read as Chinese) scores little once that is ruled out.
    """
    scripts = _Scripts.of(readings)
    return [_settled(reading, scripts) if reading.doubts else reading for reading in readings]


@dataclass(frozen=True, slots=True)
class _Scripts:
    """How often a page's sure characters are of scripts other than plain Latin."""

    counts: Mapping[str, int]
    total: int

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> _Scripts:
        sure = [
            char
            for reading in readings
            for char, score in zip(reading.text, reading.scores.tolist(), strict=True)
            if score > _TRUSTED and not char.isspace()
        ]
        scripts = Counter(script for char in sure if (script := _script(char)))
        return cls(scripts, len(sure))

    def weight(self, char: str) -> float:
        """1, or less for a character of a script that is rare on the page."""
        script = _script(char)
        if script is None:
            return 1.0
        share = (self.counts.get(script, 0) + _PRIOR * _USUAL) / (self.total + _PRIOR)
        return min(1.0, share / _USUAL)


def _script(char: str) -> str | None:
    """The script of a letter, or of a sign set as wide as Chinese; ``None`` for ASCII and for signs of all scripts."""
    if char.isascii() or char in _SYMBOLS:
        return None
    name = unicodedata.name(char, "").partition(" ")[0].partition("-")[0]
    if name in _EASTERN:
        return "EASTERN"
    return name if char.isalpha() else None


def _settled(reading: Reading, scripts: _Scripts) -> Reading:
    text, scores = list(reading.text), reading.scores.copy()
    for place, doubts in reading.doubts.items():
        best = _likeliest(doubts, scripts.weight)
        if best != text[place]:
            text[place], scores[place] = best, doubts[best]
    for place, doubts in reading.doubts.items():
        among = {char: doubts[char] for char in _LOOKALIKES.get(text[place], "") if char in doubts}
        best = _likeliest(among, partial(_fit, beside=_beside(text, place, reading.spaces)))
        if best not in ("", text[place]):
            text[place], scores[place] = best, sum(among.values())
    return replace(reading, text="".join(text), scores=scores)


def _likeliest(doubts: Mapping[str, float], weight: Callable[[str], float]) -> str:
    """What is likeliest once weighed; nothing where there is no choice."""
    return max(doubts, key=lambda char: doubts[char] * weight(char), default="")


def _beside(text: Sequence[str], place: int, spaces: Floats) -> str:
    """The kinds of the characters left and right of a place within its word."""
    is_first = place == 0 or spaces[place] > SPACE_BELIEF
    is_last = place + 1 == len(text) or spaces[place + 1] > SPACE_BELIEF
    return ("-" if is_first else _kind(text[place - 1])) + ("-" if is_last else _kind(text[place + 1]))


def _kind(char: str) -> str:
    """``0`` for digits, ``A`` and ``a`` for letters, ``-`` for signs and spaces."""
    if char.isdecimal():
        return "0"
    return ("A" if char.isupper() else "a") if char.isalpha() else "-"


_MISFITS = {
    "0": {"AA", "Aa", "aA", "aa"},  # F1r, but 1st, 5kg and A4
    "A": {"00", "aA", "aa", "a-", "Aa"},  # BIk, JIn
    "a": {"00", "AA"},
    "-": {"00", "AA", "Aa", "aA", "aa"},  # | and !
}
"""By the kind of a character: kinds left and right of it with which it doesn't go."""


def _fit(char: str, beside: str) -> float:
    return _WEIGHTS[char] if beside in _MISFITS[_kind(char)] else 1.0
