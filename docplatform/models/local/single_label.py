"""Single-label classification: TF-IDF, softmax regression, calibrated probabilities.

Two engines: words alone, and words with a pretrained model's sentence embeddings beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.models.local.calibration import fit_scale, softmax
from docplatform.models.local.classifier_files import ClassifierFiles
from docplatform.models.local.distinctness import spread
from docplatform.models.local.engine_choice import (
    LINEAR,
    EngineChoice,
    beside,
    choose_engine,
    engine_fingerprint,
)
from docplatform.models.local.examples import single_classes
from docplatform.models.local.familiarity import Familiarity
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.linear import LinearWeights
from docplatform.models.local.logistic import REGULARIZATION, fit_softmax
from docplatform.models.local.model_folder import engine_of
from docplatform.models.local.options import ClassificationOptions, parse_options
from docplatform.models.local.selection import ENOUGH_HELD_OUT, folds_to_hold_out, held_out_scores
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.local.tuning import search_name, searched
from docplatform.models.search import NOT_KEPT, SearchStore

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from docplatform.models.local.transformer import TransformerModel

ENGINE = "tfidf-softmax/3"
EMBEDDINGS_ENGINE = "embeddings-tfidf-softmax/2"
_ABSTAINED = Prediction(abstained=True)
_REGULARIZATIONS_BESIDE_EMBEDDINGS = (REGULARIZATION, 5.0)
"""Values of C that are tried with embeddings where the project gives none, the one preferred at equal score first."""
_ENOUGH_FOR_SCALE = 300
"""Held-out texts that one number, the scale of scores, is learned from well enough."""
_NAME_WEIGHT = 2.0
"""A class's name weighs as much as two examples (10 examples a class of banking77: accuracy .719 to .738)."""
_WORD = re.compile(r"[^\W_]+?(?:(?<=[a-z])(?=[A-Z])|(?![^\W_]))")


@dataclass(frozen=True)
class _Problem:
    """What is to be learned, and which examples are held out in turn."""

    texts: Sequence[str]
    labels: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]
    chosen: Sequence[int]
    embeddings: csr_matrix | None = None
    """Of the texts and then the classes' names; None: words alone are looked at."""

    @property
    def names(self) -> list[str]:
        """The classes' names as texts."""
        return [words_of(label) for label in self.labels]

    def score(self, options: ClassificationOptions) -> float:
        """How good these options, with a value of C among them, are on what is held out."""
        return _Fitting.of(self, options).trial(options.regularization or REGULARIZATION).score

    def best(self, options: ClassificationOptions) -> tuple[_Fitting, _Trial]:
        """The value of C that is best on what is held out, or the one given."""
        fitting, given = _Fitting.of(self, options), options.regularization
        default = (REGULARIZATION,) if self.embeddings is None else _REGULARIZATIONS_BESIDE_EMBEDDINGS
        trials = [fitting.trial(c) for c in (default if given is None else (given,))]
        return fitting, max(trials, key=lambda trial: trial.score)


@dataclass(frozen=True)
class _Trial:
    """A value of C, the scale of its scores, and how good it was on what was held out."""

    regularization: float
    scale: float
    score: float


@dataclass(frozen=True)
class _Fitting:
    """A problem in numbers."""

    problem: _Problem
    features: TextFeatures
    lexical: csr_matrix
    """Features of the texts' words and characters."""
    rows: csr_matrix
    """All that is seen of the texts."""
    has: npt.NDArray[np.bool_]
    names: csr_matrix
    """The classes' names as texts, one row each."""

    @classmethod
    def of(cls, problem: _Problem, options: ClassificationOptions) -> _Fitting:
        features, lexical = TextFeatures.fit(problem.texts, options)
        has = problem.truth[:, None] == np.arange(len(problem.labels))
        rows, names = lexical, features.transform(problem.names)
        if problem.embeddings is not None:
            of_texts, of_names = problem.embeddings[: len(has)], problem.embeddings[len(has) :]
            rows, names = beside(rows, of_texts), beside(names, of_names)
        return cls(problem, features, lexical, rows, has, names)

    def fit(self, rows: csr_matrix, has: npt.NDArray[np.bool_], regularization: float) -> LinearWeights:
        """Fit; each class's name stands beside its examples, as a user's own words for what the class is about.

        Words alone twice: with all terms alike, and with a penalty that follows their distinctness. The mean of two
        linear models is one, so it costs nothing later, and they err on different texts (held-out banking77: accuracy
        .905 and .908, log likelihood -.363 and -.367 a text; the mean .908 and -.358).
        """
        from scipy.sparse import vstack

        weight = np.concatenate([np.ones(len(has)), np.full(len(self.problem.labels), _NAME_WEIGHT)])
        named = np.concatenate([has, np.eye(len(self.problem.labels), dtype=np.bool_)])
        every = vstack([rows, self.names], format="csr")
        alike = fit_softmax(every, named, regularization, weight)
        if self.problem.embeddings is not None:
            return alike
        told = fit_softmax(every, named, regularization, weight, spread(rows, has))
        half = np.float32(0.5)
        return LinearWeights(half * (alike.weights + told.weights), half * (alike.bias + told.bias))

    def familiarity(self, share: float) -> Familiarity:
        """How alike a text must be to these examples."""
        return Familiarity.fit(self.features, self.problem.texts, self.lexical, self.has, share)

    def trial(self, regularization: float) -> _Trial:
        """Train without what is held out, and score it."""
        p = self.problem
        held_out = held_out_scores(self.rows, self.has, p.folds, p.chosen, regularization, self.fit)
        truth = p.truth[held_out.index]
        scale = fit_scale(held_out.scores, truth)
        if not len(truth):
            return _Trial(regularization, scale, 0.0)
        likelihood = np.log(softmax(held_out.scores, scale)[np.arange(len(truth)), truth] + 1e-12).mean()
        return _Trial(regularization, scale, float(likelihood))


