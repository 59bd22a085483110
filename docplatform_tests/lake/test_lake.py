from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from docplatform.errors import ConfigurationError, TransientError
from docplatform.lake import delta
from docplatform.lake.arrow import RowError, rows_to_table
from docplatform.lake.lake import Lake
from docplatform.lake.predicates import literal, rows_with
from docplatform.lake.tables import (
    CHAMPION_MODEL,
    DRIFT_REPORT,
    EVALUATION_ERRORS,
    PREDICTIONS,
    QUARANTINE,
    Column,
    TableSpec,
)
from docplatform.storage.base import BlobInfo, TableLocation
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.lake.rows import NOW, PARTITION, prediction_row

OTHER = "acme/png/2026-11-20"


def by_key(rows: list[dict[str, Any]], spec: TableSpec = PREDICTIONS) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in spec.key))


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


class TestUpserting:
    def test_rows_are_inserted_and_replaced_by_key_in_one_commit(self, lake: Lake) -> None:
        first = lake.upsert("predictions", [prediction_row(n) for n in range(4)], run_id="one")
        second = lake.upsert(
            "predictions", [prediction_row(3, model_version=2), prediction_row(3, "q"), prediction_row(4)], run_id="two"
        )
        assert second == first + 1
        expected = [prediction_row(n) for n in (0, 1, 2, 4)] + [
            prediction_row(3, model_version=2),
            prediction_row(3, "q"),
        ]
        assert by_key(lake.read_rows(PREDICTIONS)) == by_key(expected)

    def test_doing_it_again_changes_nothing(self, lake: Lake) -> None:
        rows = [prediction_row(n) for n in range(4)]
        for _ in range(3):
            lake.upsert(PREDICTIONS, rows, run_id="r")
            assert by_key(lake.read_rows(PREDICTIONS)) == rows

    def test_the_commit_tells_the_run(self, lake: Lake) -> None:
        lake.upsert(PREDICTIONS, [prediction_row(1)], run_id="run-7")
        lake.upsert(PREDICTIONS, [prediction_row(n) for n in range(1_100)], run_id="run-8")
        table = DeltaTable(lake.uri("predictions"))
        assert [commit.get("run_id") for commit in table.history()] == ["run-8", "run-7", None]

    def test_no_rows_make_the_table_and_no_commit(self, lake: Lake) -> None:
        assert lake.upsert(PREDICTIONS, [], run_id="r") == lake.upsert(PREDICTIONS, [], run_id="r") == 0

    @pytest.mark.parametrize("count", [1_000, 1_001, 20_000], ids=["condition", "merge", "many"])
    def test_many_rows_at_once(self, lake: Lake, count: int) -> None:
        lake.upsert(PREDICTIONS, [prediction_row(n, model_version=9) for n in range(500, 600)], run_id="r")
        rows = [prediction_row(n, lake_partition=OTHER if n >= 600 else PARTITION) for n in range(count)]
        lake.upsert(PREDICTIONS, rows_to_table(PREDICTIONS, rows), run_id="r")
        found = lake.read(PREDICTIONS, columns=["document_id", "model_version"])
        assert sorted(found["document_id"].to_pylist()) == sorted(f"doc-{n}" for n in range(count))
        assert set(found["model_version"].to_pylist()) == {1}

    def test_a_key_twice_in_a_call_is_refused_and_nothing_written(self, lake: Lake) -> None:
        with pytest.raises(RowError, match=r"several rows of one call, like \{'document_id': 'doc-1'"):
            lake.upsert(PREDICTIONS, [prediction_row(1), prediction_row(2), prediction_row(1)], run_id="r")
        assert lake.version(PREDICTIONS) is None

    @pytest.mark.parametrize(
        "text",
        ["o'clock", "back\\slash", "new\nline", "☃ ü", "a;--", "${x} %s _", "\x00 nul", "", "'", '"', "''"],
    )
    def test_keys_may_hold_any_text(self, lake: Lake, text: str) -> None:
        def row(context: str) -> dict[str, Any]:
            values = dict.fromkeys(("project", "dataset_version", "expected", "predicted"), text)
            return {
                "model_version": 1,
                "document_id": "d",
                "context": context,
                "run_id": "r",
                **values,
                "project": "p" + text,
            }

        for context in ("old", "new"):
            lake.upsert(EVALUATION_ERRORS, [row(context)], run_id="r")
        assert lake.read_rows(EVALUATION_ERRORS, where={"expected": text, "project": "p" + text}) == [row("new")]
        assert lake.row_counts(EVALUATION_ERRORS) == {"p" + text: 1}

    def test_a_time_may_be_part_of_the_key(self, lake: Lake) -> None:
        def row(microseconds: int, reason: str) -> dict[str, Any]:
            values = {column.name: None for column in DRIFT_REPORT.columns if column.nullable}
            counts = {"model_version": 1, "reference_count": 1, "current_count": 1, "alarm": False, "run_id": "r"}
            at = NOW + timedelta(microseconds=microseconds)
            return values | counts | {"project": "p", "checked_at": at, "reason": reason}

        lake.upsert(DRIFT_REPORT, [row(0, "a"), row(1, "b")], run_id="r")
        lake.upsert(DRIFT_REPORT, [row(1, "c"), row(2, "d")], run_id="r")
        assert sorted(row["reason"] for row in lake.read_rows(DRIFT_REPORT)) == ["a", "c", "d"]

    def test_a_column_added_to_the_contract_is_null_in_the_rows_of_before(self, lake: Lake) -> None:
        older = replace(PREDICTIONS, columns=tuple(c for c in PREDICTIONS.columns if c.name != "name"))
        old = [{key: value for key, value in prediction_row(n).items() if key != "name"} for n in range(2)]
        lake.upsert(older, old, run_id="r")
        assert lake.schema_differences(PREDICTIONS) == ["name is missing"]
        assert {row["name"] for row in lake.read_rows(PREDICTIONS)} == {None}
        assert lake.read_rows(PREDICTIONS, where={"name": "x"}) == []
        lake.upsert(PREDICTIONS, [prediction_row(1)], run_id="r")
        assert [row["name"] for row in by_key(lake.read_rows(PREDICTIONS))] == [None, "name 1.pdf"]
        assert lake.schema_differences(PREDICTIONS) == []

    def test_a_nullable_column_may_be_missing_until_the_next_write(self, lake: Lake) -> None:
        older = replace(PREDICTIONS, columns=tuple(c for c in PREDICTIONS.columns if c.name != "category"))
        lake.upsert(older, [{k: v for k, v in prediction_row(0).items() if k != "category"}], run_id="r")
        assert PREDICTIONS.column("category").nullable
        assert lake.schema_differences(PREDICTIONS) == []
        assert {row["category"] for row in lake.read_rows(PREDICTIONS)} == {None}

    def test_a_stored_table_that_differs_is_told(self, lake: Lake) -> None:
        columns = [replace(c, type="string") if c.name == "confidence" else c for c in PREDICTIONS.columns]
        other = replace(PREDICTIONS, columns=(*columns, Column("more", "bool", "")), partition_by=("project",))
        lake.upsert(other, [], run_id="r")
        assert lake.schema_differences(PREDICTIONS) == [
            "confidence is string, should be double",
            "more is not in the contract",
            "it is laid out by ('project',), should be ('lake_partition',)",
        ]


