"""Several processes at one table, and processes that are killed."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
from pathlib import Path

import pytest

from docplatform.lake.incremental import run_stage
from docplatform.lake.lake import Lake
from docplatform.lake.predicates import MAX_VALUES
from docplatform.lake.quarantine import EntryState, find_entries
from docplatform.lake.tables import PREDICTIONS
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.lake import crashing
from docplatform_tests.lake.rows import prediction_row

WRITERS = 4
ROUNDS = 6
PARTITIONS = ("acme/pdf/2026-11-20", "acme/png/2026-11-20")

pytestmark = pytest.mark.integration


def _write(home: str, writer: int, rows_in_a_call: int) -> dict[str, int]:
    """Upsert random documents that other writers upsert too; what this writer wrote last of each."""
    lake, chance = Lake(LocalBlobStore(Path(home))), random.Random(writer)  # noqa: S311 - repeatable
    last: dict[str, int] = {}
    for number in range(ROUNDS):
        documents = chance.sample(range(3 * rows_in_a_call), rows_in_a_call)
        version = writer * 1_000 + number
        rows = [prediction_row(each, lake_partition=PARTITIONS[each % 2], model_version=version) for each in documents]
        lake.upsert(PREDICTIONS, rows, run_id=f"writer-{writer}")
        last |= dict.fromkeys((row["document_id"] for row in rows), version)
    return last


@pytest.mark.parametrize("rows_in_a_call", [12, MAX_VALUES + 1], ids=["condition", "merge"])
def test_writers_of_the_same_keys_at_once_lose_and_double_nothing(tmp_path: Path, rows_in_a_call: int) -> None:
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        written = pool.starmap(_write, [(str(tmp_path), writer, rows_in_a_call) for writer in range(WRITERS)])
    rows = Lake(LocalBlobStore(tmp_path)).read_rows(PREDICTIONS, columns=["document_id", "model_version"])
    found = {row["document_id"]: row["model_version"] for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == set().union(*written)
    # The last commit stands: each row is the last that one of its writers wrote.
    assert all(version in {last.get(key) for last in written} for key, version in found.items())


def test_passes_killed_at_any_moment_then_a_clean_one_lose_and_double_nothing(tmp_path: Path) -> None:
    commits_seen = 0
    for number, commits in enumerate([0, 1, 2, 5, 9, 14]):
        command = [sys.executable, "-m", "docplatform_tests.lake.crashing", str(tmp_path), f"killed-{number}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(commits):
            assert process.stdout.readline(), "the pass ended before it was killed"
            commits_seen += 1
        process.kill()
        process.communicate()
        assert process.returncode == -9
    assert commits_seen == 31

    stage, lake = crashing.stage(), Lake(LocalBlobStore(tmp_path))
    reports = run_stage(lake, stage, crashing.PARTITIONS, run_id="clean")
    assert 0 < len(stage.processed) < 200 - 3 * commits_seen + 1
    expected = {each for documents in stage.documents.values() for each in documents}
    rows, entries = lake.read_rows(PREDICTIONS), find_entries(lake)
    assert len(rows) + len(entries) == 200
    assert {row["document_id"] for row in rows} | {entry.document_id for entry in entries} == expected
    assert {entry.document_id for entry in entries} == stage.verdicts.keys()
    assert {entry.state for entry in entries} == {EntryState.OPEN}
    assert sum(report.quarantined for report in reports.values()) == len(stage.verdicts)
    stage.processed.clear()
    run_stage(lake, stage, crashing.PARTITIONS, run_id="again")
    assert stage.processed == []
