"""Writes ``docs/tables.md`` from the table contracts: ``python -m docplatform.lake.tables_doc [FILE]``.

Belongs here: how a contract reads. Doesn't: the contracts (``tables``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from docplatform.lake.tables import TABLES, Column, TableSpec

DEFAULT_FILE = Path("docs/tables.md")
COMMAND = "python -m docplatform.lake.tables_doc"

_TYPES = {
    "string": "UTF-8 text",
    "int64": "64-bit integer",
    "float64": "double",
    "bool": "true or false",
    "timestamp": "microseconds, UTC",
    "list<string>": "list of UTF-8 texts",
    "list<int64>": "list of 64-bit integers",
    "entities": "list of structs `category: string, text: string, offset: int64, length: int64, confidence: float64`; "
    "`offset` and `length` count Unicode code points",
    "categories": "list of structs `category: string, confidence: float64`; most confident first",
    "words": "list of structs `offset: int64, length: int64, page: int64, left: double, top: double, right: double, "
    "bottom: double`; boxes in fractions of the page's width and height",
    "fields": "list of structs `name: string, content: string, value: string, confidence: float64, spans: list of "
    "(offset: int64, length: int64)`",
    "parts": "list of structs `category: string, first_page: int64, last_page: int64, confidence: float64`",
}

_HEAD = f"""# The lake's tables

<!-- Generated from docplatform/lake/tables.py by `{COMMAND}`: change it there. -->

Every table is a Delta table below `lake/tables/<name>/` of the home folder, or of the container. Names, types and
meanings are a public contract: columns are added, never renamed or given another meaning. `docplatform sql` queries
them by name; any Delta reader reads them in place.

A column added later is null in the rows of before. Columns marked *optional* may be null, others never are otherwise.
Hashes are SHA-256 in hex unless said; times are UTC.
"""


def tables_markdown(specs: Iterable[TableSpec]) -> str:
    """The whole document."""
    chosen = list(specs)
    parts = [_HEAD, _contents(chosen), *(_table(spec) for spec in chosen), _types()]
    return "\n".join(parts)


def _contents(specs: Iterable[TableSpec]) -> str:
    lines = [f"| [{spec.name}](#{spec.name}) | {_cell(spec.description)} |" for spec in specs]
    return "\n".join(["| table | |", "|---|---|", *lines, ""])


def _table(spec: TableSpec) -> str:
    layout = f" Laid out by {_names(spec.partition_by)}." if spec.partition_by else ""
    lines = [f"## {spec.name}", "", f"{spec.description} Key: {_names(spec.key)}.{layout}", ""]
    return "\n".join([*lines, "| column | type | |", "|---|---|---|", *map(_column, spec.columns), ""])


def _column(column: Column) -> str:
    optional = " *Optional.*" if column.nullable else ""
    return f"| `{column.name}` | `{column.type}` | {_cell(column.description)}{optional} |"


def _types() -> str:
    lines = [f"| `{name}` | {meaning} |" for name, meaning in _TYPES.items()]
    return "\n".join(["## Types", "", "| type | |", "|---|---|", *lines, ""])


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: list[str]) -> Iterator[Path]:
    """Write the document to the file named, else to ``docs/tables.md``; yields what was written."""
    for file in [Path(argument) for argument in arguments] or [DEFAULT_FILE]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(tables_markdown(TABLES.values()), encoding="utf-8")
        yield file


if __name__ == "__main__":
    for written in main(sys.argv[1:]):
        print(f"wrote {written}")
