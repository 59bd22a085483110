"""What a page looks like from afar, as a few numbers: how full it is and where, its largest words, its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText, WordBox

Floats = npt.NDArray[np.float64]

_GRID = 4
SIZE = _GRID * _GRID + 12
"""Numbers that describe a document."""
_EDGE = 0.01
"""Page fractions within which words begin at the same margin."""


def profile(document: DocumentText) -> Floats:
    """``SIZE`` numbers about a document, or a page cut out of one; zeros where it has no places."""
    words = document.words
    if not words:
        return np.zeros(SIZE)
    boxes = np.array([word[3:] for word in words], dtype=np.float64)
    texts = [document.text[w.offset : w.offset + w.length] for w in words]
    left, top, right, bottom = boxes.T
    heights, pages = np.maximum(bottom - top, 1e-4), document.page_count
    middle_x, middle_y = np.minimum((left + right) / 2, 0.999), np.minimum((top + bottom) / 2, 0.999)
    cells = (middle_y * _GRID).astype(int) * _GRID + (middle_x * _GRID).astype(int)
    grid = np.bincount(cells, weights=(right - left) * heights, minlength=_GRID * _GRID) / pages
    largest = int(heights.argmax())
    return np.array(
        [
            *np.sqrt(grid),
            np.log(pages),
            np.log1p(len(words) / pages),
            np.log(heights[largest] / np.median(heights)),
            middle_x[largest],
            middle_y[largest],
            float(np.median(heights)) * 50,
            _share(texts, str.isupper),
            _share(texts, lambda text: text[:1].isdigit()),
            _share(texts, lambda text: any(c.isdigit() for c in text) and text[-3:-2] in (".", ",")),
            _share(texts, lambda text: text.endswith(":")),
            *_margins(words),
        ]
    )


def _share(texts: Sequence[str], is_so: Callable[[str], bool]) -> float:
    return sum(map(is_so, texts)) / len(texts)


def _margins(words: Sequence[WordBox]) -> tuple[float, float]:
    """Share of lines' first words at the commonest left margin, and of words far right of the one before (columns)."""
    starts = [b.left for a, b in zip([None, *words], words, strict=False) if a is None or b.left < a.right]
    gaps = [b.left - a.right > 2 * (a.bottom - a.top) for a, b in pairwise(words) if b.left >= a.right]
    bins = np.bincount((np.array(starts) / _EDGE).astype(int))
    return float(bins.max()) / len(starts), sum(gaps) / max(len(gaps), 1)
