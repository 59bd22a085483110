"""What a conditional random field sees of each token: its form, its shape, its neighbours and its place in the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docplatform.models.local.lexicon import Lexicon, cut
from docplatform.models.local.tokens import Token

BIAS = "bias"
"""The feature that every token has."""
_NEAR = 2
"""Neighbours to each side whose place is told."""
_FAR = 4
"""Neighbours to each side that are told as being near, in whatever place."""
_IN_LINE = 25
"""Words to each side in the same line that are told, in whatever place. Which party an address belongs to stands at the
other end of its line: this took Microsoft's loan agreements from F1 .82 to .97."""
_WORD = 12
"""Glued tokens that make up a word."""
_LONGEST = 40
"""Characters of a word of glued tokens that are looked at."""
_SENTENCE_END = frozenset(".!?:。！？")
_OPENING = 8
"""Tokens before one that are looked at for the end of a sentence, over quotes, brackets and dashes."""
_CASE = 100
"""Tokens of a line that tell how it is written."""
_MIXED = 0.6
"""Share of a line's words in capitals, or with a capital, from which on capitals tell nothing."""


def shape(text: str) -> str:
    """``Xx`` for ``Loan``, ``d`` for ``2018``, ``X`` for ``USD``; other characters stand for themselves."""
    return re.sub(r"(.)\1+", r"\1", full_shape(text))


def full_shape(text: str) -> str:
    """``Xxxx`` for ``Loan``, ``dddd`` for ``2018``; at most eight characters."""
    return "".join(_sort_of(character) for character in text[:8])


@dataclass(frozen=True)
class TokenView:
    """All tokens of a text, as the CRF sees them."""

    lexicon: Lexicon
    texts: Sequence[str]
    forms: Sequence[str]
    shapes: Sequence[str]
    words: Sequence[range]
    """For each token, the tokens it is glued to."""
    lines: Sequence[range]
    """For each token, the tokens of its line."""

    @classmethod
    def of(cls, tokens: Sequence[Token], lexicon: Lexicon) -> TokenView:
        """Look at the tokens of a text."""
        texts = [cut(token.text) for token in tokens]
        return cls(
            lexicon=lexicon,
            texts=texts,
            forms=[text.lower() for text in texts],
            shapes=[shape(text) for text in texts],
            words=_groups([token.is_glued for token in tokens]),
            lines=_groups([token.newlines == 0 for token in tokens]),
        )

    def features(self, start: int, end: int) -> list[list[str]]:
        """Features of some tokens, as strings. They look past the edges of the range, not past the text's."""
        first, last = max(0, start - _NEAR), min(len(self.forms), end + _NEAR)
        forms, shapes = self.forms[first:last], self.shapes[first:last]
        sorts = [self.lexicon.sort(form) for form in forms]
        clusters = [self.lexicon.clusters.get(form, ()) for form in forms]
        seen = _Seen(forms, shapes, sorts, clusters)
        rows = []
        case_of, case = -1, ""
        for i in range(start, end):
            line = self.lines[i]
            if line.start != case_of:
                case_of, case = line.start, _case([self.texts[j] for j in line[:_CASE]])
            its_shape = self.shapes[i]
            row = _own(self.texts[i], self.forms[i], its_shape)
            seen.add_known(row, i - first)
            row += (f"case={case}|{its_shape}", f"{self._opening(i, line)}|{its_shape}")
            seen.add_neighbours(row, i - first)
            self._add_near(row, i)
            row += _word(self.texts, self.words[i])
            self._add_line(row, i, line)
            rows.append(row)
        return rows

    def _opening(self, i: int, line: range) -> str:
        """Whether a token begins a line or a sentence, where any word has a capital."""
        for j in range(i - 1, max(line.start, i - _OPENING) - 1, -1):
            text = self.texts[j]
            if text in _SENTENCE_END:
                return "first"
            if text.isalnum():
                return "inside"
        return "first" if i - line.start <= _OPENING else "inside"

    def _add_near(self, row: list[str], i: int) -> None:
        row += [f"<{form}" for form in dict.fromkeys(self.forms[max(0, i - _FAR) : i])]
        row += [f">{form}" for form in dict.fromkeys(self.forms[i + 1 : i + 1 + _FAR])]

    def _add_line(self, row: list[str], i: int, line: range) -> None:
        forms = self.forms
        row += (f"L={' '.join(forms[j] for j in line[:2])}", f"Lat={min(i - line.start, 4)}")
        if i == line.stop - 1:
            row.append("Lend")
        before, after = forms[max(line.start, i - _IN_LINE) : i], forms[i + 1 : min(line.stop, i + 1 + _IN_LINE)]
        row += [f"[{form}" for form in dict.fromkeys(before) if form.isalpha()]
        row += [f"]{form}" for form in dict.fromkeys(after) if form.isalpha()]


