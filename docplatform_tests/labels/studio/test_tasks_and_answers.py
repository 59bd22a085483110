"""Documents to tasks, tasks to labels: what is shown is what is labelled, character by character."""

from __future__ import annotations

from typing import Any

import pytest

from docplatform.documents.document_text import WordBox
from docplatform.documents.predictions import Category, Entity, Prediction, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.label_file import LabeledEntity
from docplatform.labels.studio.answers import AnsweredText, answers, read_answer
from docplatform.labels.studio.configs import declared_categories, label_config
from docplatform.labels.studio.tasks import PageImage, TaskDocument, task_json

NER = TaskKind.ENTITY_RECOGNITION
FIELDS = TaskKind.FIELD_EXTRACTION
TEXT = "Loan \U0001f600 of 6/29/2018\r\nto  Zoë & Co.\nTotal: 12"
WORDS = (
    WordBox(0, 4, 1, 0.1, 0.1, 0.2, 0.12),
    WordBox(5, 1, 1, 0.22, 0.1, 0.24, 0.12),
    WordBox(7, 2, 1, 0.26, 0.1, 0.3, 0.12),
    WordBox(10, 9, 1, 0.32, 0.1, 0.5, 0.12),
    WordBox(25, 3, 1, 0.1, 0.2, 0.2, 0.22),
)
LAKE = AnsweredText(TEXT, "hash-1", WORDS)


@pytest.mark.parametrize("kind", list(TaskKind))
def test_every_kind_offers_its_categories(kind):
    names = ("Date", 'a "quoted" & <odd> one', "Zinsen")
    assert declared_categories(label_config(kind, names)) == names


def test_single_characters_can_be_labelled_and_only_several_classes_can_be_none():
    assert 'granularity="symbol"' in label_config(NER, ["A"])
    assert 'choice="single"' in label_config(TaskKind.SINGLE_LABEL_CLASSIFICATION, ["A"])
    assert 'required="true"' in label_config(TaskKind.DOCUMENT_CLASSIFICATION, ["A"])
    several = label_config(TaskKind.MULTI_LABEL_CLASSIFICATION, ["A"])
    assert 'choice="multiple"' in several
    assert "required" not in several


def test_nothing_to_label_with_is_refused_and_so_is_a_broken_configuration():
    with pytest.raises(ConfigurationError, match="no category"):
        label_config(NER, [])
    with pytest.raises(ConfigurationError, match="is wrong"):
        declared_categories("<View>")


def document(**fields: Any) -> TaskDocument:
    given = {"document_id": "d1", "location": "01.txt", "content": TEXT, "content_hash": "hash-1"}
    given |= {"model_id": "p:3", "reason": "for review: not sure enough"}
    return TaskDocument(**{**given, **fields})


