"""``docplatform labels``: checking, repairing, importing, landing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from docplatform.samples.tutorial_labels import tutorial_labels
from docplatform_tests.homes import class_labels, topic_labels, topic_texts
from docplatform_tests.labels.builders import ner_json


@pytest.fixture
def tutorial(tmp_path: Path) -> Path:
    """The tutorial's label file beside its documents."""
    folder = tmp_path / "tutorial"
    folder.mkdir()
    labels = tutorial_labels()
    (folder / "labels.json").write_bytes(labels.label_file)
    for name, data in labels.documents.items():
        (folder / name).write_bytes(data)
    return folder / "labels.json"


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    """A right label file beside its documents."""
    folder = tmp_path / "topics"
    folder.mkdir()
    texts = topic_texts(12)
    for name, (_, text) in texts.items():
        (folder / name).write_text(text)
    (folder / "labels.json").write_bytes(topic_labels(texts))
    return folder / "labels.json"


# check


def test_both_errors_of_the_tutorial_are_named_with_their_repair(call, tutorial):
    ended = call("labels", "check", tutorial)
    assert ended.status == 1
    errors = [line for line in ended.out.splitlines() if line.strip().startswith("error")]
    assert len(errors) == len(tutorial_labels().wrong) == 2
    for wrong in tutorial_labels().wrong:
        (line,) = [line for line in errors if f"{wrong.category} at {wrong.offset}, length {wrong.length}" in line]
        assert wrong.text in line
        assert f"Repair: offset {wrong.right_offset}, length {wrong.right_length}." in line
    assert "2 errors" in ended.out
    assert "2 certain repairs" in ended.out


def test_the_repaired_file_is_right(call, tutorial):
    mended = tutorial.with_name("mended.json")
    ended = call("labels", "check", tutorial, "--repair", mended)
    assert ended.status == 1, "the file that was checked is as wrong as before"
    assert f"2 repairs written to {mended}" in ended.err
    again = call("labels", "check", mended)
    assert (again.status, "0 errors" in again.out) == (0, True)


def test_the_report_as_json(call, tutorial):
    ended = call("labels", "check", tutorial, "--json")
    assert ended.json["usable"] is False
    assert [f["code"] for f in ended.json["findings"] if f["severity"] == "error"] == ["text_mismatch"] * 2


def test_documents_elsewhere_are_found_where_one_says(call, tutorial, tmp_path):
    moved = tmp_path / "labels.json"
    moved.write_bytes(tutorial.read_bytes())
    ended = call("labels", "check", moved)
    assert ended.status == 1
    assert f"None of the labelled documents is in {tmp_path}: say where with --documents." in ended.err
    ended = call("labels", "check", moved, "--documents", tutorial.parent)
    assert (ended.status, ended.err) == (1, "")


def test_a_location_leads_nowhere_out_of_its_folder(call, tmp_path):
    (tmp_path / "secret.txt").write_text("web-01 is the secret server")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("web-01 is a server")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    label = {"category": "Server", "offset": 0, "length": 6, "text": "web-01"}
    locations = ["a.txt", "../secret.txt", str(tmp_path / "secret.txt"), "link.txt"]
    labels = folder / "labels.json"
    labels.write_bytes(ner_json([{"location": location, "entities": [label]} for location in locations]))
    report = call("labels", "check", labels, "--json").json
    missing = {finding["location"] for finding in report["findings"] if finding["code"] == "missing_document"}
    assert missing == set(locations[1:])
    assert report["checked"] == 1


def test_a_file_that_is_none_ends_with_status_2(call, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('{"a": 1}')
    for command in (["check", path], ["import", path, "--customer", "acme"]):
        ended = call("labels", *command)
        assert ended.status == 2
        assert ended.err.startswith("Error: ")


def test_labels_of_documents_that_must_be_read_first_are_counted_as_such(call, tmp_path):
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(32))
    (tmp_path / "labels.csv").write_text("location,company\nscan.png,Acme\n")
    ended = call("labels", "check", tmp_path / "labels.csv", "--kind", "field_extraction")
    assert "1 label in 1 document (0 held against a text; 1 document not read yet)" in ended.out
    assert "docplatform labels check PROJECT" in ended.err
    ended = call("labels", "check", tmp_path / "labels.csv", "--kind", "field_extraction", "--json")
    assert ended.json["unread"] == 1


# import


