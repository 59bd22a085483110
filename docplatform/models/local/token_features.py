"""What a conditional random field sees of each token: its form, its shape, its neighbours and its place in the line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docplatform.models.local.tokens import Token

_NEAR = 2
"""Neighbours to each side whose place is told."""
_FAR = 6
"""Neighbours to each side that are told as being near, in whatever place."""
_LONGEST = 40
"""Characters of a form that are looked at: OCR and code yield endless ones."""


def shape(text: str) -> str:
    """``Xx`` for ``Loan``, ``d`` for ``2018``, ``X`` for ``USD``; other characters stand for themselves."""
    return re.sub(r"(.)\1+", r"\1", full_shape(text))


def full_shape(text: str) -> str:
    """``Xxxx`` for ``Loan``, ``dddd`` for ``2018``; at most eight characters."""
    return "".join(_sort_of(character) for character in text[:8])


def token_features(tokens: Sequence[Token]) -> list[list[str]]:
    """Features of every token of a whole text, as strings. They look past the edges of chunks, not past the text's."""
    forms = [token.text[:_LONGEST].lower() for token in tokens]
    shapes = [shape(token.text) for token in tokens]
    words, lines = _groups(tokens, glued=True), _groups(tokens, glued=False)
    return [
        [
            *_own(tokens[i].text[:_LONGEST], forms[i], shapes[i]),
            *_neighbours(forms, shapes, i),
            *_word(tokens, words[i]),
            *_line(forms, lines[i], i),
        ]
        for i in range(len(tokens))
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
        features += [f"+{step}w={forms[i + step]}", f"+{step}s={shapes[i + step]}"] if i + step < count else [f"+{step}none"]
    if i:
        features += [f"-1|0={forms[i - 1]}|{forms[i]}", f"-1s|0s={shapes[i - 1]}|{shapes[i]}"]
    if i + 1 < count:
        features += [f"0|+1={forms[i]}|{forms[i + 1]}", f"0s|+1s={shapes[i]}|{shapes[i + 1]}"]
    features += [f"<{form}" for form in sorted(set(forms[max(0, i - _FAR) : i]))]
    features += [f">{form}" for form in sorted(set(forms[i + 1 : i + 1 + _FAR]))]
    return features


def _word(tokens: Sequence[Token], word: range) -> list[str]:
    """What stands between white space around the token: ``($1,200.00)`` for its ``200``."""
    text = "".join(tokens[i].text for i in word[:12])[:_LONGEST]
    return [f"W={text.lower()}", f"Ws={shape(text)}"]


def _line(forms: Sequence[str], line: range, i: int) -> list[str]:
    features = [f"L={' '.join(forms[j] for j in line[:2])}", f"Lat={min(i - line.start, 4)}"]
    if i == line.stop - 1:
        features.append("Lend")
    return features


def _groups(tokens: Sequence[Token], *, glued: bool) -> list[range]:
    """For each token, the run it belongs to: of glued tokens, or of tokens in one line."""
    groups: list[range] = []
    start = 0
    for i in range(1, len(tokens) + 1):
        if i == len(tokens) or (not tokens[i].is_glued if glued else tokens[i].newlines > 0):
            groups += [range(start, i)] * (i - start)
            start = i
    return groups


def _sort_of(character: str) -> str:
    if character.isupper():
        return "X"
    if character.isalpha():
        return "x"
    return "d" if character.isdigit() else character