def task(kind: TaskKind = NER, *, annotations: list[dict] | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": 4, "annotations": annotations or [], **task_json(document(**fields), kind)}


def annotation(*result: dict[str, Any], at: str = "2026-11-25T10:00:00Z", **fields: Any) -> dict[str, Any]:
    given = {"id": 9, "result": list(result), "updated_at": at, "created_username": " Ann B ann@example.com, 7"}
    return {**given, "was_cancelled": False, "ground_truth": False, **fields}


def span(start: int, end: int, *names: str, text: str | None = None) -> dict[str, Any]:
    shown = TEXT[start:end] if text is None else text
    return {"type": "labels", "value": {"start": start, "end": end, "text": shown, "labels": list(names)}}


def box(x: float, y: float, width: float, height: float, name: str, **more: Any) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": 0, "rectanglelabels": [name]}
    return {"type": "rectanglelabels", "value": {**value, **more}, "item_index": 0}


def test_the_text_is_shown_as_read_with_what_it_is():
    known = {"document_id": "d1", "content_hash": "hash-1", "location": "01.txt"}
    assert task()["data"] == {**known, "reason": "for review: not sure enough", "text": TEXT}
    assert "predictions" not in task()


@pytest.mark.parametrize(
    ("kind", "prediction"),
    [
        (NER, Prediction(entities=(Entity("Date", 10, 9, "6/29/2018", 0.8),), confidence_score=0.8)),
        (TaskKind.MULTI_LABEL_CLASSIFICATION, Prediction((Category("a", 0.9), Category("b", 0.7)), (), 0.7)),
        (TaskKind.SINGLE_LABEL_CLASSIFICATION, Prediction((Category("a", 0.9),), (), 0.9)),
        (FIELDS, Prediction(entities=(Entity("Lender", 5, 4, "", 0.6),), confidence_score=0.6)),
    ],
)
def test_a_prediction_that_is_accepted_as_it_stands_is_what_the_model_said(kind, prediction):
    made = task(kind, prediction=prediction, pages=(PageImage("/data/1.jpg", 800, 600),), words=WORDS)
    (predicted,) = made["predictions"]
    assert (predicted["model_version"], predicted["score"]) == ("p:3", prediction.confidence_score)
    answer, findings = read_answer({**made, "annotations": [annotation(*predicted["result"])]}, kind, LAKE)
    assert findings == []
    assert [(e.category, e.offset, e.length) for e in answer.entities] == [
        (e.category, e.offset, e.length) for e in prediction.entities
    ]
    assert answer.classes == tuple(category.category for category in prediction.categories)


@pytest.mark.parametrize("prediction", [None, Prediction(), Prediction((Category("a", 0.2),), (), 0.2, abstained=True)])
def test_what_a_model_doesnt_stand_behind_is_not_shown(prediction):
    assert "predictions" not in task(TaskKind.SINGLE_LABEL_CLASSIFICATION, prediction=prediction)


def test_an_answer_says_who_and_when():
    answer, _ = read_answer(task(annotations=[annotation(span(10, 19, "Date"))]), NER, LAKE)
    assert answer.entities == (LabeledEntity("Date", 10, 9, "6/29/2018"),)
    assert (answer.labeled_by, answer.labeled_at) == ("ann@example.com", "2026-11-25T10:00:00Z")
    by_number, _ = read_answer(task(annotations=[annotation(created_username=None, completed_by=7)]), NER, LAKE)
    assert by_number.labeled_by == "7"


def test_white_space_at_the_edges_is_no_part_of_a_label_and_labels_come_in_order_once():
    regions = [span(31, 44, "Total"), span(9, 20, "Date"), span(10, 19, "Date")]
    answer, findings = read_answer(task(annotations=[annotation(*regions)]), NER, LAKE)
    assert findings == []
    assert [(e.category, e.text) for e in answer.entities] == [("Date", "6/29/2018"), ("Total", "Co.\nTotal: 12"[:13])]


def test_a_label_over_a_line_end_is_taken_as_browsers_write_it():
    start, end = TEXT.index("6/29"), TEXT.index("&")
    shown = TEXT[start:end].replace("\r\n", "\\n")
    answer, _ = read_answer(task(annotations=[annotation(span(start, end, "X", text=shown))]), NER, LAKE)
    assert answer.entities[0].text == TEXT[start:end].strip()


@pytest.mark.parametrize(
    ("region", "says"),
    [
        (span(10, 19, "Date", text="6/29/2019"), "the text '6/29/2018'"),
        (span(40, 99, "Date"), "Label Studio has"),
        (span(23, 25, "Date"), "white space"),
        (box(70, 70, 5, 5, "Lender"), "no word"),
        (box(0, 0, 50, 50, "Lender", rotation=12), "turned"),
    ],
)
def test_a_label_that_doesnt_lie_on_the_text_leaves_its_document_out(region, says):
    kind = FIELDS if region["type"] == "rectanglelabels" else NER
    answer, (finding,) = read_answer(task(kind, annotations=[annotation(span(0, 4, "Loan"), region)]), kind, LAKE)
    assert answer is None
    assert says in str(finding)
    assert str(finding).startswith("task 4 (01.txt): ")


@pytest.mark.parametrize(
    ("lake", "says"), [(None, "not in the lake"), (AnsweredText(TEXT, "hash-2"), "read anew since")]
)
def test_an_answer_about_another_text_is_refused(lake, says):
    answer, (finding,) = read_answer(task(annotations=[annotation(span(10, 19, "Date"))]), NER, lake)
    assert answer is None
    assert says in finding.message


def test_words_under_a_rectangle_are_the_value_and_words_apart_are_two_spans():
    regions = [box(20, 9, 31, 4, "When"), box(9, 9, 12, 14, "Who")]
    answer, _ = read_answer(task(FIELDS, annotations=[annotation(*regions)]), FIELDS, LAKE)
    assert [(e.category, e.text) for e in answer.entities] == [
        ("Who", "Loan"),
        ("When", "\U0001f600 of 6/29/2018"),
        ("Who", "Zoë"),
    ]


def test_skipped_tasks_say_nothing_and_the_last_answer_counts():
    first = annotation(span(10, 19, "Date"))
    second = annotation(span(0, 4, "Loan"), id=10, at="2026-11-25T11:00:00Z")
    skipped = annotation(id=11, at="2026-11-25T12:00:00Z", was_cancelled=True)
    assert read_answer(task(annotations=[skipped]), NER, LAKE) == (None, [])
    answer, (finding,) = read_answer(task(annotations=[second, skipped, first]), NER, LAKE)
    assert (answer.annotation, "differ" in finding.message) == (10, True)
    truth, _ = read_answer(task(annotations=[{**first, "ground_truth": True}, second]), NER, LAKE)
    assert truth.annotation == 9
    _, none = read_answer(task(annotations=[first, {**first, "id": 10}]), NER, LAKE)
    assert none == []


def test_of_two_tasks_about_a_document_the_later_answer_counts():
    old = task(annotations=[annotation(span(0, 4, "Loan"), at="2026-11-25T11:00:00Z")])
    new = {**task(annotations=[annotation(span(10, 19, "Date"), at="2026-11-25T12:00:00Z")]), "id": 5}
    found, findings = answers([new, old], NER, {"d1": LAKE})
    assert ([answer.task for answer in found], findings) == ([5], [])


def test_classes_chosen_are_the_answer_and_none_is_one_too():
    kind = TaskKind.MULTI_LABEL_CLASSIFICATION
    chosen = {"type": "choices", "value": {"choices": ["b", "a", "b"]}}
    assert read_answer(task(kind, annotations=[annotation(chosen)]), kind, LAKE)[0].classes == ("b", "a")
    assert read_answer(task(kind, annotations=[annotation()]), kind, LAKE)[0].classes == ()
