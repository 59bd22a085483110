"""What a table's contract is made of: columns and specs. Descriptions only, cheap to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``type`` is one of the names that ``lake.arrow`` turns into an Arrow type."""

    name: str
    type: str
    description: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table: ``key`` names the columns that identify a row, ``partition_by`` the column it is laid out by."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column called ``name``. Raises ``KeyError``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


DOCUMENT_ID = Column("document_id", "string", "Id of the document: same bytes of the same customer, same id.")
