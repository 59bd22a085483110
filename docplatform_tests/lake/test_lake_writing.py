"""Writing tables: upserts, replacing, maintenance, commits, conditions."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
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
)
from docplatform_tests.lake.keyed import OTHER, by_key
from docplatform_tests.lake.rows import NOW, PARTITION, prediction_row


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
