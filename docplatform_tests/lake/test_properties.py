"""What holds for every sequence of writes and passes."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.errors import TransientError
from docplatform.lake.incremental import pending_counts, run_stage
from docplatform.lake.lake import Lake
from docplatform.lake.predicates import MAX_VALUES
from docplatform.lake.quarantine import EntryState, find_entries, replay
from docplatform.lake.tables import PREDICTIONS
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.lake.rows import prediction_row
from docplatform_tests.lake.stage import BAD, BUSY, GOOD, MISFIT, FakeStage

PARTITIONS = ("acme/pdf/2026-11-20", "acme/png/2026-11-20", "b-co/pdf/2026-11-21")
QUICK = settings(max_examples=20, deadline=None)

keys = st.tuples(st.integers(0, 9), st.sampled_from("pq"))
upserts = st.tuples(st.just("upsert"), st.dictionaries(keys, st.integers(), max_size=12))
replaces = st.tuples(st.just("replace"), st.dictionaries(st.integers(0, 9), st.integers(0, 9), max_size=5))


@contextmanager
def new_lake() -> Iterator[Lake]:
    with tempfile.TemporaryDirectory() as folder:
        yield Lake(LocalBlobStore(Path(folder)))


def row(document: int, project: str, value: int) -> dict[str, Any]:
    partition = PARTITIONS[document % len(PARTITIONS)]
    return prediction_row(document, project, lake_partition=partition, model_version=value % 2**62)


@pytest.mark.parametrize("most_in_a_condition", [MAX_VALUES, 1], ids=["condition", "merge"])
@QUICK
@given(writes=st.lists(st.one_of(upserts, replaces), min_size=1, max_size=5))
def test_a_table_is_what_a_dict_by_key_would_be(most_in_a_condition: int, writes: list[tuple[str, Any]]) -> None:
    expected: dict[tuple[int, str], int] = {}
    with new_lake() as lake, pytest.MonkeyPatch.context() as patched:
        patched.setattr("docplatform.lake.writing.MAX_VALUES", most_in_a_condition)
        for kind, values in writes:
            if kind == "upsert":
                lake.upsert(PREDICTIONS, [row(*key, value) for key, value in values.items()], run_id="r")
                expected |= {key: value % 2**62 for key, value in values.items()}
            else:
                rows = [row(document, "p", value) for document, value in values.items()]
                lake.replace(PREDICTIONS, rows, where={"project": "p"}, run_id="r")
                expected = {key: value for key, value in expected.items() if key[1] != "p"}
                expected |= {(document, "p"): value for document, value in values.items()}
            found = lake.read_rows(PREDICTIONS, columns=["document_id", "project", "model_version"])
            assert len(found) == len(expected)
            assert {(int(r["document_id"][4:]), r["project"]): r["model_version"] for r in found} == expected
            assert sum(lake.row_counts(PREDICTIONS).values()) == len(expected)


passes = st.fixed_dictionaries(
    {
        "new": st.lists(st.integers(0, 8), max_size=6, unique=True),
        "verdicts": st.dictionaries(st.integers(0, 8), st.sampled_from([GOOD, BAD, BUSY, MISFIT]), max_size=9),
        "fingerprint": st.sampled_from(["f1", "f2"]),
        "partitions": st.lists(st.sampled_from(PARTITIONS), min_size=1, unique=True),
        "asked": st.lists(st.integers(0, 8), max_size=3),
        "replay": st.booleans(),
        "chunk": st.integers(1, 5),
    }
)


@QUICK
@given(steps=st.lists(passes, min_size=1, max_size=5))
def test_every_pass_adds_up_and_every_row_is_somewhere(steps: list[dict[str, Any]]) -> None:
    stage = FakeStage({key: [] for key in PARTITIONS})
    with new_lake() as lake:
        for number, step in enumerate(steps):
            _prepare(stage, step)
            if step["replay"]:
                replay(lake, run_id="me")
            _run_and_check(lake, stage, step, f"run-{number}")
        stage.verdicts.clear()
        stage.fingerprint = "last"
        reports = run_stage(lake, stage, PARTITIONS, run_id="last")
        assert sum(report.made for report in reports.values()) == sum(map(len, stage.documents.values()))
        assert {entry.state for entry in find_entries(lake)} <= {EntryState.RESOLVED}
        assert sum(pending_counts(lake, stage, PARTITIONS).values()) == 0


def _prepare(stage: FakeStage, step: dict[str, Any]) -> None:
    for number in step["new"]:
        documents = stage.documents[PARTITIONS[number % len(PARTITIONS)]]
        if f"doc-{number}" not in documents:
            documents.append(f"doc-{number}")
    stage.verdicts.update({f"doc-{number}": verdict for number, verdict in step["verdicts"].items()})
    stage.fingerprint = step["fingerprint"]
    stage.processed.clear()


def _run_and_check(lake: Lake, stage: FakeStage, step: dict[str, Any], run_id: str) -> None:
    asked = [f"doc-{number}" for number in step["asked"]]
    pending = pending_counts(lake, stage, step["partitions"])
    upstream = {each for key in step["partitions"] for each in stage.documents[key]}
    try:
        reports = run_stage(
            lake, stage, step["partitions"], run_id=run_id, document_ids=asked, commit_every_rows=step["chunk"]
        )
    except TransientError:
        assert any(stage.verdicts.get(each) == BUSY for each in stage.processed)
    else:
        for report in reports.values():
            assert report.upstream == len(stage.documents[report.lake_partition])
            assert report.upstream == report.current + report.made + report.quarantined + report.waiting
        counts = Counter(stage.verdicts.get(each, GOOD) for each in stage.processed)
        assert sum(report.made for report in reports.values()) == counts[GOOD]
        assert sum(report.failed for report in reports.values()) == counts[BAD] + counts[MISFIT]
    assert len(stage.processed) == (len(upstream & set(asked)) if asked else sum(pending.values()))
    if asked:
        assert set(stage.processed) == upstream & set(asked)
    _check_whereabouts(lake, stage, run_id)


def _check_whereabouts(lake: Lake, stage: FakeStage, run_id: str) -> None:
    rows = lake.read_rows(PREDICTIONS, columns=["document_id", "run_id"])
    entries = find_entries(lake)
    assert len({row["document_id"] for row in rows}) == len(rows)
    assert len({entry.document_id for entry in entries}) == len(entries)
    made = {row["document_id"] for row in rows if row["run_id"] == run_id}
    failed = {entry.document_id for entry in entries if entry.run_id == run_id and entry.state is EntryState.OPEN}
    for document_id in stage.processed:
        verdict = stage.verdicts.get(document_id, GOOD)
        assert (document_id in made) == (verdict == GOOD)
        assert (document_id in failed) == (verdict in (BAD, MISFIT))
