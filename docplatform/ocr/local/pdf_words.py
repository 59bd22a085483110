"""Words among the characters of a page: where each starts and ends, and which were printed twice.

Belongs here: arithmetic on characters and boxes. Doesn't: asking pdfium (``pdf_text``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HYPHEN = "\ufffe"
"""What pdfium makes of a hyphen at the end of a line; it leaves out the line break behind it."""
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_UNSPACED = ((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
"""Han and kana, which are written without spaces: every character counts as a word, as in Document Intelligence."""
_IN_WORD, _SPACE, _ENDS_WORD, _IS_WORD = 0, 1, 2, 3
_SAME_PLACE = 0.25  # heights by which text printed twice, for boldness or a shadow, may be apart
_CELL = 4.0  # points; a word printed twice lies within half of it
_FAR = 1_000_000  # cells


@dataclass(frozen=True, slots=True)
class WordExtents:
    """The words of a text, a row each."""

    starts: NDArray[np.int64]
    lasts: NDArray[np.int64]
    """Index of the last character."""
    is_joined: NDArray[np.bool_]
    """Whether nothing stands between a word and the one before it."""
    starts_line: NDArray[np.bool_]
    """Whether a line ends between a word and the one before it."""


def word_extents(text: str) -> WordExtents:
    """The words of a text of ``pdf_text.characters``: parted by spaces, after ``HYPHEN``, and around Han and kana."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kinds()[np.minimum(codes, 0xFFFF)]
    before = np.concatenate(([_SPACE], kinds[:-1]))
    behind = np.concatenate((kinds[1:], [_SPACE]))
    starts = np.flatnonzero((kinds != _SPACE) & ((before != _IN_WORD) | (kinds == _IS_WORD)))
    lasts = np.flatnonzero((kinds != _SPACE) & ((kinds != _IN_WORD) | (behind == _SPACE) | (behind == _IS_WORD)))
    ends = (codes == 10) | (codes == 13) | (codes == ord(HYPHEN))
    lines = np.cumsum(ends)[starts - 1] if len(starts) else starts
    is_joined = np.concatenate(([False], starts[1:] == lasts[:-1] + 1))[: len(starts)]
    starts_line = np.concatenate(([False], lines[1:] > lines[:-1]))[: len(starts)]
    return WordExtents(starts, lasts, is_joined, starts_line)


@cache
def _kinds() -> NDArray[np.uint8]:
    """What each code point of the Basic Multilingual Plane is to words."""
    import numpy as np

    kinds = np.full(0x10000, _IN_WORD, np.uint8)
    kinds[[ord(space) for space in _SPACES]] = _SPACE
    kinds[ord(HYPHEN)] = _ENDS_WORD
    for first, last in _UNSPACED:
        kinds[first : last + 1] = _IS_WORD
    return kinds


def is_printed_twice(texts: Sequence[str], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Words that stand where the same word stands already: bold or shadowed letters made by printing them again.

    pdfium leaves out those that directly follow each other; a program may as well print a whole page twice.
    """
    import numpy as np

    is_again = np.zeros(len(texts), np.bool_)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    cells = _cells(centers)
    crowded = _crowded(cells)
    apart = _SAME_PLACE * (boxes[:, 3] - boxes[:, 1])
    seen: dict[tuple[int, int, str], int] = {}
    for index in crowded:
        places = [(grid, cell, texts[index]) for grid, cell in enumerate(cells[:, index].tolist())]
        others = {seen[place] for place in places if place in seen}
        if any(bool((np.abs(centers[other] - centers[index]) <= apart[index]).all()) for other in others):
            is_again[index] = True
        else:
            seen.update(dict.fromkeys(places, index))
    return is_again


def _crowded(cells: NDArray[np.int64]) -> list[int]:
    """Which of n share a cell with another in one of the grids, in order."""
    import numpy as np

    alike = np.sort(cells, axis=1)
    cells = cells[(alike[:, 1:] == alike[:, :-1]).any(1)]  # mostly none: sorting alone is a tenth of finding out which
    order = np.argsort(cells, axis=1)
    ordered = np.take_along_axis(cells, order, axis=1)
    grids, places = np.nonzero(ordered[:, 1:] == ordered[:, :-1])
    return sorted({*order[grids, places].tolist(), *order[grids, places + 1].tolist()})


def _cells(centers: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cells, 4 x n, that places lie in, in four grids shifted by half a cell: what is near shares one in one."""
    import numpy as np

    shifts = np.array([(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)])
    cells = np.floor(np.clip(centers / _CELL, -_FAR, _FAR)[None] + shifts[:, None]).astype(np.int64)
    numbers: NDArray[np.int64] = cells[:, :, 0] * (4 * _FAR) + cells[:, :, 1]
    return numbers
