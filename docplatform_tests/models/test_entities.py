from __future__ import annotations

import pytest

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Entity, LabeledExample
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.models.base import LearnsFromUnlabeled
from docplatform.models.local import crf_search
from docplatform.models.local.crf import Settings
from docplatform.models.local.entities import EntityTrainer
from docplatform.models.local.model_folder import read_model, write_model
from docplatform.models.search import SearchStore
from docplatform_tests.contracts.trainer import TrainerContract
from docplatform_tests.models.letters import entities, texts


class TestEntities(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls) -> EntityTrainer:
        return EntityTrainer.from_options({"max_iterations": 40})

    @pytest.fixture(scope="class")
    @classmethod
    def examples(cls) -> list[LabeledExample]:
        return entities()

    @pytest.fixture(scope="class")
    @classmethod
    def documents(cls) -> list[DocumentText]:
        long = "\n".join(e.text for e in entities(8, seed=8))
        others = texts("", "nothing here", long, "word " * 300, "lone \ud800 one")
        return [*(e.document for e in entities(10, seed=9)), *others]

    @pytest.fixture(scope="class")
    @classmethod
    def unlearnable(cls) -> list[list[LabeledExample]]:
        blank = LabeledExample("b", "   ", entities=(Entity("X", 0, 2, "  "),))
        return [[], [LabeledExample("a", "no entity in here")], [blank]]

    def test_roles_told_at_the_end_of_the_line_are_found(self, model) -> None:
        test = entities(10, seed=9)
        spans = [
            (
                {(e.category, e.offset, e.length) for e in p.entities},
                {(e.category, e.offset, e.length) for e in x.entities},
            )
            for p, x in zip(model.predict([x.document for x in test]), test, strict=True)
        ]
        right = sum(len(found & truth) for found, truth in spans)
        assert 2 * right / sum(len(found) + len(truth) for found, truth in spans) > 0.95

    def test_no_entities_is_an_answer_not_an_abstention(self, model) -> None:
        (prediction,) = model.predict(texts("zzz"))
        assert (prediction.abstained, prediction.confidence_score) == (False, 0.0)


def test_confidence_asked_for_leaves_out_what_is_less_sure() -> None:
    model = EntityTrainer.from_options({"min_confidence": 1.0, "l1": 1.0, "l2": 1.0}).train(entities(), [])
    assert all(e.confidence_score == 1.0 for p in model.predict([x.document for x in entities(5)]) for e in p.entities)


def test_given_penalties_are_used_as_they_are() -> None:
    model = EntityTrainer.from_options({"l1": 0.2, "l2": 0.3, "max_iterations": 5}).train(entities(6), [])
    assert model.chosen.settings == Settings(0.2, 0.3)


def test_one_document_is_enough_to_train_on() -> None:
    model = EntityTrainer.from_options({}).train(entities(1), [])
    assert [e.category for e in model.predict([entities(1)[0].document])[0].entities] == [
        "Date",
        "Borrower",
        "Lender",
        "Amount",
    ]


def test_the_search_looks_at_a_bounded_part_and_the_lean_is_found_on_a_large_validation_split(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crf_search, "_SEARCH_TOKENS", 200)
    monkeypatch.setattr(crf_search, "_ENOUGH_VALIDATION", 4)
    fitted: list[int] = []
    fit = crf_search.fit_crf
    monkeypatch.setattr(
        crf_search, "fit_crf", lambda documents, *rest: fitted.append(len(documents)) or fit(documents, *rest)
    )
    model = EntityTrainer.from_options({"max_iterations": 20}).train(entities(20), entities(20, seed=7))
    assert model.chosen.settings in crf_search.CANDIDATES
    *searching, leaning = fitted
    assert max(searching) < 10
    assert leaning == 20


