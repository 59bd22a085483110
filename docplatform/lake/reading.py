"""Reading Delta tables.

Belongs here: scans with pushed-down conditions, row counts from the log. Doesn't: SQL (``sql``), writing (``writing``).

Scans run in deltalake's own engine. ``DeltaTable.to_pyarrow_table(filters=…)`` aborted the process at its exit in 7 of
12 trials (deltalake 1.6.6, pyarrow 26): pyarrow's threads outlive the Python file system they read through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from docplatform.lake.arrow import arrow_schema, conform
from docplatform.lake.delta import store_error
from docplatform.lake.predicates import MAX_VALUES, is_one_of
from docplatform.lake.tables import TableSpec

Conditions = Mapping[str, Sequence[Any]]
"""Column name to the values it may have."""


def conditions(
    spec: TableSpec, lake_partitions: Sequence[str] | None, where: Mapping[str, object] | None
) -> dict[str, list[Any]]:
    """Filters as lists of allowed values. Raises ``KeyError`` for a column the table hasn't."""
    found: dict[str, list[Any]] = {}
    if lake_partitions is not None:
        found["lake_partition"] = list(lake_partitions)
    for name, value in (where or {}).items():
        found[name] = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    for name in found:
        if name not in {column.name for column in spec.columns}:
            raise KeyError(f"Table {spec.name} has no column {name!r} to filter by")
    return found


def scan(spec: TableSpec, table: DeltaTable | None, allowed: Conditions, columns: Sequence[str] | None) -> pa.Table:
    """The rows whose columns have allowed values, with the columns asked for (None: all of the spec's)."""
    wanted = list(columns) if columns is not None else [column.name for column in spec.columns]
    if table is None or any(not values for values in allowed.values()):
        return arrow_schema(spec, wanted).empty_table()
    stored = {field.name for field in table.schema().fields}
    pushed = {n: v for n, v in allowed.items() if len(v) <= MAX_VALUES and n in stored and None not in v}
    rest = {name: values for name, values in allowed.items() if name not in pushed}
    needed = [name for name in dict.fromkeys([*wanted, *rest]) if name in stored]
    predicate = " AND ".join(is_one_of(name, values) for name, values in pushed.items()) or None
    try:
        batches = list(pa.RecordBatchReader.from_stream(table.scan(columns=needed, predicate=predicate)))
    except (DeltaError, OSError, pa.ArrowException) as error:
        raise store_error(f"The table {spec.name} can't be read", error) from error
    schema = arrow_schema(spec, [*dict.fromkeys([*wanted, *rest])])
    if not batches:
        return arrow_schema(spec, wanted).empty_table()
    found = conform(spec, pa.Table.from_batches(batches), schema.names)
    return _allowed_only(found, rest).select(wanted)


def row_counts(spec: TableSpec, table: DeltaTable | None, values: Sequence[str] | None) -> dict[str, int]:
    """Rows by value of the table's layout column, from the log alone: no data is read."""
    if table is None:
        return {}
    layout = f"partition.{spec.partition_by[0]}"
    actions = pa.table(table.get_add_actions(flatten=True))
    counts: dict[str, int] = {}
    for key, rows in zip(actions.column(layout).to_pylist(), actions.column("num_records").to_pylist(), strict=True):
        if values is None or key in values:
            counts[key] = counts.get(key, 0) + rows
    return counts


def _allowed_only(table: pa.Table, allowed: Conditions) -> pa.Table:
    """What the scan's own condition couldn't say: long lists, nulls, columns that the stored table hasn't yet."""
    for name, values in allowed.items():
        column_type = table.schema.field(name).type
        table = table.filter(pc.is_in(table.column(name), value_set=pa.array(values, type=column_type)))
    return table
