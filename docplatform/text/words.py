"""Words of a text: tokens, stop words, lemmas and stems.

Belongs here: what happens to single words. Doesn't: phrases and sentences.

Languages: stop words for those with a file in ``stop_words/`` (our own compilations of function words), lemmas for
simplemma's, stems for Snowball's. A language without one of them keeps its words as they are. Languages written
without spaces between words (Chinese, Japanese, Thai, …) come out as one token per run of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_LETTERS = "(?:[^\\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff])+"
_WORD = re.compile(f"{_LETTERS}(?:['’]{_LETTERS})*")
_PART = re.compile(_LETTERS)

ELIDING = frozenset({"ca", "fr", "it"})
"""Here an apostrophe ends an article or pronoun (l'accord, dell'anno): the parts are words of their own."""

_LONGEST_WORD = 40
"""Longer runs (base64, DNA) are no words of a language: they are neither lemmatised nor stemmed."""

_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_SIMPLEMMA = {"no": "nb", "bs": "hbs", "hr": "hbs", "sr": "hbs"}
_STOP_WORDS_OF = {"nn": "no", "nb": "no"}


def tokenize(text: str, language: str) -> list[str]:
    """The lower-cased words of ``text`` in order: letters, digits and their marks, apostrophes within a word."""
    pattern = _PART if language in ELIDING else _WORD
    return [word.replace("’", "'") for word in pattern.findall(text.lower())]


@cache
def stop_words(language: str) -> frozenset[str]:
    """The function words of a language (ISO 639-1), lower-cased; empty where we have no list."""
    name = _STOP_WORDS_OF.get(language, language)
    path = resources.files("docplatform.text") / "stop_words" / f"{name}.txt"
    return frozenset(path.read_text(encoding="utf-8").split()) if path.is_file() else frozenset()


@cache
def stop_word_languages() -> tuple[str, ...]:
    """Languages we have stop words for, sorted."""
    folder = resources.files("docplatform.text") / "stop_words"
    return tuple(sorted(path.name[:-4] for path in folder.iterdir() if path.name.endswith(".txt")))


def lemmas(tokens: Iterable[str], language: str) -> tuple[str, ...]:
    """The dictionary form of each token, lower-cased; the token itself where none is known."""
    return tuple(_lemma(token, language) if len(token) <= _LONGEST_WORD else token for token in tokens)


def stems(tokens: Iterable[str], language: str) -> tuple[str, ...]:
    """Snowball's stem of each token; the token itself where Snowball doesn't know the language."""
    return tuple(_stem(token, language) if len(token) <= _LONGEST_WORD else token for token in tokens)


@lru_cache(maxsize=100_000)
def _lemma(token: str, language: str) -> str:
    import simplemma

    code = _SIMPLEMMA.get(language, language)
    if code not in _lemma_languages():
        return token
    # English possessives are not in the dictionaries; Unicode may lower-case into something simplemma refuses as empty.
    word = token.removesuffix("'s") if language == "en" else token
    return str(simplemma.lemmatize(word, code)).lower() if word else token


@cache
def _lemma_languages() -> frozenset[str]:
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    return frozenset(SUPPORTED_LANGUAGES)


@lru_cache(maxsize=100_000)
def in_dictionary(word: str, language: str) -> bool:
    """Whether simplemma's dictionary of a language has a lower-cased word; False where it has no dictionary of it."""
    import simplemma

    code = _SIMPLEMMA.get(language, language)
    if code not in _lemma_languages() or not 0 < len(word) <= _LONGEST_WORD:
        return False
    return bool(simplemma.is_known(word, code))


@lru_cache(maxsize=100_000)
def _stem(token: str, language: str) -> str:
    stemmer = _stemmer(language)
    return str(stemmer.stemWord(token)) if stemmer is not None else token


@cache
def _stemmer(language: str) -> Any:  # snowballstemmer has no types
    import snowballstemmer

    name = _SNOWBALL.get(language)
    return snowballstemmer.stemmer(name) if name else None
