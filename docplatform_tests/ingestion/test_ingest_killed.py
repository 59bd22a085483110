"""A pass killed at any point, run again, loses and doubles nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docplatform.ingestion import intake
from docplatform_tests.ingestion import killed_pass
from docplatform_tests.ingestion.passes import MIXED, Home

ROOT = Path(__file__).parents[2]
POINTS = [
    ("before put", 1),
    ("before put", 4),
    ("after put", 5),
    ("after copy", 1),
    ("before record", 1),
    ("before record", 2),
    ("after record", 1),
    ("after record", 3),
    ("before unlink", 2),
    ("between unlinks", 1),
    ("between unlinks", 4),
]


def kill_a_pass(home: Home, point: str, times: int) -> None:
    program = [sys.executable, "-m", killed_pass.__name__]
    done = subprocess.run([*program, home.path, point, str(times)], cwd=ROOT, check=False)
    assert done.returncode == killed_pass.KILLED, "the point was never reached"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("undisturbed"))
    home.drop(MIXED)
    home.run()
    return home


@pytest.mark.parametrize(("point", "times"), POINTS)
def test_a_killed_pass_run_again_loses_and_doubles_nothing(
    tmp_path: Path, undisturbed: Home, monkeypatch: pytest.MonkeyPatch, point: str, times: int
) -> None:
    monkeypatch.setattr(intake, "IN_MEMORY_BYTES", killed_pass.IN_MEMORY_BYTES)
    home = Home(tmp_path)
    home.drop(MIXED)
    kill_a_pass(home, point, times)
    before = home.counts().total
    left = len(home.left())
    report = home.run()
    assert report.problems == ()
    assert home.left() == []
    assert home.counts() == undisturbed.counts()
    assert home.summary() == undisturbed.summary()
    home.check_blobs()
    assert before + report.total == home.counts().total
    assert report.repeated > 0 or point not in ("after record", "before unlink", "between unlinks")
    assert left > 0
    assert home.run().total == 0


def test_the_same_content_dropped_after_a_kill_counts_as_duplicate_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.drop({"acme/a.txt": b"hello"})
    kill_a_pass(home, "after record", 1)
    home.drop({"acme/b.txt": b"hello"})
    report = home.run()
    assert (report.files.landed, report.files.duplicate, report.repeated) == (0, 1, 1)
    assert home.counts().total == 2
