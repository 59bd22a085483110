from __future__ import annotations

import numpy as np
import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample
from docplatform.models.local.document_classes import DocumentClassTrainer
from docplatform.models.local.packets import divide
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.pages import classed, laid_out, packet, texts_of, without_places


class TestDocumentClasses(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls) -> DocumentClassTrainer:
        return DocumentClassTrainer.from_options({})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return classed()

    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        given = classed(8, seed=9)
        return [*texts_of([*given, packet("p", given[:4])]), without_places(given[0]).document, DocumentText("\ud800")]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        return [[], [LabeledExample("a", "one class alone", ("x",))], [LabeledExample("a", "  ", (c,)) for c in "xy"]]

    def test_single_documents_stay_whole_and_have_their_class(self, model) -> None:
        for example in classed(12, seed=9):
            (prediction,) = model.predict([example.document])
            (part,) = prediction.parts
            assert (part.category,) == example.categories == tuple(c.category for c in prediction.categories)
            assert (part.first_page, part.last_page) == (1, example.page_count)

    def test_a_packet_is_divided_into_its_documents(self, model) -> None:
        members = classed(12, seed=9)
        for first in (0, 3, 6):
            example = packet("p", members[first : first + 4])
            (prediction,) = model.predict([example.document])
            assert [(p.category, p.first_page, p.last_page) for p in prediction.parts] == [
                (p.category, p.first_page, p.last_page) for p in example.parts
            ]
            assert {c.category for c in prediction.categories} == {"invoice", "report"}

    def test_the_probabilities_of_all_classes_agree_with_what_a_single_document_is(self, model) -> None:
        given = [example.document for example in classed(8, seed=9)]
        for prediction, told in zip(model.predict(given), model.class_probabilities(given), strict=True):
            assert (tuple(told), round(sum(told.values()), 6)) == (model.labels, 1.0)
            assert max(told, key=told.get) == prediction.categories[0].category
        assert model.class_probabilities([DocumentText("\ud800")]) == [None]


def test_labelled_packets_are_learned_from_as_the_documents_they_hold() -> None:
    members = classed(24)
    packets = [packet(f"p{i}", members[i : i + 3]) for i in range(0, 24, 3)]
    model = DocumentClassTrainer.from_options({}).train(packets, [])
    example = packet("p", classed(4, seed=9))
    (prediction,) = model.predict([example.document])
    assert [p.first_page for p in prediction.parts] == [p.first_page for p in example.parts]


def test_packets_stay_whole_where_the_project_says_so() -> None:
    model = DocumentClassTrainer.from_options({"split_packets": False, "abstain_far": 0}).train(classed(), [])
    (prediction,) = model.predict([packet("p", classed(4, seed=9)).document])
    assert len(prediction.parts) == 1


def test_from_documents_of_one_page_only_a_change_of_class_is_learned() -> None:
    examples = [e for e in classed(32) if e.page_count == 1]
    model = DocumentClassTrainer.from_options({}).train(examples, [])
    invoice = next(e for e in classed(8, seed=9) if e.page_count == 2)
    assert len(model.predict([invoice.document])[0].parts) == 1
    both = packet("p", [next(e for e in examples if e.categories == (name,)) for name in ("invoice", "report")])
    assert [p.category for p in model.predict([both.document])[0].parts] == ["invoice", "report"]


def test_confidence_asked_for_makes_it_abstain() -> None:
    model = DocumentClassTrainer.from_options({"min_confidence": 1.0}).train(classed(), [])
    assert model.predict([classed(1, seed=9)[0].document])[0].abstained


def test_the_likeliest_division_weighs_classes_against_beginnings() -> None:
    classes = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
    assert divide(classes, np.array([1.0, 0.1, 0.6, 0.1])) == [(0, 2), (2, 4)]
    assert divide(classes, np.array([1.0, 0.001, 0.001, 0.001])) == [(0, 4)]
    assert divide(classes, np.full(4, 0.99)) == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert divide(classes[:1], np.array([1.0])) == [(0, 1)]


def test_a_document_far_from_all_examples_is_abstained_from_and_in_a_packet_its_pages_are_of_no_part() -> None:
    model = DocumentClassTrainer.from_options({}).train(classed(), [])
    lines = ("The river rose above the meadow", "and farmers drove their sheep uphill", "before evening fell")
    foreign = laid_out("far", [[("", line, 0.1, 0.2 + 0.1 * row) for row, line in enumerate(lines)]], ("letter",))
    (prediction,) = model.predict([foreign.document])
    assert prediction.abstained
    both = packet("p", [classed(2, seed=9)[1], foreign])
    assert [(p.category, p.last_page) for p in model.predict([both.document])[0].parts] == [("report", 1)]
    unbounded = DocumentClassTrainer.from_options({"abstain_far": 0}).train(classed(), [])
    assert not unbounded.predict([foreign.document])[0].abstained
