"""``Lake``: the Delta tables by name.

Belongs here: the one object the rest of the platform reads and writes tables with. Doesn't: how (``reading``,
``writing``, ``sql``); those import pyarrow and deltalake, this module is light until a table is touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from docplatform.lake.tables import TABLES, TableSpec
from docplatform.storage.base import BlobStore

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

    from docplatform.lake.delta import OpenTables, TableAddress
    from docplatform.lake.erasing import Erased
    from docplatform.lake.writing import MaintenanceReport

Rows = Sequence[Mapping[str, Any]]
Where = Mapping[str, object]
"""Column name to the value, or the list of values, that a row must have there; None means null."""


class Lake:
    """The tables below ``prefix`` of a blob store.

    Tables are named by their spec, or by name where they stand in ``lake.tables``. Any number of processes may read
    and write at once; every write is one atomic commit that carries its ``run_id``.
    """

    def __init__(self, blob_store: BlobStore, prefix: str = "lake/tables") -> None:
        self._blob_store = blob_store
        self._prefix = prefix

    def read(
        self,
        table: TableSpec | str,
        *,
        lake_partitions: Sequence[str] | None = None,
        where: Where | None = None,
        columns: Sequence[str] | None = None,
        version: int | None = None,
    ) -> pa.Table:
        """Rows of a table, in no order, with its contract's types. A table never written reads as empty.

        Args:
            table: The table.
            lake_partitions: Only rows of these lake partitions; an empty list: none.
            where: Only rows whose columns have these values.
            columns: Only these columns; what isn't asked for isn't read.
            version: As it stood at this version.

        Raises:
            KeyError: no such table or column.
            ConfigurationError: no such version.
            TransientError: the store can't be read now.
        """
        from docplatform.lake.delta import open_table
        from docplatform.lake.reading import conditions, scan

        spec = self.spec(table)
        allowed = conditions(spec, lake_partitions, where)
        found = self._current(spec) if version is None else open_table(self._address(spec), version)
        return scan(spec, found, allowed, columns)

    def read_rows(
        self,
        table: TableSpec | str,
        *,
        lake_partitions: Sequence[str] | None = None,
        where: Where | None = None,
        columns: Sequence[str] | None = None,
        version: int | None = None,
    ) -> list[dict[str, Any]]:
        """As ``read``, each row a dict of Python values; times are timezone-aware UTC."""
        from docplatform.lake.arrow import table_to_rows

        return table_to_rows(
            self.read(table, lake_partitions=lake_partitions, where=where, columns=columns, version=version)
        )

    def upsert(self, table: TableSpec | str, rows: Rows | pa.Table, *, run_id: str) -> int:
        """Insert rows, or replace those with the same key columns, in one commit; returns the table's version.

        Doing it again changes nothing. Of two writers of the same key at once the later commit stands. A key's
        layout column (``partition_by``) must stay what it was: keys are looked for where the new rows lie, not in
        the whole table.

        Raises:
            RowError: a row doesn't fit the table, or a key stands in several rows; nothing is written then.
            TransientError: the store failed, or other writers kept coming between.
        """
        from docplatform.lake.arrow import checked
        from docplatform.lake.writing import upsert

        spec = self.spec(table)
        return upsert(self._address(spec), checked(spec, rows), run_id)

    def replace(self, table: TableSpec | str, rows: Rows | pa.Table, *, where: Where, run_id: str) -> int:
        """Replace all rows that have the values in ``where`` by ``rows`` (may be none), in one commit.

        Raises:
            RowError: a row doesn't fit the table, or lies outside ``where``; nothing is written then.
            ValueError: ``where`` is empty.
            TransientError: the store failed, or other writers kept coming between.
        """
        from docplatform.lake.arrow import checked
        from docplatform.lake.writing import replace

        spec = self.spec(table)
        if not where:
            raise ValueError(f"Replacing every row of {spec.name} isn't offered: say which by `where`.")
        return replace(self._address(spec), checked(spec, rows), where, run_id)

    def remove(
        self, table: TableSpec | str, document_ids: Sequence[str], *, where: Mapping[str, str], run_id: str
    ) -> int:
        """Delete these documents' rows that have the values in ``where``, in as few commits as conditions allow.

        Returns the table's version. Raises ``TransientError``: the store failed, or other writers kept coming between.
        """
        from docplatform.lake.predicates import MAX_VALUES
        from docplatform.lake.writing import remove

        address = self._address(self.spec(table))
        fixed = {name: [value] for name, value in where.items()}
        return max(
            remove(address, {**fixed, "document_id": document_ids[start : start + MAX_VALUES]}, run_id)
            for start in range(0, len(document_ids), MAX_VALUES)
        )

    def erase(self, table: TableSpec | str, document_id: str, lake_partition: str | None, *, run_id: str) -> Erased:
        """Delete a document's rows so that no file of any version holds them; see ``lake.erasing.erase``."""
        from docplatform.lake.erasing import Erased, erase

        address = self._address(self.spec(table))
        return erase(address, document_id, lake_partition, run_id) if address.exists() else Erased(0, 0)

    def version(self, table: TableSpec | str) -> int | None:
        """The table's current version, None where it was never written."""
        found = self._current(self.spec(table))
        return None if found is None else found.version()

    def row_counts(self, table: TableSpec | str, *, lake_partitions: Sequence[str] | None = None) -> dict[str, int]:
        """Rows by value of the column the table is laid out by (mostly lake partition), without reading data."""
        from docplatform.lake.reading import row_counts

        spec = self.spec(table)
        return row_counts(spec, self._current(spec), lake_partitions)

    def schema_differences(self, table: TableSpec | str) -> list[str]:
        """Where the stored table differs from its contract, a line each; none where it was never written."""
        from docplatform.lake.delta import schema_differences

        spec = self.spec(table)
        found = self._current(spec)
        return [] if found is None else schema_differences(spec, found)

    def uri(self, table: TableSpec | str) -> str:
        """An address of the table that a person or another program can open."""
        return self._blob_store.uri(f"{self._prefix}/{self.spec(table).name}")

    def maintain(
        self,
        table: TableSpec | str,
        *,
        keep_versions: Sequence[int] = (),
        retention_hours: int = 168,
        run_id: str = "maintenance",
    ) -> MaintenanceReport | None:
        """Merge small files and delete those that no kept version needs; None where it was never written.

        ``keep_versions`` (those that frozen datasets are pinned to) stay readable whatever their age, all versions
        stay for ``retention_hours``.
        """
        from docplatform.lake.writing import maintain

        address = self._address(self.spec(table))
        return maintain(address, keep_versions, retention_hours, run_id) if address.exists() else None

    def sql(self, query: str) -> pa.Table:
        """The result of one SELECT over the lake's tables by name, in DuckDB's dialect. Read-only, no network.

        Raises:
            ConfigurationError: the query is wrong; the message lists tables and columns where it helps.
        """
        from docplatform.lake.sql import run_query

        return run_query({name: self._address(spec) for name, spec in TABLES.items()}, query)

    def spec(self, table: TableSpec | str) -> TableSpec:
        """The table's spec. Raises ``KeyError`` naming the tables there are."""
        if isinstance(table, TableSpec):
            return table
        if table not in TABLES:
            raise KeyError(f"There is no table {table!r}: the lake holds {', '.join(TABLES)}.")
        return TABLES[table]

    def _current(self, spec: TableSpec) -> DeltaTable | None:
        return self._open_tables.current(self._address(spec))

    @cached_property
    def _open_tables(self) -> OpenTables:
        from docplatform.lake.delta import OpenTables

        return OpenTables()

    def _address(self, spec: TableSpec) -> TableAddress:
        from docplatform.lake.delta import TableAddress

        return TableAddress(spec, f"{self._prefix}/{spec.name}", self._blob_store)