def words_of(label: str) -> str:
    """A class's name as words: ``card_arrival``, ``cardArrival`` and ``card-arrival`` are `card Arrival`."""
    return " ".join(_WORD.findall(label))


@dataclass(frozen=True)
class SingleLabelModel:
    """Tells which one class a text is of. Abstains where a text is far from all that was trained on."""

    labels: tuple[str, ...]
    features: TextFeatures
    familiarity: Familiarity
    weights: LinearWeights
    scale: float
    regularization: float
    min_confidence: float
    engine: EngineChoice = LINEAR

    @property
    def kind(self) -> TaskKind:
        """Single-label classification."""
        return TaskKind.SINGLE_LABEL_CLASSIFICATION

    @property
    def engine_choice(self) -> str:
        """What `engine: auto` chose and why."""
        return self.engine.reason

    @one_thread
    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The likeliest class of each text and its probability."""
        probabilities, known = self._probabilities(documents)
        best = probabilities.argmax(axis=1) if len(documents) else []
        return [
            self._prediction(self.labels[b], float(p[b])) if k else _ABSTAINED
            for b, p, k in zip(best, probabilities, known, strict=True)
        ]

    @one_thread
    def class_probabilities(self, documents: Sequence[DocumentText]) -> list[Mapping[str, float] | None]:
        """See ``TellsProbabilities``."""
        probabilities, known = self._probabilities(documents)
        return [
            dict(zip(self.labels, map(float, row), strict=True)) if is_known else None
            for row, is_known in zip(probabilities, known, strict=True)
        ]

    def _probabilities(
        self, documents: Sequence[DocumentText]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Documents x classes, and whether each document is near enough to what was trained on."""
        texts = [document.text for document in documents]
        rows = self.features.transform(texts)
        known = ~self.familiarity.is_far(self.features, texts, rows)
        seen = self.engine.seen(rows, texts, self.features.max_characters)
        return softmax(self.weights.scores(seen), self.scale), known

    def _prediction(self, label: str, confidence: float) -> Prediction:
        if confidence < self.min_confidence:
            return _ABSTAINED
        return Prediction(categories=(Category(label, confidence),), confidence_score=confidence)

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        header = {
            "kind": self.kind.value,
            "scale": self.scale,
            "regularization": self.regularization,
            "min_confidence": self.min_confidence,
            **self.engine.to_header(),
        }
        engine = ENGINE if self.engine.encoder is None else EMBEDDINGS_ENGINE
        ClassifierFiles(self.labels, self.features, self.familiarity, self.weights, header, {}).write(folder, engine)


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
        return f"{self._engine} {self.options.told}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> SingleLabelModel:
        """Choose what is to be chosen, and calibrate, on held-out examples; then fit on all, validation included."""
        validated = {id(e) for e in validation}
        examples, classes = single_classes([*train, *validation])
        labels = tuple(sorted(set(classes)))
        truth = np.array([labels.index(name) for name in classes])
        texts = [e.text for e in examples]
        compared = self.options.search is not None or self.options.engine != "linear"
        enough = ENOUGH_HELD_OUT if compared else _ENOUGH_FOR_SCALE
        folds, chosen = folds_to_hold_out(texts, classes, [id(e) in validated for e in examples], enough)
        words = _Problem(texts, labels, truth, folds, chosen)
        engine = choose_engine(
            self.options,
            [*texts, *words.names],
            lambda embeddings: replace(words, embeddings=embeddings).best(self.options)[1].score,
            "mean log-likelihood of held-out examples",
        )
        problem = replace(words, embeddings=engine.embeddings)
        name = search_name(self._engine, self.options, train, validation)
        options = searched(self.options, self.searches, name, (REGULARIZATION,), problem.score)
        fitting, best = problem.best(options)
        return SingleLabelModel(
            labels=labels,
            features=fitting.features,
            familiarity=fitting.familiarity(options.abstain_far),
            weights=fitting.fit(fitting.rows, fitting.has, best.regularization),
            scale=best.scale,
            regularization=best.regularization,
            min_confidence=options.min_confidence,
            engine=engine._replace(embeddings=None),
        )

    @property
    def _engine(self) -> str:
        return f"local/{ENGINE} {engine_versions('scikit-learn')}{engine_fingerprint(self.options)}"

    def load(self, folder: Path) -> SingleLabelModel | TransformerModel:
        """Read back a model of any engine of this task: a champion may be of another one than the project's now."""
        if engine_of(folder).startswith("transformer/"):
            from docplatform.models.local.transformer import load_transformer

            return load_transformer(folder)
        with ClassifierFiles.reading(folder, ENGINE, EMBEDDINGS_ENGINE) as kept:
            return SingleLabelModel(
                labels=kept.labels,
                features=kept.features,
                familiarity=kept.familiarity,
                weights=kept.weights,
                scale=float(kept.header["scale"]),
                regularization=float(kept.header["regularization"]),
                min_confidence=float(kept.header["min_confidence"]),
                engine=EngineChoice.from_header(kept.header, self.options),
            )
