"""Reading tables, and keeping them open."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from docplatform.errors import ConfigurationError, TransientError
from docplatform.lake.arrow import rows_to_table
from docplatform.lake.lake import Lake
from docplatform.lake.tables import (
    PREDICTIONS,
)
from docplatform.storage.base import BlobInfo, TableLocation
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.lake.keyed import OTHER, by_key
from docplatform_tests.lake.rows import NOW, PARTITION, prediction_row


def test_importing_the_lake_loads_nothing_heavy() -> None:
    code = (
        "import docplatform.lake.lake, docplatform.lake.quarantine, docplatform.lake.incremental, sys; "
        "print([m for m in ('pyarrow', 'deltalake', 'duckdb', 'pandas', 'obstore') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class TestReading:
    def test_a_table_never_written_is_empty_with_its_schema(self, lake: Lake) -> None:
        table = lake.read("predictions", columns=["confidence", "document_id"])
        assert (table.num_rows, table.column_names) == (0, ["confidence", "document_id"])
        assert lake.read(PREDICTIONS).column_names == [column.name for column in PREDICTIONS.columns]
        assert lake.version("predictions") is None
        assert lake.row_counts("predictions") == {}
        assert lake.schema_differences("predictions") == []
        assert lake.maintain("predictions") is None

    @pytest.fixture
    def filled(self, lake: Lake) -> Lake:
        rows = [prediction_row(n, category=None if n % 2 else "even") for n in range(6)]
        rows += [prediction_row(n, "q", lake_partition=OTHER, model_version=2) for n in range(10, 13)]
        lake.upsert(PREDICTIONS, rows, run_id="r")
        return lake

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ({}, {0, 1, 2, 3, 4, 5, 10, 11, 12}),
            ({"lake_partitions": [OTHER]}, {10, 11, 12}),
            ({"lake_partitions": [OTHER, PARTITION, "acme/x/2020-01-01"]}, {0, 1, 2, 3, 4, 5, 10, 11, 12}),
            ({"lake_partitions": []}, set()),
            ({"lake_partitions": ["nobody/pdf/2026-11-20"]}, set()),
            ({"where": {"project": "q"}}, {10, 11, 12}),
            ({"where": {"model_version": 2}}, {10, 11, 12}),
            ({"where": {"abstained": True}}, set()),
            ({"where": {"confidence": 0.25, "project": ["p"]}}, {0, 1, 2, 3, 4, 5}),
            ({"where": {"document_id": ["doc-1", "doc-12", "nobody"]}}, {1, 12}),
            ({"where": {"document_id": []}}, set()),
            ({"where": {"category": None}}, {1, 3, 5, 10, 11, 12}),
            ({"where": {"category": ["even", None]}, "lake_partitions": [PARTITION]}, {0, 1, 2, 3, 4, 5}),
            ({"where": {"processed_at": NOW}}, {0, 1, 2, 3, 4, 5, 10, 11, 12}),
            ({"where": {"processed_at": NOW + timedelta(microseconds=1)}}, set()),
            ({"where": {"document_id": [f"doc-{n}" for n in range(2, 5_000)]}}, {2, 3, 4, 5, 10, 11, 12}),
            ({"where": {"document_id": {f"doc-{n}" for n in range(2)}}}, {0, 1}),
        ],
    )
    def test_only_rows_that_meet_every_condition(
        self, filled: Lake, arguments: dict[str, Any], expected: set[int]
    ) -> None:
        rows = filled.read_rows("predictions", **arguments)
        assert sorted(int(row["document_id"][4:]) for row in rows) == sorted(expected)
        columns = filled.read_rows("predictions", **arguments, columns=["confidence", "document_id"])
        assert all(list(row) == ["confidence", "document_id"] for row in columns)
        assert len(columns) == len(rows)

    def test_what_is_read_has_the_types_of_the_contract(self, filled: Lake) -> None:
        assert filled.read(PREDICTIONS).schema == rows_to_table(PREDICTIONS, []).schema
        assert by_key(filled.read_rows(PREDICTIONS))[1] == prediction_row(1)

    def test_unknown_names_are_told(self, filled: Lake) -> None:
        with pytest.raises(KeyError, match="no table 'nope': the lake holds raw_blobs"):
            filled.read("nope")
        with pytest.raises(KeyError, match="no column 'nope'"):
            filled.read("predictions", where={"nope": 1})
        with pytest.raises(KeyError, match="nope"):
            filled.read("predictions", columns=["nope"])

    def test_a_version_is_read_as_it_was(self, filled: Lake) -> None:
        before = filled.version(PREDICTIONS)
        filled.upsert(PREDICTIONS, [prediction_row(0, model_version=7)], run_id="r")
        then = filled.read_rows(PREDICTIONS, where={"document_id": "doc-0"}, version=before)
        assert [row["model_version"] for row in then] == [1]
        with pytest.raises(ConfigurationError, match="Version 99 of predictions"):
            filled.read(PREDICTIONS, version=99)

    def test_rows_are_counted_by_lake_partition_from_the_log(self, filled: Lake) -> None:
        assert filled.row_counts("predictions") == {PARTITION: 6, OTHER: 3}
        assert filled.row_counts("predictions", lake_partitions=[OTHER, "x"]) == {OTHER: 3}

    def test_a_table_that_is_there_but_does_not_open_is_never_taken_for_new(self, filled: Lake, tmp_path: Path) -> None:
        log = tmp_path / "home/lake/tables/predictions/_delta_log"
        (log / f"{0:020}.json").rename(log / "hidden.json")
        for use in (
            lambda: filled.read("predictions"),
            lambda: filled.upsert(PREDICTIONS, [prediction_row(1)], run_id="r"),
        ):
            with pytest.raises(TransientError, match="can't be opened"):
                use()
        with pytest.raises(TransientError, match="can't be opened"):
            Lake(LocalBlobStore(tmp_path / "home")).version("predictions")
        (log / "hidden.json").rename(log / f"{0:020}.json")
        assert len(filled.read_rows("predictions")) == 9

    def test_an_empty_log_is_a_new_table_a_log_without_its_beginning_is_not(self, tmp_path: Path) -> None:
        class Store(LocalBlobStore):
            found: list[BlobInfo] = []  # noqa: RUF012 - one test

            def list(self, prefix: str) -> Any:
                return iter(self.found)

        store = Store(tmp_path)
        assert Lake(store).version("predictions") is None
        store.found = [BlobInfo("x", 1, NOW)]
        with pytest.raises(TransientError, match="there but can't be opened"):
            Lake(store).version("predictions")

    def test_data_that_is_gone_is_no_empty_table(self, filled: Lake, tmp_path: Path) -> None:
        for file in (tmp_path / "home").rglob("*.parquet"):
            file.unlink()
        with pytest.raises(TransientError, match="can't be read"):
            filled.read("predictions")


class TestTablesKeptOpen:
    def test_what_others_commit_is_read_at_once(self, lake: Lake, tmp_path: Path) -> None:
        other = Lake(LocalBlobStore(tmp_path / "home"))
        for n in range(3):
            other.upsert(PREDICTIONS, [prediction_row(n)], run_id="r")
            assert len(lake.read_rows(PREDICTIONS)) == n + 1
            assert lake.version(PREDICTIONS) == other.version(PREDICTIONS)

    def test_a_home_that_is_reset_under_a_living_lake_is_empty(self, lake: Lake, tmp_path: Path) -> None:
        for n in range(3):
            lake.upsert(PREDICTIONS, [prediction_row(n)], run_id="r")
        assert len(lake.read_rows(PREDICTIONS)) == 3
        shutil.rmtree(tmp_path / "home/lake")
        assert lake.read_rows(PREDICTIONS) == []
        lake.upsert(PREDICTIONS, [prediction_row(7)], run_id="r")
        assert [row["document_id"] for row in lake.read_rows(PREDICTIONS)] == ["doc-7"]

    def test_a_commit_that_cannot_be_taken_in_is_told(self, lake: Lake, tmp_path: Path) -> None:
        version = lake.upsert(PREDICTIONS, [prediction_row(1)], run_id="r")
        assert len(lake.read_rows(PREDICTIONS)) == 1
        (tmp_path / f"home/lake/tables/predictions/_delta_log/{version + 1:020}.json").write_text("{no commit")
        with pytest.raises(TransientError, match="can't be opened"):
            lake.read_rows(PREDICTIONS)

    def test_a_table_is_opened_anew_once_its_credentials_change(self, tmp_path: Path) -> None:
        tokens = ["first", "first", "second"]

        class Store(LocalBlobStore):
            def table_location(self, path: str) -> TableLocation:
                return replace(super().table_location(path), storage_options={"token": tokens[0]})

        lake = Lake(Store(tmp_path))
        lake.upsert(PREDICTIONS, [prediction_row(1)], run_id="r")
        opened = []
        while tokens:
            assert len(lake.read_rows(PREDICTIONS)) == 1
            ((_, table),) = lake._open_tables._opened.values()
            opened.append(table)
            tokens.pop(0)
        assert opened[0] is opened[1] is not opened[2]
