"""Files of several documents: whether a page begins a document, and the likeliest division of pages into documents.

Where one document ends and the next begins is learned from the labelled documents themselves: pages that follow each
other in one, against the last page of one followed by the first of another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText, cut_to_pages

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]

CLUES = 12
"""Numbers that tell whether a page goes on with the one before."""
_PAGE_NUMBER = re.compile(
    r"\b(?:page|p\.|seite|pagina|página)\s*:?\s*(\d{1,3})\b|\b(\d{1,3})\s*(?:/|of|von)\s*\d{1,3}\b", re.IGNORECASE
)
_HEAD = 6
"""Words at the top of a page that are compared with those of the page before."""
SEED = 20_221_001


def pages_of(document: DocumentText) -> list[DocumentText]:
    """Each page of a document by itself; the document where it has one page or no places."""
    if document.page_count < 2 or not document.words:
        return [document]
    return [cut_to_pages(document, page, page) for page in range(1, document.page_count + 1)]


def clues(before: DocumentText, page: DocumentText, *, likeness: float, same_class: float, first: float) -> list[float]:
    """What tells whether ``page`` begins a document or goes on with ``before``.

    Args:
        before: The page before.
        page: The page.
        likeness: Cosine of the two pages' word counts.
        same_class: Probability that both are of one class.
        first: How much its words are those of first pages, as a signed distance.
    """
    number, former = _page_number(page.text), _page_number(before.text)
    head, former_head = page.text.split()[:_HEAD], before.text.split()[:_HEAD]
    return [
        likeness,
        same_class,
        float(number == 1),
        float(number is not None and number > 1),
        float(number is not None and former is not None and number == former + 1),
        len(set(head) & set(former_head)) / _HEAD,
        float(np.log1p(len(page.text.split()))) / 5,
        abs(float(np.log(_height(page) / _height(before)))),
        first,
        _lowest(before),
        float(np.log(_height(page, 1.0) / _height(page))),
        float(_begins_small(page.text)),
    ]


def _page_number(text: str) -> int | None:
    found = [int(one or other) for one, other in _PAGE_NUMBER.findall(text)]
    return found[-1] if found else None


def _height(page: DocumentText, part: float = 0.5) -> float:
    """The height of words that this part of them stays below; 1 where words have no places."""
    return max(float(np.quantile([w.bottom - w.top for w in page.words], part)), 1e-4) if page.words else 1.0


def _lowest(page: DocumentText) -> float:
    """How far down a page is written on: documents go on where a page is full."""
    bottoms = [word.bottom for word in page.words]
    return float(np.quantile(bottoms, 0.9)) if bottoms else 0.5


def _begins_small(text: str) -> bool:
    return text.lstrip()[:1].islower()


def cosines(rows: csr_matrix, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Of pairs of rows."""
    norms = np.maximum(np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()), 1e-9)
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    dots = np.asarray(rows[one].multiply(rows[other]).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(dots / (norms[one] * norms[other]))


@dataclass(frozen=True, slots=True)
class Boundary:
    """Tells from ``CLUES`` numbers how likely a page begins a document."""

    weights: Floats
    bias: float

    @classmethod
    def unknown(cls) -> Boundary:
        """Where nothing is known but the classes: a page of another class than the one before begins a document."""
        weights = np.zeros(CLUES)
        weights[1] = -6.0
        return cls(weights, 2.0)

    @classmethod
    def fit(cls, rows: Floats, begins: npt.NDArray[np.bool_]) -> Boundary:
        """Fit it; where all examples say the same, a page begins a document only if its class differs."""
        if begins.all() or not begins.any():
            return cls.unknown()
        from sklearn.linear_model import LogisticRegression

        machine = LogisticRegression(C=1.0, class_weight="balanced", random_state=SEED, max_iter=500).fit(rows, begins)
        return cls(np.asarray(machine.coef_[0], dtype=np.float64), float(machine.intercept_[0]))

    def probability(self, rows: Floats) -> Floats:
        """One probability per row."""
        return np.asarray(1 / (1 + np.exp(-np.clip(rows @ self.weights + self.bias, -30, 30))))


def divide(class_probabilities: Floats, begins: Floats) -> list[tuple[int, int]]:
    """The likeliest division of pages into documents of one class each: first and last page (exclusive) of each.

    Args:
        class_probabilities: Pages x classes.
        begins: For each page, the probability that it begins a document; the first one does.
    """
    classes = np.log(np.clip(class_probabilities, 1e-6, 1))
    starting, going_on = np.log(np.clip(begins, 1e-6, 1)), np.log(np.clip(1 - begins, 1e-6, 1))
    best, came_from = classes[0].copy(), []
    for page in range(1, len(classes)):
        anew = best.max() + starting[page]
        stays = best + going_on[page]
        came_from.append(np.where(stays >= anew, -1, int(best.argmax())))
        best = np.maximum(stays, anew) + classes[page]
    current, edges = int(best.argmax()), []
    for page in range(len(classes) - 1, 0, -1):
        if came_from[page - 1][current] >= 0:
            edges.append(page)
            current = int(came_from[page - 1][current])
    starts = [0, *reversed(edges)]
    return list(zip(starts, [*starts[1:], len(classes)], strict=True))


def pairs(documents: Sequence[Sequence[int]]) -> tuple[list[tuple[int, int]], list[bool]]:
    """Pairs of pages, one after the other, and whether the second begins a document.

    Args:
        documents: The numbers of each document's pages. Each is followed by the next one, the last by the first.
    """
    found: list[tuple[int, int]] = []
    begins: list[bool] = []
    for number, pages in enumerate(documents):
        found += pairwise(pages)
        begins += [False] * (len(pages) - 1)
        following = documents[(number + 1) % len(documents)]
        if following is not pages:
            found.append((pages[-1], following[0]))
            begins.append(True)
    return found, begins
