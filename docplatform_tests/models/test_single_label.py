from __future__ import annotations

import json
from collections import Counter

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import LabeledExample
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.models.local.model_folder import read_model, write_model
from docplatform.models.local.multi_label import MultiLabelTrainer
from docplatform.models.local.single_label import SingleLabelTrainer, words_of
from docplatform.models.search import SearchStore
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.letters import single_label, texts


class TestSingleLabel(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls) -> SingleLabelTrainer:
        return SingleLabelTrainer.from_options({})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return single_label()

    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        others = texts("", "lone \ud800 surrogate total", "amount " * 500)
        return [*(e.document for e in single_label(20, seed=9)), *others]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        return [
            [],
            [LabeledExample("a", "text")],
            [LabeledExample("a", "text", ("x",)), LabeledExample("b", "more", ("x",))],
            [LabeledExample("a", " ", ("x",)), LabeledExample("b", "", ("y",))],
        ]

    def test_new_texts_are_told_apart_with_confidence(self, model, documents) -> None:
        test = single_label(60, seed=10)
        predictions = model.predict([e.document for e in test])
        right = sum(p.categories[0].category == e.categories[0] for p, e in zip(predictions, test, strict=True))
        assert right >= 58
        assert sum(p.confidence_score for p in predictions) / len(test) > 0.8

    def test_a_script_never_seen_is_abstained_from(self, model) -> None:
        (prediction,) = model.predict(texts("漢字仮名交じり文"))
        assert prediction.abstained
        assert prediction.categories == ()

    def test_the_probabilities_of_all_classes_agree_with_what_is_predicted(self, model, documents) -> None:
        for prediction, told in zip(model.predict(documents), model.class_probabilities(documents), strict=True):
            assert (told is None) == prediction.abstained
            if told is not None:
                assert (tuple(told), round(sum(told.values()), 6)) == (model.labels, 1.0)
                assert max(told, key=told.get) == prediction.categories[0].category
                assert max(told.values()) == prediction.confidence_score


def test_below_the_asked_for_confidence_the_model_abstains() -> None:
    model = SingleLabelTrainer.from_options({"min_confidence": 0.999}).train(single_label(), [])
    assert all(p.abstained for p in model.predict(texts("the of and please")))


def test_a_document_with_two_classes_is_named() -> None:
    examples = [*single_label(), LabeledExample("both.txt", "x", ("loan", "invoice"))]
    with pytest.raises(PermanentError, match=r"both\.txt has 2 classes \(invoice, loan\)"):
        SingleLabelTrainer.from_options({}).train(examples, [])


def test_unlabelled_examples_are_left_out() -> None:
    trainer = SingleLabelTrainer.from_options({})
    with_more = trainer.train([*single_label(), LabeledExample("u", "unlabelled text")], [])
    assert with_more.predict(texts("amount due")) == trainer.train(single_label(), []).predict(texts("amount due"))


def test_one_example_a_class_can_be_trained_on() -> None:
    examples = [LabeledExample("a", "amount due", ("invoice",)), LabeledExample("b", "server outage", ("incident",))]
    model = SingleLabelTrainer.from_options({}).train(examples, [])
    assert [p.categories[0].category for p in model.predict(texts("amount", "outage"))] == ["invoice", "incident"]


def test_a_rare_class_is_found() -> None:
    common = [e for e in single_label(300) if e.categories == ("loan",)]
    rare = [e for e in single_label(18) if e.categories == ("incident",)]
    model = SingleLabelTrainer.from_options({}).train([*common, *rare], [])
    found = Counter(
        p.categories[0].category for p in model.predict(texts("server alert restart outage", "borrower repay"))
    )
    assert found == {"incident": 1, "loan": 1}


def test_words_alone_can_be_asked_for_and_change_the_fingerprint() -> None:
    words_only = SingleLabelTrainer.from_options({"char_ngrams": 0, "regularization": 0.5})
    model = words_only.train(single_label(), [])
    assert model.regularization == 0.5
    assert model.predict(texts("zzzz"))[0].abstained
    assert words_only.fingerprint != SingleLabelTrainer.from_options({}).fingerprint