class TestReplacing:
    def test_rows_with_the_values_go_and_others_stay(self, lake: Lake) -> None:
        lake.upsert(PREDICTIONS, [prediction_row(n, project) for n in range(3) for project in "pq"], run_id="r")
        before = lake.version(PREDICTIONS)
        after = lake.replace(PREDICTIONS, [prediction_row(7)], where={"project": "p", "model_version": 1}, run_id="r")
        assert after == (before or 0) + 1
        assert {(row["document_id"], row["project"]) for row in lake.read_rows(PREDICTIONS)} == {
            ("doc-7", "p"),
            *((f"doc-{n}", "q") for n in range(3)),
        }

    def test_replacing_by_nothing_deletes_and_works_on_a_table_never_written(self, lake: Lake) -> None:
        lake.replace(PREDICTIONS, [], where={"project": "p"}, run_id="r")
        lake.upsert(PREDICTIONS, [prediction_row(1), prediction_row(1, "q")], run_id="r")
        lake.replace(PREDICTIONS, [], where={"project": "p"}, run_id="r")
        assert [row["project"] for row in lake.read_rows(PREDICTIONS)] == ["q"]

    def test_rows_outside_and_conditions_of_nothing_are_refused(self, lake: Lake) -> None:
        with pytest.raises(RowError, match="project='q'"):
            lake.replace(PREDICTIONS, [prediction_row(1)], where={"project": "q"}, run_id="r")
        with pytest.raises(ValueError, match="say which by `where`"):
            lake.replace(PREDICTIONS, [prediction_row(1)], where={}, run_id="r")
        with pytest.raises(RowError, match="several rows"):
            lake.replace(PREDICTIONS, [prediction_row(1), prediction_row(1)], where={"project": "p"}, run_id="r")
        assert lake.version(PREDICTIONS) is None


