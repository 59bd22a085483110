"""Training on parts of the labels and asking about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.labels.readings import Reading
from docplatform.training import label_errors
from docplatform.training.label_errors import likely_wrong_labels
from docplatform_tests.labels.builders import class_file, project


class Memory:
    """Answers with every class that a word of the text had in training, and remembers what it was trained on."""

    kind = TaskKind.MULTI_LABEL_CLASSIFICATION
    fingerprint = "memory/1"
    labels = ("x", "y")

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = {}
        self.texts: set[str] = set()

    def train(self, train: Sequence[LabeledExample], validation: Sequence[LabeledExample]) -> Memory:
        if any("broken" in example.text for example in train):
            raise PermanentError("can't be learned from")
        for example in [*train, *validation]:
            self.texts.add(example.text)
            for word in example.text.split():
                self.seen.setdefault(word, set()).update(example.categories)
        return self

    def load(self, folder: Path) -> Memory:
        raise NotImplementedError(folder)

    def save(self, folder: Path) -> None:
        raise NotImplementedError(folder)

    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        assert not self.texts & {document.text for document in documents}, "it has seen what it is asked about"
        names = [set().union(*(self.seen.get(word, set()) for word in d.text.split())) for d in documents]
        return [Prediction(tuple(Category(name, 0.95) for name in sorted(found))) for found in names]


def examples(count: int = 20) -> list[LabeledExample]:
    return [
        LabeledExample(str(n), f"red {n}" if n % 2 else f"blue {n}", ("x" if n % 2 else "y",)) for n in range(count)
    ]


def test_a_class_that_a_multi_label_document_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_errors, "trainer_for", lambda _: Memory())
    names = {e.document_id: e.categories for e in examples()} | {"odd": ()}
    readings = {e.document_id: Reading.of_text(e.text) for e in examples()} | {"odd": Reading.of_text("red odd")}
    kind = TaskKind.MULTI_LABEL_CLASSIFICATION
    (finding,) = likely_wrong_labels(project(kind), class_file(kind, names), readings)
    assert finding.location == "odd"
    assert "may be x too (95%)" in finding.message


def test_a_kind_that_no_backend_trains_is_refused() -> None:
    kind = TaskKind.SINGLE_LABEL_CLASSIFICATION
    label_file = class_file(kind, {"1": ("x",), "2": ("y",), "3": ("x",), "4": ("y",), "5": ("x",), "6": ("y",)})
    readings = {document.location: Reading.of_text(f"text {document.location}") for document in label_file.documents}
    with pytest.raises(ConfigurationError, match="no model backend 'nowhere'"):
        likely_wrong_labels(project(kind, backend="nowhere"), label_file, readings)
