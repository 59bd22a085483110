"""The ``Trainer`` and ``Model`` ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample, Prediction, TaskKind


class Model(Protocol):
    """A trained model of one task."""

    @property
    def kind(self) -> TaskKind:
        """The task it was trained for."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, or entity categories, it can answer with, sorted."""
        ...

    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        """One prediction per document, in order. Deterministic, whatever documents stand beside it in the call."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing empty folder. ``load`` of the same backend reads them back."""
        ...


@runtime_checkable
class TellsProbabilities(Protocol):
    """A ``Model`` that tells how probable each class is of a whole document, not only the one it asserts."""

    def class_probabilities(self, documents: Sequence[DocumentText]) -> list[Mapping[str, float] | None]:
        """Every class to its probability, per document; None for a document that the model can't say anything of."""
        ...


class Trainer(Protocol):
    """Trains models of one task."""

    @property
    def kind(self) -> TaskKind:
        """The task it trains for."""
        ...

    @property
    def fingerprint(self) -> str:
        """Engine, version and options that can change a model, as a short stable string."""
        ...

    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> Model:
        """Train on ``train``; choose settings and calibrate on ``validation`` (may be empty: cross-validate then).

        With the settings chosen, the model may be fitted on both; the test split is never seen.

        Deterministic for the same examples in any order.

        Raises:
            PermanentError: where the examples can't be learned from (one class only, none labelled), saying why.
        """
        ...

    def load(self, folder: Path) -> Model:
        """Read back what ``Model.save`` wrote. Raises ``PermanentError(CORRUPT)`` where it can't be read."""
        ...


@runtime_checkable
class LearnsFromUnlabeled(Protocol):
    """A ``Trainer`` that can learn what words are like from texts without labels, too."""

    @property
    def unlabeled_characters(self) -> int:
        """Most characters of unlabelled text it looks at; 0: none."""
        ...

    def with_unlabeled(self, texts: Sequence[str]) -> Trainer:
        """The same trainer, which also looks at these texts: the same model for the same texts in any order.

        None of them may be a text of the test split. The fingerprint stays the same: a new text alone is no reason to
        train anew. What was looked at is kept in the model (number of texts, SHA-256).
        """
        ...


@runtime_checkable
class HasChosenEngine(Protocol):
    """A ``Model`` whose trainer may have had several engines to choose from."""

    @property
    def engine_choice(self) -> str:
        """Which was chosen, and why, as a sentence; empty where the project named it."""
        ...


TrainerOptions = Mapping[str, object]
"""Options of a trainer as they stand in a project's YAML; each trainer validates its own."""
