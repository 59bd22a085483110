from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from docplatform.errors import ReasonCode, TransientError
from docplatform.lake.incremental import StageContractError, pending_counts, run_stage
from docplatform.lake.lake import Lake
from docplatform.lake.quarantine import EntryState, dismiss, find_entries, open_entries, replay
from docplatform.lake.stages import Failed, Made, Row, StageReport
from docplatform.lake.tables import PREDICTIONS, QUARANTINE
from docplatform_tests.lake.stage import BAD, BUSY, GOOD, MISFIT, FakeStage, made_values

ONE, TWO = "acme/pdf/2026-11-20", "acme/png/2026-11-20"


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage({ONE: ["a", "b", "c"], TWO: ["d"]})


def account(report: StageReport) -> dict[str, int]:
    names = ("upstream", "current", "made", "quarantined", "failed", "waiting")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def made(lake: Lake, **where: Any) -> dict[str, str]:
    """Document id to run id of every row made."""
    return {row["document_id"]: row["run_id"] for row in lake.read_rows(PREDICTIONS, where=where)}


def state_of(lake: Lake, document_id: str) -> tuple[str, int]:
    (entry,) = find_entries(lake, document_ids=[document_id])
    return entry.state.value, entry.attempts


class TestPending:
    def test_a_first_pass_makes_every_row_and_a_second_none(self, lake: Lake, stage: FakeStage) -> None:
        first = run_stage(lake, stage, [ONE, TWO, ONE], run_id="r1")
        assert {key: account(report) for key, report in first.items()} == {
            ONE: {"upstream": 3, "made": 3},
            TWO: {"upstream": 1, "made": 1},
        }
        version = lake.version(PREDICTIONS)
        assert first[ONE].version == version
        second = run_stage(lake, stage, [ONE, TWO], run_id="r2")
        assert account(second[ONE]) == {"upstream": 3, "current": 3}
        assert second[ONE].version is None
        assert lake.version(PREDICTIONS) == version
        assert stage.calls == 1
        assert made(lake) == dict.fromkeys("abcd", "r1")

    def test_rows_carry_what_the_mechanism_knows(self, lake: Lake, stage: FakeStage) -> None:
        run_stage(lake, stage, [TWO], run_id="r1")
        (row,) = lake.read_rows(PREDICTIONS)
        own = ("document_id", "lake_partition", "project", "input_hash", "fingerprint", "run_id")
        assert [row[name] for name in own] == ["d", TWO, "p", "in", "f1", "r1"]
        assert row["processed_at"].utcoffset().total_seconds() == 0

    @pytest.mark.parametrize(
        ("change", "processed"),
        [
            pytest.param(lambda stage: stage.documents[ONE].append("e"), ["e"], id="a new document"),
            pytest.param(lambda stage: stage.inputs.update(b="changed"), ["b"], id="a changed input"),
            pytest.param(lambda stage: setattr(stage, "fingerprint", "f2"), ["a", "b", "c"], id="a changed engine"),
            pytest.param(lambda stage: setattr(stage, "scope", {"project": "q"}), ["a", "b", "c"], id="another scope"),
            pytest.param(lambda _: None, [], id="nothing"),
        ],
    )
    def test_only_what_changed_is_processed_again(
        self, lake: Lake, stage: FakeStage, change: Callable[[FakeStage], None], processed: list[str]
    ) -> None:
        run_stage(lake, stage, [ONE, TWO], run_id="r1")
        stage.processed.clear()
        change(stage)
        assert pending_counts(lake, stage, [ONE, TWO])[ONE] == len(processed)
        run_stage(lake, stage, [ONE], run_id="r2")
        assert stage.processed == processed
        assert len(lake.read_rows(PREDICTIONS, where=stage.scope)) == len(stage.documents[ONE]) + (
            stage.scope == {"project": "p"}
        )

    def test_no_partitions_and_empty_partitions_are_no_work(self, lake: Lake, stage: FakeStage) -> None:
        assert run_stage(lake, stage, [], run_id="r") == {}
        (report,) = run_stage(lake, stage, ["acme/x/2026-01-01"], run_id="r").values()
        assert account(report) == {}
        assert lake.version(PREDICTIONS) is None
        assert pending_counts(lake, stage, [ONE, "acme/x/2026-01-01"]) == {ONE: 3, "acme/x/2026-01-01": 0}


