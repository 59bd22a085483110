from __future__ import annotations

import pytest

from docplatform.documents.line_items import cell_of, column_of, fields_object, is_column, row_of
from docplatform.documents.predictions import FieldValue


def value(name: str, content: str, typed: str | None = None, of_type: str = "string") -> FieldValue:
    return FieldValue(name, content, ((3, len(content)),), typed, 0.5, of_type)


@pytest.mark.parametrize(
    ("name", "column", "row"),
    [
        ("Items/3/Amount", "Items/*/Amount", 3),
        ("Items/12/Net amount", "Items/*/Net amount", 12),
        ("Total", "Total", 0),
        ("Rates/First/Amount", "Rates/First/Amount", 0),  # a table whose rows have names
        ("a/2", "a/2", 0),
    ],
)
def test_a_cells_column_and_row_are_told_by_its_name(name: str, column: str, row: int) -> None:
    assert (column_of(name), row_of(name), cell_of(column, row)) == (column, row, name)
    assert is_column(column) == (column != name)


def test_line_items_are_an_array_of_objects_and_named_rows_an_object_of_objects() -> None:
    fields = fields_object(
        [
            value("Items/1/Amount", "2.00", "2.00", "number"),
            value("Items/0/Amount", "1,00 EUR", None, "number"),
            value("Items/0/Sort", "a", "a"),
            value("Rates/a~1b/Paid", ":selected:", "selected", "selectionMark"),
            value("Due", "3 May 2020", "2020-05-03", "date"),
        ]
    )
    told = {name: f.model_dump(by_alias=True, exclude_unset=True) for name, f in fields.items()}

    def leaf(of_type: str, content: str, **typed: object) -> dict[str, object]:
        spans = ({"offset": 3, "length": len(content)},)
        return {"type": of_type, "content": content, "spans": spans, "confidence": 0.5, **typed}

    first = {"Amount": leaf("number", "1,00 EUR"), "Sort": leaf("string", "a", valueString="a")}
    second = {"Amount": leaf("number", "2.00", valueNumber=2.0)}
    paid = leaf("selectionMark", ":selected:", valueSelectionMark="selected")
    assert told == {
        "Items": {
            "type": "array",
            "valueArray": (
                {"type": "object", "valueObject": first},
                {"type": "object", "valueObject": second},
            ),
        },
        "Rates": {"type": "object", "valueObject": {"a/b": {"type": "object", "valueObject": {"Paid": paid}}}},
        "Due": leaf("date", "3 May 2020", valueDate="2020-05-03"),
    }


def test_a_field_named_as_an_object_leaves_both_as_they_are() -> None:
    assert set(fields_object([value("Tax", "7"), value("Tax/Rate", "7%")])) == {"Tax", "Tax/Rate"}
