"""What a conditional random field sees of each word of a page: form, neighbours, the phrases around it, its place.

Belongs here: features of any sort of document. Doesn't: templates of one form (``form_template``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from docplatform.models.local.layout_view import Piece, Segment, median_height
from docplatform.models.local.word_features import full_shape, shape

_LONGEST = 30
"""Characters of a word that are looked at."""
_PHRASE = 6
"""Words of a neighbouring segment that are told."""
_IN_SEGMENT = 12
"""Words of the own segment that are told to each side, in whatever place."""
_ADDED = 40
"""Amounts of a page, the largest, among which sums are looked for."""
_NOT_DIGIT = re.compile(r"\D")
_FORMS = (
    ("date", re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{2,4}")),
    ("time", re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")),
    ("money", re.compile(r"\d{1,3}(?:[.,]\d{3})*[.,]\d{2}|\d+[.,]\d{2}")),
    ("whole", re.compile(r"\d{1,3}(?:[,.]\d{3})+")),
    ("year", re.compile(r"(?:19|20)\d\d")),
    ("digits5", re.compile(r"\d{5}(?:-\d{4})?")),
    ("number", re.compile(r"[\d.,/:\-]*\d")),
)
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*", re.IGNORECASE)
Features = list[list[str]]


def form_of(text: str) -> str:
    """Which sort of thing a word looks like; empty: none that is known."""
    if text[0].isdigit():
        return next((name for name, pattern in _FORMS if pattern.fullmatch(text)), "mixed")
    return "month" if _MONTH.fullmatch(text) else ""


class _Word(NamedTuple):
    """What features are made of."""

    word: str
    shape: str
    form: str
    own: tuple[str, ...]
    is_alpha: bool


@lru_cache(maxsize=100_000)
def _word(text: str) -> _Word:
    text = text[:_LONGEST].encode("utf-8", "replace").decode()
    word, its_shape, form = text.lower(), shape(text), form_of(text)
    own = ["bias", f"w={word}", f"s={its_shape}", f"S={full_shape(text)}"]
    if len(word) > 3 and not form:
        own += [f"p3={word[:3]}", f"e3={word[-3:]}"]
    if form:
        own += [f"f={form}", f"n={len(word)}"]
    return _Word(word, its_shape, form, tuple(own), word.isalpha())


class _Words:
    """The words of a page, column by column."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        all_words = [_word(piece.text) for piece in pieces]
        self.words = [w.word for w in all_words]
        self.shapes = [w.shape for w in all_words]
        self.forms = [w.form for w in all_words]
        self.own = [w.own for w in all_words]
        self.is_alpha = [w.is_alpha for w in all_words]


def layout_features(pieces: Sequence[Piece], segments: Sequence[Segment]) -> Features:
    """Features of the pieces of one page, as strings.

    Args:
        pieces: All pieces of a page.
        segments: Their segments (``segments_of``), whose indices count in ``pieces``.
    """
    view = _Words(pieces)
    around = _around(segments, view, median_height(pieces), _Extent.of(pieces))
    amounts = _amounts(view)
    rows: Features = []
    for segment, shared in zip(segments, around, strict=True):
        for i in range(segment.first, segment.last):
            rows.append([*view.own[i], *_near(view, segment, i), *shared, *amounts.get(i, ())])
    return rows


