from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from docplatform.documents.predictions import Category, Entity
from docplatform.lake.arrow import (
    ARROW_TYPES,
    RowError,
    arrow_schema,
    checked,
    conform,
    rows_to_table,
    table_to_rows,
)
from docplatform.lake.tables import PREDICTIONS, TABLES
from docplatform.lake.values import categories_from, categories_value, entities_from, entities_value
from docplatform_tests.lake.rows import prediction_row


def test_every_column_type_of_the_contract_has_an_arrow_type() -> None:
    assert {column.type for spec in TABLES.values() for column in spec.columns} <= ARROW_TYPES.keys()


def test_keys_and_layout_are_columns_that_are_never_null() -> None:
    for spec in TABLES.values():
        assert all(not spec.column(name).nullable for name in (*spec.key, *spec.partition_by)), spec.name


def test_a_schema_carries_the_descriptions() -> None:
    schema = arrow_schema(PREDICTIONS, ["confidence", "document_id"])
    assert schema.names == ["confidence", "document_id"]
    description = PREDICTIONS.column("confidence").description.encode()
    assert schema.field("confidence").metadata == {b"description": description}


def test_rows_come_back_as_they_went_in() -> None:
    rows = [prediction_row(n) for n in range(3)]
    table = rows_to_table(PREDICTIONS, rows)
    assert table.schema.equals(arrow_schema(PREDICTIONS), check_metadata=True)
    assert table_to_rows(table) == rows


def test_no_rows_are_an_empty_table() -> None:
    assert rows_to_table(PREDICTIONS, []).schema == arrow_schema(PREDICTIONS)


def test_labels_and_predictions_survive_the_way_through_a_table() -> None:
    entities = (Entity("date", 3, 4, "2026", 0.5), Entity("x", 0, 1, "☃"))
    categories = (Category("a", 0.75), Category("b", 0.5))
    row = prediction_row(1, entities=entities_value(entities), categories=categories_value(categories))
    (back,) = table_to_rows(rows_to_table(PREDICTIONS, [row]))
    assert entities_from(back["entities"]) == entities
    assert categories_from(back["categories"]) == categories


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"name": None}, "column name .*missing or null", id="null"),
        pytest.param({"name": 7}, "column name .*7", id="number for text"),
        pytest.param({"name": "\ud800"}, "column name .*surrogates", id="no Unicode"),
        pytest.param({"model_version": "x"}, "column model_version", id="text for number"),
        pytest.param({"model_version": 1.5}, "column model_version .*1.5", id="fraction for integer"),
        pytest.param({"model_version": True}, "column model_version", id="bool for integer"),
        pytest.param({"model_version": 2**63}, "column model_version", id="too large"),
        pytest.param({"abstained": "yes"}, "column abstained", id="text for bool"),
        pytest.param({"processed_at": datetime(2026, 1, 1)}, "not a datetime with a time zone", id="no zone"),  # noqa: DTZ001
        pytest.param({"processed_at": "2026-01-01"}, "not a datetime with a time zone", id="text for time"),
        pytest.param({"entities": [{"offset": "x"}]}, "entity without an integer offset", id="wrong entity"),
        pytest.param({"entities": [{"offset": 1, "length": 1.5}]}, "integer length", id="fraction in an entity"),
        pytest.param({"entities": ["x"]}, "integer offset", id="entity that is none"),
        pytest.param({"categories": "abc"}, "column categories", id="text for list"),
        pytest.param({"colour": "red"}, r"unknown columns \['colour'\]", id="unknown column"),
        pytest.param({"name": "x" * 100, "model_version": object()}, "column model_version", id="object"),
    ],
)
def test_what_does_not_fit_is_named_by_table_row_key_and_column(change: dict[str, Any], message: str) -> None:
    rows = [prediction_row(0), prediction_row(1, **change), prediction_row(2)]
    with pytest.raises(RowError, match=message) as caught:
        rows_to_table(PREDICTIONS, rows)
    assert "Table predictions, row 1 (document_id='doc-1', project='p')" in str(caught.value)


def test_a_column_that_may_be_null_may_be_left_out_and_no_other() -> None:
    row = prediction_row(1)
    del row["category"]
    assert rows_to_table(PREDICTIONS, [row]).column("category").to_pylist() == [None]
    del row["kind"]
    with pytest.raises(RowError, match=r"column kind .*missing"):
        rows_to_table(PREDICTIONS, [row])


def test_arrow_tables_are_checked_like_rows() -> None:
    table = rows_to_table(PREDICTIONS, [prediction_row(1)])
    assert checked(PREDICTIONS, table.select(table.column_names[::-1])).equals(table)
    with pytest.raises(RowError, match="column name: null"):
        checked(PREDICTIONS, table.drop_columns(["name"]))
    with pytest.raises(RowError, match="no columns"):
        checked(PREDICTIONS, table.append_column("colour", pa.array(["red"])))
    with pytest.raises(RowError, match="column model_version: not int64"):
        conform(PREDICTIONS, pa.table({"model_version": ["x"]}), ["model_version"])