def test_a_large_validation_split_is_what_is_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docplatform.models.local.selection._ENOUGH_VALIDATION", 30)
    model = SingleLabelTrainer.from_options({}).train(single_label(), single_label(30, seed=8))
    assert model.predict(texts("amount due vendor"))[0].categories[0].category == "invoice"


@pytest.mark.parametrize("trainer", [SingleLabelTrainer, MultiLabelTrainer])
def test_a_model_whose_header_lacks_something_is_refused(trainer, tmp_path) -> None:
    made = trainer.from_options({"regularization": 1.0})
    model = made.train(single_label(12), [])
    (tmp_path / "whole").mkdir()
    model.save(tmp_path / "whole")
    header, files = read_model(tmp_path / "whole", json.loads((tmp_path / "whole/model.json").read_text())["engine"])
    rest = {k: v for k, v in header.items() if k not in ("format", "engine", "files", "labels")}
    write_model(tmp_path, header["engine"], rest, files)
    with pytest.raises(PermanentError, match=r"can't be read .KeyError: 'labels'"):
        made.load(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fast": True}, "fast: no such option.*Options there are: regularization, word_ngrams"),
        ({"regularization": 0}, "regularization: Input should be greater than 0"),
        ({"word_ngrams": "2"}, "word_ngrams: Input should be a valid integer"),
        ({"min_confidence": float("nan")}, "min_confidence"),
    ],
)
def test_wrong_options_are_named_with_those_there_are(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SingleLabelTrainer.from_options(options)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("card_arrival", "card arrival"),
        ("cardArrival", "card Arrival"),
        ("card-arrival (2)", "card arrival 2"),
        ("IBAN", "IBAN"),
        ("", ""),
    ],
)
def test_a_class_name_is_read_as_words(label: str, words: str) -> None:
    assert words_of(label) == words


def test_what_a_class_is_called_is_learned_from() -> None:
    examples = [
        LabeledExample("a", "it never came, still waiting", ("card_arrival",)),
        LabeledExample("b", "they took too much", ("wrong_fee",)),
        LabeledExample("c", "when will my card get here", ("card_arrival",)),
        LabeledExample("d", "why this fee", ("wrong_fee",)),
    ]
    model = SingleLabelTrainer.from_options({}).train(examples, [])
    assert model.predict(texts("arrival"))[0].categories[0].category == "card_arrival"
    assert model.predict(texts("is that wrong"))[0].categories[0].category == "wrong_fee"


def test_a_search_is_made_of_what_is_not_given_and_told_and_kept(tmp_path) -> None:
    lines: list[str] = []
    options = {"search": {"trials": 3}, "word_ngrams": 1}
    trainer = SingleLabelTrainer.from_options(options, SearchStore(tmp_path, lines.append))
    model = trainer.train(single_label(), [])
    assert len(lines) == 3
    assert lines[0].startswith("search: trial 1 of 3: char_ngrams 5, char_weight 1.4, regularization 20: ")
    assert all("word_ngrams" not in line for line in lines)
    again = trainer.train(single_label()[::-1], [])
    assert len(lines) == 3
    assert again.predict(texts("amount due")) == model.predict(texts("amount due"))


def test_other_examples_or_options_are_another_search(tmp_path) -> None:
    lines: list[str] = []
    store = SearchStore(tmp_path, lines.append)
    for options in ({"search": {"trials": 1}}, {"search": {"trials": 1}, "word_ngrams": 1}):
        SingleLabelTrainer.from_options(options, store).train(single_label(30), [])
    SingleLabelTrainer.from_options({"search": {"trials": 1}}, store).train(single_label(33), [])
    assert len(lines) == 3


def test_a_longer_search_goes_on_with_the_trials_of_a_shorter_one(tmp_path) -> None:
    lines: list[str] = []
    store = SearchStore(tmp_path, lines.append)
    for trials in (2, 3):
        SingleLabelTrainer.from_options({"search": {"trials": trials}}, store).train(single_label(30), [])
    assert [line.split(":")[1] for line in lines] == [" trial 1 of 2", " trial 2 of 2", " trial 3 of 3"]