@dataclass(frozen=True, slots=True)
class _Extent:
    """What the words of a page take up, so that margins don't matter."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> _Extent:
        left, top = min(p.left for p in pieces), min(p.top for p in pieces)
        right, bottom = max(p.right for p in pieces), max(p.bottom for p in pieces)
        return cls(left, top, max(right - left, 1e-6), max(bottom - top, 1e-6))


def _near(view: _Words, segment: Segment, i: int) -> list[str]:
    words, shapes, first, last = view.words, view.shapes, segment.first, segment.last
    features = [f"at={min(i - first, 3)}", f"to={min(last - 1 - i, 3)}"]
    for step in (1, 2):
        before, after = i - step, i + step
        features += [f"-{step}w={words[before]}", f"-{step}s={shapes[before]}"] if before >= first else [f"-{step}none"]
        features += [f"+{step}w={words[after]}", f"+{step}s={shapes[after]}"] if after < last else [f"+{step}none"]
    if i > first:
        features += [f"-1|0={words[i - 1]}|{words[i]}", f"-1s|0s={shapes[i - 1]}|{shapes[i]}"]
    elif i:
        features.append(f"<w={words[i - 1]}")
    if i + 1 < last:
        features.append(f"0s|+1s={shapes[i]}|{shapes[i + 1]}")
    elif i + 1 < len(words):
        features.append(f">w={words[i + 1]}")
    alpha = view.is_alpha
    features += {f"[{words[j]}" for j in range(max(first, i - _IN_SEGMENT), i) if alpha[j]}
    features += {f"]{words[j]}" for j in range(i + 1, min(last, i + 1 + _IN_SEGMENT)) if alpha[j]}
    return features


def _amounts(view: _Words) -> dict[int, list[str]]:
    """For pieces that look like amounts: their rank by size, how often they stand there, and which add up."""
    values = {i: _cents(view.words[i]) for i, form in enumerate(view.forms) if form in ("money", "whole")}
    counts, ordered = Counter(values.values()), sorted(set(values.values()), reverse=True)
    told = {}
    parts, sums = _adding_up(ordered[:_ADDED])
    for rank, value in enumerate(ordered):
        size, times = min(rank, 4), min(counts[value], 4)
        role = f"{'sum' if value in sums else ''}{'part' if value in parts else ''}"
        told[value] = [f"rank={size}", f"times={times}", f"r|t={size}|{times}", f"adds={role}", f"r|a={size}|{role}"]
        told[value].append("some" if value else "zero")
    return {i: told[value] for i, value in values.items()}


def _adding_up(values: Sequence[int]) -> tuple[set[int], set[int]]:
    """Of values, which are the larger part of a sum of two others here, and which are such sums."""
    known = set(values)
    found = [(a, a + b) for a in values for b in values if 0 < b <= a and a + b in known]
    return {part for part, _ in found}, {total for _, total in found}


def _cents(word: str) -> int:
    digits = int(_NOT_DIGIT.sub("", word))
    return digits if len(word) > 2 and word[-3] in ".," else digits * 100


def _around(segments: Sequence[Segment], view: _Words, height: float, extent: _Extent) -> list[list[str]]:
    """For each segment, what all its pieces share: its place, its neighbours' phrases, its own first words."""
    links = _links(np.array([(s.left, s.top, s.right, s.bottom) for s in segments]))
    starts, ends = [_start(view, s) for s in segments], [_end(view, s) for s in segments]
    told = []
    for number, segment in enumerate(segments):
        features = [*_place(segment, number, len(segments), height, extent), *[f"own{f}" for f in starts[number]]]
        for name, neighbours in links.items():
            other = neighbours[number]
            phrases = ends if name == "left" else starts
            features += [f"{name}{f}" for f in phrases[other]] if other >= 0 else [f"{name}none"]
        told.append(features)
    return told


def _place(segment: Segment, number: int, count: int, height: float, extent: _Extent) -> list[str]:
    x0, x1 = (segment.left - extent.left) / extent.width, (segment.right - extent.left) / extent.width
    y = ((segment.top + segment.bottom) / 2 - extent.top) / extent.height
    size = (segment.bottom - segment.top) / height
    centred = abs((x0 + x1) / 2 - 0.5) < 0.05
    return [
        f"#={min(number, 12)}",
        f"#end={min(count - 1 - number, 6)}",
        f"y={int(y * 10)}",
        f"x0={int(x0 * 8)}",
        f"x1={int(x1 * 8)}",
        f"size={min(int(size * 3), 8)}",
        f"len={min(segment.last - segment.first, 8)}",
        "centred" if centred else "aside",
    ]


def _start(view: _Words, segment: Segment) -> list[str]:
    """What a segment begins with, and what sorts of values are in it."""
    first, last = segment.first, segment.last
    told = _phrase(view, range(first, min(first + _PHRASE, last)))
    forms = dict.fromkeys(view.forms[first:last])
    return [
        f"={' '.join(view.words[first : min(first + 2, last)])}",
        f"s={' '.join(view.shapes[first : min(first + 3, last)])}",
        f"n={min(last - first, 5)}",
        *told,
        *[f"f={form}" for form in forms if form],
    ]


def _end(view: _Words, segment: Segment) -> list[str]:
    """What a segment ends with, which is what tells most of what stands to its right."""
    first, last = segment.first, segment.last
    told = _phrase(view, range(max(last - _PHRASE, first), last))
    return [f"={' '.join(view.words[max(last - 2, first) : last])}", f"s={view.shapes[last - 1]}", *told]


def _phrase(view: _Words, pieces: range) -> list[str]:
    return [f":{word}" for word in dict.fromkeys(view.words[i] for i in pieces if view.is_alpha[i])]


def _links(boxes: np.ndarray) -> dict[str, list[int]]:
    """For each segment the nearest one to the left, to the right, above and below it; -1: none."""
    left, top, right, bottom = boxes.T
    height, width = bottom - top, right - left
    down = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    across = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    in_row = down > 0.5 * np.minimum(height[:, None], height)
    in_column = (across > 0.25 * np.minimum(width[:, None], width)) & ~in_row
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    to_left, upward = middle_x[:, None] - middle_x, middle_y[:, None] - middle_y
    return {
        "left": _nearest(to_left, in_row),
        "right": _nearest(-to_left, in_row),
        "up": _nearest(upward, in_column),
        "down": _nearest(-upward, in_column),
    }


def _nearest(distances: np.ndarray, allowed: np.ndarray) -> list[int]:
    usable = np.where(allowed & (distances > 0), distances, np.inf)
    best = usable.argmin(axis=1)
    return [int(b) if np.isfinite(usable[i, b]) else -1 for i, b in enumerate(best)]
