"""Documents and pages as rows of numbers: what document classification learns from.

Belongs here: cutting labelled files into documents and pages, and the numbers of each. Doesn't: classifiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText, cut_to_pages
from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.layout_profile import profile
from docplatform.models.local.packets import CLUES, clues, cosines, pages_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DocumentRows:
    """Documents to numbers: words, then the layout's numbers made alike in size."""

    features: TextFeatures
    means: Floats
    deviations: Floats
    layout_weight: float

    def of(self, documents: Sequence[DocumentText]) -> tuple[csr_matrix, csr_matrix]:
        """One row per document, of words alone, and of both."""
        words = self.features.transform([document.text for document in documents])
        return words, self.join(words, self.standard(np.array([profile(d) for d in documents])))

    def standard(self, profiles: Floats) -> Floats:
        """Profiles less their mean, in deviations, never more than three."""
        return np.clip((profiles.reshape(-1, len(self.means)) - self.means) / self.deviations, -3, 3)

    def join(self, words: csr_matrix, standard: Floats) -> csr_matrix:
        """Both side by side."""
        from scipy.sparse import csr_matrix, hstack

        return hstack([words, csr_matrix(standard * self.layout_weight)], format="csr")


def documents_in(examples: Sequence[LabeledExample]) -> list[LabeledExample]:
    """The documents that examples hold: the parts of a packet, cut out, and every other example as it is."""
    units = []
    for example in examples:
        if not example.parts:
            units.append(example)
        for part in example.parts:
            cut = cut_to_pages(example.document, part.first_page, part.last_page)
            units.append(
                LabeledExample(
                    f"{example.document_id}#{part.first_page}",
                    cut.text.strip() if not cut.words else cut.text,
                    (part.category,),
                    words=cut.words,
                    page_count=cut.page_count,
                )
            )
    return units


@dataclass(frozen=True)
class PageSet:
    """The pages of documents, one by one."""

    pages: Sequence[DocumentText]
    truth: npt.NDArray[np.int64]
    """The class of each page's document."""
    documents: Sequence[Sequence[int]]
    """The numbers of each document's pages."""

    @classmethod
    def of(cls, documents: Sequence[DocumentText], truth: npt.NDArray[np.int64]) -> PageSet:
        """Cut documents into pages."""
        pages: list[DocumentText] = []
        numbers: list[Sequence[int]] = []
        for document in documents:
            found = pages_of(document)
            numbers.append(range(len(pages), len(pages) + len(found)))
            pages += found
        return cls(pages, np.repeat(truth, [len(n) for n in numbers]), numbers)

    @property
    def of_several(self) -> npt.NDArray[np.int64]:
        """The pages of documents of several pages."""
        return np.array([n for numbers in self.documents if len(numbers) > 1 for n in numbers], dtype=np.int64)

    @property
    def is_first(self) -> npt.NDArray[np.bool_]:
        """Whether each begins its document."""
        first = np.zeros(len(self.pages), dtype=np.bool_)
        first[[numbers[0] for numbers in self.documents]] = True
        return first


def page_clues(
    pages: Sequence[DocumentText],
    following: Sequence[tuple[int, int]],
    words: csr_matrix,
    classes: Floats,
    firsts: Floats,
) -> Floats:
    """Clues for pairs of pages that follow each other, a row each."""
    alike = cosines(words, following)
    told = [
        clues(
            pages[a],
            pages[b],
            likeness=float(likeness),
            same_class=float(classes[a] @ classes[b]),
            first=float(firsts[b]),
        )
        for (a, b), likeness in zip(following, alike, strict=True)
    ]
    return np.array(told).reshape(-1, CLUES)
