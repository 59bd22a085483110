"""Document classification on text and layout, and the division of packets into documents.

A document's class is told from its words (TF-IDF) and from what it looks like (``layout_profile``); the pages of a file
of several pages are told by themselves, with whether each begins a document, and divided accordingly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText, cut_to_pages
from docplatform.documents.predictions import Category, DocumentPart, LabeledExample, Prediction, TaskKind
from docplatform.models.local.calibration import fit_scale, softmax
from docplatform.models.local.examples import in_stable_order, single_classes
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.layout_profile import profile
from docplatform.models.local.linear import REGULARIZATIONS, LinearWeights, fit_one_vs_rest
from docplatform.models.local.model_folder import (
    Arrays,
    arrays_from_bytes,
    arrays_to_bytes,
    corrupt,
    read_model,
    write_model,
)
from docplatform.models.local.options import DocumentClassOptions, parse_options
from docplatform.models.local.packets import Boundary, clues, divide, likenesses, pages_of, pairs
from docplatform.models.local.selection import folds_to_hold_out, held_out_scores
from docplatform.models.local.threads import engine_versions, one_thread

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]

ENGINE = "tfidf-layout-svm/1"
_LAYOUT_WEIGHTS = (0.0, 0.1)
"""Weights of the layout's numbers beside TF-IDF rows of length 1.4 that are tried."""
_ABSTAINED = Prediction(abstained=True)


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


