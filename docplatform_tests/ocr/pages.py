"""Pages made of pieces, for the tests of layout: boxes in points, y downwards."""

from __future__ import annotations

from docplatform.ocr.local.blocks import LineBox, MarkBox, PageBlocks, WordBox
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements, Rule

Placed = tuple[str, float, float]
"""A line's text, its left and its top."""


def box(left: float, top: float, width: float, height: float) -> tuple[float, ...]:
    """A polygon."""
    return (left, top, left + width, top, left + width, top + height, left, top + height)


def line(text: str, left: float, top: float, height: float = 10.0, letter: float = 5.0) -> LineBox:
    """A line whose letters are all ``letter`` wide."""
    words, x = [], left
    for word in text.split():
        words.append(WordBox(word, box(x, top, letter * len(word), height)))
        x += letter * (len(word) + 1)
    return LineBox(words, box(left, top, letter * len(" ".join(text.split())), height))


def page(
    *lines: Placed, marks: tuple[MarkBox, ...] = (), rules: tuple[Rule, ...] = (), height: float = 10.0
) -> PageBlocks:
    """A page arranged."""
    elements = PageElements(
        [line(*placed, height) for placed in lines], 600.0, 800.0, "pixel", marks=marks, rules=rules
    )
    return arrange(elements)


def pairs(found: PageBlocks) -> list[tuple[str, str]]:
    """Keys and values of a page; a mark's state where the value is one."""
    return [
        (text(pair.key), ("selected" if pair.mark.is_selected else "unselected") if pair.mark else text(pair.value))
        for pair in found.pairs
    ]


def text(words: object) -> str:
    """The words, joined."""
    return " ".join(word.text for word in words)  # type: ignore[attr-defined]
