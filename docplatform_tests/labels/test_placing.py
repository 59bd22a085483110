"""Labels by place and by value, found in a reading."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from docplatform.documents.document_text import DocumentText, WordBox
from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import TaskKind
from docplatform.labels.findings import FindingCode
from docplatform.labels.formats import files_of, read_labels
from docplatform.labels.label_file import DocumentLabels, LabeledField, LabeledPlace, LabelFile, PlaceUnit
from docplatform.labels.placing import place_fields
from docplatform.labels.readings import Reading, parse_ocr_json
from docplatform_tests.labels.builders import shared_project
from docplatform_tests.labels.formats.strategies import reading

TEXT = "Total 9.00 Tax\n1.00 😀 date 2024-01-02"


def box(left: float, right: float, text: str | None = None, page: int = 1) -> LabeledPlace:
    """A box over the first line of words; word n of ``reading`` lies from n / 10 to n / 10 + .09."""
    return LabeledPlace(page, ((left, 0, right, 0, right, 0.009, left, 0.009),), text)


def fields(*items: LabeledField, unit: StringIndexType = StringIndexType.UNICODE_CODE_POINT) -> LabelFile:
    return LabelFile(
        kind=TaskKind.FIELD_EXTRACTION,
        name="",
        language="en",
        categories=tuple(sorted({item.name for item in items})),
        documents=(DocumentLabels(location="a", fields=items),),
        string_index_type=unit,
    )


def placed(*items: LabeledField, text: str = TEXT) -> tuple[list[tuple[str, str]], list[FindingCode]]:
    made, findings = place_fields(fields(*items), {"a": reading(text)})
    (document,) = made.documents
    assert document.fields == ()
    found = [(e.category, text[e.offset : e.offset + e.length]) for e in document.entities]
    assert [e.text for e in document.entities] == [text for _, text in found]
    return found, [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("place", "found", "codes"),
    [
        (box(0.1, 0.19, "9.00"), ["9.00"], []),
        (box(0.1, 0.19), ["9.00"], []),
        (box(0.09, 0.2, "9,00"), ["9.00"], []),
        (box(0.0, 0.19, "Total 9.00"), ["Total 9.00"], []),
        (box(0.1, 0.38, "9.00 Tax 1.00"), ["9.00 Tax", "1.00"], []),
        (box(0.1, 0.19, "9.0O"), ["9.00"], [FindingCode.VALUE_DIFFERS]),
        (box(0.0, 0.19, "9.00"), ["9.00"], []),
        (box(0.1, 0.19, "2024-01-02"), ["2024-01-02"], [FindingCode.VALUE_DIFFERS]),
        (box(0.1, 0.19, "elsewhere"), [], [FindingCode.VALUE_NOT_FOUND]),
        (box(0.95, 1.0, "gone"), [], [FindingCode.VALUE_NOT_FOUND]),
        (box(0.95, 1.0, ""), [], [FindingCode.EMPTY_REGION]),
        (box(0.1, 0.19, "9.00", page=3), [], [FindingCode.VALUE_NOT_FOUND]),
    ],
)
def test_words_in_a_box_are_held_against_the_declared_text(
    place: LabeledPlace, found: list[str], codes: list[FindingCode]
) -> None:
    assert placed(LabeledField("X", places=(place,))) == ([("X", text) for text in found], codes)


def test_a_word_that_two_labels_share_is_divided_by_their_texts() -> None:
    halves = LabeledField("A", places=(box(0.0, 0.04, "AB"),)), LabeledField("B", places=(box(0.05, 0.09, "12"),))
    assert placed(*halves, text="AB-12 rest") == ([("A", "AB"), ("B", "12")], [])


def test_values_are_found_and_the_rest_is_said_with_the_closest_text() -> None:
    items = LabeledField("Total", "9.00"), LabeledField("Date", "2024-01-03"), LabeledField("Firm", "Acme Trading Ltd")
    made, findings = place_fields(fields(*items), {"a": reading(f"{TEXT} Acme Tradlng Ltd")})
    assert [(e.category, e.text) for e in made.documents[0].entities] == [
        ("Total", "9.00"),
        ("Firm", "Acme Tradlng Ltd"),
    ]
    assert [(f.code, f.category) for f in findings] == [
        (FindingCode.VALUE_NOT_FOUND, "Date"),
        (FindingCode.VALUE_DIFFERS, "Firm"),
    ]
    assert "the closest is '2024-01-02'" in findings[0].message, "another date is no misread one"


def test_two_fields_of_one_value_get_places_of_their_own() -> None:
    found, codes = placed(LabeledField("A", "5.00"), LabeledField("B", "5.00"), text="sub 5.00 total 5.00")
    assert sorted(found) == [("A", "5.00"), ("B", "5.00")]
    assert FindingCode.AMBIGUOUS_VALUE in codes
    found, codes = placed(LabeledField("A", "5.00"), LabeledField("B", "5.00"), text="total 5.00")
    assert (len(found), codes) == (1, [FindingCode.VALUE_NOT_FOUND])


def test_offsets_count_in_the_files_own_unit() -> None:
    label_file = fields(LabeledField("Date", "2024-01-02"), unit=StringIndexType.UTF16_CODE_UNIT)
    made, _ = place_fields(label_file, {"a": reading(TEXT)})
    assert made.documents[0].entities[0].offset == TEXT.index("2024") + 1


def test_documents_that_were_not_read_keep_their_fields() -> None:
    label_file = fields(LabeledField("Date", "2024-01-02"))
    assert place_fields(label_file, {}) == (label_file, [])


def test_boxes_in_the_pages_unit_are_scaled_by_the_labelled_page() -> None:
    polygon = (10, 0, 19, 0, 19, 9, 10, 9)
    field = LabeledField("X", places=(LabeledPlace(1, (polygon,), "9.00", PlaceUnit.PAGE),))
    document = DocumentLabels(location="a", fields=(field,), page_sizes=((100, 1000),))
    made, findings = place_fields(replace(fields(field), documents=(document,)), {"a": reading(TEXT)})
    assert ([e.text for e in made.documents[0].entities], findings) == (["9.00"], [])


def test_both_generations_of_what_the_studio_read_are_understood() -> None:
    word = {"boundingBox": [10, 10, 20, 10, 20, 20, 10, 20], "text": "Hi"}
    page = {"page": 1, "width": 100, "height": 100, "lines": [{"words": [word, word]}]}
    mark = {"boundingBox": [0, 0, 5, 0, 5, 5, 0, 5], "state": "selected"}
    old = {"analyzeResult": {"version": "2.1.0", "readResults": [{**page, "selectionMarks": [mark]}]}}
    read = parse_ocr_json(json.dumps(old).encode(), "a.ocr.json")
    assert (read.text, len(read.document.words), read.page_sizes) == ("Hi Hi\n:selected:", 3, ((100, 100),))
    word = {"content": "b", "polygon": [1, 1, 2, 1, 2, 2, 1, 2], "span": {"offset": 3, "length": 1}, "confidence": 1}
    page = {"pageNumber": 1, "width": 10, "height": 10, "unit": "inch", "spans": [], "words": [word]}
    new = {"modelId": "m", "stringIndexType": "utf16CodeUnit", "content": "😀 b", "pages": [page]}
    read = parse_ocr_json(json.dumps({"analyzeResult": new}).encode(), "a.ocr.json")
    assert read.document.words[0].offset == 2


def test_every_label_of_a_real_project_is_found_by_place_and_all_but_marks_by_value() -> None:
    parsed = read_labels(files_of(shared_project("custom_template_1099")))
    by_place, findings = place_fields(parsed.label_file, parsed.readings)
    assert findings == []
    values = [
        replace(d, fields=tuple(LabeledField(f.name, f.declared) for f in d.fields))
        for d in parsed.label_file.documents
    ]
    by_value, _ = place_fields(replace(parsed.label_file, documents=tuple(values)), parsed.readings)
    assert sum(len(document.fields) for document in parsed.label_file.documents) == 111
    truth, found = (
        {(d.location, e.category, e.offset, e.length) for d in made.documents for e in d.entities if ":" not in e.text}
        for made in (by_place, by_value)
    )
    assert truth == found


def test_a_declared_text_that_stands_at_its_box_is_taken_though_other_words_fill_it() -> None:
    """A form's field is read with its words over the whole of it; the label tool drew the ink alone."""
    narrow = LabeledField("Name", places=(box(0.0, 0.03, "Yale"), box(0.04, 0.085, "University")))
    assert placed(narrow, text="Yale University New Haven") == ([("Name", "Yale University")], [])
    far = LabeledField("Name", places=(box(0.9, 0.99, "Yale University"),))
    assert placed(far, text="Yale University New Haven") == ([("Name", "Yale University")], [FindingCode.VALUE_DIFFERS])
    short = LabeledField("N", places=(box(0.9, 0.99, "4"),))
    assert placed(short, text="4 of us") == ([], [FindingCode.VALUE_NOT_FOUND])


