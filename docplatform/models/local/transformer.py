"""Single-label classification by a fine-tuned transformer: an engine that a project has to ask for.

Its weights are a model's own after training, so the folder they began from isn't needed to predict. How far a text may
be from the examples is told by its words, as with the other engines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.models.local.calibration import fit_scale, softmax
from docplatform.models.local.examples import single_classes
from docplatform.models.local.familiarity import Familiarity
from docplatform.models.local.features import TextFeatures
from docplatform.models.local.model_folder import (
    arrays_from_bytes,
    arrays_to_bytes,
    corrupt,
    read_model,
    write_model,
)
from docplatform.models.local.options import ClassificationOptions, TransformerOptions, parse_options
from docplatform.models.local.selection import folds_to_hold_out
from docplatform.models.local.single_label import SingleLabelModel, SingleLabelTrainer, words_of
from docplatform.models.local.threads import engine_versions, one_thread
from docplatform.models.local.weights import WeightsFolder, missing_package
from docplatform.models.search import NOT_KEPT, SearchStore

if TYPE_CHECKING:
    from docplatform.models.local.fine_tuning import FineTuned

ENGINE = "transformer/1"
_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors")


@dataclass(frozen=True)
class TransformerModel:
    """Tells which one class a text is of. Abstains where a text is far from all that was trained on."""

    labels: tuple[str, ...]
    features: TextFeatures
    familiarity: Familiarity
    network: FineTuned
    scale: float
    min_confidence: float

    @property
    def kind(self) -> TaskKind:
        """Single-label classification."""
        return TaskKind.SINGLE_LABEL_CLASSIFICATION

    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """The likeliest class of each text and its probability."""
        return [self._prediction(told) for told in self.class_probabilities(documents)]

    def _prediction(self, told: Mapping[str, float] | None) -> Prediction:
        best = max(told, key=lambda name: told[name]) if told else ""
        if not told or told[best] < self.min_confidence:
            return Prediction(abstained=True)
        return Prediction((Category(best, told[best]),), confidence_score=told[best])

    @one_thread
    def class_probabilities(self, documents: Sequence[DocumentText]) -> list[Mapping[str, float] | None]:
        """See ``TellsProbabilities``."""
        texts = [document.text[: self.features.max_characters] for document in documents]
        found: list[Mapping[str, float] | None] = [None] * len(texts)
        near = np.flatnonzero(~self.familiarity.is_far(self.features, texts, self.features.transform(texts)))
        if not len(near):
            return found
        probabilities = softmax(self.network.scores([texts[index] for index in near]), self.scale)
        for index, row in zip(near, probabilities, strict=True):
            found[index] = dict(zip(self.labels, map(float, row), strict=True))
        return found

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        vocabulary, idf = self.features.to_files()
        familiarity = arrays_to_bytes({**idf, **self.familiarity.to_arrays()})
        header = {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "scale": self.scale,
            "min_confidence": self.min_confidence,
            "max_tokens": self.network.max_tokens,
        }
        files = {**self.network.to_files(), "vocabulary.json": vocabulary, "familiarity.npz": familiarity}
        write_model(folder, ENGINE, header, files)


@dataclass(frozen=True)
class TransformerTrainer:
    """Trains ``TransformerModel``."""

    options: TransformerOptions
    searches: SearchStore = NOT_KEPT

    @classmethod
    def from_options(cls, given: Mapping[str, object], searches: SearchStore = NOT_KEPT) -> TransformerTrainer:
        """From a project's options. Raises ``ConfigurationError``."""
        return cls(parse_options(TransformerOptions, given), searches)

    @property
    def kind(self) -> TaskKind:
        """Single-label classification."""
        return TaskKind.SINGLE_LABEL_CLASSIFICATION

    @property
    def fingerprint(self) -> str:
        """Engine, library versions, the weights it begins from, and options."""
        weights = self._weights()
        versions = engine_versions("torch", "transformers", "tokenizers", "scikit-learn")
        options = self.options.model_dump_json(exclude={"weights", "weights_sha256"})
        return f"local/{ENGINE} {versions} weights=={weights.digest} {options}"

    @one_thread
    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> TransformerModel:
        """Calibrate on a part that is held out, then fit on all, validation included; each class's name is a text."""
        weights = self._weights()
        validated = {id(e) for e in validation}
        examples, classes = single_classes([*train, *validation])
        labels = tuple(sorted(set(classes)))
        truth = np.array([labels.index(name) for name in classes])
        texts = [e.text[: self.options.max_characters] for e in examples]
        features, rows = TextFeatures.fit(texts, ClassificationOptions(max_characters=self.options.max_characters))
        has = truth[:, None] == np.arange(len(labels))
        folds, chosen = folds_to_hold_out(texts, classes, [id(e) in validated for e in examples])
        held_out = np.isin(folds, chosen[:1])
        scale = 1.0
        if held_out.any():
            kept = np.flatnonzero(~held_out)
            network = self._fit(weights, [texts[i] for i in kept], truth[kept], labels, "calibration, ")
            scores = network.scores([texts[i] for i in np.flatnonzero(held_out)])
            scale = fit_scale(scores, truth[held_out])
        return TransformerModel(
            labels=labels,
            features=features,
            familiarity=Familiarity.fit(features, texts, rows, has, self.options.abstain_far),
            network=self._fit(weights, texts, truth, labels),
            scale=scale,
            min_confidence=self.options.min_confidence,
        )

    def load(self, folder: Path) -> TransformerModel | SingleLabelModel:
        """Read back a model of this engine, or of those that look at words."""
        return SingleLabelTrainer(ClassificationOptions(weights=self.options.weights)).load(folder)

    def _fit(
        self,
        weights: WeightsFolder,
        texts: list[str],
        truth: npt.NDArray[np.int64],
        labels: tuple[str, ...],
        what: str = "",
    ) -> FineTuned:
        from docplatform.models.local.fine_tuning import fine_tune

        named = [*texts, *(words_of(label) for label in labels)]
        truths = np.concatenate([truth, np.arange(len(labels))])
        tell = self.searches.progress
        return fine_tune(weights.path, named, truths, len(labels), self.options, lambda line: tell(f"{what}{line}"))

    def _weights(self) -> WeightsFolder:
        _require_packages()
        return WeightsFolder.of(self.options)


def load_transformer(folder: Path) -> TransformerModel:
    """Read back what ``TransformerModel.save`` wrote.

    Raises:
        PermanentError: (CORRUPT) where it can't be read.
        ConfigurationError: the extra isn't installed.
    """
    header, files = read_model(folder, ENGINE)
    _require_packages()
    from docplatform.models.local.fine_tuning import FineTuned

    try:
        arrays, labels = arrays_from_bytes(files["familiarity.npz"]), tuple(header["labels"])
        return TransformerModel(
            labels=labels,
            features=TextFeatures.from_files(files["vocabulary.json"], arrays),
            familiarity=Familiarity.from_arrays(arrays),
            network=FineTuned.from_files(files, len(labels), int(header["max_tokens"])),
            scale=float(header["scale"]),
            min_confidence=float(header["min_confidence"]),
        )
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise corrupt(folder, f"{type(error).__name__}: {error}") from error


def _require_packages() -> None:
    if missing := missing_package(*_PACKAGES):
        raise ConfigurationError(f"The package {missing} isn't installed: pip install 'docplatform[torch]'.")
