"""Pushing and pulling on real homes, against a server that answers as Label Studio does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.projects import AppliesTo, ModelProject
from docplatform.labels.starting import empty_label_file
from docplatform.labels.studio.client import StudioClient
from docplatform.labels.studio.configs import declared_categories
from docplatform.training.choosing import DocumentChooser
from docplatform.training.label_pull import PullReport, pull_answers
from docplatform.training.label_push import LabelPusher, PushReport
from docplatform.training.studio_projects import linked_project
from docplatform_tests.homes import Home, class_labels, topic_labels, topic_texts
from docplatform_tests.labels.studio.fake_studio import TOKEN, FakeStudio, serving
from docplatform_tests.training.chains import annotate
from docplatform_tests.training.test_monitoring import predict

SINGLE = TaskKind.SINGLE_LABEL_CLASSIFICATION


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    with serving() as fake:
        yield fake


def push(home: Home, project: ModelProject, studio: FakeStudio, limit: int = 10, **more: Any) -> PushReport:
    p = home.platform
    client = StudioClient(studio.url, TOKEN)
    pusher = LabelPusher(p.projects, p.ledger, p.lake, p.model_registry, p.blob_store, client)
    return pusher.push(project, limit, **more)


def pull(home: Home, project: ModelProject, studio: FakeStudio) -> PullReport:
    p = home.platform
    client = StudioClient(studio.url, TOKEN)
    return pull_answers(project, projects=p.projects, ledger=p.ledger, lake=p.lake, client=client)


def names(report: PushReport) -> list[str]:
    return [document.name for document in report.pushed]


def choice(*names: str) -> list[dict[str, Any]]:
    return [{"type": "choices", "value": {"choices": list(names)}}]


def classes(home: Home, project: ModelProject) -> dict[str, tuple[str, ...]]:
    label_file = parse_label_file(home.platform.projects.label_file(project))
    return {document.location: document.classes for document in label_file.documents}


@pytest.fixture
def home(tmp_path) -> Home:
    return Home.at(tmp_path / "home")


@pytest.fixture
def fresh(home: Home) -> tuple[Home, ModelProject]:
    """Six letters, the first two labelled, one of another customer, and one without text."""
    texts = topic_texts(6)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    home.add({"beta/other.txt": "of another customer", "acme/sub/blank.txt": " \n "})
    return home, home.project(topic_labels(dict(list(texts.items())[:2])))


def test_without_a_champion_every_unlabelled_document_is_pushed_once(fresh, studio):
    home, project = fresh
    first = push(home, project, studio, limit=3)
    assert (len(first.pushed), first.waiting, first.is_new, first.model_id) == (3, 1, True, "")
    second = push(home, project, studio)
    assert (len(second.pushed), second.waiting, second.is_new) == (1, 0, False)
    assert push(home, project, studio).pushed == ()
    assert sorted(names(first) + names(second)) == [f"letter-00{number}.txt" for number in range(2, 6)]
    assert "3 documents pushed (there is no champion yet), 1 more could be" in first.summary()
    (project_there,) = studio.projects.values()
    assert declared_categories(project_there["label_config"]) == ("billing", "shipping")
    texts = {row["document_id"]: row["content"] for row in home.rows("ocr_text", "document_id", "content")}
    for task in studio.tasks:
        assert task["data"]["text"] == texts[task["data"]["document_id"]]


def test_a_champion_answers_what_it_can_and_chooses_what_it_is_unsure_about(trained, studio):
    home, project, _ = trained
    home.add({"acme/new-1.txt": topic_texts(1, start=500)["letter-500.txt"][1], "acme/new-2.txt": "qwertz asdfgh"})
    report = push(home, project, studio, limit=1)
    assert (names(report), report.waiting, report.model_id) == (["new-2.txt"], 1, "topics:1")
    push(home, project, studio)
    (prediction,) = studio.task("new-1.txt")["predictions"]
    assert prediction["model_version"] == "topics:1"
    assert prediction["result"][0]["value"] == {"choices": ["shipping"]}
    assert 0 < prediction["score"] <= 1


def test_what_the_champion_has_predicted_in_the_lake_is_not_predicted_again(trained, studio, monkeypatch):
    from docplatform.inference.champions import champion_stages
    from docplatform.lake.incremental import run_stage

    home, project, _ = trained
    texts = topic_texts(4, start=500)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    p = home.platform
    (stage,) = champion_stages(p.lake, p.projects, p.model_registry)
    run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id="predict")
    monkeypatch.setattr("docplatform.training.choosing.load_model", lambda *_: pytest.fail("it is loaded"))
    report = push(home, project, studio)
    assert (len(report.pushed), report.predicted) == (4, 4)
    said = {task["data"]["location"]: task["predictions"][0]["result"][0]["value"]["choices"] for task in studio.tasks}
    assert said == {name: [topic] for name, (topic, _) in texts.items()}


def test_only_documents_that_the_project_is_about_are_pushed(home, studio):
    texts = {f"acme/{name}": text for name, (_, text) in topic_texts(4).items()}
    home.add({**texts, "acme/table.csv": "a,b\n1,2\n"})
    project = home.project(class_labels({}), applies_to=AppliesTo(extensions=["csv"]))
    home.platform.projects.save_labels(project, empty_label_file(project, ["a", "b"]))
    assert names(push(home, project, studio)) == ["table.csv"]


def test_answers_become_labels_and_rows_with_who_and_when(fresh, studio):
    home, project = fresh
    push(home, project, studio)
    studio.annotate("letter-002.txt", choice("shipping"))
    studio.annotate("letter-003.txt", choice("billing"))
    studio.annotate("letter-004.txt", [], was_cancelled=True)
    report = pull(home, project, studio)
    assert (report.answered, sorted(report.added), report.findings) == (2, ["letter-002.txt", "letter-003.txt"], ())
    assert classes(home, project)["letter-003.txt"] == ("billing",)
    assert len(classes(home, project)) == 4
    annotate(home, project)
    rows = {row["location"]: row for row in home.rows("annotations")}
    row = rows["letter-002.txt"]
    assert (row["category"], row["labeled_by"]) == ("shipping", "ann@example.com")
    assert row["labeled_at"].isoformat().startswith("2026-11-25T10:00:0")
    assert rows["letter-001.txt"]["labeled_by"] is None, "labelled by a file"
    assert len(rows) == 4
    assert not pull(home, project, studio).is_changed
    assert "letter-004.txt" not in names(push(home, project, studio))


def test_answers_are_replaced_and_taken_back(fresh, studio):
    home, project = fresh
    push(home, project, studio)
    for name in ("letter-002.txt", "letter-003.txt"):
        studio.annotate(name, choice("shipping"))
    pull(home, project, studio)
    studio.annotate("letter-002.txt", choice("billing"))
    studio.task("letter-003.txt")["annotations"].clear()
    report = pull(home, project, studio)
    assert (report.replaced, report.removed) == (("letter-002.txt",), ("letter-003.txt",))
    assert "differ" in str(report.findings[0])
    assert classes(home, project)["letter-002.txt"] == ("billing",)
    assert "letter-003.txt" not in classes(home, project)
    assert "letter-001.txt" in classes(home, project), "labelled by a file, not in Label Studio"


def test_a_document_answered_with_no_span_is_an_answer(home, studio):
    home.add({"acme/one.txt": "Nothing to be found here.", "acme/two.txt": "Due on 6/29/2018."})
    project = home.project(b"", name="dates", kind=TaskKind.ENTITY_RECOGNITION, trainer={})
    home.platform.projects.save_labels(project, empty_label_file(project, ["Date"]))
    push(home, project, studio)
    studio.annotate("one.txt", [])
    value = {"start": 7, "end": 16, "text": "6/29/2018", "labels": ["Date"]}
    studio.annotate("two.txt", [{"type": "labels", "value": value}])
    assert len(pull(home, project, studio).added) == 2
    assert not pull(home, project, studio).is_changed
    annotate(home, project)
    assert {row["location"]: (row["category"], row["text"]) for row in home.rows("annotations")} == {
        "one.txt": ("", None),
        "two.txt": ("Date", "6/29/2018"),
    }


def test_a_class_that_people_added_in_label_studio_is_declared_and_stays_offered(fresh, studio):
    home, project = fresh
    push(home, project, studio, limit=1)
    (task,) = studio.tasks
    studio.annotate(task["data"]["location"], choice("complaints"))
    pull(home, project, studio)
    assert "complaints" in parse_label_file(home.platform.projects.label_file(project)).categories
    push(home, project, studio)
    assert declared_categories(studio.projects[1]["label_config"])[-1] == "complaints"


def test_what_cant_be_used_is_named_and_costs_no_label(fresh, studio):
    home, project = fresh
    push(home, project, studio)
    for number in (2, 3, 4, 5):
        studio.annotate(f"letter-00{number}.txt", choice("billing"))
    pull(home, project, studio)
    studio.task("letter-002.txt")["data"]["content_hash"] = "of a text that was read before"
    home.add({"acme/letter-003.txt": "a newer document of the same name"})
    studio.tasks.append({**studio.task("letter-005.txt"), "id": 99, "data": {"text": "made by hand"}})
    report = pull(home, project, studio)
    assert sorted(finding.message.split(":")[0] for finding in report.findings) == [
        "another document of this name has arrived since",
        "it was not made by docplatform (its data names no document_id)",
        "the document was read anew since the task was made, and its text changed",
    ]
    assert not report.is_changed
    assert len(classes(home, project)) == 6


def test_documents_of_others_stay_out_whatever_a_task_says(fresh, studio):
    home, project = fresh
    push(home, project, studio)
    (other,) = [row for row in home.rows("ocr_text") if row["name"] == "other.txt"]
    task = studio.task("letter-002.txt")
    task["data"] |= {"document_id": other["document_id"], "content_hash": other["content_hash"]}
    studio.annotate("letter-002.txt", choice("billing"))
    report = pull(home, project, studio)
    assert (report.answered, len(report.findings)) == (0, 1)


def test_a_project_that_was_never_pushed_or_is_gone_changes_nothing(fresh, studio):
    home, project = fresh
    before = home.platform.projects.label_file(project)
    with pytest.raises(ConfigurationError, match="not in Label Studio yet"):
        pull(home, project, studio)
    push(home, project, studio)
    studio.annotate("letter-002.txt", choice("billing"))
    gone = studio.projects.pop(1)
    for attempt in (pull, push):
        with pytest.raises(ConfigurationError, match="no such project"):
            attempt(home, project, studio)
    studio.projects[1] = {**gone, "created_at": "later", "title": "somebody else's"}
    for attempt in (pull, push):
        with pytest.raises(ConfigurationError, match="that is another project"):
            attempt(home, project, studio)
    assert home.platform.projects.label_file(project) == before


def test_a_project_made_by_hand_can_be_taken_up(fresh, studio):
    home, project = fresh
    choices = "<Choices name='label' toName='text'><Choice value='mine'/></Choices>"
    config = f"<View><Text name='text' value='$text'/>{choices}</View>"
    StudioClient(studio.url, TOKEN).create_project("by hand", "", config)
    report = push(home, project, studio, studio_project=1)
    assert (report.is_new, len(studio.projects)) == (False, 1)
    assert declared_categories(studio.projects[1]["label_config"]) == ("mine", "billing", "shipping")
    p = home.platform
    assert linked_project(project, p.projects, StudioClient(studio.url, TOKEN)).link.project_id == 1


def test_what_a_person_has_to_see_comes_first_with_its_reason_and_leaves_the_queue_with_its_answer(trained, studio):
    home, project, _ = trained
    alike = {f"acme/{name}": text for name, (_, text) in topic_texts(3, start=500).items()}
    home.add({**alike, "acme/odd.txt": "qwertz asdfgh", "acme/odder.txt": "yxcvb nmqwe"})
    predict(home)
    first = push(home, project, studio, limit=1)
    assert (len(first.pushed), first.in_review) == (1, 1)
    assert "From the review queue: 1; 1 more wait there." in first.summary()
    rest = push(home, project, studio)
    (second, *others) = rest.pushed
    assert {names(first)[0], second.name} == {"odd.txt", "odder.txt"}
    assert second.reason == "for review: the model has no answer it stands behind"
    assert studio.task(second.name)["data"]["reason"] == second.reason
    assert '<Header value="$reason"' in studio.projects[1]["label_config"]
    assert not any(document.needs_review for document in others)
    assert others[0].reason.startswith("the model's confidence is ")
    p = home.platform
    chooser = DocumentChooser(p.projects, p.ledger, p.lake, p.model_registry)
    assert chooser.choose(project, 9).in_review == 2, "pushed is not seen yet"
    studio.annotate(second.name, choice("billing"))
    pull(home, project, studio)
    assert chooser.choose(project, 9).in_review == 1
    assert second.name not in {document.name for document in chooser.choose(project, 9).documents}
