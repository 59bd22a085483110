"""SQL over the lake's tables, by DuckDB in this process.

Belongs here: a connection that can read the lake and nothing else, and its errors in words. Doesn't: writing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from docplatform.errors import ConfigurationError
from docplatform.lake.arrow import arrow_schema
from docplatform.lake.delta import TableAddress, open_table

_SEALED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}
"""No file, no network and no extension but those built in (core functions, ICU, JSON, Parquet)."""


@dataclass(frozen=True, slots=True)
class _Streamed:
    """A table that DuckDB reads through deltalake's engine, anew for each scan."""

    table: DeltaTable

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A new stream over all rows (the Arrow PyCapsule interface)."""
        return self.table.scan().__arrow_c_stream__(requested_schema)


def run_query(tables: Mapping[str, TableAddress], query: str) -> pa.Table:
    """The result of one SELECT. Only the tables it names are opened.

    Raises:
        ConfigurationError: it isn't one SELECT, or names what isn't there.
    """
    words = {word.lower() for word in re.findall(r"\w+", query)}
    connection = duckdb.connect(":memory:", config=_SEALED)
    try:
        connection.execute("SET python_enable_replacements = false; SET TimeZone = 'UTC'")
        for name, address in tables.items():
            if name in words:
                _register(connection, address)
        connection.execute("SET lock_configuration = true")
        _check_select(connection, query)
        return connection.sql(query).to_arrow_table()
    except duckdb.Error as error:
        raise ConfigurationError(f"The query is wrong: {error}\n{_help(tables, words)}") from error
    finally:
        connection.close()


def _register(connection: Any, address: TableAddress) -> None:
    """Make a table known by its name, with every column of its contract: null in what was written before it."""
    spec, declared = address.spec, arrow_schema(address.spec).empty_table()
    table = open_table(address)
    if table is None:
        connection.register(spec.name, declared)
        return
    stored = {field.name for field in table.schema().fields}
    if all(column.name in stored for column in spec.columns):
        connection.register(spec.name, _readable(address, table))
        return
    connection.register(f"{spec.name}_stored", _readable(address, table))
    connection.register(f"{spec.name}_declared", declared)
    connection.execute(
        f"CREATE TEMP VIEW {spec.name} AS FROM {spec.name}_stored UNION ALL BY NAME FROM {spec.name}_declared"
    )


def _readable(address: TableAddress, table: DeltaTable) -> object:
    """What DuckDB reads the table from. On a disk only the columns and row groups that the query needs are read."""
    location = address.blob_store.table_location(address.path)
    if "://" in location.uri:
        return _Streamed(table)
    from pyarrow import fs

    # A file system of pyarrow's own: through deltalake's, which is Python, its threads abort the process at exit.
    native = fs.SubTreeFileSystem(location.uri, fs.LocalFileSystem())
    return table.to_pyarrow_dataset(filesystem=native)


def _check_select(connection: Any, query: str) -> None:
    kinds = [statement.type for statement in connection.extract_statements(query)]
    if kinds not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN]):
        raise ConfigurationError("Give one SELECT: the lake is written by runs only.")


def _help(tables: Mapping[str, TableAddress], words: set[str]) -> str:
    """The columns of the tables the query names, or else the tables there are."""
    named = [address.spec for name, address in tables.items() if name in words]
    if not named:
        return "Tables: " + ", ".join(tables)
    return "\n".join(f"{spec.name}: {', '.join(column.name for column in spec.columns)}" for spec in named)
