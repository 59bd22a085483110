from pathlib import Path

import pytest
import yaml

from docplatform.documents.document_text import DocumentText
from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import (
    Abstention,
    AppliesTo,
    EvaluationOptions,
    GateThresholds,
    ModelProject,
    ProjectStore,
    TextSource,
    prediction_order,
)
from docplatform.storage.memory import MemoryBlobStore
from docplatform_tests.labels.builders import project

DOCS = Path(__file__).resolve().parents[2] / "docs" / "projects.md"


def blob_store(blobs: dict[str, bytes] | None = None) -> MemoryBlobStore:
    store = MemoryBlobStore()
    for path, data in (blobs or {}).items():
        store.put(path, data)
    return store


def test_a_project_is_saved_with_its_labels_and_read_back() -> None:
    store = ProjectStore(blob_store())
    saved = project(gate=GateThresholds(min_f1=0.9), applies_to=AppliesTo(customers=["acme"]), trainer={"c2": 0.1})
    store.save(saved, b"{}")
    assert store.names() == ["test"]
    assert store.get("test") == saved
    assert store.label_file(saved) == b"{}"


def test_only_yaml_files_at_the_top_are_projects() -> None:
    blobs = blob_store({"projects/b.yaml": b"", "projects/a.yaml": b"", "projects/a/x.yaml": b"", "projects/c.md": b""})
    assert ProjectStore(blobs).names() == ["a", "b"]


def test_a_project_that_isnt_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        ProjectStore(blob_store()).get("nothing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"kind: [", "is not YAML"),
        (b"- a list", "must hold a mapping"),
        (b"kind: poetry\ncustomer: a\nlabels: l", r"projects/p\.yaml: kind: Input should be"),
        (
            b"kind: entity_recognition\ncustomer: a\nlabels: l\ngate: {min_f1: 7}",
            r"gate\.min_f1: .*less than or equal to 1",
        ),
        (b"kind: entity_recognition\ncustomer: a\nlabels: l\ngait: {}", "gait: Extra inputs"),
        (b"kind: entity_recognition\ncustomer: a", "labels: Field required"),
    ],
)
def test_a_wrong_yaml_is_refused_by_file_and_field(content: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ProjectStore(blob_store({"projects/p.yaml": content})).get("p")


def test_a_missing_label_file_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"Project test: its label file projects/test/labels\.json"):
        ProjectStore(blob_store()).label_file(project())


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a/b", "a" * 64])
def test_a_name_that_cant_be_a_partition_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be 1 to 63"):
        project(name=name)


@pytest.mark.parametrize(
    ("customers", "extensions", "customer", "extension", "included"),
    [
        ([], [], "acme", "pdf", True),
        (["acme"], [], "acme", "pdf", True),
        (["acme"], [], "beta", "pdf", False),
        ([], ["txt"], "acme", "pdf", False),
        (["acme"], ["txt", "pdf"], "acme", "pdf", True),
    ],
)
def test_a_champion_applies_to_the_documents_its_project_names(
    customers: list[str], extensions: list[str], customer: str, extension: str, included: bool
) -> None:
    assert AppliesTo(customers=customers, extensions=extensions).includes(customer, extension) is included


@pytest.mark.parametrize(
    ("kind", "source", "table"),
    [
        (TaskKind.ENTITY_RECOGNITION, TextSource.CONTENT, "ocr_text"),
        (TaskKind.SINGLE_LABEL_CLASSIFICATION, TextSource.CLEANED, "preprocessed_text"),
        (TaskKind.MULTI_LABEL_CLASSIFICATION, TextSource.CLEANED, "preprocessed_text"),
        (TaskKind.FIELD_EXTRACTION, TextSource.LAYOUT, "ocr_text"),
        (TaskKind.DOCUMENT_CLASSIFICATION, TextSource.LAYOUT, "ocr_text"),
    ],
)
def test_the_kind_of_a_project_says_which_text_it_looks_at(kind: TaskKind, source: TextSource, table: str) -> None:
    assert project(kind).text is source
    assert source.table == table
    assert source.column == ("analyze_result" if source is TextSource.LAYOUT else source.value)
    assert project(kind, text_source=TextSource.LEMMAS).text is TextSource.LEMMAS


def test_lemmas_become_one_text() -> None:
    assert TextSource.LEMMAS.document(["a", "b"]) == DocumentText("a b")
    assert TextSource.CLEANED.document("a b") == DocumentText("a b")


def test_the_documentation_names_every_field_and_its_example_is_a_project() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for model in (ModelProject, GateThresholds, AppliesTo, Abstention, EvaluationOptions):
        missing = [name for name in model.model_fields if f"`{name}`" not in text and f".{name}`" not in text]
        assert missing == []
    example = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    assert ModelProject.model_validate({"name": "loan-agreement", **example}).kind is TaskKind.ENTITY_RECOGNITION


def _stored(store: ProjectStore, name: str, kind: TaskKind, classes: dict[str, list[str]] | None = None) -> None:
    applies_to = AppliesTo(document_classes=classes or {})
    store.save(ModelProject(name=name, kind=kind, customer="acme", labels="l.json", applies_to=applies_to))


def test_a_project_is_predicted_after_the_one_whose_classes_it_needs():
    store = ProjectStore(MemoryBlobStore())
    _stored(store, "a-terms", TaskKind.ENTITY_RECOGNITION, {"topics": ["loan"]})
    _stored(store, "topics", TaskKind.MULTI_LABEL_CLASSIFICATION, {"types": ["letter"]})
    _stored(store, "types", TaskKind.SINGLE_LABEL_CLASSIFICATION)
    projects, problems = store.load()
    assert not problems
    assert [project.name for project in prediction_order(projects)] == ["types", "topics", "a-terms"]


def test_a_project_that_needs_the_classes_of_none_is_left_out_and_named():
    store = ProjectStore(MemoryBlobStore())
    _stored(store, "terms", TaskKind.ENTITY_RECOGNITION, {"typos": ["loan"]})
    _stored(store, "types", TaskKind.SINGLE_LABEL_CLASSIFICATION)
    projects, problems = store.load()
    assert [project.name for project in projects] == ["types"]
    assert len(problems) == 1
    assert "terms" in problems[0]
    assert "typos" in problems[0]


def test_projects_that_wait_for_each_other_are_left_out_and_named():
    store = ProjectStore(MemoryBlobStore())
    _stored(store, "one", TaskKind.SINGLE_LABEL_CLASSIFICATION, {"two": ["x"]})
    _stored(store, "two", TaskKind.SINGLE_LABEL_CLASSIFICATION, {"one": ["x"]})
    _stored(store, "three", TaskKind.SINGLE_LABEL_CLASSIFICATION)
    projects, problems = store.load()
    assert [project.name for project in projects] == ["three"]
    assert "circle" in problems[0]


def test_a_wrong_project_does_not_stop_the_others():
    store = ProjectStore(blobs := MemoryBlobStore())
    _stored(store, "good", TaskKind.SINGLE_LABEL_CLASSIFICATION)
    blobs.put("projects/bad.yaml", b"kind: nonsense")
    projects, problems = store.load()
    assert [project.name for project in projects] == ["good"]
    assert "projects/bad.yaml" in problems[0]