@dataclass(frozen=True)
class DocumentClassModel:
    """Tells of which class a document is, and which documents a file holds. Abstains where no word is known.

    A packet is of each class that one of its documents is of, as sure as of the least sure of those.
    """

    labels: tuple[str, ...]
    rows: DocumentRows
    weights: LinearWeights
    scale: float
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
            kept = [begins[first] if first else 1.0, *(1 - begins[first + 1 : last]), begins[last] if last < len(pages) else 1.0]
            sure[first] = min(kept)
        return [(first + 1, last) for first, last in divided], sure

    def starts(self, pages: Sequence[DocumentText]) -> tuple[Floats, Floats]:
        """For pages of a file: the probability that each begins a document, and their classes' probabilities."""
        words, rows = self.rows.of(pages)
        classes = softmax(self.weights.scores(rows), self.scale)
        alike = likenesses(words)
        told = [
            clues(pages[i - 1], pages[i], float(alike[i]), float(classes[i - 1] @ classes[i])) for i in range(1, len(pages))
        ]
        return np.concatenate([[1.0], self.boundary.probability(np.array(told))]), classes

    def probabilities(self, documents: Sequence[DocumentText]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Documents x classes, and whether any word of each is known."""
        words, rows = self.rows.of(documents)
        return softmax(self.weights.scores(rows), self.scale), np.diff(words.indptr) > 0

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        vocabulary, idf = self.rows.features.to_files()
        arrays: Arrays = {
            **idf,
            "weights": self.weights.weights,
            "bias": self.weights.bias,
            "means": self.rows.means,
            "deviations": self.rows.deviations,
            "boundary": self.boundary.weights,
        }
        header = {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "scale": self.scale,
            "layout_weight": self.rows.layout_weight,
            "boundary_bias": self.boundary.bias,
            "divides": self.divides,
            "min_confidence": self.min_confidence,
        }
        write_model(folder, ENGINE, header, {"vocabulary.json": vocabulary, "weights.npz": arrays_to_bytes(arrays)})


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
        """Choose C and the layout's weight on held-out documents, then fit on all, validation included.

        Packets are learned from as the documents they hold. Pages of documents of several pages are learned from too.
        """
        units, classes = single_classes(_units(in_stable_order([*train, *validation])))
        documents, labels = [unit.document for unit in units], tuple(sorted(set(classes)))
        truth = np.array([labels.index(name) for name in classes])
        features, words = TextFeatures.fit([d.text for d in documents], self.options)
        profiles = np.array([profile(d) for d in documents])
        rows = DocumentRows(features, profiles.mean(axis=0), np.maximum(profiles.std(axis=0), 1e-3), 0.0)
        regularization, rows, scale = self._chosen(rows, words, rows.standard(profiles), [d.text for d in documents], truth)
        pages, owner = _several_paged(documents)
        _, all_rows = rows.of([*documents, *pages])
        all_truth = np.concatenate([truth, truth[owner]])
        model = DocumentClassModel(
            labels=labels,
            rows=rows,
            weights=fit_one_vs_rest(all_rows, all_truth[:, None] == np.arange(len(labels)), regularization),
            scale=scale,
            boundary=Boundary.unknown(),
            divides=self.options.split_packets,
            min_confidence=self.options.min_confidence,
        )
        return _with_boundary(model, documents)

    def _chosen(
        self, rows: DocumentRows, words: csr_matrix, standard: Floats, texts: Sequence[str], truth: npt.NDArray[np.int64]
    ) -> tuple[float, DocumentRows, float]:
        """C, the rows with their layout's weight, and the scale of scores, from documents that were held out."""
        has = truth[:, None] == np.arange(truth.max() + 1)
        folds, chosen = folds_to_hold_out(texts, truth.tolist(), [False] * len(texts))
        trials = []
        for weight in _LAYOUT_WEIGHTS if self.options.layout else _LAYOUT_WEIGHTS[:1]:
            weighted = DocumentRows(rows.features, rows.means, rows.deviations, weight)
            joined = weighted.join(words, standard)
            for regularization in self._candidates:
                held_out = held_out_scores(joined, has, folds, chosen, regularization)
                right = held_out.scores.argmax(axis=1) == truth[held_out.index]
                scale = fit_scale(held_out.scores, truth[held_out.index])
                trials.append((int(right.sum()), weight, -regularization, weighted, scale))
        _, _, negated, weighted, scale = max(trials, key=lambda trial: trial[:3])
        return -negated, weighted, scale

    @property
    def _candidates(self) -> tuple[float, ...]:
        given = self.options.regularization
        return REGULARIZATIONS if given is None else (given,)

    def load(self, folder: Path) -> DocumentClassModel:
        """Read back what ``DocumentClassModel.save`` wrote."""
        header, files = read_model(folder, ENGINE)
        try:
            arrays = arrays_from_bytes(files["weights.npz"])
            features = TextFeatures.from_files(files["vocabulary.json"], arrays)
            return DocumentClassModel(
                labels=tuple(header["labels"]),
                rows=DocumentRows(features, arrays["means"], arrays["deviations"], float(header["layout_weight"])),
                weights=LinearWeights(arrays["weights"], arrays["bias"]),
                scale=float(header["scale"]),
                boundary=Boundary(arrays["boundary"], float(header["boundary_bias"])),
                divides=bool(header["divides"]),
                min_confidence=float(header["min_confidence"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error


def _units(examples: Sequence[LabeledExample]) -> list[LabeledExample]:
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


def _several_paged(documents: Sequence[DocumentText]) -> tuple[list[DocumentText], list[int]]:
    """The pages of documents of several pages, and which document each is of."""
    pages: list[DocumentText] = []
    owner: list[int] = []
    for number, document in enumerate(documents):
        found = pages_of(document)
        if len(found) > 1:
            pages += found
            owner += [number] * len(found)
    return pages, owner


def _with_boundary(model: DocumentClassModel, documents: Sequence[DocumentText]) -> DocumentClassModel:
    """The model with what tells pages that begin a document, learned from these documents' own pages."""
    pages: list[DocumentText] = []
    numbers: list[list[int]] = []
    for document in documents:
        found = pages_of(document)
        numbers.append(list(range(len(pages), len(pages) + len(found))))
        pages += found
    words, rows = model.rows.of(pages)
    classes = softmax(model.weights.scores(rows), model.scale)
    found_pairs, begins = pairs(numbers)
    norms = np.maximum(np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel()), 1e-9)
    told = [
        clues(
            pages[a],
            pages[b],
            float(words[a].multiply(words[b]).sum() / (norms[a] * norms[b])),
            float(classes[a] @ classes[b]),
        )
        for a, b in found_pairs
    ]
    return replace(model, boundary=Boundary.fit(np.array(told), np.array(begins)))
