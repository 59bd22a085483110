"""Rows of line items drawn as rectangles: what is in one row, and which number it has."""

from __future__ import annotations

import itertools

import pytest

from docplatform.documents.document_text import WordBox
from docplatform.documents.predictions import Entity, Prediction
from docplatform.labels.studio.answers import AnsweredText, read_answer
from docplatform.labels.studio.configs import declared_categories, label_config
from docplatform.labels.studio.line_items import number_rows
from docplatform.labels.studio.tasks import PageImage
from docplatform_tests.labels.studio.test_tasks_and_answers import FIELDS, annotation, box, task

NAME, PRICE, ROW = "Items/*/Name", "Items/*/Price", "Items/*"
WORDS = ["apple", "3", "pear", "juice", "4", "total", "7"]
TEXT = " ".join(WORDS)
_STARTS = list(itertools.accumulate((len(word) + 1 for word in WORDS), initial=0))
_PLACES = [(0.1, 0.1), (0.8, 0.1), (0.1, 0.2), (0.1, 0.25), (0.8, 0.21), (0.1, 0.6), (0.8, 0.6)]
BOXES = tuple(
    WordBox(start, len(word), 1, left, top, left + 0.1, top + 0.03)
    for word, start, (left, top) in zip(WORDS, _STARTS, _PLACES, strict=False)
)


def names(*regions):
    return [names for _, names in number_rows(regions)]


def test_cells_of_one_height_are_a_row_and_rows_count_from_the_top():
    cells = [box(80, 50, 10, 4, PRICE), box(10, 30, 10, 4, NAME), box(80, 31, 10, 3, PRICE), box(10, 49, 10, 4, NAME)]
    assert names(*cells) == [("Items/1/Price",), ("Items/0/Name",), ("Items/0/Price",), ("Items/1/Name",)]
    second_page = {**box(10, 1, 10, 4, NAME), "item_index": 1}
    assert names(second_page, *cells)[0] == ("Items/2/Name",)


def test_a_frame_makes_a_row_of_cells_that_stand_below_each_other():
    cells = [box(10, 30, 10, 4, NAME), box(10, 35, 10, 4, NAME), box(80, 30, 10, 4, PRICE), box(10, 42, 10, 4, NAME)]
    assert [name for (name,) in names(*cells)] == ["Items/0/Name", "Items/1/Name", "Items/0/Price", "Items/2/Name"]
    framed = names(*cells, box(5, 29, 90, 11, ROW), box(5, 60, 90, 5, ROW))
    assert [name for (name,) in framed] == ["Items/0/Name", "Items/0/Name", "Items/0/Price", "Items/1/Name"]


def test_of_two_frames_the_smaller_one_counts_and_other_labels_are_left_alone():
    regions = [box(0, 0, 100, 100, ROW), box(5, 29, 90, 6, ROW), box(10, 30, 10, 4, NAME), box(10, 50, 10, 4, NAME)]
    assert names(*regions, box(10, 30, 10, 4, "Total"), box(1, 1, 1, 1, "Taxes/*/Rate")) == [
        ("Items/1/Name",),
        ("Items/0/Name",),
        ("Total",),
        ("Taxes/0/Rate",),
    ]


def test_what_frames_rows_is_offered_and_is_no_category():
    config = label_config(FIELDS, ["Total", NAME, PRICE])
    assert config.index(f'value="{ROW}"') < config.index(f'value="{NAME}"')
    assert config.count(f'value="{ROW}"') == 1
    assert declared_categories(config) == ("Total", NAME, PRICE)


@pytest.mark.parametrize("are_framed", [True, False])
def test_predicted_rows_that_are_accepted_as_they_stand_are_what_the_model_said(are_framed):
    def cell(category: str, *indexes: int) -> Entity:
        start, end = _STARTS[indexes[0]], _STARTS[indexes[-1]] + len(WORDS[indexes[-1]])
        return Entity(category, start, end - start, TEXT[start:end], 0.9)

    last = (2, 3) if are_framed else (2,)  # a name of two lines is one row by its frame only
    said = [
        cell("Items/0/Name", 0),
        cell("Items/0/Price", 1),
        cell("Items/1/Name", *last),
        cell("Items/1/Price", 4),
        cell("Total", 6),
    ]
    pages = (PageImage("/data/1.jpg", 800, 600),)
    made = task(FIELDS, prediction=Prediction(entities=tuple(said)), pages=pages, words=BOXES, content=TEXT)
    result = made["predictions"][0]["result"]
    assert len({region["id"] for region in result}) == len(result)
    if not are_framed:
        result = [region for region in result if region["value"]["rectanglelabels"] != [ROW]]
    lake = AnsweredText(TEXT, "hash-1", BOXES)
    answer, findings = read_answer({**made, "annotations": [annotation(*result)]}, FIELDS, lake)
    assert findings == []
    assert [(e.category, e.text) for e in answer.entities] == [(e.category, e.text) for e in said]
