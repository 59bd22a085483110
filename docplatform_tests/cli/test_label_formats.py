"""``docplatform labels`` on the formats of other tools: check, import, export, and labels that models contradict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.lake.tables import ANNOTATIONS
from docplatform_tests.homes import Home, topic_texts
from docplatform_tests.training.chains import annotate, freeze


def receipt(number: int) -> str:
    return f"ACME Trading {number}\nDate 2024-01-{number:02}\nTax {number}.10\nTotal {number}.50"


def receipts_jsonl(count: int) -> bytes:
    records = [
        {"file": f"r{n}.txt", "fields": {"Company": f"Acme trading {n}", "Total": f"{n}.50"}}
        for n in range(1, count + 1)
    ]
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.fixture
def receipts(tmp_path: Path) -> Path:
    """Receipts as texts, and their values in a JSONL file."""
    folder = tmp_path / "receipts"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"r{number}.txt").write_text(receipt(number))
    (folder / "labels.jsonl").write_bytes(receipts_jsonl(12))
    return folder


def rows(home: Home, project: str) -> list[dict[str, Any]]:
    return home.platform.lake.read_rows(ANNOTATIONS, where={"project": project})


def test_values_are_imported_found_in_what_was_read_and_frozen(call, home, receipts):
    ended = call("labels", "import", receipts, "--customer", "acme", "--name", "receipts", "--land")
    assert ended.status == 0, ended.err
    assert ended.out.startswith("Created project receipts (field_extraction). 24 labels in 12 documents (24 held")
    home.ingest()
    home.publish()
    home.process()
    project = home.platform.projects.get("receipts")
    report = annotate(home, project)
    assert (report.labels, report.documents, report.missing) == (24, 12, ())
    found = {(row["category"], row["text"]) for row in rows(home, "receipts") if row["location"] == "r3.txt"}
    assert found == {("Company", "ACME Trading 3"), ("Total", "3.50")}
    assert freeze(home, project).count == 12
    ended = call("labels", "check", "receipts", "--json")
    assert (ended.status, ended.json["usable"], ended.json["checked"]) == (0, True, 24)


def test_a_value_that_is_not_in_the_text_is_a_finding_with_the_closest(call, receipts):
    (receipts / "r2.txt").write_text(receipt(2).replace("2.50", "2.80"))
    ended = call("labels", "check", receipts)
    assert ended.status == 0
    assert "Total: '2.50' isn't in the text; the closest is" in ended.out


def test_boxes_are_found_in_the_layout_that_was_read(call, home, tmp_path):
    folder = tmp_path / "studio"
    folder.mkdir()
    box = [0.1, 0.1, 0.2, 0.1, 0.2, 0.12, 0.1, 0.12]
    label = {"label": "Total", "key": None, "value": [{"page": 1, "text": "9.00", "boundingBoxes": [box]}]}
    schema = {"fields": [{"fieldKey": "Total", "fieldType": "number"}], "definitions": {}}
    (folder / "fields.json").write_text(json.dumps(schema))
    (folder / "a.txt.labels.json").write_text(json.dumps({"document": "a.txt", "labels": [label]}))
    word = {"boundingBox": [100, 100, 200, 100, 200, 120, 100, 120], "text": "9.00"}
    page = {"page": 1, "width": 1000, "height": 1000, "lines": [{"words": [word]}]}
    (folder / "a.txt.ocr.json").write_text(json.dumps({"analyzeResult": {"readResults": [page]}}))
    ended = call("labels", "import", folder, "--customer", "acme")
    assert ended.status == 0, ended.err
    assert "1 of 1 labelled documents aren't there (a.txt …), 1 of them have an *.ocr.json" in ended.err
    assert "1 labelled documents not found" in ended.out
    project = home.platform.projects.get("studio")
    assert project.kind is TaskKind.FIELD_EXTRACTION
    ended = call("labels", "check", folder, "--json")
    assert ended.json["checked"] == 1
    assert {f["code"] for f in ended.json["findings"]} == {"few_examples", "missing_document"}
    home.add({"acme/a.txt": "9.00"})
    assert annotate(home, project).labels == 1


def test_texts_of_a_table_are_landed_under_the_projects_name(call, home, tmp_path):
    table = tmp_path / "questions.csv"
    table.write_text(
        "text,intent\n" + "".join(f'"where is {n}, please",{"ask" if n % 2 else "tell"}\n' for n in range(20))
    )
    ended = call("labels", "import", table, "--customer", "acme")
    assert ended.status == 0, ended.err
    assert "20 documents landed for acme." in ended.out
    home.ingest()
    home.publish()
    home.process()
    project = home.platform.projects.get("questions")
    assert annotate(home, project).documents == 20
    assert rows(home, "questions")[0]["location"].startswith("questions/")


def test_folders_of_classes_become_a_project_of_the_kind_one_says(call, home, tmp_path):
    for name, (topic, text) in topic_texts(12).items():
        path = tmp_path / "scans" / topic / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    ended = call(
        "labels", "import", tmp_path / "scans", "--kind", "document_classification", "--customer", "acme", "--land"
    )
    assert ended.status == 0, ended.err
    assert home.platform.projects.get("scans").kind is TaskKind.DOCUMENT_CLASSIFICATION
    assert "12 documents landed" in ended.out


def test_labels_go_to_another_format_and_back(call, home, receipts, tmp_path):
    out = tmp_path / "out"
    ended = call("labels", "export", receipts, "--format", "csv", "--to", out)
    assert (ended.status, ended.out) == (0, f"1 files written to {out}.\n")
    assert "r1.txt,Acme trading 1,1.50," in (out / "labels.csv").read_text()
    call("labels", "import", receipts, "--customer", "acme", "--name", "receipts")
    ended = call("labels", "export", "receipts", "--format", "docplatform", "--to", out)
    assert ended.status == 0, ended.err
    assert json.loads((out / "labels.json").read_text())["kind"] == "field_extraction"
    ended = call("labels", "export", "nothing", "--format", "csv", "--to", out)
    assert ended.status == 2
    assert "nothing is no file, and no project of this home. Projects: receipts." in ended.err
    ended = call("labels", "export", receipts, "--format", "coco", "--to", out)
    assert ended.status == 2
    assert "must have been read with its layout" in ended.err


def test_repairs_of_labels_in_other_formats_are_written_in_docplatforms_own(call, tmp_path):
    (tmp_path / "a.txt").write_text("Server web-01 restarted.")
    span = {"start": 6, "end": 12, "label": "Server", "text": "web-01"}
    (tmp_path / "labels.jsonl").write_text(json.dumps({"file": "a.txt", "entities": [span]}))
    ended = call("labels", "check", tmp_path / "labels.jsonl", "--repair", tmp_path / "mended.json")
    assert ended.status == 1
    ended = call("labels", "check", tmp_path / "mended.json")
    assert (ended.status, "0 errors" in ended.out) == (0, True)


def test_labels_that_models_contradict_are_named(call, tmp_path):
    records = [{"text": text, "label": topic} for topic, text in topic_texts(60).values()]
    wrong = records[7]
    topics = sorted({record["label"] for record in records})
    wrong["label"] = next(topic for topic in topics if topic != wrong["label"])
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    report = call("labels", "check", tmp_path / "labels.jsonl", "--likely-wrong", "--json").json
    found = [finding["location"] for finding in report["findings"] if finding["code"] == "likely_wrong"]
    assert found[:1] == ["labels/row-00008.txt"]


def test_spans_that_models_contradict_are_named(call, tmp_path):
    records = []
    for number in range(40):
        text = f"Ticket {number}: the server web-{number:02} failed at noon."
        start = text.index("web-")
        spans = [] if number == 5 else [[start, start + 6, "Server"]]
        records.append({"text": text, "entities": spans})
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    report = call("labels", "check", tmp_path / "labels.jsonl", "--likely-wrong", "--json").json
    found = [finding for finding in report["findings"] if finding["code"] == "likely_wrong"]
    assert [finding["location"] for finding in found] == ["labels/row-00006.txt"]
    assert "'web-05' at 21 (code points) isn't labelled" in found[0]["message"]


def test_labels_in_docplatforms_own_json_are_imported_where_they_are_dropped(call, home, receipts, tmp_path):
    call("labels", "import", receipts, "--customer", "acme", "--name", "slips")
    call("labels", "export", "slips", "--format", "docplatform", "--to", tmp_path / "out")
    published = home.take_in({"beta/labels.json": (tmp_path / "out" / "labels.json").read_bytes()})
    assert published.problems != ()
    assert "exists for customer acme" in published.problems[0], "the name is taken, so another customer's is left alone"
