import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import Split, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.azure_language import FILE_VERSION, LabelFileError, parse_label_file, write_label_file
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile, LabelRegion
from docplatform_tests.labels.builders import class_file, ner_json, shared_project, tutorial_json


def comparable(label_file: LabelFile) -> LabelFile:
    return dataclasses.replace(label_file, sha256="", version="")


def test_the_documented_shape_is_parsed() -> None:
    label = {"category": "Server", "offset": 3, "length": 4}
    document = {
        "location": "a.txt",
        "language": "en-us",
        "dataset": "Test",
        "entities": [{"regionOffset": 0, "regionLength": 50, "labels": [label]}],
    }
    parsed = parse_label_file(ner_json([document]))
    assert parsed.documents == (
        DocumentLabels(
            location="a.txt",
            language="en-us",
            declared_split=Split.TEST,
            entities=(LabeledEntity("Server", 3, 4),),
            regions=(LabelRegion(0, 50),),
        ),
    )
    assert (parsed.kind, parsed.name, parsed.language) == (TaskKind.ENTITY_RECOGNITION, "Incidents", "en-us")
    assert parsed.categories == ("Server", "Code")
    assert parsed.string_index_type is StringIndexType.UTF16_CODE_UNIT
    assert len(parsed.sha256) == 64


def test_the_tutorials_shape_is_parsed_with_its_declared_texts() -> None:
    parsed = parse_label_file(tutorial_json())
    assert parsed.documents[0].entities[0] == LabeledEntity("Server", 18, 12, "payments-api")
    assert parsed.version == "2022-10-01-preview"


def test_the_preview_of_2021_is_parsed() -> None:
    label = {"extractorName": "Entity1", "offset": 77, "length": 10}
    region = {"regionOffset": 0, "regionLength": 5129, "labels": [label]}
    content = {
        "extractors": [{"name": "Entity1"}],
        "documents": [{"location": "file1.txt", "language": "en-us", "extractors": [region]}],
    }
    parsed = parse_label_file(json.dumps(content).encode())
    assert parsed.kind is TaskKind.ENTITY_RECOGNITION
    assert parsed.categories == ("Entity1",)
    assert parsed.documents[0].entities == (LabeledEntity("Entity1", 77, 10),)


@pytest.mark.parametrize(
    ("kind", "document", "classes"),
    [
        ("CustomSingleLabelClassification", {"class": {"category": "x"}}, ("x",)),
        ("CustomSingleLabelClassification", {"class": "x"}, ("x",)),
        ("CustomMultiLabelClassification", {"classes": [{"category": "x"}, {"category": "y"}]}, ("x", "y")),
        ("customMultiLabelClassification", {"classes": ["x", "y"]}, ("x", "y")),
        ("CustomMultiLabelClassification", {"classes": []}, ()),
        ("CustomMultiLabelClassification", {}, ()),
    ],
)
def test_classes_are_parsed_in_every_spelling(kind: str, document: dict[str, Any], classes: tuple[str, ...]) -> None:
    content = {
        "metadata": {"projectKind": kind},
        "assets": {"classes": [{"category": "x"}, {"category": "y"}], "documents": [{"location": "a.txt", **document}]},
    }
    parsed = parse_label_file(json.dumps(content).encode("utf-8-sig"))
    assert parsed.documents[0].classes == classes
    assert parsed.categories == ("x", "y")


def entity(**changes: Any) -> dict[str, Any]:
    return {"location": "a.txt", "entities": [{"category": "Server", "offset": 1, "length": 2} | changes]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "line 1, column 2"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b"[]", r"\$ must be an object, but is an array"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{}", "projectKind"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (ner_json([{}]), r"\$\.assets\.documents\[0\] has no 'location'"),
        (ner_json([entity(offset="20")]), r'documents\[0\]\.entities\[0\]\.offset must be a whole number, but is "20"'),
        (ner_json([entity(length=True)]), r"length must be a whole number, but is true"),
        (ner_json([entity(offset=1.5)]), r"offset must be a whole number, but is 1.5"),
        (ner_json([entity(category="")]), r"category must be a text"),
        (ner_json([entity(text=7)]), r"text must be a text, but is 7"),
        (ner_json([{"location": "a", "entities": {}}]), r"entities must be an array, but is an object"),
        (ner_json([{"location": "a", "dataset": "Validation"}]), r"dataset must be Train or Test"),
        (ner_json([{"location": "a", "language": 7}]), r"language must be a text"),
        (
            ner_json([], stringIndexType="TextElements_v8"),
            "export the project again with stringIndexType=Utf16CodeUnit",
        ),
        (ner_json([], stringIndexType="TextElementsV8"), r"\$\.stringIndexType must be Utf16CodeUnit"),
        (ner_json([], assets={"projectKind": "CustomEntityRecognition"}), r"\$\.assets has no 'documents'"),
        (ner_json([], metadata={"projectKind": "CustomHealthcare"}), "must be one of CustomEntityRecognition"),
        (
            ner_json([], metadata={"projectKind": "CustomMultiLabelClassification"}),
            r"same as \$\.metadata\.projectKind",
        ),
        (
            ner_json([], metadata={"projectKind": "CustomEntityRecognition", "settings": "x" * 99}),
            r"settings must be an object, but is \"x+…",
        ),
    ],
)
def test_a_malformed_file_is_refused_by_path(data: bytes, message: str) -> None:
    with pytest.raises(LabelFileError, match=message) as caught:
        parse_label_file(data)
    assert isinstance(caught.value, ConfigurationError)


