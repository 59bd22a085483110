"""Each format as other tools write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats import export_labels, files_of, read_labels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import LabeledEntity, LabelFile, PlaceUnit
from docplatform_tests.labels.builders import SHARED, entity_file
from docplatform_tests.labels.formats.dumping import dumped

# Document Intelligence Studio


def studio_files(**labels: bytes) -> dict[str, bytes]:
    column = {"fieldKey": "Amount", "fieldType": "number", "fieldFormat": "currency"}
    schema = {
        "$schema": "https://schema.cognitiveservices.azure.com/formrecognizer/2021-03-01/fields.json",
        "fields": [
            {"fieldKey": "Total", "fieldType": "number", "fieldFormat": "currency"},
            {"fieldKey": "Items", "fieldType": "array", "fieldFormat": "not-specified", "itemType": "Items_object"},
            {
                "fieldKey": "Rates",
                "fieldType": "object",
                "fieldFormat": "not-specified",
                "fields": [{"fieldKey": "a/b", "fieldType": "Items_object", "fieldFormat": "not-specified"}],
            },
        ],
        "definitions": {"Items_object": {"fieldKey": "Items_object", "fieldType": "object", "fields": [column]}},
    }
    return {"fields.json": dumped(schema), **labels}


def test_tables_of_both_kinds_are_categories() -> None:
    label = {
        "label": "Items/0/Amount",
        "value": [{"page": 1, "text": "9", "boundingBoxes": [[0, 0, 1, 0, 1, 1, 0, 1]]}],
    }
    files = studio_files(**{"a.pdf.labels.json": dumped({"document": "a.pdf", "labels": [label]})})
    parsed = read_labels(files)
    assert parsed.label_file.categories == ("Total", "Items/*/Amount", "Rates/a~1b/Amount")
    (document,) = parsed.label_file.documents
    assert (document.location, document.fields[0].name, document.fields[0].declared) == ("a.pdf", "Items/0/Amount", "9")
    assert "aren't there (a.pdf" in parsed.notes[0]


def test_a_label_without_a_value_comes_back() -> None:
    files = studio_files(
        **{"a.pdf.labels.json": dumped({"document": "a.pdf", "labels": [{"label": "Total", "value": []}]})}
    )
    written = export_labels(read_labels(files).label_file, "di-studio", {})
    assert json.loads(written.files["a.pdf.labels.json"])["labels"] == [{"label": "Total", "value": []}]


def test_a_project_that_lies_deeper_is_asked_for() -> None:
    files = {f"sub/{name}": data for name, data in studio_files().items()}
    with pytest.raises(LabelFileError, match=r"sub/fields\.json is not at the top"):
        read_labels(files)


def test_a_table_without_its_definition_is_refused_by_its_place() -> None:
    schema = {"fields": [{"fieldKey": "T", "fieldType": "array", "itemType": "gone"}], "definitions": {}}
    with pytest.raises(LabelFileError, match=r"\$.fields\[0\].itemType must be one of the definitions"):
        read_labels({"fields.json": dumped(schema)})


@pytest.mark.parametrize(
    ("folder", "fields", "name"),
    [
        ("azure_projects/custom_template_1099", 111, "di-studio"),
        ("azure_results/layout_2024-11-30", 99, "di-studio"),
        ("azure_results/label_schemas/CustomNeural", 33, "di-studio"),
        ("azure_results/label_schemas/CustomGen", 17, "di-studio-2024-11-30"),
    ],
)
def test_files_of_the_service_come_back_the_same(folder: str, fields: int, name: str) -> None:
    path = SHARED.parent / folder
    if not path.is_dir():
        pytest.skip("the real Azure projects aren't in ../shared/data beside this checkout")
    files = files_of(path)
    label_file = read_labels(files).label_file
    assert sum(len(document.fields) for document in label_file.documents) == fields
    written = export_labels(label_file, name, {})
    assert {key: json.loads(data) for key, data in written.files.items()} == {
        key: json.loads(files[key]) for key in files if key.endswith(("fields.json", "labels.json"))
    }


# COCO


def coco(**changes: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "a.png", "width": 1000, "height": 500}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [10.5, 20, 100, 30], "text": "9.00"}],
        "categories": [{"id": 3, "name": "Total", "supercategory": "amount"}],
        **changes,
    }


def test_coco_boxes_are_places_in_pixels_and_come_back() -> None:
    parsed = read_labels({"instances.json": dumped(coco())}).label_file
    (field,) = parsed.documents[0].fields
    assert field.places[0].polygons == ((10.5, 20, 110.5, 20, 110.5, 50, 10.5, 50),)
    assert (field.places[0].unit, field.places[0].text) == (PlaceUnit.PAGE, "9.00")
    back = json.loads(export_labels(parsed, "coco", {}).files["annotations.json"])
    assert back["categories"] == coco()["categories"]
    assert back["images"] == coco()["images"]
    assert back["annotations"][0] == coco()["annotations"][0] | {"area": 3000, "iscrowd": 0}


def test_an_annotation_of_no_image_is_refused() -> None:
    wrong = coco(annotations=[{"id": 1, "image_id": 8, "category_id": 3, "bbox": [0, 0, 1, 1]}])
    with pytest.raises(LabelFileError, match=r"\$.annotations\[0\] must have the image_id of an image"):
        read_labels({"instances.json": dumped(wrong)})


# CoNLL


def spans(label_file: LabelFile, texts: dict[str, bytes]) -> list[tuple[str, str]]:
    return [
        (e.category, texts[d.location].decode()[e.offset : e.offset + e.length])
        for d in label_file.documents
        for e in d.entities
    ]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", "I-P I-P O I-P B-P"),
        ("IOB2", "B-P I-P O B-P B-P"),
        ("BILOU", "B-P L-P O U-P U-P"),
        ("IOBES", "B-P E-P O S-P S-P"),
    ],
)
@pytest.mark.parametrize("separator", ["\t", " ", " NN _ "])
def test_every_scheme_is_read(scheme: str, tags: str, separator: str) -> None:
    tokens = ["Ann", "Lee", "met", "Bo", "Cy"]
    data = "".join(f"{token}{separator}{tag}\n" for token, tag in zip(tokens, tags.split(), strict=True)).encode()
    parsed = read_labels({"a.conll": data})
    assert spans(parsed.label_file, dict(parsed.documents)) == [("P", "Ann Lee"), ("P", "Bo"), ("P", "Cy")], scheme


def test_sentences_are_documents_unless_the_file_divides_them_itself() -> None:
    alone = read_labels({"tweets.conll": b"a\tO\n\nb\tB-X\nc\tI-X\n"})
    assert list(alone.documents.values()) == [b"a", b"b c"]
    assert [d.is_answered for d in alone.label_file.documents] == [True, False]
    marked = read_labels({"t.conll": b"-DOCSTART- -X- O O\n\na\tO\n\nb\tB-X\n\n-DOCSTART- -X- O O\n\nc\tO\n"})
    assert list(marked.documents.values()) == [b"a\nb", b"c"]


def test_a_line_that_is_no_token_is_named() -> None:
    with pytest.raises(LabelFileError, match=r"a.conll, line 2 should be a token and a tag"):
        read_labels({"a.conll": b"a\tO\nnonsense\n"}, "conll")


def test_labels_that_overlap_cannot_be_tags() -> None:
    from docplatform.labels.readings import Reading

    label_file = entity_file(("a", [LabeledEntity("A", 0, 3), LabeledEntity("B", 2, 3)]))
    with pytest.raises(LabelFileError, match="A and B overlap at 2"):
        export_labels(label_file, "conll", {"a": Reading.of_text("ab cd")})


# Label Studio


def test_a_full_export_is_read_with_the_ground_truth_of_several_annotations() -> None:
    region = {"id": "r", "from_name": "label", "to_name": "text", "type": "labels"}
    first = {**region, "value": {"start": 0, "end": 2, "text": "😀b", "labels": ["A"]}}
    other = {**region, "value": {"start": 0, "end": 1, "text": "😀", "labels": ["B"]}}
    task = {
        "id": 5,
        "data": {"text": "😀b c"},
        "annotations": [
            {"result": [first], "ground_truth": True, "updated_at": "2024-01-01"},
            {"result": [other], "updated_at": "2024-01-02"},
            {"result": [], "was_cancelled": True, "updated_at": "2024-01-03"},
        ],
    }
    parsed = read_labels({"export.json": dumped([task, {"id": 6, "data": {"text": "x"}, "annotations": []}])})
    (document,) = parsed.label_file.documents
    assert (document.location, document.entities) == ("task-5.txt", (LabeledEntity("A", 0, 2, "😀b"),))
    assert parsed.documents["task-5.txt"].decode() == "😀b c"
    assert any("nobody has answered" in note for note in parsed.notes)
    assert any("several annotations" in note for note in parsed.notes)


def test_rectangles_have_their_transcription_and_turn_around_their_corner() -> None:
    box = {"x": 10, "y": 20, "width": 30, "height": 5, "rotation": 0}
    common = {"id": "r", "original_width": 1000, "original_height": 500, "to_name": "ocr"}
    results = [
        {**common, "from_name": "bbox", "type": "rectangle", "value": box},
        {**common, "from_name": "label", "type": "labels", "value": {**box, "labels": ["Total"]}},
        {**common, "from_name": "transcription", "type": "textarea", "value": {**box, "text": ["9.00"]}},
        {**common, "id": "t", "type": "rectanglelabels", "value": {**box, "rotation": 90, "rectanglelabels": ["Date"]}},
    ]
    task = {"id": 1, "data": {"ocr": "/data/upload/2/0a1b2c3d-scan%201.png"}, "annotations": [{"result": results}]}
    parsed = read_labels({"export.json": dumped([task])}).label_file
    (document,) = parsed.documents
    assert (document.location, document.page_sizes) == ("scan 1.png", ((1000, 500),))
    total, date = document.fields
    assert (total.name, total.declared, total.places[0].polygons) == (
        "Total",
        "9.00",
        ((10, 20, 40, 20, 40, 25, 10, 25),),
    )
    assert date.places[0].polygons == ((10, 20, 10, 80, 7.5, 80, 7.5, 20),)


def test_json_min_is_read() -> None:
    tasks = [
        {"id": 1, "text": "b c", "label": [{"start": 0, "end": 1, "text": "b", "labels": ["A"]}], "lead_time": 1.5},
        {"id": 2, "text": "b c", "label": [], "lead_time": 1.5},
    ]
    parsed = read_labels({"min.json": dumped(tasks)}).label_file
    assert [d.entities for d in parsed.documents] == [(LabeledEntity("A", 0, 1, "b"),), ()]
    classes = [
        {"id": 1, "text": "b", "topic": "x", "lead_time": 1},
        {"id": 2, "text": "c", "topic": {"choices": ["x", "y"]}, "lead_time": 1},
    ]
    parsed = read_labels({"min.json": dumped(classes)}).label_file
    assert parsed.kind is TaskKind.MULTI_LABEL_CLASSIFICATION
    assert [d.classes for d in parsed.documents] == [("x",), ("x", "y")]
