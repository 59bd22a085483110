"""What each stage does with a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, DocumentPart, Entity, Prediction, TaskKind
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.inference.champions import champion_stages, load_model
from docplatform.inference.stages import PredictionStage, ReadingStage, RoutingStage, content_hash
from docplatform.labels.projects import AppliesTo, ModelProject
from docplatform.lake.incremental import pending_counts, run_stage
from docplatform.lake.quarantine import EntryState, QuarantineEntry, open_entries, replay, write_entries
from docplatform.ocr.base import DocumentSource, PageCounts, ReadOutcome
from docplatform.text.base import PreprocessedText
from docplatform_tests.homes import FakeReader, Home, topic_home
from docplatform_tests.training.chains import train


class FakeModel:
    """Says of a text how long it is, and where it says ``total``."""

    kind = TaskKind.ENTITY_RECOGNITION
    labels = ("total",)

    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        self.calls.append(len(documents))
        return [self._one(document.text) for document in documents]

    def _one(self, text: str) -> Prediction:
        if "total" not in text:
            return Prediction(abstained=True)
        entity = Entity("total", text.index("total"), 5, "total", 0.5)
        return Prediction((Category(str(len(text)), 0.75),), (entity,), 0.5)


def entity_project(**values: object) -> ModelProject:
    settings = {"kind": TaskKind.ENTITY_RECOGNITION, "customer": "acme", "labels": "p/labels.json", **values}
    return ModelProject(name="totals", **settings)


def predict(home: Home, model: FakeModel, project: ModelProject, version: int = 1) -> None:
    stage = PredictionStage(home.platform.lake, project, version, lambda: model)
    run_stage(home.platform.lake, stage, home.platform.ledger.lake_partitions(), run_id="predict")


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path)


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


@pytest.mark.parametrize(
    ("applies_to", "predicted"),
    [
        (AppliesTo(), {"a.txt", "b.txt", "c.csv"}),
        (AppliesTo(customers=["acme"]), {"a.txt", "c.csv"}),
        (AppliesTo(extensions=["txt"]), {"a.txt", "b.txt"}),
        (AppliesTo(customers=["acme"], extensions=["csv"]), {"c.csv"}),
        (AppliesTo(customers=["nobody"]), set()),
    ],
)
def test_a_project_predicts_the_documents_it_applies_to(home, applies_to, predicted):
    home.add({"acme/a.txt": "the first", "beta/b.txt": "the second", "acme/c.csv": "a;b;c\n1;2;3\n4;5;6\n"})
    predict(home, FakeModel(), entity_project(applies_to=applies_to))
    assert {row["name"] for row in home.rows("predictions")} == predicted


def test_a_project_predicts_only_documents_of_the_classes_it_asks_for(home):
    home.add({"acme/a.txt": "the total", "acme/b.txt": "the total and more"})
    classifier = entity_project()
    predict(home, FakeModel(), classifier)
    routed = ModelProject(
        name="routed",
        kind=TaskKind.ENTITY_RECOGNITION,
        customer="acme",
        labels="x",
        applies_to=AppliesTo(document_classes={"totals": ["9"]}),
    )
    predict(home, FakeModel(), routed)
    assert [row["name"] for row in home.rows("predictions") if row["project"] == "routed"] == ["a.txt"]


def test_the_text_source_decides_what_the_model_sees(home):
    home.add({"acme/a.txt": "The invoices were paid"})
    seen: list[str] = []

    class Watching(FakeModel):
        def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
            seen.extend(document.text for document in documents)
            return super().predict(documents)

    predict(home, Watching(), entity_project(text_source="lemmas"))
    (row,) = home.rows("preprocessed_text")
    assert seen == [" ".join(row["lemmas"])]


def test_without_anything_pending_no_model_is_loaded(home):
    home.add({"acme/a.txt": "text"})

    def never() -> FakeModel:
        raise AssertionError("loaded")

    stage = PredictionStage(home.platform.lake, entity_project(applies_to=AppliesTo(customers=["x"])), 1, never)
    run_stage(home.platform.lake, stage, home.platform.ledger.lake_partitions(), run_id="r")


def test_every_project_with_a_champion_gets_a_stage_and_wrong_ones_are_left_out(tmp_path):
    home, project = topic_home(tmp_path)
    home.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
    home.project(b"{}", name="untrained")
    p = home.platform
    assert champion_stages(p.lake, p.projects, p.model_registry) == []
    train(home, project)
    (stage,) = champion_stages(p.lake, p.projects, p.model_registry)
    assert (stage.project.name, stage.version, stage.fingerprint) == ("topics", 1, "topics:1")
    assert stage.load().labels == ("billing", "shipping")
    run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id="predict")
    assert {row["category"] for row in home.rows("predictions")} == {"billing", "shipping"}
    for info in list(p.blob_store.list("models/topics/versions/1/files")):
        p.blob_store.put(info.path, b"damaged")
    for folder in (tmp_path / "model-cache").rglob("*"):
        if folder.is_file():
            folder.unlink()
    with pytest.raises(PermanentError, match="aren't what was registered"):
        load_model(project, 1, p.model_registry)


class Dividing(FakeModel):
    """Says that the first page is of one class and the second of another."""

    kind = TaskKind.DOCUMENT_CLASSIFICATION

    def predict(self, documents: Sequence[DocumentText]) -> list[Prediction]:
        parts = (DocumentPart("bill", 1, 1, 0.9), DocumentPart("note", 2, 2, 0.8))
        categories = (Category("bill", 0.9), Category("note", 0.8))
        return [Prediction(categories, confidence_score=0.8, parts=parts) for _ in documents]


def two_paged(home: Home, text: str) -> AnalyzeResult:
    told = json.loads(home.reader.read(DocumentSource("k", text.encode(), "text/plain")).to_json())
    first = told["pages"][0] | {"width": 10.0, "height": 10.0}
    half = len(first["words"]) // 2
    words = [word | {"polygon": [1, 1, 2, 1, 2, 2, 1, 2]} for word in first["words"]]
    pages = [first | {"words": words[:half]}, first | {"pageNumber": 2, "words": words[half:]}]
    return AnalyzeResult.from_json(json.dumps(told | {"pages": pages}))


def test_of_a_packet_only_the_pages_of_the_classes_asked_for_are_predicted(home):
    result = two_paged(home, "total one two total")
    home.take_in({"acme/a.txt": "x"})
    home.reader.read_many = lambda sources: (ReadOutcome(key=source.key, result=result) for source in sources)
    home.process()
    predict(home, Dividing(), entity_project())
    routed = ModelProject(
        name="notes",
        kind=TaskKind.FIELD_EXTRACTION,
        customer="acme",
        labels="x",
        applies_to=AppliesTo(document_classes={"totals": ["note"]}),
    )
    predict(home, FakeModel(), routed)
    (row,) = [row for row in home.rows("predictions") if row["project"] == "notes"]
    assert [(entity["text"], entity["offset"]) for entity in row["entities"]] == [("total", 14)]


def test_what_was_said_of_a_document_goes_once_the_classifier_puts_it_into_another_class(home):
    home.add({"acme/a.txt": "the total", "acme/b.txt": "a total!!"})
    classes = AppliesTo(document_classes={"totals": ["9"]})
    routed = ModelProject(
        name="routed", kind=TaskKind.ENTITY_RECOGNITION, customer="acme", labels="x", applies_to=classes
    )
    predict(home, FakeModel(), entity_project())
    predict(home, FakeModel(), routed)

    class Strict(FakeModel):
        def _one(self, text: str) -> Prediction:
            return Prediction((Category("other", 0.9),)) if text.startswith("a") else super()._one(text)

    predict(home, Strict(), entity_project(), version=2)
    p = home.platform
    stage = PredictionStage(p.lake, routed, 1, lambda: pytest.fail("nothing has to be predicted"))
    (key,) = keys = p.ledger.lake_partitions()
    assert pending_counts(p.lake, stage, keys) == {key: 1}
    report = run_stage(p.lake, stage, keys, run_id="again")[key]
    assert (report.removed, report.current, report.made) == (1, 1, 0)
    rows = [(row["project"], row["name"]) for row in home.rows("predictions")]
    assert sorted(rows) == [("routed", "a.txt"), ("totals", "a.txt"), ("totals", "b.txt")]
    assert pending_counts(p.lake, stage, keys) == {key: 0}
    before = p.lake.version("predictions")
    assert run_stage(p.lake, stage, keys, run_id="again")[key].removed == 0
    assert p.lake.version("predictions") == before


def test_the_quarantine_of_a_document_that_a_project_no_longer_applies_to_is_settled(home):
    home.add({"acme/a.txt": "the total", "acme/c.csv": "a;b;c\n1;2;3\n4;5;6\n"})
    p, project = home.platform, entity_project()
    stage = PredictionStage(p.lake, project, 1, FakeModel)
    keys = p.ledger.lake_partitions()
    run_stage(p.lake, stage, keys, run_id="predict")
    (csv,) = [row for row in home.rows("predictions") if row["name"] == "c.csv"]
    entry = QuarantineEntry(
        **{name: csv[name] for name in ("document_id", "lake_partition", "name", "input_hash", "fingerprint")},
        stage="predictions",
        scope="totals",
        reason="engine_error",
        message="for a test",
        attempts=1,
        state=EntryState.OPEN,
        first_failed_at=csv["processed_at"],
        run_id="predict",
        processed_at=csv["processed_at"],
    )
    write_entries(p.lake, [entry], "predict")
    predict(home, FakeModel(), entity_project(applies_to=AppliesTo(extensions=["txt"])))
    assert [row["name"] for row in home.rows("predictions")] == ["a.txt"]
    assert [row["state"] for row in home.rows("quarantine")] == ["resolved"]
