"""Whether a text makes sense: told without knowing its language.

Belongs here: judging the text layer of a page, and two readings of it against each other. Doesn't: reading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MIN_SANE_CHARACTERS = 10
"""A page with fewer is taken for a scan."""
GOOD_QUALITY = 0.6
"""Share of tokens that read as words from which a text is trusted unseen: prose has .9, pages of part numbers .7."""
_MAX_GARBAGE = 0.2
_MIN_WORD_CHARACTERS = 0.35
_MIN_TOKENS = 15
_MIN_LETTERS = 50
_LEAST_VOWELS = 0.3  # of letters: English and German have .38, Polish .37, English shifted by some letters .15 to .25
_SAMPLED_CHARACTERS = 1_000
_SAMPLE = 120  # tokens, spread over the text: the share is known to .05

_GARBAGE = re.compile("[\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")
_TOKEN = re.compile(r"[^\W_](?:\S*[^\W_])?")
_USUAL = re.compile("[A-Za-z]?[a-z]*[aeiouy][a-z]*")
_NUMBER = re.compile(r"\d[\d.,:/%+\-–'’()]*(?:\w{1,3})?")
_PARTS = re.compile(r"[-–—'’/.,:;&@()|+=*\"“”]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_VOWEL = re.compile("[aeiouyäëïöüáéíóúàèìòùâêîôûãõåæøœýÿ]", re.IGNORECASE)
_LETTERS_ONLY = 3  # shorter words may do without a vowel: kg, Mr, St


def is_sane(text: str) -> bool:
    """True where a text layer reads as text: enough characters, few private-use or undefined ones, enough letters."""
    visible = "".join(text.split())
    if len(visible) < MIN_SANE_CHARACTERS or _has_garbage(visible):
        return False
    sample = visible[:: len(visible) // _SAMPLED_CHARACTERS + 1]
    word_characters = sum(map(str.isalnum, sample))
    return word_characters >= max(min(MIN_SANE_CHARACTERS, len(sample)), _MIN_WORD_CHARACTERS * len(sample))


def is_garbage(text: str) -> bool:
    """True where too many characters are private-use or undefined: fonts that don't say which characters they draw."""
    return _has_garbage("".join(text.split()))


def _has_garbage(visible: str) -> bool:
    return not visible.isascii() and len(_GARBAGE.findall(visible)) > _MAX_GARBAGE * len(visible)


def quality(text: str) -> float:
    """Share of tokens that could be words or numbers, 0 to 1; 1 where there are too few to tell.

    A token is no word where letters and digits mix, upper case follows lower case, or a Latin word of more than three
    letters has no vowel: what a font with a wrong character map, or bad OCR, makes of words. Latin text with fewer
    vowels than any language has counts in proportion.
    """
    words = text.split()
    tokens = [found.group() for found in map(_TOKEN.search, words[:: len(words) // _SAMPLE + 1]) if found]
    if len(tokens) < _MIN_TOKENS:
        return 1.0
    return sum(map(_is_word, tokens)) / len(tokens) * min(1.0, _vowel_share(tokens) / _LEAST_VOWELS)


def _vowel_share(tokens: Sequence[str]) -> float:
    """Share of vowels among Latin letters; that of a language where there are too few to tell."""
    letters = "".join(_LATIN.findall(" ".join(tokens)))
    return len(_VOWEL.findall(letters)) / len(letters) if len(letters) >= _MIN_LETTERS else _LEAST_VOWELS


def _is_word(token: str) -> bool:
    if _USUAL.fullmatch(token):
        return True
    if token.isdigit() or _NUMBER.fullmatch(token):
        return True
    return all(_is_plain(part) for part in _PARTS.split(token) if part)


def _is_plain(part: str) -> bool:
    if part.isdigit():
        return True
    if not part.isalpha():
        return False
    if not _LATIN.fullmatch(part):
        return True
    is_cased = part.islower() or part.isupper() or part[1:].islower()
    return is_cased and (len(part) <= _LETTERS_ONLY or _VOWEL.search(part) is not None)
