"""Models asked about what they haven't seen, and projects too small for a test split, which are judged that way."""

from __future__ import annotations

from collections import Counter

import pytest

from docplatform.documents.predictions import LabeledExample, Split
from docplatform.errors import PermanentError
from docplatform.evaluation.metrics import Evaluation
from docplatform.registry.base import CHAMPION
from docplatform.training.cross_validation import deal, held_out_predictions
from docplatform.training.datasets import freeze_dataset, load_examples
from docplatform.training.judging import FOLDS, LEAST_TEST_DOCUMENTS, load_judgement
from docplatform.training.promotion import Promotions
from docplatform_tests.homes import Home, topic_home, topic_labels, topic_texts
from docplatform_tests.training.chains import train
from docplatform_tests.training.test_label_errors import Memory, examples


@pytest.mark.parametrize("hurried", [False, True])
def test_each_example_is_answered_by_a_model_that_has_not_seen_its_text(hurried: bool) -> None:
    doubled = [*examples(), *examples()]
    answers = held_out_predictions(doubled, 5, Memory, hurried=hurried)
    assert [answer.categories[0].category for answer in answers if answer] == [e.categories[0] for e in doubled]


def test_examples_that_no_fold_can_be_learned_from_say_why() -> None:
    broken = [LabeledExample(str(n), f"broken {n}", ("x",)) for n in range(10)]
    with pytest.raises(PermanentError, match="can't be learned from"):
        held_out_predictions(broken, 5, Memory)


def test_a_fold_whose_others_cannot_be_learned_from_has_no_answers() -> None:
    mixed = [*examples(4), LabeledExample("broken", "a broken one", ("z",))]
    answers = held_out_predictions(mixed, 5, Memory)
    assert [answer is None for answer in answers] == [True] * 4 + [False]


def test_folds_have_their_share_of_each_class_and_keep_near_duplicates_together() -> None:
    letter = "we write to you about the parcel of last week and ask for its tracking number once more please"
    alike = [LabeledExample(f"twin {n}", f"{letter} {n}", ("x",)) for n in range(3)]
    many = [*examples(40), *alike]
    folds = deal(many, 5)
    assert folds == [dict(zip(many[::-1], deal(many[::-1], 5), strict=True))[example] for example in many]
    assert len(set(folds[40:])) == 1
    assert all(abs(count - 4) <= 1 for count in Counter(zip(folds[:40], "yx" * 20, strict=True)).values())


@pytest.fixture
def small(tmp_path):
    """A project of 10 letters."""
    home, project = topic_home(tmp_path, count=10)
    return home, project


def evaluation_of(home: Home, project) -> Evaluation:
    p = home.platform
    return load_judgement(project, lake=p.lake, registry=p.model_registry).candidate_evaluation


def test_a_project_with_hardly_a_test_document_is_judged_by_cross_validation(small) -> None:
    home, project = small
    decision = train(home, project)
    dataset = home.platform.lake.read_rows("dataset_versions")[0]
    assert dataset["test_count"] < LEAST_TEST_DOCUMENTS
    evaluation = evaluation_of(home, project)
    assert (evaluation.example_count, evaluation.folds) == (10, FOLDS)
    assert evaluation.micro.support == 10
    assert "on 10 examples cross-validated in 10 parts" in decision.reason
    assert decision.promoted is (evaluation.micro.f1 >= 0.8)
    assert {row["folds"] for row in home.rows("model_evaluation")} == {FOLDS}


def test_its_next_version_is_held_against_what_the_champion_was_judged_by(small) -> None:
    home, project = small
    train(home, project)
    p = home.platform
    Promotions("topics", p.lake, p.model_registry).promote(1, "to have one", pin=True)
    texts = topic_texts(12)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    first = evaluation_of(home, project)
    p.projects.save(project, topic_labels(texts))
    train(home, project)
    judgement = load_judgement(project, lake=p.lake, registry=p.model_registry)
    assert judgement.candidate.version == 2
    assert judgement.champion_evaluation == first
    assert judgement.comparison is None
    assert judgement.candidate_evaluation.example_count == 12


def test_a_champion_that_was_never_scored_is_nothing_to_compare_with(small) -> None:
    home, project = small
    train(home, project)
    p = home.platform
    Promotions("topics", p.lake, p.model_registry).promote(1, "to have one", pin=True)
    p.model_registry.record_metrics("topics", 1, {})
    texts = topic_texts(12)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    p.projects.save(project, topic_labels(texts))
    train(home, project)
    judgement = load_judgement(project, lake=p.lake, registry=p.model_registry)
    assert judgement.champion is not None
    assert judgement.champion_evaluation is None


def test_too_few_to_leave_any_out_are_all_missed(tmp_path) -> None:
    home, project = topic_home(tmp_path, count=2)
    decision = train(home, project)
    assert not decision.promoted
    assert evaluation_of(home, project).micro.f1 == 0
    assert home.platform.model_registry.aliased("topics", CHAMPION) is None


def test_a_test_split_that_tells_enough_is_what_counts(tmp_path) -> None:
    home, project = topic_home(tmp_path, count=40)
    p = home.platform
    train(home, project)
    dataset = freeze_dataset(project, projects=p.projects, ledger=p.ledger, lake=p.lake, run_id="again")
    test = load_examples(p.lake, "topics", dataset.dataset_version, [Split.TEST])
    assert len(test) >= LEAST_TEST_DOCUMENTS
    evaluation = evaluation_of(home, project)
    assert (evaluation.example_count, evaluation.folds) == (len(test), None)
