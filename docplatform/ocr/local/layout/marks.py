"""Check boxes: those that are characters or small squares of rules, and the label of each.

Belongs here: telling marks from text and rules, and pairing them with the words beside them. Doesn't: squares on images
(``image_marks``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations, islice
from statistics import median

from docplatform.ocr.local.blocks import MarkBox, PairBlock, WordBox
from docplatform.ocr.local.layout.pieces import Box, Piece
from docplatform.ocr.local.page_elements import Rule

MARKED = 0.8
"""Confidence of the pair of a label and the box before it."""
_SELECTED = ("☑", "☒", "🗹", "🗷", "\uf0fe", "\uf0fd", "[x]", "[X]", "[✓]", "[✔]")
_UNSELECTED = ("☐", "❏", "❑", "□", "\uf0a8", "\uf06f", "[]", "[_]")
_ALL = (*_SELECTED, *_UNSELECTED)
"""Unicode's, those of Wingdings in the private area, and what a typewriter makes."""
_FIRST = frozenset(text[0] for text in _ALL)
_MAX_LABEL_WORDS = 12
_NEAR = 2.5
"""Line heights between a box and its label."""
_LEAST, _MOST = 0.6, 2.2
"""Side of a square of rules, in heights of text."""
_MAX_SHORT = 200
"""Short rules; a page with more is a drawing or a comb of cells for letters."""
_MAX_MARKS = 500
"""Of a page; what has more characters like boxes is a pattern."""
_CROSSES = [[cross] for cross in "xX✓✔✗✘×"]

Placed = tuple[Box, WordBox]
BoxOf = Callable[[WordBox | MarkBox], Box]
"""Bounds of a word or mark in the frame of the pieces."""


def page_marks(
    pieces: Sequence[Piece], rules: Sequence[Rule], known: Sequence[MarkBox], box_of: BoxOf
) -> list[MarkBox]:
    """The marks that are known, and those that characters and rules make where none is known yet."""
    marks = list(known)
    boxes = [box_of(mark) for mark in known]
    for mark in islice(chain(_character_marks(pieces), _rule_marks(rules, pieces)), _MAX_MARKS):
        box = box_of(mark)
        if not any(_is_within(_center(box), other) for other in boxes):
            marks.append(mark)
            boxes.append(box)
    return marks


def mark_pairs(rows: Sequence[Sequence[Piece]], marks: Sequence[MarkBox], box_of: BoxOf) -> Iterator[PairBlock]:
    """Every mark with its label: the words right behind or before it, up to the next mark or a wide gap."""
    boxes = [(box_of(mark), mark) for mark in marks]
    for row in rows if marks else ():
        row_box = row[0].box
        in_row = sorted(
            ((box, mark) for box, mark in boxes if row_box[1] - 0.2 * row[0].height < _center(box)[1] < row_box[3]),
            key=lambda item: item[0][0],
        )
        if in_row:
            words = [(box_of(word), word) for piece in row for word in piece.line.words]
            labels = _labels(words, [box for box, _ in in_row], row[0].height)
            yield from (
                PairBlock(label, (), mark, MARKED) for label, (_, mark) in zip(labels, in_row, strict=True) if label
            )


def _labels(words: Sequence[Placed], marks: Sequence[Box], height: float) -> list[list[WordBox]]:
    """The labels of the marks of a row: the words behind each; before each where a label opens and a mark ends it."""
    behind = [
        _label(words, mark[2], edge, height)
        for mark, edge in zip(marks, [*(mark[0] for mark in marks[1:]), math.inf], strict=True)
    ]
    if behind[-1]:
        return behind
    mirrored = [((-right, top, -left, bottom), word) for (left, top, right, bottom), word in reversed(words)]
    before = [
        _label(mirrored, -mark[0], -edge, height)[::-1]
        for mark, edge in zip(marks, [-math.inf, *(mark[2] for mark in marks[:-1])], strict=True)
    ]
    return before if before[0] else behind


def _label(words: Sequence[Placed], start: float, edge: float, height: float) -> list[WordBox]:
    """Words from where a mark ends to the next one, as long as they follow each other closely."""
    label: list[WordBox] = []
    end = start
    for box, word in words:
        if box[0] < start - 0.3 * height or _center(box)[0] >= edge or word.text.startswith(_ALL):
            continue
        if box[0] - end > _NEAR * height or len(label) == _MAX_LABEL_WORDS:
            break
        label.append(word)
        end = box[2]
    return label if any(char.isalpha() for word in label for char in word.text) else []


def _character_marks(pieces: Sequence[Piece]) -> Iterator[MarkBox]:
    """Marks that are written as characters, where they stand: their words stay text as well."""
    for piece in pieces:
        words = piece.line.words
        for number, word in enumerate(words):
            text = word.text
            if text[:1] not in _FIRST or not word.polygon:
                continue
            if text == "[" and number + 1 < len(words) and words[number + 1].text.startswith("]"):
                text = "[]"
            if text.startswith(_ALL):
                yield MarkBox(text.startswith(_SELECTED), word.polygon, word.confidence)


def _rule_marks(rules: Sequence[Rule], pieces: Sequence[Piece]) -> Iterator[MarkBox]:
    """Squares of four rules, about as high as a line of text; selected where a cross or tick is written in them."""
    if len(rules) < 4 or not pieces:
        return
    height = median(piece.height for piece in pieces)
    short = [rule for rule in rules if _LEAST * height <= _length(rule) <= _MOST * height]
    level = [rule for rule in short if rule.y1 == rule.y2]
    upright = [rule for rule in short if rule.x1 == rule.x2]
    if not 2 <= len(level) <= _MAX_SHORT or len(upright) > _MAX_SHORT:
        return
    crosses = [_center(piece.box) for piece in pieces if [word.text for word in piece.line.words] in _CROSSES]
    for top, bottom in combinations(sorted(level, key=lambda rule: rule.y1), 2):
        box = (min(top.x1, top.x2), top.y1, max(top.x1, top.x2), bottom.y1)
        if _is_square(box, bottom, upright, 0.15 * height):
            is_selected = any(_is_within(place, box) for place in crosses)
            left, y1, right, y2 = box
            yield MarkBox(is_selected, (left, y1, right, y1, right, y2, left, y2), 0.9 if is_selected else 0.6)


def _is_square(box: Box, bottom: Rule, upright: Sequence[Rule], slack: float) -> bool:
    left, top, right, low = box
    if abs((low - top) - (right - left)) > slack or abs(min(bottom.x1, bottom.x2) - left) > slack:
        return False
    return abs(max(bottom.x1, bottom.x2) - right) <= slack and all(
        any(
            abs(rule.x1 - x) <= slack and min(rule.y1, rule.y2) <= top + slack and max(rule.y1, rule.y2) >= low - slack
            for rule in upright
        )
        for x in (left, right)
    )


def _length(rule: Rule) -> float:
    return abs(rule.x2 - rule.x1) + abs(rule.y2 - rule.y1)


def _center(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _is_within(place: tuple[float, float], box: Box) -> bool:
    return box[0] <= place[0] <= box[2] and box[1] <= place[1] <= box[3]