class TestMaintaining:
    def test_small_files_become_one_and_pinned_versions_stay_readable(self, lake: Lake) -> None:
        versions = [lake.upsert(PREDICTIONS, [prediction_row(n)], run_id="r") for n in range(6)]
        pinned, unpinned = versions[2], versions[3]
        report = lake.maintain(PREDICTIONS, keep_versions=[pinned, 10_000], retention_hours=0)
        assert report is not None
        assert (report.files_before, report.files_after) == (6, 1)
        assert report.files_vacuumed == 3  # those of versions 4 to 6: the pinned one needs the first three
        assert len(lake.read_rows(PREDICTIONS)) == 6
        assert len(lake.read_rows(PREDICTIONS, version=pinned)) == 3
        with pytest.raises(TransientError, match="can't be read"):
            lake.read_rows(PREDICTIONS, version=unpinned)

    def test_recent_versions_stay_readable(self, lake: Lake) -> None:
        versions = [lake.upsert(PREDICTIONS, [prediction_row(1, model_version=n)], run_id="r") for n in range(4)]
        report = lake.maintain(PREDICTIONS, retention_hours=1)
        assert report is not None
        assert report.files_vacuumed == 0
        for n, version in enumerate(versions):
            assert [row["model_version"] for row in lake.read_rows(PREDICTIONS, version=version)] == [n]

    def test_logs_are_kept_for_as_long_as_a_dataset_may_be_pinned(self, lake: Lake) -> None:
        lake.upsert(PREDICTIONS, [], run_id="r")
        log = json.loads(lake._blob_store.get(f"lake/tables/predictions/_delta_log/{0:020}.json").splitlines()[-1])
        configuration = json.dumps(log) + json.dumps(DeltaTable(lake.uri("predictions")).metadata().configuration)
        assert "interval 36500 days" in configuration


class TestCommitting:
    def test_a_commit_that_others_came_before_is_tried_again_with_jitter(self) -> None:
        slept: list[float] = []
        attempts = iter([CommitFailedError("conflict")] * 9 + [None])

        def commit() -> str:
            problem = next(attempts)
            if problem:
                raise problem
            return "done"

        assert delta.committed("t", commit, sleep=slept.append) == "done"
        assert len(slept) == 9
        assert all(0 <= seconds <= delta.LAST_BACKOFF_SECONDS for seconds in slept)

    def test_it_gives_up_in_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def commit() -> None:
            raise CommitFailedError("conflict")

        monkeypatch.setattr(delta, "COMMIT_SECONDS", -1)
        with pytest.raises(TransientError, match="Other writers kept changing t"):
            delta.committed("t", commit)

    @pytest.mark.parametrize(
        ("problem", "expected"),
        [
            (DeltaError("disk on fire"), TransientError),
            (OSError("timed out"), TransientError),
            (OSError("GET … 403 Forbidden"), ConfigurationError),
            (DeltaError("\x1b[31m401 Unauthorized\x1b[0m"), ConfigurationError),
        ],
    )
    def test_the_stores_failures_are_told_apart(self, problem: Exception, expected: type[Exception]) -> None:
        def commit() -> None:
            raise problem

        with pytest.raises(expected, match="The commit to t failed") as caught:
            delta.committed("t", commit)
        assert "\x1b" not in str(caught.value)


class TestConditions:
    def test_keys_alike_but_for_one_column_are_named_together(self) -> None:
        keys = [{"document_id": f"d{n}", "stage": "ocr", "scope": scope} for scope in ("", "p") for n in range(2)]
        assert rows_with(keys) == (
            "(stage = 'ocr' AND scope = '' AND document_id IN ('d0', 'd1'))"
            " OR (stage = 'ocr' AND scope = 'p' AND document_id IN ('d0', 'd1'))"
        )

    def test_no_condition_grows_so_long_that_parsing_it_takes_the_process_down(self) -> None:
        assert rows_with([{"a": n} for n in range(1_000)]) is not None
        assert rows_with([{"a": n} for n in range(1_001)]) is None
        assert rows_with([{"a": n, "b": n} for n in range(65)]) is None

    @pytest.mark.parametrize(
        ("value", "expected"),
        [("it's", "'it''s'"), (7, "7"), (-1.5, "-1.5"), (True, "true"), (False, "false")],
    )
    def test_literals(self, value: object, expected: str) -> None:
        assert literal(value) == expected

    def test_what_no_column_holds_is_no_literal(self) -> None:
        with pytest.raises(TypeError, match="can't stand in a condition"):
            literal(b"x")

    def test_every_tables_keys_can_be_named(self) -> None:
        for spec in (PREDICTIONS, QUARANTINE, CHAMPION_MODEL, DRIFT_REPORT):
            assert {spec.column(name).type for name in spec.key} <= {"string", "int64", "timestamp"}