class TestQuarantine:
    def test_a_bad_document_disturbs_no_other_and_is_not_tried_again(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = BAD
        first = run_stage(lake, stage, [ONE], run_id="r1")[ONE]
        assert account(first) == {"upstream": 3, "made": 2, "quarantined": 1, "failed": 1}
        assert first.reasons == {"corrupt": 1}
        (entry,) = find_entries(lake)
        assert (entry.document_id, entry.stage, entry.scope, entry.name) == ("b", "predictions", "p", "b.pdf")
        assert (entry.reason, entry.message, entry.attempts, entry.state) == ("corrupt", "broken", 1, EntryState.OPEN)
        second = run_stage(lake, stage, [ONE], run_id="r2")[ONE]
        assert account(second) == {"upstream": 3, "current": 2, "quarantined": 1}
        assert second.reasons == {"corrupt": 1}
        assert stage.processed == ["a", "b", "c"]

    def test_a_changed_engine_or_input_tries_again_and_success_resolves(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = BAD
        run_stage(lake, stage, [ONE], run_id="r1")
        (first,) = find_entries(lake)
        stage.fingerprint = "f2"
        run_stage(lake, stage, [ONE], run_id="r2")
        (again,) = find_entries(lake)
        assert (again.attempts, again.first_failed_at, again.run_id) == (2, first.first_failed_at, "r2")
        stage.verdicts.clear()
        stage.inputs["b"] = "changed"
        report = run_stage(lake, stage, [ONE], run_id="r3")[ONE]
        assert account(report) == {"upstream": 3, "current": 2, "made": 1}
        assert state_of(lake, "b") == ("resolved", 2)

    def test_a_replayed_entry_is_tried_again_and_a_dismissed_one_is_not(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts.update(a=BAD, b=BAD)
        run_stage(lake, stage, [ONE], run_id="r1")
        assert [entry.document_id for entry in replay(lake, document_ids=["a"], run_id="me")] == ["a"]
        assert [entry.document_id for entry in dismiss(lake, open_entries(lake), note="", run_id="me")] == ["b"]
        stage.verdicts.clear()
        assert pending_counts(lake, stage, [ONE]) == {ONE: 1}
        report = run_stage(lake, stage, [ONE], run_id="r2")[ONE]
        assert account(report) == {"upstream": 3, "current": 1, "made": 1, "quarantined": 1}
        assert (state_of(lake, "a"), state_of(lake, "b")) == (("resolved", 1), ("dismissed", 1))

    def test_a_replayed_entry_that_fails_again_counts_another_attempt(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = BAD
        run_stage(lake, stage, [ONE], run_id="r1")
        replay(lake, stage="predictions", lake_partitions=[ONE], run_id="me")
        report = run_stage(lake, stage, [ONE], run_id="r2")[ONE]
        assert account(report) == {"upstream": 3, "current": 2, "quarantined": 1, "failed": 1}
        assert state_of(lake, "b") == ("open", 2)

    def test_trouble_after_a_resolved_one_is_new_trouble(self, lake: Lake, stage: FakeStage) -> None:
        for fingerprint, verdict in (("f1", BAD), ("f2", GOOD), ("f3", BAD)):
            stage.fingerprint, stage.verdicts["b"] = fingerprint, verdict
            run_stage(lake, stage, [ONE], run_id=fingerprint)
        assert state_of(lake, "b") == ("open", 1)

    def test_a_row_that_does_not_fit_its_table_is_quarantined_alone(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = MISFIT
        report = run_stage(lake, stage, [ONE], run_id="r1")[ONE]
        assert account(report) == {"upstream": 3, "made": 2, "quarantined": 1, "failed": 1}
        (entry,) = find_entries(lake)
        assert entry.reason == ReasonCode.ENGINE_ERROR
        assert "column confidence (float64): 'x'" in entry.message

    def test_scopes_have_entries_of_their_own(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = BAD
        run_stage(lake, stage, [ONE], run_id="r1")
        other = replace(stage, scope={"project": "q"}, verdicts={})
        assert account(run_stage(lake, other, [ONE], run_id="r2")[ONE]) == {"upstream": 3, "made": 3}
        assert state_of(lake, "b") == ("open", 1)


class TestAskingForDocuments:
    def test_exactly_those_are_processed_whatever_their_state(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = BAD
        run_stage(lake, stage, [ONE], run_id="r1")
        stage.documents[ONE] += ["new", "newer"]
        stage.verdicts.clear()
        stage.processed.clear()
        report = run_stage(lake, stage, [ONE], run_id="r2", document_ids=["a", "b", "new", "not of this partition"])[
            ONE
        ]
        assert stage.processed == ["a", "b", "new"]
        assert account(report) == {"upstream": 5, "current": 1, "made": 3, "waiting": 1}
        assert made(lake) == {"a": "r2", "b": "r2", "c": "r1", "new": "r2"}
        assert state_of(lake, "b") == ("resolved", 1)

    def test_the_quarantined_rest_stays_quarantined(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts["b"] = BAD
        run_stage(lake, stage, [ONE], run_id="r1")
        report = run_stage(lake, stage, [ONE], run_id="r2", document_ids=["a"])[ONE]
        assert account(report) == {"upstream": 3, "current": 1, "made": 1, "quarantined": 1}

    def test_a_current_document_that_fails_when_asked_for_keeps_its_row(self, lake: Lake, stage: FakeStage) -> None:
        run_stage(lake, stage, [ONE], run_id="r1")
        stage.verdicts["a"] = BAD
        report = run_stage(lake, stage, [ONE], run_id="r2", document_ids=["a"])[ONE]
        assert account(report) == {"upstream": 3, "current": 2, "quarantined": 1, "failed": 1}
        assert made(lake)["a"] == "r1"
        again = run_stage(lake, stage, [ONE], run_id="r3")[ONE]
        assert account(again) == {"upstream": 3, "current": 2, "quarantined": 1}


class TestTransientFailures:
    def test_the_rest_is_committed_then_the_first_is_told(self, lake: Lake, stage: FakeStage) -> None:
        stage.verdicts.update(a=BUSY, c=BUSY, b=BAD)
        with pytest.raises(
            TransientError, match=r"2 of 4 documents of predictions .* First: 'a.pdf' \(a\): service busy"
        ):
            run_stage(lake, stage, [ONE, TWO], run_id="r1")
        assert made(lake) == {"d": "r1"}
        assert [entry.document_id for entry in find_entries(lake)] == ["b"]
        stage.verdicts.clear()
        report = run_stage(lake, stage, [ONE, TWO], run_id="r2")
        assert account(report[ONE]) == {"upstream": 3, "made": 2, "quarantined": 1}


class TestCommitting:
    def test_a_chunk_is_one_commit_of_each_table_and_may_span_partitions(self, lake: Lake) -> None:
        stage = FakeStage({ONE: list("abcde"), TWO: list("fghij")}, {"b": BAD, "g": BAD})
        progress: list[tuple[int, int]] = []
        run_stage(
            lake,
            stage,
            [ONE, TWO],
            run_id="r",
            commit_every_rows=4,
            on_progress=lambda at: progress.append((at.done, at.total)),
        )
        assert progress == [(4, 10), (8, 10), (10, 10)]
        assert (lake.version(PREDICTIONS), lake.version(QUARANTINE)) == (3, 2)

    def test_time_commits_too_and_is_accounted_to_partitions(self, lake: Lake, stage: FakeStage) -> None:
        ticks = iter(range(0, 10_000, 10))
        progress: list[int] = []
        reports = run_stage(
            lake,
            stage,
            [ONE, TWO],
            run_id="r",
            commit_every_seconds=25,
            clock=lambda: next(ticks),
            on_progress=lambda at: progress.append(at.done),
        )
        assert progress == [2, 4]
        assert reports[ONE].seconds > reports[TWO].seconds > 0

    @pytest.mark.parametrize("problem", [RuntimeError("bug"), KeyboardInterrupt(), TransientError("store gone")])
    def test_what_is_done_when_a_stage_breaks_off_is_kept(
        self, lake: Lake, stage: FakeStage, problem: BaseException
    ) -> None:
        class Breaking(FakeStage):
            def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
                for row in rows:
                    if row["document_id"] == "c":
                        raise problem
                    yield self.outcome(row["document_id"], row["name"])

        breaking = Breaking(stage.documents, {"b": BAD})
        with pytest.raises(type(problem)):
            run_stage(lake, breaking, [ONE, TWO], run_id="r1")
        assert made(lake) == {"a": "r1"}
        assert account(run_stage(lake, stage, [ONE, TWO], run_id="r2")[ONE]) == {
            "upstream": 3,
            "current": 1,
            "made": 1,
            "quarantined": 1,
        }

    def test_a_crash_between_the_two_commits_of_a_chunk_is_mended_by_the_next_pass(
        self, lake: Lake, stage: FakeStage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage.verdicts["b"] = BAD
        run_stage(lake, stage, [ONE], run_id="r1")
        replay(lake, run_id="me")
        stage.verdicts.clear()
        upsert = Lake.upsert

        def crash(self: Lake, table: Any, rows: Any, *, run_id: str) -> int:
            if table == PREDICTIONS:
                raise MemoryError
            return upsert(self, table, rows, run_id=run_id)

        with monkeypatch.context() as patched:
            patched.setattr(Lake, "upsert", crash)
            with pytest.raises(MemoryError):
                run_stage(lake, stage, [ONE], run_id="r2")
        assert account(run_stage(lake, stage, [ONE], run_id="r3")[ONE]) == {"upstream": 3, "current": 2, "made": 1}
        assert state_of(lake, "b") == ("resolved", 1)

    def test_rows_are_handed_out_only_as_the_stage_asks(self, lake: Lake) -> None:
        class Watching(FakeStage):
            def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
                for row in rows:
                    assert len(lake.read_rows(PREDICTIONS)) == row["position"]
                    yield self.outcome(row["document_id"], row["name"])

            def upstream(self, lake_partition: str) -> Any:
                return [{**row, "position": n} for n, row in enumerate(super().upstream(lake_partition))]

        run_stage(lake, Watching({ONE: list("abcdef")}), [ONE], run_id="r", commit_every_rows=1)
        assert len(made(lake)) == 6


def good(document_id: str) -> Made:
    return Made(document_id=document_id, values=made_values("n"))


class TestContract:
    @pytest.mark.parametrize(
        ("outcomes", "message"),
        [
            pytest.param(lambda ids: [good(ids[0]), good("stranger")], "'stranger', which it wasn't", id="not given"),
            pytest.param(lambda ids: [good(ids[0]), good(ids[0])], "returned one for already", id="two for one"),
            pytest.param(lambda ids: [good(ids[0])], "no outcome for 2 of 3 rows, like 'b'", id="none for one"),
            pytest.param(lambda _: [], "no outcome for 3 of 3 rows", id="none at all"),
        ],
    )
    def test_a_stage_that_breaks_its_promise_is_told_so(
        self, lake: Lake, outcomes: Callable[[list[str]], list[Made]], message: str
    ) -> None:
        class Wrong(FakeStage):
            def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
                return iter(outcomes([row["document_id"] for row in rows]))

        with pytest.raises(StageContractError, match=message):
            run_stage(lake, Wrong({ONE: list("abc")}), [ONE], run_id="r")
        assert made(lake) == {}

    def test_a_stage_that_stops_asking_is_told_so(self, lake: Lake) -> None:
        class Lazy(FakeStage):
            def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
                yield good(next(rows)["document_id"])

        with pytest.raises(StageContractError, match="no outcome for 2 of 3 rows, like 'a row it never asked for'"):
            run_stage(lake, Lazy({ONE: list("abc")}), [ONE], run_id="r")

    def test_an_upstream_that_names_a_document_twice_is_told_so(self, lake: Lake) -> None:
        with pytest.raises(StageContractError, match="names 1 documents more than once, like b"):
            run_stage(lake, FakeStage({ONE: ["a", "b"], TWO: ["b"]}), [ONE, TWO], run_id="r")

    def test_an_account_that_does_not_add_up_is_an_error(
        self, lake: Lake, stage: FakeStage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("docplatform.lake.incremental._Work._settle", lambda *_: None)
        with pytest.raises(StageContractError, match="doesn't add up"):
            run_stage(lake, stage, [ONE], run_id="r")
