"""What a conditional random field is told of a word, wherever it stands: kept, since most of a text are words again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from docplatform.models.local.lexicon import Lexicon, cut

BIAS = "bias"
"""The feature that every token has."""
_AFFIXES = (1, 2, 3, 4)
_STEPS = (-2, -1, 1, 2)
_MOST = 10_000
"""Words that are kept, about 3 KB each; further ones are described anew each time."""


class Looks(NamedTuple):
    """What a CRF looks at beside a token and its neighbours. From few examples, looking at more overfits."""

    lexicon: bool = False
    """Whether a word is in the dictionary, its cluster, and what capitals tell in its line."""
    lines: bool = False
    """Words of the same line, and others near by, in whatever place."""


class Word(NamedTuple):
    """A token's text, and the features that come from it alone."""

    text: str
    form: str
    """Lower-cased."""
    shape: str
    sort: str
    """See ``Lexicon.sort``."""
    cluster: str
    """The cluster of middling granularity: pairs of fine ones are too rare."""
    own: tuple[str, ...]
    alone: tuple[str, ...]
    """Of a word that is no part of a longer one."""
    beside: tuple[tuple[str, ...], ...]
    """What neighbours see of it: the one two places behind it, one behind, one before, two before."""


@dataclass(frozen=True)
class WordFeatures:
    """Describes tokens, each text once."""

    lexicon: Lexicon
    looks: Looks

    def __post_init__(self) -> None:
        object.__setattr__(self, "_kept", {})

    def word(self, text: str) -> Word:
        """Describe a token's text."""
        kept: dict[str, Word] = self.__dict__["_kept"]
        found = kept.get(text)
        if found is None:
            found = self._describe(cut(text))
            if len(kept) < _MOST:
                kept[text] = found
        return found

    def _describe(self, text: str) -> Word:
        form, its_shape = text.lower(), shape(text)
        sort = ""
        clusters: tuple[str, ...] = ()
        own = _own(text, form, its_shape)
        beside = [f"w={form}", f"s={its_shape}"]
        if self.looks.lexicon:
            sort, clusters = self.lexicon.sort(form), self.lexicon.clusters.get(form, ())
            own += (f"k={sort}", f"ks={sort}|{its_shape}", *(f"c{name}" for name in clusters))
            beside += (f"k={sort}{its_shape}", *(f"c{name}" for name in clusters))
        return Word(
            text,
            form,
            its_shape,
            sort,
            cluster=clusters[min(1, len(clusters) - 1)] if clusters else "",
            own=tuple(own),
            alone=(f"W={form}", f"Ws={its_shape}"),
            beside=tuple(tuple(f"{step}{feature}" for feature in beside) for step in _STEPS),
        )


def shape(text: str) -> str:
    """``Xx`` for ``Loan``, ``d`` for ``2018``, ``X`` for ``USD``; other characters stand for themselves."""
    return re.sub(r"(.)\1+", r"\1", full_shape(text))


def full_shape(text: str) -> str:
    """``Xxxx`` for ``Loan``, ``dddd`` for ``2018``; at most eight characters."""
    return "".join(_sort_of(character) for character in text[:8])


def _own(text: str, form: str, its_shape: str) -> list[str]:
    features = [BIAS, f"w={form}", f"s={its_shape}", f"S={full_shape(text)}"]
    features += [f"p{n}={form[:n]}" for n in _AFFIXES if len(form) > n]
    features += [f"e{n}={form[-n:]}" for n in _AFFIXES if len(form) > n]
    if form.isdigit():
        features.append(f"digits={len(form)}")
    return features


def _sort_of(character: str) -> str:
    if character.isupper():
        return "X"
    if character.isalpha():
        return "x"
    return "d" if character.isdigit() else character
