"""Between the table contracts (``tables``) and Arrow.

Belongs here: column types, schemas, rows to Arrow tables with errors that name the row and column. Doesn't: storing.
Imports pyarrow: import it where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, SupportsIndex

import pyarrow as pa

from docplatform.errors import PermanentError
from docplatform.lake.tables import Column, TableSpec

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
    "list<int64>": pa.list_(pa.int64()),
    "entities": pa.list_(
        pa.struct(
            [
                ("category", pa.string()),
                ("text", pa.string()),
                ("offset", pa.int64()),
                ("length", pa.int64()),
                ("confidence", pa.float64()),
            ]
        )
    ),
    "categories": pa.list_(pa.struct([("category", pa.string()), ("confidence", pa.float64())])),
    "words": pa.list_(
        pa.struct(
            [(name, pa.int64()) for name in ("offset", "length", "page")]
            + [(name, pa.float64()) for name in ("left", "top", "right", "bottom")]
        )
    ),
    "fields": pa.list_(
        pa.struct(
            [
                ("name", pa.string()),
                ("content", pa.string()),
                ("value", pa.string()),
                ("confidence", pa.float64()),
                ("spans", pa.list_(pa.struct([("offset", pa.int64()), ("length", pa.int64())]))),
            ]
        )
    ),
    "parts": pa.list_(
        pa.struct(
            [
                ("category", pa.string()),
                ("first_page", pa.int64()),
                ("last_page", pa.int64()),
                ("confidence", pa.float64()),
            ]
        )
    ),
}
"""The Arrow type of each type name in ``tables``."""

_MISFITS = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, UnicodeError)


class RowError(PermanentError):
    """A row doesn't fit its table. The message names the table, the row, the column and what it holds."""


def arrow_schema(spec: TableSpec, columns: Sequence[str] | None = None) -> pa.Schema:
    """The Arrow schema of a table, or of some of its columns in the order asked for.

    Every field is nullable, for a column added later is null in the rows of before; what must not be null is checked
    when rows are made (``rows_to_table``). Descriptions are field metadata.
    """
    chosen = spec.columns if columns is None else [spec.column(name) for name in columns]
    return pa.schema([_field(column) for column in chosen], metadata={"description": spec.description})


def rows_to_table(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table of the spec's schema. Nullable columns may be left out of a row.

    Raises:
        RowError: a row lacks a column, has one too many, or holds a value of another type.
    """
    names = {column.name for column in spec.columns}
    for index, row in enumerate(rows):
        if not row.keys() <= names:
            raise RowError(f"{_row(spec, index, row)} has unknown columns {sorted(row.keys() - names)}")
    arrays = [_array(spec, column, rows) for column in spec.columns]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(spec))


def conform(spec: TableSpec, table: pa.Table, columns: Sequence[str] | None = None) -> pa.Table:
    """A table with exactly the spec's columns (or those asked for), in order: absent ones null, types as described.

    Raises:
        RowError: a column can't be cast to its type.
    """
    schema = arrow_schema(spec, columns)
    arrays = []
    for field in schema:
        if field.name not in table.column_names:
            arrays.append(pa.chunked_array([pa.nulls(len(table), field.type)]))
            continue
        try:
            arrays.append(table.column(field.name).cast(field.type))
        except _MISFITS as error:
            raise RowError(f"Table {spec.name}, column {field.name}: not {field.type}: {error}") from error
    return pa.Table.from_arrays(arrays, schema=schema)


def table_to_rows(table: pa.Table) -> list[dict[str, Any]]:
    """An Arrow table as rows of Python values; times are timezone-aware UTC."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def checked(spec: TableSpec, rows: Sequence[Mapping[str, Any]] | pa.Table) -> pa.Table:
    """Rows or an Arrow table, made to fit: every column described, none that must not be null is.

    Raises:
        RowError: saying what doesn't fit.
    """
    if not isinstance(rows, pa.Table):
        return rows_to_table(spec, rows)
    unknown = set(rows.column_names) - {column.name for column in spec.columns}
    if unknown:
        raise RowError(f"Table {spec.name} has no columns {sorted(unknown)}")
    table = conform(spec, rows)
    for column in spec.columns:
        if not column.nullable and table.column(column.name).null_count:
            raise RowError(f"Table {spec.name}, column {column.name}: null, which it must not be")
    return table


def _field(column: Column) -> pa.Field:
    return pa.field(column.name, ARROW_TYPES[column.type], metadata={"description": column.description})


def _array(spec: TableSpec, column: Column, rows: Sequence[Mapping[str, Any]]) -> pa.Array:
    values = [row.get(column.name) for row in rows]
    problem = _first_problem(column, values)
    if problem is None:
        try:
            return pa.array(values, type=ARROW_TYPES[column.type])
        except _MISFITS as error:
            problem = _first_misfit(column, values, error)
    index, why = problem
    raise RowError(f"{_row(spec, index, rows[index])}, column {column.name} ({column.type}): {why}")


def _first_problem(column: Column, values: Sequence[Any]) -> tuple[int, str] | None:
    """What Arrow would let pass: missing values, times whose zone isn't said, fractions cut off to make integers."""
    check = _CHECKS.get(column.type)
    for index, value in enumerate(values):
        if value is None:
            if not column.nullable:
                return index, "missing or null, which it must not be"
        elif check is not None and (problem := check(value)):
            return index, f"{_short(value)} {problem}"
    return None


def _check_integer(value: Any) -> str:
    is_integer = isinstance(value, SupportsIndex) and not isinstance(value, bool)
    return "" if is_integer else "is not an integer"


def _check_time(value: Any) -> str:
    has_zone = isinstance(value, datetime) and value.tzinfo is not None
    return "" if has_zone else "is not a datetime with a time zone"


def _check_entities(value: Any) -> str:
    for entity in value:
        for name in ("offset", "length"):
            if not isinstance(entity, Mapping) or _check_integer(entity.get(name)):
                return f"holds an entity without an integer {name}"
    return ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "int64": _check_integer,
    "timestamp": _check_time,
    "entities": _check_entities,
}


def _first_misfit(column: Column, values: Sequence[Any], whole: Exception) -> tuple[int, str]:
    for index, value in enumerate(values):
        try:
            pa.array([value], type=ARROW_TYPES[column.type])
        except _MISFITS as error:
            return index, f"{_short(value)}: {error}"
    return 0, str(whole)


def _row(spec: TableSpec, index: int, row: Mapping[str, Any]) -> str:
    key = ", ".join(f"{name}={_short(row.get(name))}" for name in spec.key)
    return f"Table {spec.name}, row {index} ({key})"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