def test_a_file_that_passes_its_checksum_but_is_no_crf_is_refused(tmp_path) -> None:
    trainer = EntityTrainer.from_options({"l1": 0.1, "l2": 0.1})
    trainer.train(entities(2), []).save(tmp_path)
    header, files = read_model(tmp_path, "crf/3")
    rest = {k: v for k, v in header.items() if k not in ("format", "engine", "files")}
    write_model(tmp_path, "crf/3", rest, {**files, "entities.crfsuite": b"not a model"})
    with pytest.raises(PermanentError, match="can't be read"):
        trainer.load(tmp_path)


def test_a_model_of_another_engine_is_refused(tmp_path) -> None:
    write_model(tmp_path, "tfidf/9", {}, {"x": b"1"})
    with pytest.raises(PermanentError, match="engine 'tfidf/9', expected 1 of 'crf/3'"):
        EntityTrainer.from_options({}).load(tmp_path)


def test_wrong_options_are_named_with_those_there_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"word_ngrams: no such option.*l1, l2, min_frequency, recall_bias, language"
    ):
        EntityTrainer.from_options({"word_ngrams": 2})


def test_unlabelled_text_is_learned_from_in_any_order_and_told_in_the_model(tmp_path) -> None:
    trainer = EntityTrainer.from_options({"l1": 0.1, "l2": 0.1, "max_iterations": 10})
    assert isinstance(trainer, LearnsFromUnlabeled)
    texts = [e.text for e in entities(30, seed=11)]
    model = trainer.with_unlabeled(texts).train(entities(6), [])
    assert model.unlabeled["texts"] == 30
    assert len(model.lexicon.clusters) > len(trainer.train(entities(6), []).lexicon.clusters)
    model.save(tmp_path)
    again = trainer.with_unlabeled(texts[::-1]).train(entities(6), [])
    assert again.crf == trainer.load(tmp_path).crf
    assert trainer.load(tmp_path) == model == again
    assert trainer.with_unlabeled(texts).fingerprint == trainer.fingerprint


def test_labelled_texts_among_the_unlabelled_change_nothing() -> None:
    trainer = EntityTrainer.from_options({"l1": 0.1, "l2": 0.1, "max_iterations": 10})
    assert trainer.with_unlabeled([e.text for e in entities(6)]).train(entities(6), []) == trainer.train(
        entities(6), []
    )


def test_a_text_of_words_never_seen_is_abstained_from() -> None:
    model = EntityTrainer.from_options({"max_iterations": 20}).train(entities(), [])
    foreign = "Der Vertrag wird zwischen den Parteien geschlossen und gilt auf unbestimmte Zeit ab dem Tag der " * 3
    known, unknown = model.predict([entities(1, seed=9)[0].document, DocumentText(foreign)])
    assert (known.abstained, unknown.abstained) == (False, True)


def test_a_recall_bias_given_is_used_and_more_of_it_finds_more() -> None:
    found = []
    for bias in (-4.0, 0.0, 4.0):
        options = {"l1": 1.0, "l2": 1.0, "recall_bias": bias, "max_iterations": 15}
        model = EntityTrainer.from_options(options).train(entities(6), [])
        assert model.chosen.recall_bias == bias
        found.append(sum(len(p.entities) for p in model.predict([e.document for e in entities(10, seed=9)])))
    assert found[0] < found[2]
    assert found == sorted(found)


def test_a_search_tries_what_the_project_does_not_give_and_is_gone_on_with(tmp_path) -> None:
    lines: list[str] = []
    store = SearchStore(tmp_path, lines.append)
    options = {"l1": 0.2, "max_iterations": 8, "search": {"trials": 3}}
    model = EntityTrainer.from_options(options, store).train(entities(6), [])
    assert model.chosen.settings.l1 == 0.2
    assert len(lines) == 3
    assert EntityTrainer.from_options(options, store).train(entities(6), []) == model
    assert len(lines) == 3


def test_few_documents_are_not_leaned_on() -> None:
    model = EntityTrainer.from_options({"l1": 2.0, "l2": 4.0, "max_iterations": 8}).train(entities(9), [])
    assert model.chosen.recall_bias == 0.0
