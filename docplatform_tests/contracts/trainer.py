"""What every ``Trainer`` and its ``Model`` must do. Subclass it with the fixtures named below."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample
from docplatform.errors import PermanentError, ReasonCode
from docplatform.models.base import Model, Trainer


class TrainerContract:
    """Fixtures: ``trainer``, ``examples`` to learn from, ``documents`` to predict, ``unlearnable`` examples."""

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, trainer: Trainer, examples: Sequence[LabeledExample]) -> Model:
        return trainer.train(examples, [])

    def test_model_and_trainer_agree_on_the_task_and_labels_are_sorted(self, trainer: Trainer, model: Model) -> None:
        assert model.kind is trainer.kind
        assert list(model.labels) == sorted(set(model.labels))
        assert trainer.fingerprint == trainer.fingerprint != ""

    def test_same_examples_in_any_order_give_the_same_model_file_by_file(
        self, trainer: Trainer, model: Model, examples: Sequence[LabeledExample], tmp_path: Path
    ) -> None:
        shuffled = list(examples)
        random.Random(5).shuffle(shuffled)  # noqa: S311 - a test's order, not a secret
        assert saved(trainer.train(shuffled, []), tmp_path / "a") == saved(model, tmp_path / "b")

    def test_a_validation_split_is_taken_in_any_order_too(
        self, trainer: Trainer, examples: Sequence[LabeledExample], tmp_path: Path
    ) -> None:
        train, validation = examples[::2], examples[1::2]
        first = trainer.train(train, validation)
        second = trainer.train(train[::-1], validation[::-1])
        assert saved(first, tmp_path / "a") == saved(second, tmp_path / "b")

    def test_a_text_is_predicted_the_same_whatever_stands_beside_it(
        self, model: Model, documents: Sequence[DocumentText]
    ) -> None:
        together = model.predict(documents)
        assert together == [model.predict([document])[0] for document in documents]
        assert together[::-1] == model.predict(documents[::-1])
        assert model.predict([]) == []

    def test_confidence_is_a_probability_and_the_least_of_what_is_asserted(
        self, model: Model, documents: Sequence[DocumentText]
    ) -> None:
        for prediction in model.predict(documents):
            asserted = [c.confidence_score for c in prediction.categories]
            asserted += [e.confidence_score for e in prediction.entities]
            assert all(0 <= confidence <= 1 for confidence in asserted)
            assert prediction.confidence_score == min(asserted, default=0.0)
            assert not (prediction.abstained and asserted)

    def test_entities_are_exact_slices_of_their_text(self, model: Model, documents: Sequence[DocumentText]) -> None:
        for document, prediction in zip(documents, model.predict(documents), strict=True):
            for entity in prediction.entities:
                assert entity.text == document.text[entity.offset : entity.offset + entity.length] != ""
                assert entity.category in model.labels

    @pytest.mark.parametrize("text", ["", " \n\t "], ids=["empty", "white space"])
    def test_a_text_without_anything_known_is_abstained_from(self, model: Model, text: str) -> None:
        (prediction,) = model.predict([DocumentText(text)])
        assert prediction.abstained

    def test_a_saved_model_says_the_same_after_loading(
        self, trainer: Trainer, model: Model, documents: Sequence[DocumentText], tmp_path: Path
    ) -> None:
        model.save(tmp_path)
        loaded = trainer.load(tmp_path)
        assert (loaded.kind, loaded.labels) == (model.kind, model.labels)
        assert loaded.predict(documents) == model.predict(documents)

    def test_a_damaged_or_missing_file_is_refused_as_corrupt(
        self, trainer: Trainer, model: Model, tmp_path: Path
    ) -> None:
        for position, name in enumerate(sorted(saved(model, tmp_path / "whole"))):
            for what in ("cut", "gone"):
                folder = tmp_path / f"{position}-{what}"
                saved(model, folder)
                data = (folder / name).read_bytes()
                (folder / name).unlink()
                if what == "cut":
                    (folder / name).write_bytes(data[: len(data) // 2])
                with pytest.raises(PermanentError, match="can't be read") as caught:
                    trainer.load(folder)
                assert caught.value.reason is ReasonCode.CORRUPT

    def test_no_file_of_a_model_is_a_pickle(self, model: Model, tmp_path: Path) -> None:
        for name, data in saved(model, tmp_path / "m").items():
            assert not name.endswith((".pkl", ".pickle", ".joblib"))
            assert not data.startswith(b"\x80")

    def test_examples_that_teach_nothing_are_refused_with_what_to_do(
        self, trainer: Trainer, unlearnable: Sequence[Sequence[LabeledExample]]
    ) -> None:
        for examples in unlearnable:
            with pytest.raises(PermanentError, match=r"[Ll]abel|holds a word"):
                trainer.train(examples, [])


def saved(model: Model, folder: Path) -> dict[str, bytes]:
    """A model's files by name."""
    folder.mkdir()
    model.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}
