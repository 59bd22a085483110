from __future__ import annotations

import numpy as np
import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.multi_label import MultiLabelTrainer
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.letters import multi_label, texts


class TestMultiLabel(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls) -> MultiLabelTrainer:
        return MultiLabelTrainer.from_options({})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return multi_label()

    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        return [*(e.document for e in multi_label(20, seed=9)), *texts("", "please see")]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        return [
            [],
            [LabeledExample("a", "text")],
            [LabeledExample("a", "text", ("x",)), LabeledExample("b", "more", ("x",))],
            [LabeledExample("a", "", ("x",)), LabeledExample("b", "\n", ())],
        ]

    def test_new_texts_get_all_their_classes(self, model) -> None:
        test = multi_label(60, seed=10)
        predictions = model.predict([e.document for e in test])
        found = [{c.category for c in p.categories} for p in predictions]
        assert sum(f == set(e.categories) for f, e in zip(found, test, strict=True)) >= 50

    def test_having_no_class_is_an_answer_not_an_abstention(self, model) -> None:
        (prediction,) = model.predict(texts("please see the reference and kindly"))
        assert not prediction.abstained
        assert prediction.categories == ()
        assert prediction.confidence_score == 0.0

    def test_classes_come_likeliest_first(self, model, documents) -> None:
        for prediction in model.predict(documents):
            scores = [c.confidence_score for c in prediction.categories]
            assert scores == sorted(scores, reverse=True)


def test_a_class_every_example_has_is_not_learned() -> None:
    examples = [LabeledExample(e.document_id, e.text, (*e.categories, "paper")) for e in multi_label()]
    assert MultiLabelTrainer.from_options({}).train(examples, []).labels == ("incident", "invoice", "loan")


def test_a_class_of_one_example_does_not_break_training() -> None:
    examples = [*multi_label(), LabeledExample("odd", "a singular zebra", ("zoo",))]
    model = MultiLabelTrainer.from_options({}).train(examples, [])
    assert "zoo" in model.labels
    assert np.isfinite(model.decisions.threshold).all()


def test_two_examples_are_enough_to_train_on() -> None:
    examples = [LabeledExample("a", "amount due", ("invoice",)), LabeledExample("b", "server outage", ())]
    assert MultiLabelTrainer.from_options({"regularization": 1.0}).train(examples, []).labels == ("invoice",)


def test_confidence_asked_for_leaves_out_what_is_less_sure() -> None:
    sure = MultiLabelTrainer.from_options({"min_confidence": 1.0}).train(multi_label(), [])
    assert all(p.categories == () for p in sure.predict([e.document for e in multi_label(10, seed=4)]))
