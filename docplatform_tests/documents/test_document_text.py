from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.documents.document_text import DocumentText, WordBox, document_text
from docplatform.documents.predictions import TaskKind

BOX = [1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 1.0, 4.0]


def element(offset: int, length: int, polygon: list[float] | None = BOX) -> dict[str, Any]:
    found: dict[str, Any] = {"content": "x" * length, "confidence": 1.0, "span": {"offset": offset, "length": length}}
    return found if polygon is None else {**found, "polygon": polygon}


def page(number: int, *words: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"pageNumber": number, "width": 10, "height": 8, "unit": "inch", "words": list(words), **changes}


def read(content: str, *pages: dict[str, Any]) -> DocumentText:
    return document_text(json.dumps({"content": content, "pages": list(pages)}))


def test_boxes_are_fractions_of_the_page() -> None:
    document = read("abc de", page(1, element(0, 3)), page(2, element(4, 2, [0, 0, 10, 0, 10, 8, 0, 8])))
    assert document == DocumentText(
        "abc de", (WordBox(0, 3, 1, 0.1, 0.25, 0.3, 0.5), WordBox(4, 2, 2, 0.0, 0.0, 1.0, 1.0)), 2
    )


def test_a_turned_word_has_the_upright_box_around_it() -> None:
    (word,) = read("abc", page(1, element(0, 3, [2, 1, 3, 2, 2, 3, 1, 2]))).words
    assert word[3:] == (0.1, 0.125, 0.3, 0.375)


def test_selection_marks_are_words_in_the_order_of_the_text() -> None:
    marked = page(1, element(11, 1), selectionMarks=[{"state": "selected", **element(0, 10)}])
    assert [word.offset for word in read(":selected: x", marked).words] == [0, 11]


@pytest.mark.parametrize(
    "given",
    [
        page(1, element(0, 3, None)),
        page(1, element(0, 0)),
        page(1, element(0, 3), width=0),
        page(1, element(0, 3), width=None),
        {"pageNumber": 1},
    ],
    ids=["no polygon", "no text", "no width", "width unknown", "no words"],
)
def test_a_word_without_a_place_is_left_out_and_the_text_is_kept(given: dict[str, Any]) -> None:
    assert read("abc", given) == DocumentText("abc", (), 1)


def test_a_format_without_pages_has_text_and_one_page() -> None:
    assert document_text('{"content": "abc"}') == DocumentText("abc", (), 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 15), min_size=8, max_size=8))
def test_a_box_never_leaves_its_page(polygon: list[float]) -> None:
    (word,) = read("abc", page(1, element(0, 3, polygon))).words
    assert 0 <= word.left <= word.right <= 1
    assert 0 <= word.top <= word.bottom <= 1


@pytest.mark.parametrize("kind", list(TaskKind))
def test_only_fields_and_document_classes_look_at_the_page(kind: TaskKind) -> None:
    assert kind.sees_layout == (kind in (TaskKind.FIELD_EXTRACTION, TaskKind.DOCUMENT_CLASSIFICATION))
    assert kind.labels_spans == (kind in (TaskKind.FIELD_EXTRACTION, TaskKind.ENTITY_RECOGNITION))
