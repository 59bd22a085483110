from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docplatform.lake import tables_doc
from docplatform.lake.arrow import ARROW_TYPES
from docplatform.lake.tables import TABLES, Column, TableSpec

DOCUMENT = Path(__file__).parents[2] / "docs" / "tables.md"


def test_docs_tables_md_says_what_the_contracts_say() -> None:
    current = tables_doc.tables_markdown(TABLES.values())
    if DOCUMENT.read_text(encoding="utf-8") != current:
        pytest.fail(f"docs/tables.md is stale: run `{tables_doc.COMMAND}` and commit it")


def test_every_table_column_and_type_is_described() -> None:
    text = tables_doc.tables_markdown(TABLES.values())
    for spec in TABLES.values():
        section = text.split(f"\n## {spec.name}\n")[1].split("\n## ")[0]
        for column in spec.columns:
            assert f"| `{column.name}` | `{column.type}` | " in section
            assert column.description.endswith((".", "`", "…")), (spec.name, column.name)
    types = text.split("\n## Types\n")[1]
    assert all(f"| `{name}` |" in types for name in ARROW_TYPES)


def test_a_bar_in_a_description_breaks_no_table() -> None:
    spec = TableSpec("t", "Either | or.", (Column("a", "string", "x | y.", nullable=True),), key=("a",))
    text = tables_doc.tables_markdown([spec])
    assert "| `a` | `string` | x \\| y. *Optional.* |" in text
    assert "Key: `a`.\n" in text


def test_the_command_writes_the_file_it_is_told(tmp_path: Path) -> None:
    target = tmp_path / "new" / "tables.md"
    done = subprocess.run(
        [sys.executable, "-m", "docplatform.lake.tables_doc", str(target)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"wrote {target}\n"
    assert target.read_text(encoding="utf-8") == tables_doc.tables_markdown(TABLES.values())


def test_without_a_file_it_is_the_one_in_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(tables_doc.main([])) == [Path("docs/tables.md")]
    assert (tmp_path / "docs/tables.md").is_file()
