"""The words of a line: where one ends and the next begins, and where each lies in the line's crop.

Belongs here: spaces, and the ink of a line. Doesn't: characters (``decoding``), the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from docplatform.ocr.local.recognition.arrays import Floats, Image
from docplatform.ocr.local.recognition.decoding import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPACE_BELIEF = 0.1
"""Least probability of a space between two characters at which there is one, though a blank is likelier.

Receipts set ``DATE:12/02/2018`` with gaps narrower than the network was taught to call spaces. Word recall on receipts
.891 without this, .906 at .3, .917 at .1, .920 at .02, where prose begins to fall apart (generated pages .986, .986,
.984); forms .812, .817, .820, .822.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word; its sides are shares of its line's length and height."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    confidence: float


def words(reading: Reading, crop: Image) -> Iterator[Word]:
    """The words of a line, from left to right."""
    import numpy as np

    parts = list(runs(reading))
    if not parts:
        return
    height, width = crop.shape[:2]
    ink = _ink(crop)
    centres = (reading.starts + reading.ends) / 2
    edges = _edges(parts, centres, np.asarray(ink.any(axis=0)), width)
    for (first, last), (left, right) in zip(parts, edges, strict=True):
        top, bottom = _rows(ink[:, int(left) : int(right) + 1], height)
        yield Word(
            reading.text[first : last + 1],
            left / width,
            right / width,
            top / height,
            bottom / height,
            round(float(reading.scores[first : last + 1].mean()), 4),
        )


def runs(reading: Reading) -> Iterator[tuple[int, int]]:
    """First and last character of each word."""
    first: int | None = None
    for place, char in enumerate(reading.text):
        if first is not None and (char.isspace() or reading.spaces[place] > SPACE_BELIEF):
            yield first, place - 1
            first = None
        if first is None and not char.isspace():
            first = place
    if first is not None:
        yield first, len(reading.text) - 1


def _ink(crop: Image) -> NDArray[np.bool_]:
    """What is text and what is paper. Paper is what there is more of."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark = np.asarray(grey <= level)
    return ~dark if dark.mean() > 0.5 else dark


def _edges(
    runs: list[tuple[int, int]], centres: Floats, is_inked: NDArray[np.bool_], width: int
) -> list[tuple[float, float]]:
    """Left and right side of each word: at the widest gap between it and its neighbour."""
    pitch = float(centres[-1] - centres[0]) / (len(centres) - 1) if len(centres) > 1 else width / 2
    first, last = float(centres[runs[0][0]]), float(centres[runs[-1][1]])
    sides = [_outermost(is_inked, first, max(0.0, first - 1.5 * pitch))]
    for (_, before), (after, _) in pairwise(runs):
        sides += _gap(is_inked, float(centres[before]), float(centres[after]))
    sides.append(_outermost(is_inked, last, min(float(width), last + 1.5 * pitch)))
    return [(left, max(right, left + 1)) for left, right in zip(sides[::2], sides[1::2], strict=True)]


def _gap(is_inked: NDArray[np.bool_], before: float, after: float) -> tuple[float, float]:
    """The widest stretch without ink between two places."""
    import numpy as np

    start = int(before)
    part = np.concatenate([[True], is_inked[start : int(after) + 1], [True]])
    inked = np.flatnonzero(part)
    gaps = np.diff(inked)
    widest = int(gaps.argmax())
    if gaps[widest] < 2:
        middle = (before + after) / 2
        return middle, middle
    return start + float(inked[widest]), start + float(inked[widest + 1]) - 1


def _outermost(is_inked: NDArray[np.bool_], centre: float, limit: float) -> float:
    """The last ink on the way from a character's centre to a limit."""
    import numpy as np

    if limit < centre:
        inked = np.flatnonzero(is_inked[int(limit) : int(centre) + 1])
        return int(limit) + float(inked[0]) if len(inked) else limit
    inked = np.flatnonzero(is_inked[int(centre) : int(limit) + 1])
    return int(centre) + float(inked[-1]) + 1 if len(inked) else limit


def _rows(ink: NDArray[np.bool_], height: int) -> tuple[float, float]:
    """Top and bottom of a word: half-way from its line's to its ink's.

    People draw boxes a little wider than the ink, and alike for words with and without ascenders: of the words in
    forms/ .722 have a box that fits (IoU of .5, right text) with the line's height, .720 with the ink's, .768 half-way.
    """
    import numpy as np

    inked = np.flatnonzero(ink.any(axis=1))
    return (float(inked[0]) / 2, (float(inked[-1]) + 1 + height) / 2) if len(inked) else (0.0, float(height))