@dataclass(frozen=True)
class _Seen:
    """Tokens in a row: what is told of each by itself, and beside each other."""

    forms: Sequence[str]
    shapes: Sequence[str]
    sorts: Sequence[str]
    clusters: Sequence[tuple[str, ...]]

    def add_known(self, row: list[str], i: int) -> None:
        """What the lexicon says of a token."""
        row += (f"k={self.sorts[i]}", f"ks={self.sorts[i]}|{self.shapes[i]}")
        row += [f"c{name}" for name in self.clusters[i]]

    def add_neighbours(self, row: list[str], i: int) -> None:
        """What stands before and behind a token."""
        count = len(self.forms)
        for step in (-2, -1, 1, 2):
            j = i + step
            if not 0 <= j < count:
                row.append(f"{step}none")
                continue
            row += (f"{step}w={self.forms[j]}", f"{step}s={self.shapes[j]}", f"{step}k={self.sorts[j]}{self.shapes[j]}")
            row += [f"{step}c{name}" for name in self.clusters[j]]
        if i:
            self._add_pair(row, "-1|0", i - 1)
        if i + 1 < count:
            self._add_pair(row, "0|+1", i)
        before, after = self.sorts[i - 1] if i else "", self.sorts[i + 1] if i + 1 < count else ""
        row.append(f"kk={before}|{self.sorts[i]}|{after}")

    def _add_pair(self, row: list[str], name: str, i: int) -> None:
        row += (
            f"{name}={self.forms[i]}|{self.forms[i + 1]}",
            f"{name}s={self.shapes[i]}|{self.shapes[i + 1]}",
            f"{name}c={_middle(self.clusters[i])}|{_middle(self.clusters[i + 1])}",
        )


def _middle(clusters: tuple[str, ...]) -> str:
    """The cluster of middling granularity: pairs of fine ones are too rare."""
    return clusters[min(1, len(clusters) - 1)] if clusters else ""


def _own(text: str, form: str, its_shape: str) -> list[str]:
    features = [BIAS, f"w={form}", f"s={its_shape}", f"S={full_shape(text)}"]
    features += [f"p{n}={form[:n]}" for n in (1, 2, 3, 4) if len(form) > n]
    features += [f"e{n}={form[-n:]}" for n in (1, 2, 3, 4) if len(form) > n]
    if form.isdigit():
        features.append(f"digits={len(form)}")
    return features


def _case(texts: Sequence[str]) -> str:
    """How a line is written: ``U`` shouted, ``T`` every word with a capital, ``s`` one word with, ``l`` none, ``m``."""
    words = [text for text in texts if len(text) > 1 and text.isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    if not capitals:
        return "l"
    if sum(word.isupper() for word in words) >= _MIXED * len(words):
        return "U"
    if capitals >= _MIXED * len(words):
        return "T"
    return "s" if capitals == 1 else "m"


def _word(texts: Sequence[str], word: range) -> tuple[str, str]:
    """What stands between white space around the token: ``($1,200.00)`` for its ``200``."""
    text = "".join(texts[i] for i in word[:_WORD])[:_LONGEST]
    return f"W={text.lower()}", f"Ws={shape(text)}"


def _groups(joins_the_one_before: Sequence[bool]) -> list[range]:
    """For each token, the run of joined tokens it belongs to."""
    groups: list[range] = []
    count = len(joins_the_one_before)
    start = 0
    for i in range(1, count + 1):
        if i == count or not joins_the_one_before[i]:
            groups += [range(start, i)] * (i - start)
            start = i
    return groups


def _sort_of(character: str) -> str:
    if character.isupper():
        return "X"
    if character.isalpha():
        return "x"
    return "d" if character.isdigit() else character
