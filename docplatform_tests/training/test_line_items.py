"""Line items all the way: labelled in Document Intelligence Studio, trained, judged, predicted, shown."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.line_items import column_of
from docplatform.documents.predictions import Split
from docplatform.inference.champions import champion_stages, load_model
from docplatform.labels.formats import read_labels
from docplatform.labels.importing import plan_labels
from docplatform.labels.projects import ModelProject
from docplatform.lake.incremental import run_stage
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.samples.options import SampleOptions
from docplatform.samples.render import WRITERS, render
from docplatform.samples.truth import Kind
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform.training.datasets import latest_dataset, load_examples
from docplatform.training.deciding import Decision
from docplatform_tests.homes import Home
from docplatform_tests.training.chains import train

_COLUMNS = ("Description", "Quantity", "Price", "Amount")
_LABELLED, _ALL = 16, 20


def invoice(number: int) -> tuple[bytes, tuple[tuple[str, ...], ...]]:
    """A PDF and its rows."""
    options = SampleOptions(seed=11)
    rng = options.rng("line items", number)
    draft = WRITERS[Kind.INVOICE](rng, False, options)
    return render(draft, "pdf", rng, options).data, draft.items[1:]


_MADE = {f"i{n:02}.pdf": invoice(n) for n in range(_ALL)}


def studio_schema() -> bytes:
    columns = [{"fieldKey": c, "fieldType": "string", "fieldFormat": "not-specified"} for c in _COLUMNS]
    items = {"fieldKey": "Items", "fieldType": "array", "fieldFormat": "not-specified", "itemType": "Items_object"}
    definition = {"fieldKey": "Items_object", "fieldType": "object", "fields": columns}
    return json.dumps({"fields": [items], "definitions": {"Items_object": definition}}).encode()


def studio_labels(name: str, result: AnalyzeResult, rows: tuple[tuple[str, ...], ...]) -> bytes:
    """Cells as a person marks them: boxes around the words of each row, whose amounts stand to the right."""
    labels = [
        {"label": f"Items/{number}/{column}", "value": [cell(result, text, near)]}
        for number, row in enumerate(rows)
        for near in [place(result, row[0], None)]
        for column, text in zip(_COLUMNS, row, strict=True)
    ]
    return json.dumps({"document": name, "labels": labels}).encode()


def place(result: AnalyzeResult, text: str, near: tuple[int, float] | None) -> tuple[int, float]:
    """Page and height of the line that a text stands in."""
    page, words = words_of(result, text, near)
    return page, words[0].polygon[1]


def words_of(result: AnalyzeResult, text: str, near: tuple[int, float] | None) -> tuple[int, list[Any]]:
    wanted = text.split()
    for page in result.pages:
        words = page.words
        for i in range(len(words)):
            run = list(words[i : i + len(wanted)])
            if [word.content for word in run] != wanted:
                continue
            if near is None or (page.page_number == near[0] and abs(run[0].polygon[1] - near[1]) < 0.05):
                return page.page_number, run
    raise AssertionError(f"{text} isn't in what was read")


def cell(result: AnalyzeResult, text: str, near: tuple[int, float]) -> dict[str, Any]:
    number, words = words_of(result, text, near)
    page = next(page for page in result.pages if page.page_number == number)
    sizes = [page.width, page.height] * 4
    boxes = [[at / size for at, size in zip(word.polygon, sizes, strict=True)] for word in words]
    return {"page": number, "text": text, "boundingBoxes": boxes}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, ModelProject, Decision]:
    """Invoices with line items, read; labels of all but the last ones imported; a champion trained on those."""
    home = Home.at(tmp_path_factory.mktemp("items"))
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    home.platform.__dict__["document_reader"] = reader
    home.add({f"acme/{name}": data for name, (data, _) in _MADE.items()})
    files = {"fields.json": studio_schema()}
    for name, (data, rows) in list(_MADE.items())[:_LABELLED]:
        result = reader.read(DocumentSource(name, data, "application/pdf"))
        files[f"{name}.labels.json"] = studio_labels(name, result, rows)
    plan = plan_labels(read_labels(files), customer="acme", name="items", read_document=lambda name: _MADE[name][0])
    assert plan.label_file.categories == tuple(f"Items/*/{column}" for column in _COLUMNS)
    project = plan.project.model_copy(update={"trainer": {"max_iterations": 60}})
    home.platform.projects.save(project, plan.data)
    return home, project, train(home, project)


def test_every_labelled_cell_is_trained_on(trained):
    home, project, _ = trained
    version = latest_dataset(home.platform.lake, project.name).dataset_version
    examples = load_examples(home.platform.lake, project.name, version, list(Split))
    names = {row["document_id"]: row["name"] for row in home.rows("routed_documents")}
    assert len(examples) > _LABELLED / 2  # the others are too like them
    for example in examples:
        counts = Counter(column_of(entity.category) for entity in example.entities)
        _, rows = _MADE[names[example.document_id]]
        assert counts == {f"Items/*/{column}": len(rows) for column in _COLUMNS}
    model = load_model(project, 1, home.platform.model_registry)
    assert model.labels == tuple(sorted(f"Items/*/{c}" for c in _COLUMNS))


def test_they_are_judged_by_column(trained):
    home, _, decision = trained
    rows = home.rows("model_evaluation", "label", "f1", "support")
    scores = {row["label"]: row["f1"] for row in rows if row["label"].startswith("Items")}
    assert scores.keys() == {f"Items/*/{c}" for c in _COLUMNS}
    assert min(scores.values()) > 0.8
    assert decision.promoted


def test_they_are_predicted_as_an_array_of_objects(trained):
    home, _, _ = trained
    platform = home.platform
    for stage in champion_stages(platform.lake, platform.projects, platform.model_registry):
        run_stage(platform.lake, stage, platform.ledger.lake_partitions(), run_id="predict")
    found = {row["name"]: row for row in home.rows("predictions")}
    assert found.keys() == _MADE.keys()
    right = total = 0
    for name, (_, rows) in list(_MADE.items())[_LABELLED:]:
        (document,) = json.loads(found[name]["documents"])
        items = document["fields"]["Items"]
        assert (document["docType"], items["type"]) == ("items", "array")
        cells = [
            {c: " ".join(f["content"].split()) for c, f in row["valueObject"].items()} for row in items["valueArray"]
        ]
        wanted = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        right, total = right + sum(row in cells for row in wanted), total + len(wanted)
        amount = items["valueArray"][0]["valueObject"]["Amount"]
        (span,) = amount["spans"]
        text = next(row["content"] for row in home.rows("ocr_text") if row["name"] == name)
        assert text[span["offset"] : span["offset"] + span["length"]] == amount["content"]
    assert right >= 0.8 * total
