"""Multi-label classification: TF-IDF, one support vector machine, sigmoid and threshold per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.models.local.calibration import best_threshold, fit_sigmoid, sigmoid
from docplatform.models.local.classifier_files import ClassifierFiles
from docplatform.models.local.engine_choice import (
    LINEAR,
    EngineChoice,
    beside,
    choose_engine,
    engine_fingerprint,
)
from docplatform.models.local.examples import label_matrix
from docplatform.models.local.familiarity import Familiarity
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.linear import REGULARIZATIONS, LinearWeights, fit_one_vs_rest
from docplatform.models.local.options import ClassificationOptions, parse_options
from docplatform.models.local.selection import HeldOut, folds_to_hold_out, held_out_scores
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.local.tuning import search_name, searched
from docplatform.models.search import NOT_KEPT, SearchStore

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ENGINE = "tfidf-svm-sigmoid/3"
EMBEDDINGS_ENGINE = "embeddings-tfidf-svm-sigmoid/2"

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decisions:
    """How scores become decisions: one scale, shift and threshold per class."""

    scale: Floats
    shift: Floats
    threshold: Floats

    @classmethod
    def fit(cls, held_out: HeldOut, has: Bools) -> Decisions:
        """Learn them from scores of examples that weren't trained on. ``has`` is the truth of all examples."""
        truth = has[held_out.index]
        pairs = [fit_sigmoid(held_out.scores[:, c], truth[:, c]) for c in range(has.shape[1])]
        scale, shift = (np.array(values, dtype=np.float64) for values in zip(*pairs, strict=True))
        probabilities = sigmoid(held_out.scores, scale, shift)
        threshold = [best_threshold(p) if len(p) else 0.5 for p in probabilities.T]
        return cls(scale, shift, np.array(threshold))

    def f1(self, held_out: HeldOut, has: Bools) -> float:
        """Micro F1 on what was held out."""
        asserted, truth = sigmoid(held_out.scores, self.scale, self.shift) >= self.threshold, has[held_out.index]
        return float(2 * (asserted & truth).sum() / max(1, asserted.sum() + truth.sum()))


class _Trial(NamedTuple):
    """How good a value of C was on what was held out."""

    f1: float
    regularization: float
    decisions: Decisions


@dataclass(frozen=True)
class _Problem:
    """What is to be learned, and which examples are held out in turn."""

    texts: Sequence[str]
    has: Bools
    folds: npt.NDArray[np.int64]
    chosen: Sequence[int]
    embeddings: csr_matrix | None = None
    """Of the texts; None: words alone are looked at."""

    def score(self, options: ClassificationOptions) -> float:
        """How good these options are with their value of C, or the first that would be tried."""
        c = options.regularization or REGULARIZATIONS[0]
        return self.best(options.model_copy(update={"regularization": c}))[0].f1

    def best(self, options: ClassificationOptions) -> tuple[_Trial, TextFeatures, csr_matrix]:
        """The best C on what is held out (the smaller at a tie), or the one given; the words' features; their rows."""
        features, lexical = TextFeatures.fit(self.texts, options)
        rows, given = beside(lexical, self.embeddings), options.regularization
        trials = [self._trial(rows, c) for c in (REGULARIZATIONS if given is None else (given,))]
        return max(trials, key=lambda trial: (trial.f1, -trial.regularization)), features, lexical

    def _trial(self, rows: csr_matrix, regularization: float) -> _Trial:
        held_out = held_out_scores(rows, self.has, self.folds, self.chosen, regularization)
        decisions = Decisions.fit(held_out, self.has)
        return _Trial(decisions.f1(held_out, self.has), regularization, decisions)