def by_columns() -> Reading:
    """A table whose text goes down its columns."""
    text, words = "", []
    for across, column in enumerate((("Nails", "Paint", "Rope"), ("1", "1", "1"), ("4.00", "4.00", "5.00"))):
        for row, word in enumerate(column):
            left, top = 0.3 * across, 0.1 * row
            words.append(WordBox(len(text), len(word), 1, left, top, left + 0.1, top + 0.05))
            text += f"{word}\n"
    return Reading(DocumentText(text, tuple(words)))


@pytest.mark.parametrize("given", [Reading.of_text("Nails 1 4.00\nPaint 1 4.00\nRope 1 5.00"), by_columns()])
def test_a_cells_value_is_looked_for_beside_its_rows_other_cells(given: Reading) -> None:
    cells = [("Rope", "1", "5.00"), ("Paint", "1", "4.00")]
    items = [
        LabeledField(f"Items/{row}/{column}", value=value)
        for row, values in enumerate(cells)
        for column, value in zip(("Goods", "Count", "Amount"), values, strict=True)
    ]
    made, _ = place_fields(fields(*items), {"a": given})
    order = {row: [n for n, word in enumerate(given.text.split()) if word == row] for row in ("1", "4.00")}
    found = {e.category: len(given.text[: e.offset].split()) for e in made.documents[0].entities}
    assert (found["Items/0/Count"], found["Items/1/Count"]) == (order["1"][2], order["1"][1])
    assert found["Items/1/Amount"] == order["4.00"][1]
