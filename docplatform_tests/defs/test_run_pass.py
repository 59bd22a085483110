"""One pass over everything pending, on an ephemeral instance."""

from __future__ import annotations

import itertools

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.defs import failures
from docplatform.defs.home_instance import PROCESS_TAG
from docplatform.defs.run_pass import Pass, PassReport, contiguous_ranges, wait_until_settled
from docplatform.errors import ConfigurationError
from docplatform_tests.homes import Home, topic_labels, topic_texts


def run_pass(home: Home, instance: dg.DagsterInstance, announced: list[str] | None = None) -> PassReport:
    announce = announced.append if announced is not None else lambda _: None
    return Pass(home.platform, instance, announce).run()


# ranges


@given(st.sets(st.integers(0, 30)), st.integers(0, 31))
def test_ranges_hold_exactly_the_keys_and_are_as_few_as_can_be(indices, count):
    ordered = [f"key-{index}" for index in range(count)]
    keys = [f"key-{index}" for index in indices if index < count]
    ranges = contiguous_ranges(keys, ordered)
    covered = [key for first, last in ranges for key in ordered[ordered.index(first) : ordered.index(last) + 1]]
    assert covered == sorted(keys, key=ordered.index)
    for (_, last), (first, _) in itertools.pairwise(ranges):
        assert ordered.index(first) > ordered.index(last) + 1, "two ranges side by side are one"


@pytest.mark.parametrize(
    ("keys", "ranges"),
    [([], []), (["b"], [("b", "b")]), (["c", "a", "b"], [("a", "c")]), (["a", "d", "c"], [("a", "a"), ("c", "d")])],
)
def test_ranges(keys, ranges):
    assert contiguous_ranges(keys, ["a", "b", "c", "d"]) == ranges


def test_a_key_that_is_no_partition_is_a_bug():
    with pytest.raises(KeyError):
        contiguous_ranges(["x"], ["a"])


# settling


class Settling:
    """A source whose file counts as finished after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_settling(self) -> bool:
        self.looks -= 1
        return self.looks > 0


def test_a_pass_waits_for_a_file_just_dropped_and_not_for_ever(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("docplatform.defs.run_pass.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("docplatform.defs.run_pass.time.sleep", lambda s: clock.__setitem__(0, clock[0] + s))
    wait_until_settled([Settling(4)], stable_seconds=2.0)
    assert clock[0] == pytest.approx(0.6)
    wait_until_settled([Settling(1_000)], stable_seconds=2.0)
    assert clock[0] == pytest.approx(0.6 + 2.2)


# passes


def test_a_pass_over_nothing_runs_nothing(home, instance):
    assert run_pass(home, instance) == PassReport()


def test_a_pass_takes_in_reads_trains_predicts_and_watches(home, instance):
    texts = topic_texts(40)
    home.drop({f"acme/{name}": text for name, (_, text) in texts.items()} | {"acme/labels.json": topic_labels(texts)})
    home.drop({"beta/other.txt": "of another customer"})
    announced: list[str] = []
    report = run_pass(home, instance, announced)
    assert report.failures == []
    jobs = ["ingest_job", "reading_job", "labels_job", "retrain_job", "predict_job", "drift_job"]
    assert [line.split()[0] for line in announced] == jobs
    assert set(report.seconds) == {line.split()[0] for line in announced}
    assert announced[3] == "retrain_job topics (it was never trained)"
    runs = [instance.get_run_by_id(run) for run in report.runs]
    assert len(runs) == len(announced)
    assert all(run.is_success and run.tags[PROCESS_TAG] for run in runs)
    assert len(home.rows("predictions")) == 41, "its letters and the label file; another customer's not"
    assert len(home.rows("drift_report")) == 1
    again: list[str] = []
    assert run_pass(home, instance, again) == PassReport()
    assert again == []


def test_further_documents_alone_are_processed(home, instance):
    home.drop({"acme/a.txt": "one", "beta/b.txt": "two", "gamma/c.txt": "three"})
    run_pass(home, instance)
    before = {row["document_id"]: (row["run_id"], row["processed_at"]) for row in home.rows("ocr_text")}
    home.reader.read_keys.clear()
    home.drop({"acme/d.txt": "four"})
    run_pass(home, instance)
    after = {row["document_id"]: (row["run_id"], row["processed_at"]) for row in home.rows("ocr_text")}
    assert before.items() <= after.items()
    assert home.reader.read_keys == list(after.keys() - before.keys())


def test_partitions_side_by_side_are_one_run(home, instance):
    home.drop({f"{customer}/a.txt": customer for customer in "abcd"})
    first = run_pass(home, instance)
    assert len(first.runs) == 2
    home.drop({f"{customer}/b.txt": f"again {customer}" for customer in "abd"})
    announced: list[str] = []
    run_pass(home, instance, announced)
    assert [line.split()[0] for line in announced] == ["ingest_job", "reading_job", "reading_job"]


def test_what_a_killed_pass_committed_but_never_announced_is_announced(home, instance):
    home.add({"acme/a.txt": "one"})
    assert instance.get_materialized_partitions(dg.AssetKey("ocr_text")) == set()
    run_pass(home, instance)
    assert instance.get_materialized_partitions(dg.AssetKey("ocr_text")) == set(home.platform.ledger.lake_partitions())
    assert len(home.reader.read_keys) == 1
    assert run_pass(home, instance).runs == []


def test_a_step_that_fails_is_told_and_the_pass_goes_on(home, instance, monkeypatch):
    monkeypatch.setattr(failures, "RETRY_SECONDS", 0)
    home.drop({"acme/a.txt": "?", "acme/b.txt": "fine"})
    report = run_pass(home, instance)
    (failure,) = report.failures
    assert failure.startswith("reading_job ocr_text acme/txt/")
    assert "try again" in failure
    assert instance.get_run_by_id(report.runs[-1]).is_failure


def test_a_wrong_project_is_told_and_the_others_are_trained(home, instance):
    texts = topic_texts(40)
    home.drop({f"acme/{name}": text for name, (_, text) in texts.items()})
    home.project(topic_labels(texts))
    home.project(b"not json", name="garbled")
    report = run_pass(home, instance)
    (failure,) = report.failures
    assert "garbled" in failure
    assert home.platform.model_registry.projects() == ["topics"]


def test_a_failure_with_a_reason_gives_the_reason(home, instance, monkeypatch):
    home.drop({"acme/a.txt": "one"})

    def refuse(*args: object) -> None:
        raise ConfigurationError("the store refuses us")

    monkeypatch.setattr(home.platform.blob_store, "copy", refuse)
    report = run_pass(home, instance)
    assert any(
        f.startswith("reading_job routed_documents") and f.endswith(": the store refuses us") for f in report.failures
    )


def test_a_run_that_fails_before_its_steps_is_a_failure_too(home, instance, monkeypatch):
    home.drop({"acme/a.txt": "one"})
    made = Pass(home.platform, instance)

    class Failed:
        run_id, success, all_events = "1234", False, ()

    class Job:
        def execute_in_process(self, **_: object) -> Failed:
            return Failed()

    class Definitions:
        def resolve_job_def(self, name: str) -> Job:
            return Job()

    made._defs = Definitions()
    made._execute("ingest_job")
    assert made.report.failures == ["ingest_job: run 1234 failed before any of its steps; the UI shows why"]
