"""``docplatform status``: what the home holds, and whether it adds up."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from docplatform.errors import ReasonCode
from docplatform.lake.tables import OCR_TEXT
from docplatform.ocr.base import ReadOutcome
from docplatform_tests.homes import Home, topic_home, topic_labels, topic_texts
from docplatform_tests.training.chains import train


def test_status_of_an_empty_home(call):
    ended = call("status")
    assert ended.status == 0
    assert "files dropped: 0 = 0 read + 0 duplicates + 0 quarantined" in ended.out
    assert "open quarantine: none" in ended.out


def test_a_home_of_before_pages_were_counted_goes_on_working(call, home):
    added = {"file_page_count", "unread_pages", "textless_pages", "recognized_pages", "cached_pages", "quality"}
    home.add({"acme/a.txt": "one"})
    (row,) = home.rows("ocr_text")
    older = replace(OCR_TEXT, columns=tuple(column for column in OCR_TEXT.columns if column.name not in added))
    shutil.rmtree(home.platform.settings.home_path / "lake" / "tables" / "ocr_text")
    again = Home.at(home.platform.settings.home_path)
    old_row = {name: value for name, value in row.items() if name not in added}
    again.platform.lake.upsert(older, [old_row], run_id="before")
    (partition,) = call("status", "--json").json["partitions"]
    assert (partition["pages"], partition["recognized_pages"], partition["cached_pages"]) == (1, 0, 0)
    assert again.platform.lake.schema_differences("ocr_text") == []
    again.add({"acme/b.txt": "two"})
    assert sorted(row["file_page_count"] or 0 for row in again.rows("ocr_text")) == [0, 1]
    assert call("status", "--json").json["problems"] == []


def test_status_shows_partitions_quarantine_projects_and_what_is_pending(call, home):
    home.take_in({"acme/a.txt": "one", "acme/copy.txt": "one", "acme/bad.txt": "!corrupt", "acme/empty.txt": ""})
    pending = call("status")
    assert "pending or lost: files dropped: 4 != 0 read + 1 duplicates + 1 quarantined" in pending.err
    home.process()
    home.project(topic_labels(topic_texts(4)))
    home.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
    ended = call("status")
    assert ended.status == 0
    assert "files dropped: 4 = 1 read + 1 duplicates + 2 quarantined" in ended.out
    assert "open quarantine: 1 corrupt, 1 empty" in ended.out
    assert "topics (single_label_classification): F1 -, champion none, 0 predictions" in ended.out
    assert "not trained yet" in ended.out
    assert "a project is wrong: projects/broken.yaml" in ended.err
    assert "pending" not in ended.err
    summary = call("status", "--json").json
    assert summary["arrivals"] == {"arrived": 4, "read": 1, "duplicates": 1, "quarantined": 2, "pending": 0}
    assert summary["partitions"][0]["quarantined"] == 1
    assert summary["problems"] == []


def test_status_shows_scores_and_champion(call, tmp_path, home_path):
    home, project = topic_home(home_path)
    train(home, project)
    (found,) = call("status", "--json").json["projects"]
    assert found["champion"] == 1
    assert found["f1"] > 0.8
    assert set(found["label_f1"]) == {"billing", "shipping"}
    assert found["decision"].startswith("Promoted: ")
    out = call("status").out
    assert "champion version 1" in out
    assert "labels: billing" in out


def test_a_document_that_a_later_engine_failed_on_still_adds_up(call, home):
    home.add({"acme/a.txt": "one", "acme/b.txt": "two"})
    home.reader.fingerprint = "another engine"
    home.reader.read_many = lambda sources: (
        ReadOutcome(key=source.key, reason=ReasonCode.CORRUPT, message="broken") for source in sources
    )
    home.process()
    summary = call("status", "--json").json
    assert summary["problems"] == []
    assert summary["arrivals"]["read"] == 2
    assert summary["quarantine"] == {"corrupt": 2}


@pytest.mark.parametrize(
    ("table", "where", "says"),
    [
        ("raw_blobs", {"customer": "acme"}, "files dropped: 2 in the ledger, 0 in raw_blobs"),
        ("routed_documents", None, "routed_documents: 2 in, 0 rows and 0 quarantined out"),
        ("ocr_text", None, "ocr_text: 2 in, 0 rows and 0 quarantined out"),
        ("preprocessed_text", None, "preprocessed_text: 2 in, 0 rows and 0 quarantined out"),
    ],
)
def test_rows_that_got_lost_are_told(call, home, table, where, says):
    home.add({"acme/a.txt": "one", "acme/b.txt": "two"})
    (key,) = home.platform.ledger.lake_partitions()
    home.platform.lake.replace(table, [], where=where or {"lake_partition": key}, run_id="vandal")
    assert any(problem.startswith(says) for problem in call("status", "--json").json["problems"])