@dataclass(frozen=True)
class MultiLabelModel:
    """Tells which classes a text is of, none included. Abstains on a text far from all that was trained on."""

    labels: tuple[str, ...]
    features: TextFeatures
    familiarity: Familiarity
    weights: LinearWeights
    decisions: Decisions
    regularization: float
    min_confidence: float
    engine: EngineChoice = LINEAR

    @property
    def kind(self) -> TaskKind:
        """Multi-label classification."""
        return TaskKind.MULTI_LABEL_CLASSIFICATION

    @property
    def engine_choice(self) -> str:
        """What `engine: auto` chose and why."""
        return self.engine.reason

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The classes of each text whose probability reaches their threshold, likeliest first."""
        texts = [document.text for document in documents]
        rows = self.features.transform(texts)
        known = ~self.familiarity.is_far(self.features, texts, rows)
        seen = self.engine.seen(rows, texts, self.features.max_characters)
        probabilities = sigmoid(self.weights.scores(seen), self.decisions.scale, self.decisions.shift)
        return [
            self._prediction(p) if k else Prediction(abstained=True) for p, k in zip(probabilities, known, strict=True)
        ]

    def _prediction(self, probabilities: Floats) -> Prediction:
        least = np.maximum(self.decisions.threshold, self.min_confidence)
        asserted = [
            Category(label, float(p)) for label, p, t in zip(self.labels, probabilities, least, strict=True) if p >= t
        ]
        asserted.sort(key=lambda c: (-c.confidence_score, c.category))
        return Prediction(
            categories=tuple(asserted), confidence_score=asserted[-1].confidence_score if asserted else 0.0
        )

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        header = {
            "kind": self.kind.value,
            "regularization": self.regularization,
            "min_confidence": self.min_confidence,
            **self.engine.to_header(),
        }
        engine = ENGINE if self.engine.encoder is None else EMBEDDINGS_ENGINE
        ClassifierFiles(self.labels, self.features, self.familiarity, self.weights, header, vars(self.decisions)).write(
            folder, engine
        )


@dataclass(frozen=True)
class MultiLabelTrainer:
    """Trains ``MultiLabelModel``."""

    options: ClassificationOptions
    searches: SearchStore = NOT_KEPT

    @classmethod
    def from_options(cls, given: Mapping[str, object], searches: SearchStore = NOT_KEPT) -> MultiLabelTrainer:
        """From a project's options. Raises ``ConfigurationError``."""
        return cls(parse_options(ClassificationOptions, given), searches)

    @property
    def kind(self) -> TaskKind:
        """Multi-label classification."""
        return TaskKind.MULTI_LABEL_CLASSIFICATION

    @property
    def fingerprint(self) -> str:
        """Engine, library versions and options."""
        return f"{self._engine} {self.options.told}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> MultiLabelModel:
        """Choose C, calibrate and set thresholds on held-out examples, then fit on all, validation included."""
        validated = {id(e) for e in validation}
        examples, labels, has = label_matrix([*train, *validation])
        texts = [e.text for e in examples]
        folds, chosen = folds_to_hold_out(texts, [row.tobytes() for row in has], [id(e) in validated for e in examples])

        problem = _Problem(texts, has, folds, chosen)
        engine = choose_engine(
            self.options,
            texts,
            lambda embeddings: replace(problem, embeddings=embeddings).best(self.options)[0].f1,
            "micro F1 on held-out examples",
        )
        problem = replace(problem, embeddings=engine.embeddings)
        name = search_name(self._engine, self.options, train, validation)
        options = searched(self.options, self.searches, name, REGULARIZATIONS, problem.score)
        best, features, lexical = problem.best(options)
        return MultiLabelModel(
            labels=labels,
            features=features,
            familiarity=Familiarity.fit(features, texts, lexical, has, options.abstain_far),
            weights=fit_one_vs_rest(beside(lexical, engine.embeddings), has, best.regularization),
            decisions=best.decisions,
            regularization=best.regularization,
            min_confidence=options.min_confidence,
            engine=engine._replace(embeddings=None),
        )

    @property
    def _engine(self) -> str:
        return f"local/{ENGINE} {engine_versions('scikit-learn')}{engine_fingerprint(self.options)}"

    def load(self, folder: Path) -> MultiLabelModel:
        """Read back what ``MultiLabelModel.save`` wrote."""
        with ClassifierFiles.reading(folder, ENGINE, EMBEDDINGS_ENGINE) as kept:
            return MultiLabelModel(
                labels=kept.labels,
                features=kept.features,
                familiarity=kept.familiarity,
                weights=kept.weights,
                decisions=Decisions(*(kept.arrays[name] for name in ("scale", "shift", "threshold"))),
                regularization=float(kept.header["regularization"]),
                min_confidence=float(kept.header["min_confidence"]),
                engine=EngineChoice.from_header(kept.header, self.options),
            )