def test_an_import_makes_a_project_and_a_second_one_updates_it(call, home, topics):
    ended = call("labels", "import", topics, "--customer", "acme")
    assert ended.status == 0, ended.err
    assert ended.out.startswith("Created project topics (single_label_classification). 12 labels in 12 documents")
    project = home.platform.projects.get("topics")
    assert (project.customer, project.applies_to.customers) == ("acme", ["acme"])
    path = home.platform.settings.home_path / "projects" / "topics.yaml"
    settings = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**settings, "gate": {"min_f1": 0.5}}))
    ended = call("labels", "import", topics, "--customer", "acme")
    assert ended.out.startswith("Updated project topics")
    assert home.platform.projects.get("topics").gate.min_f1 == 0.5


def test_a_project_gets_the_name_one_gives(call, home, topics):
    assert call("labels", "import", topics, "--customer", "acme", "--name", "letters").status == 0
    assert home.platform.projects.names() == ["letters"]
    ended = call("labels", "import", topics, "--customer", "acme", "--name", "Not A Name!")
    assert ended.status == 2
    assert "must be 1 to 63" in ended.err
    ended = call("labels", "import", topics, "--customer", "beta", "--name", "letters")
    assert ended.status == 2
    assert "another name" in ended.err


def test_labels_with_errors_are_not_imported_unless_forced(call, home, tutorial):
    ended = call("labels", "import", tutorial, "--customer", "acme")
    assert ended.status == 1
    assert "Not imported." in ended.err
    assert "2 errors" in ended.err
    assert home.platform.projects.names() == []
    ended = call("labels", "import", tutorial, "--customer", "acme", "--force")
    assert ended.status == 0
    assert home.platform.projects.names() == ["incident-reports"]


def test_documents_that_are_not_there_may_come_later(call, home, topics):
    (topics.parent / "letter-003.txt").unlink()
    ended = call("labels", "import", topics, "--customer", "acme")
    assert ended.status == 0
    assert "1 labelled documents not found beside the file: they train once they arrive." in ended.out


def test_documents_that_have_not_arrived_are_counted(call, home, topics):
    home.take_in({"acme/letter-000.txt": (topics.parent / "letter-000.txt").read_text()})
    ended = call("labels", "import", topics, "--customer", "acme")
    assert f"11 haven't arrived for acme yet: drop them into {home.platform.settings.landing_path}" in ended.out
    assert "arrived" not in call("labels", "import", topics, "--customer", "acme", "--land").out


def test_documents_are_landed_where_asked(call, home, topics):
    nested = topics.parent / "deep" / "in"
    nested.mkdir(parents=True)
    (nested / "more.txt").write_text("payment and refund")
    classes = {name: topic for name, (topic, _) in topic_texts(12).items()} | {"deep/in/more.txt": "billing"}
    topics.write_bytes(class_labels(classes))
    (topics.parent / "letter-003.txt").unlink()
    ended = call("labels", "import", topics, "--customer", "acme", "--land")
    assert ended.status == 0
    assert "12 documents landed for acme." in ended.out
    landed = home.platform.settings.landing_path / "acme"
    assert (landed / "deep" / "in" / "more.txt").read_text() == "payment and refund"
    assert len([path for path in landed.rglob("*") if path.is_file()]) == 12
    assert not list(landed.rglob("*.part"))
    home.ingest()
    home.publish()
    assert len(home.platform.ledger.find_documents("acme", list(classes))) == 12


@pytest.mark.parametrize("customer", ["../../elsewhere", "Müller & Co", "ACME"])
def test_a_customer_is_named_as_the_landing_folder_names_it(call, home, topics, tmp_path, customer):
    before = {path for path in tmp_path.rglob("*") if home.platform.settings.home_path not in path.parents}
    ended = call("labels", "import", topics, "--customer", customer, "--land")
    assert ended.status == 0, ended.err
    outside = {path for path in tmp_path.rglob("*") if home.platform.settings.home_path not in path.parents}
    assert outside - before <= {home.platform.settings.home_path}
    home.ingest()
    project = home.platform.projects.get("topics")
    assert len(home.platform.ledger.find_documents(project.customer, list(topic_texts(12)))) == 12


def test_a_landed_location_leads_nowhere_out_of_the_landing_folder(call, home, tmp_path):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("payment and refund")
    (folder / "b.txt").write_text("parcel and courier")
    labels = folder / "labels.json"
    labels.write_bytes(class_labels({"sub/../a.txt": "billing", "sub/../../in/b.txt": "shipping"}))
    ended = call("labels", "import", labels, "--customer", "acme", "--land")
    assert ended.status == 0
    landing = home.platform.settings.landing_path
    assert all(path.is_relative_to(landing / "acme") for path in landing.rglob("*") if path.is_file())


def test_without_a_customer_it_is_a_usage_error(call, topics):
    ended = call("labels", "import", topics)
    assert ended.status == 2
    assert "--customer" in ended.err
    assert json.loads(topics.read_text())
