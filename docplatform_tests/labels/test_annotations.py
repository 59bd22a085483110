from datetime import UTC, datetime
from typing import Any

import pytest

from docplatform.documents.decoding import decode
from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import Split, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.annotations import AnnotationBuild, LabeledText, build_annotations
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.label_file import LabeledEntity, LabelFile
from docplatform.lake.tables import ANNOTATIONS
from docplatform_tests.labels.builders import class_file, entity_file, ner_json, project, shared_project

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SINGLE, MULTI = TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.MULTI_LABEL_CLASSIFICATION


def build(label_file: LabelFile, **texts: str) -> AnnotationBuild:
    documents = {name: LabeledText(f"id-{name}", text, f"hash-{name}") for name, text in texts.items()}
    return build_annotations(project(label_file.kind), label_file, documents, run_id="r1", now=NOW)


def test_a_row_holds_every_column_of_its_table_and_offsets_in_code_points() -> None:
    label_file = entity_file(("a", [LabeledEntity("A", 3, 6)]))
    (row,) = build(label_file, a="😀 web-01 down").rows
    assert set(row) == {column.name for column in ANNOTATIONS.columns}
    assert (row["offset"], row["length"], row["text"]) == (2, 6, "web-01")
    assert (row["document_id"], row["text_hash"], row["customer"]) == ("id-a", "hash-a", "acme")
    assert (row["run_id"], row["processed_at"], row["location"], row["project"]) == ("r1", NOW, "a", "test")


def test_offsets_in_code_points_are_taken_as_they_are() -> None:
    label_file = entity_file(("a", [LabeledEntity("A", 2, 6)]), unit=StringIndexType.UNICODE_CODE_POINT)
    assert build(label_file, a="😀 web-01 down").rows[0]["text"] == "web-01"


def test_a_document_with_a_wrong_label_gives_no_row_and_the_others_do() -> None:
    wrong = [LabeledEntity("A", 0, 3, "web"), LabeledEntity("A", 3, 3, "web")]
    made = build(entity_file(("a", wrong), ("b", wrong[:1])), a="web", b="web")
    assert [row["document_id"] for row in made.rows] == ["id-b"]
    assert made.report.refused == {"a"}


def test_documents_that_havent_arrived_are_missing_and_no_finding() -> None:
    made = build(entity_file(("a", [LabeledEntity("A", 0, 3)]), ("b", [LabeledEntity("A", 0, 3)])), b="web")
    assert made.missing == ("a",)
    assert made.report.documents == 1
    assert all(finding.location != "a" for finding in made.report.findings)


@pytest.mark.parametrize(
    ("kind", "classes", "categories"),
    [
        (SINGLE, ("x",), ["x"]),
        (SINGLE, (), []),
        (SINGLE, ("x", "y"), []),
        (MULTI, ("x", "y"), ["x", "y"]),
        (MULTI, ("x", "x"), ["x"]),
        (MULTI, (), [""]),
    ],
)
def test_classes_become_rows_without_a_span(kind: TaskKind, classes: tuple[str, ...], categories: list[str]) -> None:
    rows = build(class_file(kind, {"a": classes}), a="text").rows
    assert [row["category"] for row in rows] == categories
    assert all(row["offset"] is row["length"] is row["text"] is None for row in rows)


def test_the_declared_split_and_the_files_hash_stand_in_the_rows() -> None:
    labels: dict[str, Any] = {
        "location": "a",
        "dataset": "test",
        "entities": [{"category": "Server", "offset": 0, "length": 3}],
    }
    label_file = parse_label_file(ner_json([labels]))
    (row,) = build(label_file, a="web").rows
    assert (row["declared_split"], row["label_file_hash"]) == (Split.TEST.value, label_file.sha256)


def test_the_same_label_has_the_same_id_whoever_builds_it_and_others_have_others() -> None:
    entities = [LabeledEntity("A", 0, 3), LabeledEntity("B", 4, 2)]
    first, again = (build(entity_file(("a", entities)), a="web db").rows for _ in range(2))
    assert [row["annotation_id"] for row in first] == [row["annotation_id"] for row in again]
    assert len({row["annotation_id"] for row in first}) == 2


def test_a_label_file_of_another_kind_than_the_project_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="another project name"):
        build_annotations(project(SINGLE), entity_file(), {}, run_id="r", now=NOW)


def test_microsofts_240_labels_become_240_rows() -> None:
    folder = shared_project("custom_ner_loan_agreements")
    label_file = parse_label_file((folder / "loanAgreementsLabels.json").read_bytes())
    texts = {
        d.location: LabeledText(d.location, decode((folder / d.location).read_bytes()).text, "h")
        for d in label_file.documents
    }
    made = build_annotations(project(), label_file, texts, run_id="r", now=NOW)
    assert len(made.rows) == 240
    assert all(
        row["text"] == texts[row["location"]].content[row["offset"] : row["offset"] + row["length"]]
        for row in made.rows
    )
    assert sum(row["text"] == "5%" for row in made.rows) > 0
