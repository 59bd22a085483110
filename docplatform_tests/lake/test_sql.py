from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from docplatform.errors import ConfigurationError
from docplatform.lake.lake import Lake
from docplatform.lake.tables import PREDICTIONS
from docplatform.storage.base import TableLocation
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.lake.rows import prediction_row, routed_row


@pytest.fixture
def filled(lake: Lake) -> Lake:
    lake.upsert("predictions", [prediction_row(n, model_version=n) for n in range(4)], run_id="r")
    lake.upsert("routed_documents", [routed_row(n) for n in range(2)], run_id="r")
    return lake


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select count(*) n from predictions", [{"n": 4}]),
        ("SELECT COUNT(*) AS n FROM Predictions;", [{"n": 4}]),
        ("select sum(size) s from predictions join routed_documents using (document_id)", [{"s": 1}]),
        ("select count(*) n from predictions a, predictions b", [{"n": 16}]),
        ("with x as (from predictions select entities[1].category c) select distinct c from x", [{"c": "e"}]),
        ("select count(*) n from ocr_text", [{"n": 0}]),
        ("select max(processed_at)::varchar t from predictions", [{"t": "2026-11-20 12:00:00.123456+00"}]),
        ("select lake_partition p from predictions where model_version = 3", [{"p": "acme/pdf/2026-11-20"}]),
        ("select 1 one", [{"one": 1}]),
    ],
)
def test_tables_are_queried_by_name(filled: Lake, query: str, rows: list[dict[str, object]]) -> None:
    assert filled.sql(query).to_pylist() == rows


def test_a_column_added_to_the_contract_is_null_in_tables_of_before(lake: Lake) -> None:
    older = replace(PREDICTIONS, columns=tuple(c for c in PREDICTIONS.columns if c.name not in ("name", "entities")))
    rows = [{k: v for k, v in prediction_row(n).items() if k not in ("name", "entities")} for n in range(2)]
    lake.upsert(older, rows, run_id="r")
    query = "select count(*) n, count(name) named, count(entities) found, any_value(typeof(name)) t from predictions"
    assert lake.sql(query).to_pylist() == [{"n": 2, "named": 0, "found": 0, "t": "VARCHAR"}]


def test_a_query_can_be_explained(filled: Lake) -> None:
    assert filled.sql("explain select name from predictions").num_rows > 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select nope from predictions", "nope(.|\n)*predictions: document_id, lake_partition"),
        ("select * from nope", "nope(.|\n)*Tables: raw_blobs, routed_documents"),
        ("selec 1", "syntax error"),
        ("", "Give one SELECT"),
        ("select 1; select 2", "Give one SELECT"),
        ("drop view predictions", "Give one SELECT"),
        ("insert into predictions select * from predictions", "Give one SELECT"),
        ("create table x as select 1", "Give one SELECT"),
        ("copy (select 1) to 'x.csv'", "Give one SELECT"),
        ("attach 'x.db'", "Give one SELECT"),
        ("install httpfs", "Give one SELECT"),
        ("set enable_external_access = true", "Give one SELECT"),
        ("select * from read_csv('/etc/passwd')", "file system operations are disabled"),
        ("select * from '/etc/passwd'", "wrong"),
        ("select * from read_text('https://example.org')", "wrong"),
    ],
)
def test_anything_but_a_select_over_the_tables_is_refused_with_help(filled: Lake, query: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        filled.sql(query)


def test_tables_that_no_disk_holds_are_streamed_again_for_each_scan(tmp_path: Path) -> None:
    @dataclass
    class FileUrls:
        """A disk that names its tables by URL, as clouds do."""

        store: LocalBlobStore

        def __getattr__(self, name: str) -> object:
            return getattr(self.store, name)

        def table_location(self, path: str) -> TableLocation:
            return TableLocation(self.store.uri(path))

    lake = Lake(FileUrls(LocalBlobStore(tmp_path)))  # type: ignore[arg-type]
    lake.upsert("predictions", [prediction_row(n) for n in range(3)], run_id="r")
    query = "select count(*) n, max(a.name) m from predictions a join predictions b using (document_id)"
    assert lake.sql(query).to_pylist() == [{"n": 3, "m": "name 2.pdf"}]


def test_a_process_that_queried_and_read_ends_well(filled: Lake, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from docplatform.lake.lake import Lake
from docplatform.storage.local import LocalBlobStore
lake = Lake(LocalBlobStore(Path(sys.argv[1])))
rows = lake.sql("select * from predictions").to_pylist() + lake.read_rows("predictions", where={"project": "p"})
print(len(rows))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "home")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "8\n", "")
