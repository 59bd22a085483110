"""Why a project is trained, and why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from docplatform.registry.base import CHAMPION
from docplatform.training.candidates import train_candidate
from docplatform_tests.homes import Home, topic_labels, topic_texts
from docplatform_tests.training.chains import judge_and_decide, state_of


def report_drift(home: Home, *, alarm: bool, after: timedelta = timedelta()) -> None:
    row = {
        "project": "topics",
        "model_version": home.platform.model_registry.aliased("topics", CHAMPION).version,
        "checked_at": datetime.now(UTC) + after,
        "reference_count": 40,
        "current_count": 40,
        "alarm": alarm,
        "reason": "Recent texts differ." if alarm else "Recent texts look alike.",
        "run_id": "drift",
    }
    home.platform.lake.upsert("drift_report", [row], run_id="drift")


def test_nothing_changed_is_said_and_nothing_is_trained(trained):
    state = state_of(*trained[:2])
    assert state.step is None
    assert state.reason.startswith("nothing changed: labels, texts and trainer are those of dataset")
    assert "no drift was found" in state.reason


def test_changed_labels_and_a_changed_trainer_are_told_apart(trained):
    home, project, _ = trained
    assert state_of(home, project).reason.startswith("nothing changed")
    other = home.project(home.platform.projects.label_file(project), trainer={"regularization": 2.0, "char_ngrams": 0})
    assert state_of(home, other).reason == "the trainer, or its options, changed"
    home.platform.projects.save(project, topic_labels(topic_texts(20)))
    assert "labels" in state_of(home, project).reason


def test_a_drift_alarm_trains_once_and_not_again_while_labels_stay_the_same(trained):
    home, project, _ = trained
    p = home.platform
    report_drift(home, alarm=False)
    assert state_of(home, project).step is None
    report_drift(home, alarm=True)
    state = state_of(home, project)
    assert (state.step, state.drifted) == ("trained_model", True)
    assert "drift was found on" in state.reason
    assert "Recent texts differ" in state.reason
    version = train_candidate(project, lake=p.lake, registry=p.model_registry, run_id="after drift", retrain=True)
    assert version.version == 1, "the same labels give the same model: no new version"
    judge_and_decide(home, project, "after drift")
    report_drift(home, alarm=True, after=timedelta(minutes=1))
    state = state_of(home, project)
    assert state.step is None
    assert "label documents of the review queue" in state.reason


def test_an_alarm_that_has_passed_trains_nothing(trained):
    home, project, _ = trained
    report_drift(home, alarm=True)
    report_drift(home, alarm=False, after=timedelta(minutes=1))
    assert state_of(home, project).step is None


def test_before_anything_arrived_and_before_the_first_training_it_says_so(tmp_path, ready):
    home = Home.at(tmp_path / "empty")
    assert "no labelled document has arrived" in state_of(home, home.project(topic_labels(topic_texts(4)))).reason
    assert state_of(*ready).reason == "it was never trained"
