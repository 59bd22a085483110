"""What each stage does with a row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import ReasonCode, TransientError
from docplatform.inference.stages import ReadingStage, RoutingStage, content_hash
from docplatform.lake.incremental import run_stage
from docplatform.lake.quarantine import open_entries, replay
from docplatform.ocr.base import DocumentSource, PageCounts, ReadOutcome
from docplatform.text.base import PreprocessedText
from docplatform_tests.homes import FakeReader
from docplatform_tests.inference.predicting import FakeModel, entity_project, predict


def test_routing_places_bytes_under_customer_extension_and_day(home):
    home.add({"acme/in/Brief für Büro.txt": "hello there"})
    (row,) = home.rows("routed_documents")
    day = datetime.now(UTC).date().isoformat()
    assert row["lake_path"].startswith(f"lake/documents/customer=acme/extension=txt/date={day}/")
    assert home.platform.blob_store.get(row["lake_path"]) == b"hello there"
    assert row["uri"] == home.platform.blob_store.uri(row["lake_path"])
    assert (row["name"], row["customer"], row["extension"]) == ("in/Brief für Büro.txt", "acme", "txt")


def test_a_document_whose_raw_bytes_are_gone_is_quarantined_and_the_others_go_on(home):
    home.take_in({"acme/a.txt": "first text", "acme/b.txt": "second text"})
    lost = next(document for document in home.platform.ledger.documents_after(0, 9) if document.name == "a.txt")
    home.platform.blob_store.delete([lost.blob_path])
    home.process()
    assert [row["name"] for row in home.rows("ocr_text")] == ["b.txt"]
    (entry,) = open_entries(home.platform.lake)
    assert (entry.stage, entry.reason, entry.name) == ("routed_documents", "missing", "a.txt")
    assert lost.blob_path in entry.message
    home.platform.blob_store.put(lost.blob_path, b"first text")
    replay(home.platform.lake, run_id="replay")
    home.process()
    assert sorted(row["name"] for row in home.rows("ocr_text")) == ["a.txt", "b.txt"]
    assert open_entries(home.platform.lake) == []


def test_a_document_whose_lake_bytes_are_gone_is_quarantined_and_the_others_are_read(home):
    home.take_in({"acme/a.txt": "first text", "acme/b.txt": "second text"})
    p = home.platform
    partitions = p.ledger.lake_partitions()
    run_stage(p.lake, RoutingStage(p.ledger, p.blob_store), partitions, run_id="route")
    gone = next(row for row in home.rows("routed_documents") if row["name"] == "b.txt")
    p.blob_store.delete([gone["lake_path"]])
    run_stage(p.lake, ReadingStage(p.lake, p.blob_store, home.reader), partitions, run_id="read")
    assert [row["name"] for row in home.rows("ocr_text")] == ["a.txt"]
    (entry,) = open_entries(p.lake)
    assert (entry.stage, entry.reason) == ("ocr_text", ReasonCode.MISSING)


def test_reading_keeps_the_whole_result_and_its_figures(home):
    home.add({"acme/a.txt": "one two three"})
    (row,) = home.rows("ocr_text")
    assert (row["content"], row["page_count"], row["word_count"], row["table_count"]) == ("one two three", 1, 3, 0)
    assert (row["confidence"], row["model_id"], row["read_seconds"]) == (1.0, "fake-read", 0.5)
    assert row["content_hash"] == content_hash("one two three")
    assert row["fingerprint"] == "fake-reader-1"
    assert len(json.loads(row["analyze_result"])["pages"][0]["words"]) == 3


def test_reading_accounts_for_every_page_and_keeps_the_worst_grade_and_the_language(home):
    home.take_in({"acme/a.txt": "one two three"})
    result = home.reader.read(DocumentSource("k", b"one two three", "text/plain"))
    page = result.pages[0].model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
    qualities = [{"grade": "GOOD", "reasons": ["skew"]}, {"grade": "FAIR", "reasons": ["blur", "noise"]}, None]
    told = json.loads(result.to_json()) | {
        "pages": [
            page | {"pageNumber": number} | ({"quality": quality} if quality else {})
            for number, quality in enumerate(qualities, 1)
        ],
        "languages": [{"locale": "de", "spans": [{"offset": 0, "length": 13}], "confidence": 0.9}],
        "warnings": [
            {"code": "unreadablePage", "message": "m", "target": "/pages/2"},
            {"code": "inkWithoutText", "message": "m", "target": "/pages/0"},
        ],
    }
    outcome = ReadOutcome(
        key="", result=AnalyzeResult.from_json(json.dumps(told)), pages=PageCounts(in_file=3, recognized=1, cached=2)
    )
    home.reader.read_many = lambda sources: (replace(outcome, key=source.key) for source in sources)
    home.process()
    (row,) = home.rows("ocr_text")
    assert {
        name: row[name] for name in row if "page" in name or name in ("quality", "quality_reasons", "language")
    } == {
        "page_count": 2,
        "file_page_count": 3,
        "unread_pages": [3],
        "textless_pages": [1],
        "recognized_pages": 1,
        "cached_pages": 2,
        "quality": "FAIR",
        "quality_reasons": ["blur", "noise"],
        "language": "de",
    }


def test_a_document_without_words_has_no_confidence(home):
    home.take_in({"acme/a.txt": "x"})
    home.reader.read = lambda source: FakeReader.read(home.reader, type(source)(source.key, b"", source.media_type))
    home.process()
    (row,) = home.rows("ocr_text")
    assert (row["content"], row["confidence"]) == ("", None)


def test_a_refused_document_is_quarantined_with_the_readers_reason(home):
    home.add({"acme/bad.txt": "!encrypted and locked", "acme/good.txt": "fine"})
    assert [row["name"] for row in home.rows("ocr_text")] == ["good.txt"]
    (entry,) = open_entries(home.platform.lake)
    assert (entry.reason, entry.message) == ("encrypted", "refused as encrypted")


def test_a_transient_failure_is_raised_after_everything_else_is_committed(home):
    home.take_in({"acme/a.txt": "?later", "acme/b.txt": "now"})
    with pytest.raises(TransientError, match="try again"):
        home.process()
    assert [row["name"] for row in home.rows("ocr_text")] == ["b.txt"]
    assert open_entries(home.platform.lake) == []


def test_a_reader_that_gives_neither_result_nor_reason_is_a_bug(home):
    home.take_in({"acme/a.txt": "x"})
    home.reader.read_many = lambda sources: (ReadOutcome(key=source.key) for source in sources)
    with pytest.raises(AssertionError, match="neither result nor reason"):
        home.process()


def test_preprocessing_fills_every_column_from_the_preprocessor(home):
    class Shouting:
        fingerprint = "shout"

        def preprocess(self, content: str) -> PreprocessedText:
            return PreprocessedText(
                cleaned=content.upper(),
                language="en",
                language_confidence=0.9,
                tokens=("a", "b"),
                lemmas=("c", "d"),
                stems=("e", "f"),
                key_phrases=("g",),
                summary="h",
            )

    home.platform.__dict__["text_preprocessor"] = Shouting()
    home.add({"acme/a.txt": "quiet"})
    (row,) = home.rows("preprocessed_text")
    assert (row["cleaned"], row["language"], row["tokens"], row["lemmas"]) == ("QUIET", "en", ["a", "b"], ["c", "d"])
    assert (row["stems"], row["key_phrases"], row["summary"]) == (["e", "f"], ["g"], "h")
    assert row["content_hash"] == content_hash("QUIET\0c\0d")


def test_predictions_carry_version_confidence_and_abstention(home):
    home.add({"acme/a.txt": "the total is 5", "acme/b.txt": "nothing"})
    predict(home, FakeModel(), entity_project(), version=3)
    rows = {row["name"]: row for row in home.rows("predictions")}
    hit = rows["a.txt"]
    assert (hit["model_version"], hit["category"], hit["confidence"], hit["abstained"]) == (3, "14", 0.5, False)
    assert hit["entities"][0]["offset"] == 4
    assert hit["fingerprint"] == "totals:3"
    assert (rows["b.txt"]["category"], rows["b.txt"]["abstained"], rows["b.txt"]["entities"]) == (None, True, [])


def test_texts_are_predicted_in_batches_and_only_what_is_pending(home):
    home.add({f"acme/{number}.txt": f"total {number}" for number in range(70)})
    model = FakeModel()
    predict(home, model, entity_project())
    assert model.calls == [64, 6]
    predict(home, model, entity_project())
    assert model.calls == [64, 6]
    predict(home, model, entity_project(), version=2)
    assert sum(model.calls) == 140
    assert {row["model_version"] for row in home.rows("predictions")} == {2}
