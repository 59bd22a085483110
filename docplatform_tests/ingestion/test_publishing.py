"""From the ledger to the lake: everything once, label files as projects."""

from __future__ import annotations

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.ingestion import publishing
from docplatform.labels.projects import GateThresholds
from docplatform.lake.quarantine import EntryState, dismiss, find_entries, open_entries
from docplatform_tests.homes import Home, class_labels, topic_labels, topic_texts
from docplatform_tests.ingestion.archives import zip_of


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path)


def outcomes(home: Home) -> dict[str, str]:
    return {row["name"]: row["outcome"] for row in home.rows("raw_blobs")}


def test_every_arrival_becomes_a_row_with_its_outcome(home):
    files = {
        "acme/a.txt": "first",
        "acme/again.txt": "first",
        "acme/empty.txt": "",
        "beta/mixed.zip": zip_of(("one.txt", b"a member"), ("nothing.txt", b"")),
    }
    published = home.take_in(files)
    assert (published.arrivals, published.projects, published.problems) == (6, (), ())
    assert outcomes(home) == {
        "a.txt": "landed",
        "again.txt": "duplicate",
        "empty.txt": "quarantined",
        "mixed.zip": "landed",
        "one.txt": "landed",
        "nothing.txt": "quarantined",
    }
    by_name = {row["name"]: row for row in home.rows("raw_blobs")}
    assert by_name["one.txt"]["parent_document_id"] == by_name["mixed.zip"]["document_id"]
    assert by_name["empty.txt"]["reason"] == "empty"
    entries = open_entries(home.platform.lake)
    assert sorted((entry.name, entry.stage, entry.reason) for entry in entries) == [
        ("empty.txt", "raw_blobs", "empty"),
        ("nothing.txt", "raw_blobs", "empty"),
    ]


def test_publishing_again_brings_nothing(home):
    home.take_in({"acme/a.txt": "first"})
    version = home.platform.lake.version("raw_blobs")
    assert home.publish().arrivals == 0
    assert home.platform.lake.version("raw_blobs") == version


def test_many_arrivals_are_brought_in_batches(home, monkeypatch):
    monkeypatch.setattr(publishing, "BATCH_ARRIVALS", 3)
    assert home.take_in({f"acme/{n}.txt": f"text {n}" for n in range(8)}).arrivals == 8
    assert len(home.rows("raw_blobs")) == 8
    assert home.platform.lake.version("raw_blobs") == 3


def test_a_crash_before_the_ledger_is_told_changes_nothing_in_the_end(home, monkeypatch):
    texts = topic_texts(4)
    files = {f"acme/{name}": text for name, (_, text) in texts.items()} | {"acme/none.txt": ""}
    home.drop(files | {"acme/labels.json": topic_labels(texts)})
    home.ingest()
    ledger = home.platform.ledger

    def crash(arrival_ids):
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "mark_exported", crash)
    with pytest.raises(KeyboardInterrupt):
        home.publish("killed")
    monkeypatch.undo()
    rows = len(home.rows("raw_blobs"))
    dismiss(home.platform.lake, open_entries(home.platform.lake), note="no document", run_id="somebody")
    again = home.publish("after")
    assert (rows, len(home.rows("raw_blobs")), again.arrivals) == (6, 6, 6)
    assert again.projects == ("topics",)
    assert home.platform.projects.names() == ["topics"]
    (entry,) = find_entries(home.platform.lake)
    assert entry.state is EntryState.DISMISSED, "somebody's decision stands"


def test_a_label_file_dropped_beside_its_documents_makes_a_project(home):
    texts = topic_texts(6)
    files = {f"acme/set/{name}": text for name, (_, text) in texts.items()}
    published = home.take_in(files | {"acme/set/labels.json": topic_labels(texts)})
    assert published.projects == ("topics",)
    project = home.platform.projects.get("topics")
    assert (project.kind, project.customer) == (TaskKind.SINGLE_LABEL_CLASSIFICATION, "acme")
    assert home.platform.projects.label_file(project) == topic_labels(texts)
    assert project.applies_to.customers == ["acme"]


def test_a_changed_label_file_updates_its_project_and_keeps_what_people_set(home):
    texts = topic_texts(6)
    home.take_in({"acme/labels.json": topic_labels(texts)})
    projects = home.platform.projects
    projects.save(projects.get("topics").model_copy(update={"gate": GateThresholds(min_f1=0.5)}))
    changed = topic_labels(topic_texts(8))
    assert home.take_in({"acme/labels.json": changed}).projects == ("topics",)
    project = projects.get("topics")
    assert project.gate.min_f1 == 0.5
    assert projects.label_file(project) == changed


def test_a_label_file_that_makes_no_project_is_a_problem_and_the_rest_goes_on(home):
    other = class_labels({"a.txt": "x", "b.txt": "y"}, name="Topics")
    home.take_in({"acme/labels.json": topic_labels(topic_texts(4))})
    nameless = class_labels({"a.txt": "x", "b.txt": "y"}, name="")
    published = home.take_in({"beta/labels.json": other, "beta/no name.json": nameless, "beta/b.txt": "text"})
    assert (published.arrivals, published.projects) == (3, ())
    assert len(published.problems) == 2
    assert any("labels.json of beta" in problem and "another name" in problem for problem in published.problems)
    assert any("no name.json of beta" in problem and "projectName" in problem for problem in published.problems)
    assert home.platform.projects.get("topics").customer == "acme"
    assert home.publish().problems == (), "told once"


def test_a_label_file_whose_documents_lost_their_bytes_still_makes_its_project(home):
    texts = topic_texts(4)
    home.take_in({f"acme/{name}": text for name, (_, text) in texts.items()})
    p = home.platform
    p.blob_store.delete([document.blob_path for document in p.ledger.documents_after(0, 9)])
    assert home.take_in({"acme/labels.json": topic_labels(texts)}).projects == ("topics",)
