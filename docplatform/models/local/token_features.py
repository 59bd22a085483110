"""What a conditional random field sees of each token: its form, its shape, its neighbours and its place in the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docplatform.models.local.tokens import Token

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
"""Characters of a form that are looked at: OCR and code yield endless ones."""


def shape(text: str) -> str:
    """``Xx`` for ``Loan``, ``d`` for ``2018``, ``X`` for ``USD``; other characters stand for themselves."""
    return re.sub(r"(.)\1+", r"\1", full_shape(text))


def full_shape(text: str) -> str:
    """``Xxxx`` for ``Loan``, ``dddd`` for ``2018``; at most eight characters."""
    return "".join(_sort_of(character) for character in text[:8])


@dataclass(frozen=True)
class TokenView:
    """All tokens of a text, as the CRF sees them."""

    texts: Sequence[str]
    forms: Sequence[str]
    shapes: Sequence[str]
    words: Sequence[range]
    """For each token, the tokens it is glued to."""
    lines: Sequence[range]
    """For each token, the tokens of its line."""

    @classmethod
    def of(cls, tokens: Sequence[Token]) -> TokenView:
        """Look at the tokens of a text."""
        texts = [token.text[:_LONGEST].encode("utf-8", "replace").decode() for token in tokens]
        return cls(
            texts=texts,
            forms=[text.lower() for text in texts],
            shapes=[shape(text) for text in texts],
            words=_groups([token.is_glued for token in tokens]),
            lines=_groups([token.newlines == 0 for token in tokens]),
        )

    def features(self, start: int, end: int) -> list[list[str]]:
        """Features of some tokens, as strings. They look past the edges of the range, not past the text's."""
        return [
            [
                *_own(self.texts[i], self.forms[i], self.shapes[i]),
                *_neighbours(self.forms, self.shapes, i),
                *_word(self.texts, self.words[i]),
                *_line(self.forms, self.lines[i], i),
            ]
            for i in range(start, end)
        ]


def _own(text: str, form: str, its_shape: str) -> list[str]:
    features = ["bias", f"w={form}", f"s={its_shape}", f"S={full_shape(text)}"]
    features += [f"p{n}={form[:n]}" for n in (1, 2, 3, 4) if len(form) > n]
    features += [f"e{n}={form[-n:]}" for n in (1, 2, 3, 4) if len(form) > n]
    if form.isdigit():
        features.append(f"digits={len(form)}")
    return features


def _neighbours(forms: Sequence[str], shapes: Sequence[str], i: int) -> list[str]:
    count = len(forms)
    features: list[str] = []
    for step in range(1, _NEAR + 1):
        features += [f"-{step}w={forms[i - step]}", f"-{step}s={shapes[i - step]}"] if i >= step else [f"-{step}none"]
        features += (
            [f"+{step}w={forms[i + step]}", f"+{step}s={shapes[i + step]}"] if i + step < count else [f"+{step}none"]
        )
    if i:
        features += [f"-1|0={forms[i - 1]}|{forms[i]}", f"-1s|0s={shapes[i - 1]}|{shapes[i]}"]
    if i + 1 < count:
        features += [f"0|+1={forms[i]}|{forms[i + 1]}", f"0s|+1s={shapes[i]}|{shapes[i + 1]}"]
    features += [f"<{form}" for form in sorted(set(forms[max(0, i - _FAR) : i]))]
    features += [f">{form}" for form in sorted(set(forms[i + 1 : i + 1 + _FAR]))]
    return features


def _word(texts: Sequence[str], word: range) -> list[str]:
    """What stands between white space around the token: ``($1,200.00)`` for its ``200``."""
    text = "".join(texts[i] for i in word[:_WORD])[:_LONGEST]
    return [f"W={text.lower()}", f"Ws={shape(text)}"]


def _line(forms: Sequence[str], line: range, i: int) -> list[str]:
    features = [f"L={' '.join(forms[j] for j in line[:2])}", f"Lat={min(i - line.start, 4)}"]
    if i == line.stop - 1:
        features.append("Lend")
    before, after = forms[max(line.start, i - _IN_LINE) : i], forms[i + 1 : min(line.stop, i + 1 + _IN_LINE)]
    features += [f"[{form}" for form in sorted({form for form in before if form.isalpha()})]
    features += [f"]{form}" for form in sorted({form for form in after if form.isalpha()})]
    return features


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
