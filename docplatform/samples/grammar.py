"""Templates to text: alternatives, slots, marked values and slips of the pen.

A template is text with ``{this|that|}`` alternatives (nested at will) and ``<slot>`` places. What a slot gives can be
marked with a category; the marks travel inside the text, as control characters, until ``unmark`` makes offsets of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

from docplatform.documents.predictions import Entity

_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<(\w+)>")
_BEGIN, _MIDDLE, _END = "\x01", "\x02", "\x03"
_MARKED = re.compile(f"{_BEGIN}([^{_MIDDLE}]*){_MIDDLE}([^{_END}]*){_END}")
_PLAIN_WORD = re.compile(f"{_BEGIN}[^{_END}]*{_END}|[a-z]{{5,}}")


def mark(category: str, value: str) -> str:
    """``value``, remembered as an entity of ``category``."""
    return f"{_BEGIN}{category}{_MIDDLE}{value}{_END}"


def plain(marked: str) -> str:
    """The text without its marks."""
    return _MARKED.sub(lambda match: match[2], marked)


def unmark(marked: str) -> tuple[str, tuple[Entity, ...]]:
    """The text without its marks, and the entities, in order, with offsets in code points of it."""
    entities: list[Entity] = []
    parts: list[str] = []
    length = position = 0
    for match in _MARKED.finditer(marked):
        before, value = marked[position : match.start()], match[2]
        entities.append(Entity(match[1], length + len(before), len(value), value))
        parts += before, value
        length += len(before) + len(value)
        position = match.end()
    return "".join([*parts, marked[position:]]), tuple(entities)


def choose(template: str, rng: random.Random) -> str:
    """``template`` with each group of alternatives decided, innermost first. Slots stay."""
    while match := _ALTERNATIVES.search(template):
        template = template[: match.start()] + rng.choice(match[1].split("|")) + template[match.end() :]
    return template


def expand(template: str, rng: random.Random, slots: Mapping[str, Callable[[], str]]) -> str:
    """``template`` with alternatives decided and slots filled. Raises ``KeyError`` for a slot nobody fills."""
    return _SLOT.sub(lambda match: slots[match[1]](), choose(template, rng))


def mistype(marked: str, rng: random.Random, share: float) -> str:
    """Mistype about ``share`` of the longer lower-case words, never a marked value."""

    def slip(match: re.Match[str]) -> str:
        word = match[0]
        if word.startswith(_BEGIN) or rng.random() >= share:
            return word
        at = rng.randrange(1, len(word) - 1)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return rng.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))

    return _PLAIN_WORD.sub(slip, marked)
