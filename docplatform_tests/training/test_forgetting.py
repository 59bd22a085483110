"""Forgetting a document."""

from __future__ import annotations

import json

from docplatform.registry.base import CHAMPION
from docplatform.training.datasets import latest_dataset, load_examples
from docplatform.training.forgetting import forget, plan_forget
from docplatform_tests.homes import Home, topic_labels, topic_texts
from docplatform_tests.training.chains import state_of, train
from docplatform_tests.training.test_monitoring import predict


def plan_for(home: Home, document_id: str):
    p = home.platform
    return plan_forget(document_id, lake=p.lake, registry=p.model_registry, projects=p.projects, ledger=p.ledger)


def document_named(home: Home, name: str) -> str:
    return next(row["document_id"] for row in home.rows("annotations") if row["location"] == name)


def test_everything_that_saw_a_document_is_listed_and_a_dry_run_changes_nothing(trained):
    home, _, _ = trained
    predict(home)
    plan = plan_for(home, document_named(home, "letter-003.txt"))
    dataset = latest_dataset(home.platform.lake, "topics")
    assert (plan.names, plan.labels) == ({"topics": ("letter-003.txt",)}, {"topics": 1})
    assert plan.datasets == (("topics", dataset.dataset_version),)
    assert (plan.models, plan.champions, plan.predictions) == (("topics:1",), ("topics:1",), ("topics",))
    assert json.loads(json.dumps(plan.to_dict()))["models"] == ["topics:1"]
    assert len(home.rows("annotations")) == 40
    assert plan_for(home, "unheard of").is_unknown


def test_a_forgotten_document_is_gone_from_labels_and_datasets_and_a_model_without_it_serves(trained):
    home, project, _ = trained
    predict(home)
    p = home.platform
    document_id = document_named(home, "letter-003.txt")
    plan = plan_for(home, document_id)
    forget(plan, lake=p.lake, registry=p.model_registry, projects=p.projects, run_id="by hand")
    left = plan_for(home, document_id)
    assert not left.labels
    assert not left.datasets
    assert not left.predictions
    assert b"letter-003" not in p.projects.label_file(project)
    assert document_id not in {row["document_id"] for row in home.rows("labeled_dataset")}
    assert p.model_registry.version("topics", 1).stale.startswith("it saw document")
    assert state_of(home, project).step == "labeled_dataset"
    decision = train(home, project, run_id="without it")
    assert (decision.candidate_version, decision.champion_version) == (2, 2)
    champion = p.model_registry.aliased("topics", CHAMPION)
    ids = {e.document_id for e in load_examples(p.lake, "topics", champion.dataset_version)}
    assert len(ids) == 39
    assert document_id not in ids


def test_forgetting_twice_changes_nothing_more(trained):
    home, _, _ = trained
    p = home.platform
    plan = plan_for(home, document_named(home, "letter-003.txt"))
    for _ in range(2):
        forget(plan, lake=p.lake, registry=p.model_registry, projects=p.projects, run_id="by hand")
    assert len(home.rows("labeled_dataset")) == 39


def test_a_champion_that_saw_it_gives_way_although_the_new_model_is_no_better(trained):
    home, project, _ = trained
    p = home.platform
    strict = home.project(p.projects.label_file(project), gate={"require_significant": True})
    plan = plan_for(home, document_named(home, "letter-003.txt"))
    forget(plan, lake=p.lake, registry=p.model_registry, projects=p.projects, run_id="by hand")
    decision = train(home, strict, run_id="without it")
    assert (decision.champion_version, decision.answer) == (2, "promoted")
    assert "Version 1 must not serve on: it saw document" in decision.reason


def test_a_label_that_gave_no_row_is_dropped_too_and_the_projects_yaml_stays_as_people_wrote_it(trained):
    home, project, _ = trained
    p = home.platform
    home.add({"acme/late.txt": "Letter 99. About a parcel."})
    p.projects.save_labels(project, topic_labels(topic_texts(40) | {"late.txt": ("shipping", "")}))
    path = p.settings.home_path / "projects" / "topics.yaml"
    path.write_text(path.read_text() + "# ours\n")
    (late,) = [row["document_id"] for row in home.rows("ocr_text") if row["name"] == "late.txt"]
    plan = plan_for(home, late)
    assert (plan.names, plan.labels, plan.models) == ({"topics": ("late.txt",)}, {}, ())
    forget(plan, lake=p.lake, registry=p.model_registry, projects=p.projects, run_id="by hand")
    assert b"late.txt" not in p.projects.label_file(project)
    assert "# ours" in path.read_text()
    assert plan_for(home, late).is_unknown


def test_mistakes_that_show_the_document_leave_the_scores_that_versions_keep(trained):
    home, _, _ = trained
    p = home.platform
    metrics = p.model_registry.version("topics", 1).metrics
    (dataset,) = (name for name, value in metrics.items() if isinstance(value, dict) and "errors" in value)
    document_id = document_named(home, "letter-003.txt")
    shown = [
        {"document_id": each, "expected": "a", "predicted": "b", "context": "its text"}
        for each in (document_id, "other")
    ]
    p.model_registry.record_metrics("topics", 1, {**metrics, dataset: {**metrics[dataset], "errors": shown}})
    forget(plan_for(home, document_id), lake=p.lake, registry=p.model_registry, projects=p.projects, run_id="by hand")
    left = p.model_registry.version("topics", 1).metrics
    assert [error["document_id"] for error in left[dataset]["errors"]] == ["other"]
    assert left[dataset]["micro"] == metrics[dataset]["micro"]
