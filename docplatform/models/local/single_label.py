"""Single-label classification: TF-IDF, one-vs-rest support vector machines, calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.models.local.calibration import fit_scale, softmax
from docplatform.models.local.examples import single_classes
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.linear import REGULARIZATIONS, LinearWeights, fit_one_vs_rest
from docplatform.models.local.model_folder import (
    Arrays,
    arrays_from_bytes,
    arrays_to_bytes,
    corrupt,
    read_model,
    write_model,
)
from docplatform.models.local.options import ClassificationOptions, parse_options
from docplatform.models.local.selection import folds_to_hold_out, held_out_scores
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.search import NOT_KEPT, SearchStore

ENGINE = "tfidf-svm-softmax/1"
_ABSTAINED = Prediction(abstained=True)


@dataclass(frozen=True)
class SingleLabelModel:
    """Tells which one class a text is of. Abstains where a text has no feature that was trained on."""

    labels: tuple[str, ...]
    features: TextFeatures
    weights: LinearWeights
    scale: float
    regularization: float
    min_confidence: float

    @property
    def kind(self) -> TaskKind:
        """Single-label classification."""
        return TaskKind.SINGLE_LABEL_CLASSIFICATION

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The likeliest class of each text and its probability."""
        rows = self.features.transform([document.text for document in documents])
        known = np.diff(rows.indptr) > 0
        probabilities = softmax(self.weights.scores(rows), self.scale)
        best = probabilities.argmax(axis=1) if len(documents) else []
        return [
            self._prediction(self.labels[b], float(p[b])) if k else _ABSTAINED
            for b, p, k in zip(best, probabilities, known, strict=True)
        ]

    def _prediction(self, label: str, confidence: float) -> Prediction:
        if confidence < self.min_confidence:
            return _ABSTAINED
        return Prediction(categories=(Category(label, confidence),), confidence_score=confidence)

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        vocabulary, idf = self.features.to_files()
        arrays: Arrays = {**idf, "weights": self.weights.weights, "bias": self.weights.bias}
        header = {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "scale": self.scale,
            "regularization": self.regularization,
            "min_confidence": self.min_confidence,
        }
        write_model(folder, ENGINE, header, {"vocabulary.json": vocabulary, "weights.npz": arrays_to_bytes(arrays)})


@dataclass(frozen=True)
class SingleLabelTrainer:
    """Trains ``SingleLabelModel``."""

    options: ClassificationOptions
    searches: SearchStore = NOT_KEPT

    @classmethod
    def from_options(cls, given: Mapping[str, object], searches: SearchStore = NOT_KEPT) -> SingleLabelTrainer:
        """From a project's options. Raises ``ConfigurationError``."""
        return cls(parse_options(ClassificationOptions, given), searches)

    @property
    def kind(self) -> TaskKind:
        """Single-label classification."""
        return TaskKind.SINGLE_LABEL_CLASSIFICATION

    @property
    def fingerprint(self) -> str:
        """Engine, library versions and options."""
        return f"local/{ENGINE} {engine_versions('scikit-learn')} {self.options.model_dump_json()}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> SingleLabelModel:
        """Choose C and calibrate on held-out examples, then fit on all, validation included."""
        validated = {id(e) for e in validation}
        examples, classes = single_classes([*train, *validation])
        texts, labels = [e.text for e in examples], tuple(sorted(set(classes)))
        features, rows = TextFeatures.fit(texts, self.options)
        truth = np.array([labels.index(name) for name in classes])
        has = truth[:, None] == np.arange(len(labels))
        folds, chosen = folds_to_hold_out(texts, classes, [id(e) in validated for e in examples])
        trials = []
        for regularization in self._candidates:
            held_out = held_out_scores(rows, has, folds, chosen, regularization)
            right = held_out.scores.argmax(axis=1) == truth[held_out.index]
            trials.append((int(right.sum()), -regularization, held_out))
        _, negated, held_out = max(trials, key=lambda trial: trial[:2])
        return SingleLabelModel(
            labels=labels,
            features=features,
            weights=fit_one_vs_rest(rows, has, -negated),
            scale=fit_scale(held_out.scores, truth[held_out.index]),
            regularization=-negated,
            min_confidence=self.options.min_confidence,
        )

    @property
    def _candidates(self) -> tuple[float, ...]:
        given = self.options.regularization
        return REGULARIZATIONS if given is None else (given,)

    def load(self, folder: Path) -> SingleLabelModel:
        """Read back what ``SingleLabelModel.save`` wrote."""
        header, files = read_model(folder, ENGINE)
        try:
            arrays = arrays_from_bytes(files["weights.npz"])
            return SingleLabelModel(
                labels=tuple(header["labels"]),
                features=TextFeatures.from_files(files["vocabulary.json"], arrays),
                weights=LinearWeights(arrays["weights"], arrays["bias"]),
                scale=float(header["scale"]),
                regularization=float(header["regularization"]),
                min_confidence=float(header["min_confidence"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise corrupt(folder, f"{type(error).__name__}: {error}") from error
