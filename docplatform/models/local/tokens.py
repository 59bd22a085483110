"""Texts cut into tokens with exact offsets, and tokens into chunks that a sequence model can look at whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Scripts that don't put spaces between words: there each character is a token, or a name inside a sentence could never
# be a span (Thai, Lao, Khmer, Myanmar, kana, Han with its extensions).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Combining marks aren't letters to Python, yet belong to the letter before them.
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
_TOKEN = re.compile(rf"[{_UNSPACED}]|(?:[^\W\d_{_UNSPACED}][{_MARKS}]*)+|\d+|\S")

MAX_CHUNK = 200
"""Most tokens in a chunk, unless an entity that is longer must stay whole."""
_SENTENCE_END = frozenset(".!?。！？")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``text == content[start:end]``."""

    start: int
    end: int
    text: str
    newlines: int
    """Line ends between the token before and this one; the first token of a text has one at least."""
    is_glued: bool
    """Whether no white space separates it from the token before."""


def tokenize(content: str) -> list[Token]:
    """Runs of letters, runs of digits, and every other visible character by itself."""
    tokens: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(content):
        gap = content[end : match.start()]
        newlines = max(gap.count("\n"), gap.count("\r")) + (not tokens)
        tokens.append(Token(match.start(), match.end(), match.group(), newlines, bool(tokens) and not gap))
        end = match.end()
    return tokens


def token_texts(content: str) -> list[str]:
    """The tokens of ``tokenize``, without their places: five times as fast."""
    return _TOKEN.findall(content)


def chunk(tokens: Sequence[Token], together: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """Ranges of tokens: paragraphs, and where one is longer than ``MAX_CHUNK``, lines, sentences or pieces of it.

    Args:
        tokens: All tokens of a text.
        together: Ranges of tokens that stay in one chunk.
    """
    barred = {inner for start, end in together for inner in range(start + 1, end)}
    chunks: list[tuple[int, int]] = []
    start = 0
    while start < len(tokens):
        end = _chunk_end(tokens, start, barred)
        chunks.append((start, end))
        start = end
    return chunks


def _chunk_end(tokens: Sequence[Token], start: int, barred: set[int]) -> int:
    limit = min(len(tokens), start + MAX_CHUNK)
    for end in range(start + 1, limit):
        if tokens[end].newlines > 1 and end not in barred:
            return end
    if limit == len(tokens):
        return limit
    possible = [end for end in range(limit, start, -1) if end not in barred]
    for end in possible:
        if tokens[end].newlines:
            return end
    for end in possible:
        if tokens[end - 1].text in _SENTENCE_END and not tokens[end].is_glued:
            return end
    return possible[0] if possible else _after(limit, barred, len(tokens))


def _after(end: int, barred: set[int], count: int) -> int:
    while end < count and end in barred:
        end += 1
    return end