def test_every_malformed_document_is_named_at_once() -> None:
    with pytest.raises(LabelFileError) as caught:
        parse_label_file(ner_json([entity(offset=None), entity(), *[entity(length="x")] * 30]))
    assert "documents[0].entities[0] has no 'offset'" in str(caught.value)
    assert "documents[2].entities[0].length" in str(caught.value)
    assert "(and 11 more)" in str(caught.value)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: bool(name.strip())
)
ENTITIES = st.builds(LabeledEntity, NAMES, st.integers(0, 99), st.integers(1, 9), st.none() | NAMES)


@given(
    st.lists(
        st.builds(
            DocumentLabels,
            location=NAMES,
            language=st.none() | st.just("de"),
            declared_split=st.sampled_from([None, Split.TRAIN, Split.TEST]),
            entities=st.lists(ENTITIES, max_size=4).map(tuple),
            regions=st.just((LabelRegion(0, 200),)),
        ),
        max_size=4,
    ),
    st.sampled_from(StringIndexType),
)
def test_what_is_written_is_parsed_back(documents: list[DocumentLabels], unit: StringIndexType) -> None:
    label_file = LabelFile(
        kind=TaskKind.ENTITY_RECOGNITION,
        name="Ä",
        language="de",
        categories=("A",),
        documents=tuple(documents),
        string_index_type=unit,
        description="d",
        multilingual=True,
        container="c",
        settings={"confidenceThreshold": 0.5},
    )
    written = write_label_file(label_file)
    assert comparable(parse_label_file(written)) == label_file
    assert parse_label_file(written).version == FILE_VERSION


@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        (TaskKind.SINGLE_LABEL_CLASSIFICATION, {"a": ("x",), "b": (), "c": ("x", "y")}),
        (TaskKind.MULTI_LABEL_CLASSIFICATION, {"a": ("x", "y"), "b": ()}),
    ],
)
def test_written_classes_are_parsed_back(kind: TaskKind, classes: dict[str, tuple[str, ...]]) -> None:
    label_file = class_file(kind, classes)
    assert comparable(parse_label_file(write_label_file(label_file))) == label_file


def test_labels_without_a_region_are_written_below_one_and_texts_can_be_left_out() -> None:
    written = json.loads(write_label_file(parse_label_file(tutorial_json()), with_text=False))
    region = written["assets"]["documents"][0]["entities"][0]
    assert (region["regionOffset"], region["regionLength"]) == (0, 53)
    assert region["labels"][0] == {"category": "Server", "offset": 18, "length": 12}


def test_other_kinds_of_projects_have_no_label_file() -> None:
    with pytest.raises(LabelFileError, match="field_extraction"):
        write_label_file(class_file(TaskKind.FIELD_EXTRACTION, {}))


@pytest.mark.parametrize(
    ("folder", "kind", "documents", "labels"),
    [
        ("custom_ner_loan_agreements", TaskKind.ENTITY_RECOGNITION, 20, 240),
        ("custom_single_label_web_of_science", TaskKind.SINGLE_LABEL_CLASSIFICATION, 210, 210),
        ("custom_multi_label_movies", TaskKind.MULTI_LABEL_CLASSIFICATION, 210, 515),
    ],
)
def test_microsofts_samples_are_parsed_and_written_back(
    folder: str, kind: TaskKind, documents: int, labels: int
) -> None:
    (path,) = shared_project(folder).glob("*.json")
    label_file = parse_label_file(path.read_bytes())
    assert label_file.kind is kind
    assert len(label_file.documents) == documents
    assert sum(len(document.entities) + len(document.classes) for document in label_file.documents) == labels
    assert comparable(parse_label_file(write_label_file(label_file))) == comparable(label_file)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("custom_ner_loan_agreements", "loanAgreementsLabels.json"),
        ("custom_single_label_web_of_science", "webOfScience_labelsFile.json"),
        ("custom_multi_label_movies", "movieLabels.json"),
    ],
)
def test_microsofts_own_files_are_written_as_they_were(folder: str, name: str) -> None:
    data = (shared_project(folder) / name).read_bytes()
    written = json.loads(write_label_file(parse_label_file(data)))
    original = json.loads(data)
    # one of them writes this name in two ways
    assert original["assets"].pop("projectKind").lower() == written["assets"].pop("projectKind").lower()
    assert written == original
