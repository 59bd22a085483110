"""Thresholds for review, and the queue of what a person has to look at."""

from __future__ import annotations

import pytest

from docplatform.documents.predictions import Category, Entity, FieldValue, Prediction, Split
from docplatform.evaluation.abstention import ALL_LABELS, NEVER
from docplatform.inference.review import review_reason
from docplatform.models.factory import trainer_for
from docplatform.registry.base import CHAMPION
from docplatform.training.choosing import DocumentChooser
from docplatform.training.datasets import latest_dataset, load_examples
from docplatform.training.reviewing import describe_thresholds, held_out_assertions
from docplatform_tests.homes import topic_home, topic_texts
from docplatform_tests.training.chains import state_of, train
from docplatform_tests.training.test_monitoring import predict


@pytest.mark.parametrize(
    ("prediction", "reason"),
    [
        (Prediction(abstained=True), "the model has no answer it stands behind"),
        (Prediction(categories=(Category("a", 0.9),)), None),
        (Prediction(categories=(Category("a", 0.7),)), "not sure enough of a (0.70)"),
        (Prediction(categories=(Category("b", 0.55),)), None),
        (
            Prediction(
                entities=(Entity("a", 0, 1, "x", 0.6), Entity("a", 3, 1, "x", 0.5), Entity("b", 5, 1, "x", 0.1))
            ),
            "not sure enough of a (0.50), b (0.10)",
        ),
        (Prediction(entities=(Entity("a", 0, 1, "x", 0.1),), fields=(FieldValue("a", "x", ((0, 1),)),)), None),
    ],
)
def test_what_lies_below_its_labels_threshold_needs_a_person(prediction, reason):
    assert review_reason(prediction, {"a": 0.8, "*": 0.5}) == reason


def test_without_thresholds_only_abstentions_need_a_person():
    assert review_reason(Prediction(categories=(Category("a", 0.01),)), {}) is None
    assert review_reason(Prediction(abstained=True), {}) is not None


@pytest.fixture(scope="module")
def careful(tmp_path_factory):
    """A project that asks for a precision which 40 letters can't show."""
    home, project = topic_home(tmp_path_factory.mktemp("careful"))
    project = home.project(home.platform.projects.label_file(project), abstention={"target_precision": 0.95})
    train(home, project)
    return home, project


def test_too_few_examples_send_everything_to_a_person(careful):
    home, project = careful
    champion = home.platform.model_registry.aliased("topics", CHAMPION)
    assert champion.thresholds == {"billing": NEVER, "shipping": NEVER, ALL_LABELS: NEVER}
    assert "billing: always reviewed" in describe_thresholds(champion)
    home.add({f"acme/{name}": text for name, (_, text) in topic_texts(4, start=40).items()})
    predict(home)
    rows = home.rows("predictions")
    assert all(row["needs_review"] for row in rows)
    assert "not sure enough of" in rows[0]["review_reason"]
    p = home.platform
    found = DocumentChooser(p.projects, p.ledger, p.lake, p.model_registry).choose(project, 10)
    queue = {document.name: document.reason for document in found.documents if document.needs_review}
    assert queue.keys() == {f"letter-{n:03}.txt" for n in range(40, 44)}, "labelled ones are not in it"
    assert found.in_review == 4
    assert all(reason.startswith("for review: not sure enough of") for reason in queue.values())


def test_another_target_makes_the_project_pending_until_its_thresholds_are_found(careful, tmp_path):
    home, project = careful[0].copied_to(tmp_path / "home"), careful[1]
    assert state_of(home, project).step is None
    labels = home.platform.projects.label_file(project)
    easier = home.project(labels, abstention={"target_precision": 0.5})
    state = state_of(home, easier)
    assert (state.step, state.reason) == ("model_evaluation", "abstention.target_precision changed")
    before = home.platform.model_registry.aliased("topics", CHAMPION)
    train(home, easier)
    after = home.platform.model_registry.aliased("topics", CHAMPION)
    assert after.version == before.version
    assert after.thresholds["billing"] < 1
    assert state_of(home, easier).step is None
    predict(home)
    assert not any(row["needs_review"] for row in home.rows("predictions")), "thresholds are part of what is current"
    train(home, home.project(labels))
    assert home.platform.model_registry.aliased("topics", CHAMPION).thresholds == {}


def test_thresholds_are_found_on_predictions_of_examples_that_the_models_had_not_seen(careful):
    home, project = careful
    dataset = latest_dataset(home.platform.lake, "topics")
    examples = load_examples(home.platform.lake, "topics", dataset.dataset_version)
    found = held_out_assertions(project, trainer_for(project), examples)
    assert len(found) == sum(example.split is not Split.TEST for example in examples)
    assert {label for label, _, _ in found} == {"billing", "shipping"}


def test_a_champion_that_no_precision_was_shown_for_is_reviewed_in_all_it_says(trained):
    home, project, _ = trained
    labels = home.platform.projects.label_file(project)
    worse = {"regularization": 1e-9, "char_ngrams": 0, "min_confidence": 1.0}
    decision = train(home, home.project(labels, trainer=worse, abstention={"target_precision": 0.9}), run_id="worse")
    assert decision.champion_version == 1
    assert home.platform.model_registry.aliased("topics", CHAMPION).thresholds == {ALL_LABELS: NEVER}
