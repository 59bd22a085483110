"""Champions applied to documents, to those of a class, and to parts of packets."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import Category, DocumentPart, Prediction, TaskKind
from docplatform.errors import PermanentError
from docplatform.inference.champions import champion_stages, load_model
from docplatform.inference.stages import PredictionStage
from docplatform.labels.projects import AppliesTo, ModelProject
from docplatform.lake.incremental import pending_counts, run_stage
from docplatform.lake.quarantine import EntryState, QuarantineEntry, write_entries
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform_tests.homes import Home, topic_home
from docplatform_tests.inference.predicting import FakeModel, entity_project, predict
from docplatform_tests.training.chains import train


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
