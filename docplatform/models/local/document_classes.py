"""Document classification on text and layout, and the division of packets into documents.

A document's class is told from its words (TF-IDF) and from what it looks like (``layout_profile``); the pages of a file
of several pages are told by themselves, with whether each begins a document, and divided accordingly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText, cut_to_pages
from docplatform.documents.predictions import Category, DocumentPart, LabeledExample, Prediction, TaskKind
from docplatform.models.local.calibration import fit_scale, softmax
from docplatform.models.local.classifier_files import ClassifierFiles
from docplatform.models.local.document_rows import DocumentRows, PageSet, documents_in, page_clues
from docplatform.models.local.examples import in_stable_order, single_classes
from docplatform.models.local.familiarity import Familiarity
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.layout_profile import profile
from docplatform.models.local.linear import LinearWeights
from docplatform.models.local.logistic import REGULARIZATION, fit_softmax
from docplatform.models.local.model_folder import Arrays
from docplatform.models.local.options import DocumentClassOptions, parse_options
from docplatform.models.local.packets import Boundary, divide, pages_of, pairs
from docplatform.models.local.selection import folds_to_hold_out, held_out_scores
from docplatform.models.local.threads import engine_versions, one_thread

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]

ENGINE = "tfidf-layout-softmax/1"
_LAYOUT_WEIGHTS = (0.0, 0.1)
"""Weights of the layout's numbers beside TF-IDF rows of length 1.4 that are tried."""
_PARTS = 3
_ABSTAINED = Prediction(abstained=True)


