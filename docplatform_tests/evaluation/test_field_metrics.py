"""Fields and line items: what counts as right, and how mistakes are named."""

from __future__ import annotations

import pytest

from docplatform.documents.predictions import FieldValue, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.metrics import evaluate
from docplatform.evaluation.mistakes import NONE
from docplatform_tests.evaluation.test_metrics import spans

FIELDS = TaskKind.FIELD_EXTRACTION


def field(name: str, content: str, value: str | None = None, confidence: float = 0.9) -> FieldValue:
    return FieldValue(name, content, (), value, confidence)


RECEIPT = "ACME LTD.\n12 High St\nAnytown\nTOTAL 9.00 paid 9.00"
LABELLED = LabeledExample(
    "r",
    RECEIPT,
    entities=spans(
        RECEIPT,
        ("company", 0, 9),
        ("address", 10, 20),
        ("address", 21, 28),
        ("total", 35, 39),
        ("total", 45, 49),
    ),
)


def test_fields_are_right_when_letters_and_digits_or_the_typed_value_are() -> None:
    prediction = Prediction(
        fields=(field("company", "Acme Ltd"), field("address", "12 High St Anytown"), field("total", "EUR 9", "9.00"))
    )
    evaluation = evaluate(FIELDS, [LABELLED], [prediction])
    assert (evaluation.micro.f1, evaluation.accuracy, evaluation.error_count) == (1.0, 1.0, 0)
    scores = evaluation.fields
    assert {f.field: (f.exact, f.normalized) for f in scores.fields} == {
        "company": (0.0, 1.0),
        "address": (1.0, 1.0),
        "total": (0.0, 1.0),
    }
    assert (scores.document_exact, scores.document_normalized) == (0.0, 1.0)
    assert scores.exact == pytest.approx(1 / 3)


def test_wrong_missed_invented_and_swapped_fields_are_told_apart() -> None:
    prediction = Prediction(fields=(field("company", "12 High St Anytown"), field("total", "9.50"), field("tax", "1")))
    evaluation = evaluate(FIELDS, [LABELLED], [prediction])
    assert (evaluation.micro.f1, evaluation.micro.support) == (0.0, 3)
    cells = {
        (row, column): n
        for row, counts in zip(evaluation.confusion.labels, evaluation.confusion.counts, strict=True)
        for column, n in zip(evaluation.confusion.labels, counts, strict=True)
        if n
    }
    assert cells == {
        ("address", "company"): 1,
        ("company", NONE): 1,
        ("total", NONE): 1,
        (NONE, "total"): 1,
        (NONE, "tax"): 1,
    }
    assert [(e.expected, e.predicted) for e in evaluation.errors] == [
        ('address "12 High St Anytown"', 'company "12 High St Anytown"'),
        ('company "ACME LTD."', 'company "12 High St Anytown"'),
        ('total "9.00"', 'total "9.50"'),
        (NONE, 'tax "1"'),
    ]


def test_spans_stand_in_for_fields_and_are_scored_by_overlap_too() -> None:
    prediction = Prediction(entities=spans(RECEIPT, ("company", 0, 8), ("total", 35, 39)), confidence_score=0.9)
    evaluation = evaluate(FIELDS, [LABELLED], [prediction])
    assert (evaluation.label("company").f1, evaluation.label("total").f1, evaluation.label("address").f1) == (1, 1, 0)
    assert {s.label: s.recall for s in evaluation.overlap}["company"] == 1.0


def test_of_two_values_of_a_field_the_surer_one_counts() -> None:
    prediction = Prediction(fields=(field("total", "1", confidence=0.2), field("total", "9.00", confidence=0.8)))
    assert evaluate(FIELDS, [LABELLED], [prediction]).label("total").f1 == 1.0


def test_selection_marks_have_to_be_exact() -> None:
    example = LabeledExample("d", "☒", entities=spans("☒", ("agreed", 0, 1)))
    assert evaluate(FIELDS, [example], [Prediction(fields=(field("agreed", "☐"),))]).micro.f1 == 0.0
    assert evaluate(FIELDS, [example], [Prediction(fields=(field("agreed", "☒"),))]).micro.f1 == 1.0


def items(*rows: tuple[str, str]) -> tuple[FieldValue, ...]:
    """Line items of a description and an amount; an empty one isn't there."""
    named = [(f"Items/{n}/{name}", text) for n, row in enumerate(rows) for name, text in zip("DA", row, strict=True)]
    return tuple(field(name, text, confidence=0.9) for name, text in named if text)


ITEMS = "nails 1.00 paint 2.00 rope 2.00"
ORDER = LabeledExample(
    "o",
    ITEMS,
    entities=spans(
        ITEMS,
        ("Items/0/D", 0, 5),
        ("Items/0/A", 6, 10),
        ("Items/1/D", 11, 16),
        ("Items/1/A", 17, 21),
        ("Items/2/D", 22, 26),
        ("Items/2/A", 27, 31),
    ),
)


@pytest.mark.parametrize(
    ("rows", "right", "found"),
    [
        ([("nails", "1.00"), ("paint", "2.00"), ("rope", "2.00")], 6, 6),
        ([("Invoice", ""), ("nails", "1.00"), ("paint", "2.00"), ("rope", "2.00")], 6, 7),  # a row too many before
        ([("paint", "2.00"), ("rope", "2.00")], 4, 4),  # the first one missed
        ([("nails", "1.00"), ("rope", "2.00")], 4, 4),  # one between missed
        ([("nails", "1.00"), ("paints", "2.00"), ("rope", "2.00")], 5, 6),
        ([("rope", "2.00"), ("nails", "1.00"), ("paint", "2.00")], 4, 6),  # in another order
        ([("nails", "2.00"), ("paint", "1.00")], 2, 4),  # amounts of other rows
        ([], 0, 0),
    ],
)
def test_line_items_count_by_column_whatever_the_number_of_a_row(rows, right, found) -> None:
    evaluation = evaluate(FIELDS, [ORDER], [Prediction(fields=items(*rows))])
    assert [s.label for s in evaluation.labels] == ["Items/*/A", "Items/*/D"]
    assert evaluation.micro.f1 == pytest.approx(2 * right / (found + 6))
    assert [(f.field, f.support) for f in evaluation.fields.fields] == [("Items/*/A", 3), ("Items/*/D", 3)]
    assert evaluation.fields.normalized == pytest.approx(right / 6)


def test_mistakes_in_line_items_name_the_labelled_row() -> None:
    said = Prediction(fields=items(("nail", ""), ("paint", "2.00"), ("rope", "2.00")))
    evaluation = evaluate(FIELDS, [ORDER], [said])
    assert [(e.expected, e.predicted) for e in evaluation.errors] == [
        ('Items/0/A "1.00"', NONE),
        ('Items/0/D "nails"', 'Items/0/D "nail"'),
    ]
    assert "Items/*/D" in evaluation.confusion.labels