@dataclass(frozen=True)
class DocumentClassModel:
    """Tells of which class a document is, and which documents a file holds.

    A packet is of each class that one of its documents is of, as sure as of the least sure of those. Abstains from
    what is far from all examples.
    """

    labels: tuple[str, ...]
    rows: DocumentRows
    familiarity: Familiarity
    weights: LinearWeights
    scale: float
    first_pages: LinearWeights
    """Tells first pages from others: scores of others, and of first ones."""
    boundary: Boundary
    divides: bool
    min_confidence: float

    @property
    def kind(self) -> TaskKind:
        """Document classification."""
        return TaskKind.DOCUMENT_CLASSIFICATION

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The class of each document; of a packet, its parts, and the classes of those."""
        return [self._predict_one(document) for document in documents]

    def _predict_one(self, document: DocumentText) -> Prediction:
        parts = [part for part in self._parts(document) if part.confidence_score >= self.min_confidence]
        if not parts:
            return _ABSTAINED
        least: dict[str, float] = {}
        for part in parts:
            least[part.category] = min(least.get(part.category, 1.0), part.confidence_score)
        categories = [Category(name, score) for name, score in sorted(least.items(), key=lambda c: (-c[1], c[0]))]
        return Prediction(tuple(categories), confidence_score=min(least.values()), parts=tuple(parts))

    def _parts(self, document: DocumentText) -> list[DocumentPart]:
        ranges, sure = self._ranges(document)
        cut = [cut_to_pages(document, first, last) for first, last in ranges]
        probabilities, known = self.probabilities(cut)
        found = []
        for (first, last), row, is_known in zip(ranges, probabilities, known, strict=True):
            if is_known:
                best = int(row.argmax())
                found.append(DocumentPart(self.labels[best], first, last, float(row[best]) * sure[first - 1]))
        return found

    def _ranges(self, document: DocumentText) -> tuple[list[tuple[int, int]], Floats]:
        """First and last page of each document in it, and how sure the division is of each page's being a start."""
        whole = [(1, max(document.page_count, 1))], np.ones(max(document.page_count, 1))
        pages = pages_of(document)
        if not self.divides or len(pages) < 2:
            return whole
        begins, classes = self.starts(pages)
        divided = divide(classes, begins)
        if len(divided) < 2:
            return whole
        sure = np.ones(len(pages))
        for first, last in divided:
            kept = [
                begins[first] if first else 1.0,
                *(1 - begins[first + 1 : last]),
                begins[last] if last < len(pages) else 1.0,
            ]
            sure[first] = min(kept)
        return [(first + 1, last) for first, last in divided], sure

    def starts(self, pages: Sequence[DocumentText]) -> tuple[Floats, Floats]:
        """For pages of a file: the probability that each begins a document, and their classes' probabilities."""
        words, rows = self.rows.of(pages)
        classes = softmax(self.weights.scores(rows), self.scale)
        following = [(i - 1, i) for i in range(1, len(pages))]
        told = page_clues(pages, following, words, classes, _firstness(self.first_pages, rows))
        return np.concatenate([[1.0], self.boundary.probability(told)]), classes

    def probabilities(self, documents: Sequence[DocumentText]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Documents x classes, and whether each is like an example."""
        words, rows = self.rows.of(documents)
        far = self.familiarity.is_far(self.rows.features, [document.text for document in documents], words)
        return softmax(self.weights.scores(rows), self.scale), ~far

    @one_thread
    def class_probabilities(self, documents: Sequence[DocumentText]) -> list[Mapping[str, float] | None]:
        """See ``TellsProbabilities``; a file is taken as one document."""
        probabilities, known = self.probabilities(documents)
        return [
            dict(zip(self.labels, map(float, row), strict=True)) if is_known else None
            for row, is_known in zip(probabilities, known, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        header = {
            "kind": self.kind.value,
            "scale": self.scale,
            "layout_weight": self.rows.layout_weight,
            "boundary_bias": self.boundary.bias,
            "divides": self.divides,
            "min_confidence": self.min_confidence,
        }
        arrays: Arrays = {
            "means": self.rows.means,
            "deviations": self.rows.deviations,
            "boundary": self.boundary.weights,
            "first_weights": self.first_pages.weights,
            "first_bias": self.first_pages.bias,
        }
        features = self.rows.features
        ClassifierFiles(self.labels, features, self.familiarity, self.weights, header, arrays).write(folder, ENGINE)


@dataclass(frozen=True)
class DocumentClassTrainer:
    """Trains ``DocumentClassModel``."""

    options: DocumentClassOptions

    @classmethod
    def from_options(cls, given: Mapping[str, object]) -> DocumentClassTrainer:
        """From a project's options. Raises ``ConfigurationError``."""
        return cls(parse_options(DocumentClassOptions, given))

    @property
    def kind(self) -> TaskKind:
        """Document classification."""
        return TaskKind.DOCUMENT_CLASSIFICATION

    @property
    def fingerprint(self) -> str:
        """Engine, library versions and options."""
        return f"local/{ENGINE} {engine_versions('scikit-learn')} {self.options.model_dump_json()}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> DocumentClassModel:
        """Choose the layout's weight on held-out documents, then fit on all, validation included.

        Packets are learned from as the documents they hold. Pages of documents of several pages are learned from too.
        """
        units, classes = single_classes(documents_in(in_stable_order([*train, *validation])))
        documents, labels = [unit.document for unit in units], tuple(sorted(set(classes)))
        texts = [document.text for document in documents]
        truth = np.array([labels.index(name) for name in classes])
        features, words = TextFeatures.fit(texts, self.options)
        profiles = np.array([profile(d) for d in documents])
        rows = DocumentRows(features, profiles.mean(axis=0), np.maximum(profiles.std(axis=0), 1e-3), 0.0)
        has = truth[:, None] == np.arange(len(labels))
        rows, scale = self._chosen(rows, words, rows.standard(profiles), texts, truth)
        regularization = self._regularization
        pages = PageSet.of(documents, truth)
        _, all_rows = rows.of([*documents, *[pages.pages[i] for i in pages.of_several]])
        all_truth = np.concatenate([truth, pages.truth[pages.of_several]])
        weights = fit_softmax(all_rows, all_truth[:, None] == np.arange(len(labels)), regularization)
        first_pages, boundary = _boundary(pages, rows, len(labels), regularization, scale)
        return DocumentClassModel(
            labels=labels,
            rows=rows,
            familiarity=Familiarity.fit(features, texts, words, has, self.options.abstain_far),
            weights=weights,
            scale=scale,
            first_pages=first_pages,
            boundary=boundary,
            divides=self.options.split_packets,
            min_confidence=self.options.min_confidence,
        )

    def _chosen(
        self,
        rows: DocumentRows,
        words: csr_matrix,
        standard: Floats,
        texts: Sequence[str],
        truth: npt.NDArray[np.int64],
    ) -> tuple[DocumentRows, float]:
        """The rows with their layout's weight, and the scale of scores, from documents that were held out."""
        has = truth[:, None] == np.arange(truth.max() + 1)
        folds, chosen = folds_to_hold_out(texts, truth.tolist(), [False] * len(texts))
        trials = []
        for weight in _LAYOUT_WEIGHTS if self.options.layout else _LAYOUT_WEIGHTS[:1]:
            weighted = DocumentRows(rows.features, rows.means, rows.deviations, weight)
            joined = weighted.join(words, standard)
            held_out = held_out_scores(joined, has, folds, chosen, self._regularization, fit_softmax)
            right = held_out.scores.argmax(axis=1) == truth[held_out.index]
            scale = fit_scale(held_out.scores, truth[held_out.index])
            trials.append((int(right.sum()), -weight, weighted, scale))
        *_, weighted, scale = max(trials, key=lambda trial: trial[:2])
        return weighted, scale

    @property
    def _regularization(self) -> float:
        return self.options.regularization or REGULARIZATION

    def load(self, folder: Path) -> DocumentClassModel:
        """Read back what ``DocumentClassModel.save`` wrote."""
        with ClassifierFiles.reading(folder, ENGINE) as kept:
            header, arrays = kept.header, kept.arrays
            return DocumentClassModel(
                labels=kept.labels,
                rows=DocumentRows(kept.features, arrays["means"], arrays["deviations"], float(header["layout_weight"])),
                familiarity=kept.familiarity,
                weights=kept.weights,
                scale=float(header["scale"]),
                first_pages=LinearWeights(arrays["first_weights"], arrays["first_bias"]),
                boundary=Boundary(arrays["boundary"], float(header["boundary_bias"])),
                divides=bool(header["divides"]),
                min_confidence=float(header["min_confidence"]),
            )


def _boundary(
    pages: PageSet, rows: DocumentRows, classes: int, regularization: float, scale: float
) -> tuple[LinearWeights, Boundary]:
    """What tells pages that begin a document, learned from the documents' own pages.

    The scores that go into it are held out, in three parts, or they would be trusted too much.
    """
    words, both = rows.of(pages.pages)
    has = pages.truth[:, None] == np.arange(classes)
    first = np.stack([~pages.is_first, pages.is_first], axis=1)
    folds = np.repeat(np.arange(len(pages.documents)) % _PARTS, [len(n) for n in pages.documents])
    probabilities, firsts = np.zeros(has.shape), np.zeros(len(first))
    for fold in range(_PARTS):
        kept, held = folds != fold, folds == fold
        if kept.any() and held.any():
            told = fit_softmax(both[kept], has[kept], regularization)
            probabilities[held] = softmax(told.scores(both[held]), scale)
            firsts[held] = _firstness(fit_softmax(both[kept], first[kept], regularization), both[held])
    following, begins = pairs(pages.documents)
    clues = page_clues(pages.pages, following, words, probabilities, firsts)
    return fit_softmax(both, first, regularization), Boundary.fit(clues, np.array(begins, dtype=np.bool_))


def _firstness(first_pages: LinearWeights, rows: csr_matrix) -> Floats:
    """How much each page is like a first one, as logarithms of odds."""
    return np.asarray(np.diff(first_pages.scores(rows), axis=1)[:, 0])
