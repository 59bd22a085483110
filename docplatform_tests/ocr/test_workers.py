import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from docplatform.errors import ReasonCode
from docplatform.ocr import worker_process
from docplatform.ocr.base import DocumentSource, PageCounts, ReadOutcome
from docplatform.ocr.workers import InProcessPool, PebbleWorkerPool, WorkerPool
from docplatform_tests.ocr.worker_fakes import ObedientReader

_MEMORY = 300 * 2**20


def _sources(*verbs: str) -> list[DocumentSource]:
    return [DocumentSource(str(number), verb.encode(), "text/plain") for number, verb in enumerate(verbs)]


def _by_key(outcomes: Iterator[ReadOutcome]) -> dict[str, ReadOutcome]:
    found = list(outcomes)
    assert len({outcome.key for outcome in found}) == len(found)
    return {outcome.key: outcome for outcome in found}


@pytest.fixture(scope="module")
def processes() -> Iterator[PebbleWorkerPool]:
    pool = PebbleWorkerPool(ObedientReader, workers=2, timeout_seconds=60, memory_bytes=_MEMORY)
    yield pool
    pool.close()


@pytest.fixture(params=["in-process", "processes"])
def pool(request: pytest.FixtureRequest, processes: PebbleWorkerPool) -> WorkerPool:
    return InProcessPool(ObedientReader().reading) if request.param == "in-process" else processes


class TestEveryPool:
    def test_each_source_has_one_outcome(self, pool):
        outcomes = _by_key(pool.read(_sources(*["say"] * 20)))
        assert {key: outcome.result.content for key, outcome in outcomes.items()} == {
            str(number): f"{number} said" for number in range(20)
        }

    def test_pages_are_counted_on_the_way(self, pool):
        outcomes = _by_key(pool.read(_sources("say", "refuse")))
        assert outcomes["0"].pages == PageCounts(in_file=1, cached=3)
        assert outcomes["1"].pages == PageCounts()

    def test_a_bad_document_is_told_with_its_reason_and_disturbs_no_other(self, pool):
        outcomes = _by_key(pool.read(_sources("say", "refuse", "later", "gorge", "say")))
        assert [outcomes[key].reason for key in "01234"] == [
            None,
            ReasonCode.CORRUPT,
            ReasonCode.ENGINE_ERROR,
            ReasonCode.MEMORY,
            None,
        ]
        assert outcomes["1"].message == "damaged"
        assert [outcomes[key].is_transient for key in "12"] == [False, True]
        assert outcomes["4"].result is not None

    def test_sources_are_consumed_lazily(self, pool):
        taken = 0

        def endless() -> Iterator[DocumentSource]:
            nonlocal taken
            while True:
                taken += 1
                yield DocumentSource(str(taken), b"say", "text/plain")

        outcomes = pool.read(endless())
        for _ in range(10):
            next(outcomes)
        outcomes.close()
        assert taken <= 10 + 2 * 2

    def test_it_can_be_used_again_after_closing(self, pool):
        pool.close()
        pool.close()
        assert _by_key(pool.read(_sources("say")))["0"].result.content == "0 said"

    def test_no_sources_no_outcomes(self, pool):
        assert list(pool.read([])) == []


class TestWorkerProcesses:
    def test_a_document_that_kills_its_worker_is_a_crash_and_the_rest_is_read(self, processes):
        outcomes = _by_key(processes.read(_sources("say", "die", "say", "say", "say")))
        assert outcomes["1"].reason is ReasonCode.CRASH
        assert "exit status -9" in outcomes["1"].message
        assert all(outcomes[key].result for key in "0234")

    @pytest.mark.parametrize("verb", ["die", "gorge"])
    def test_a_worker_that_dies_once_is_forgiven(self, processes, tmp_path, verb):
        outcomes = _by_key(processes.read(_sources(f"{verb} {tmp_path / 'seen'}")))
        assert outcomes["0"].result.content == "0 said"

    def test_a_document_that_eats_memory_is_told_so(self, processes):
        outcomes = _by_key(processes.read(_sources("grow", "say")))
        assert outcomes["0"].reason is ReasonCode.MEMORY
        assert str(_MEMORY) in outcomes["0"].message
        assert outcomes["1"].result

    def test_a_document_that_hangs_times_out_and_the_rest_is_read(self, tmp_path):
        pool = PebbleWorkerPool(ObedientReader, workers=2, timeout_seconds=0.5, memory_bytes=_MEMORY)
        try:
            outcomes = _by_key(pool.read(_sources("hang", "say", f"hang {tmp_path / 'seen'}")))
        finally:
            pool.close()
        assert outcomes["0"].reason is ReasonCode.TIMEOUT
        assert outcomes["0"].seconds >= 0.5
        assert outcomes["1"].result
        assert outcomes["2"].result.content == "2 said"

    def test_workers_are_single_threaded_processes_that_are_kept(self, processes):
        def pids() -> set[str]:
            outcomes = _by_key(processes.read(_sources(*["pid"] * 8)))
            assert {outcome.result.content.split()[1] for outcome in outcomes.values()} == {"1"}
            return {outcome.result.content.split()[0] for outcome in outcomes.values()}

        first = pids()
        assert str(os.getpid()) not in first
        assert pids() & first

    def test_a_pool_whose_workers_cannot_start_says_crash(self):
        pool = PebbleWorkerPool(_unbuildable, workers=1, timeout_seconds=60, memory_bytes=_MEMORY)
        try:
            assert _by_key(pool.read(_sources("say")))["0"].reason is ReasonCode.CRASH
        finally:
            pool.close()


def _unbuildable() -> ObedientReader:
    raise RuntimeError("no reader")


_PARENT = """
import sys
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.workers import PebbleWorkerPool
from docplatform_tests.ocr.worker_fakes import ObedientReader

if __name__ == "__main__":
    pool = PebbleWorkerPool(ObedientReader, workers=2, timeout_seconds=60, memory_bytes=2**29)
    outcomes = pool.read(DocumentSource(str(n), verb, "text/plain") for n, verb in enumerate([b"pid"] + [b"hang"] * 9))
    print(next(outcomes).result.content.split()[0], flush=True)
    next(outcomes)
"""


def _is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_children(child)]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killing_the_parent_leaves_no_orphan(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    family = _children(parent.pid)
    assert worker in family
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while any(_is_alive(pid) for pid in family):  # a poll with a deadline: there is no event to wait for
        assert time.monotonic() < deadline, f"still alive: {[pid for pid in family if _is_alive(pid)]}"
        os.sched_yield()


class TestTheChildsSide:
    """What runs in workers, run here, where coverage sees it."""

    def test_run_encodes_results_and_failures(self, monkeypatch):
        monkeypatch.setattr(worker_process, "_reader", ObedientReader())
        said, refused = (worker_process.run(source).decoded() for source in _sources("say", "refuse"))
        assert said.result.content == "0 said"
        assert (refused.reason, refused.message) == (ReasonCode.CORRUPT, "damaged")

    @pytest.fixture
    def exits(self, monkeypatch) -> list[int]:
        """The statuses that would have ended this process."""
        statuses: list[int] = []

        def leave(status: int) -> None:
            statuses.append(status)
            raise SystemExit(status)

        monkeypatch.setattr(os, "_exit", leave)
        return statuses

    def test_out_of_memory_ends_the_worker(self, monkeypatch, exits):
        monkeypatch.setattr(worker_process, "_reader", ObedientReader())
        with pytest.raises(SystemExit):
            worker_process.run(_sources("gorge")[0])
        assert exits == [worker_process.MEMORY_EXIT]

    def test_a_worker_that_outgrows_its_memory_ends(self, exits):
        with pytest.raises(SystemExit):
            worker_process._watch(os.getpid(), limit=1)
        assert exits == [worker_process.MEMORY_EXIT]

    def test_a_worker_whose_parent_has_ended_ends(self, exits):
        parent = subprocess.Popen([sys.executable, "-c", ""])  # not waited for: its number isn't given anew
        with pytest.raises(SystemExit):
            worker_process._watch(parent.pid, limit=2**62)
        parent.wait()
        assert exits == [1]

    @pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
    def test_a_worker_that_starts_after_its_parent_has_ended_ends(self, monkeypatch, exits):
        parent = subprocess.Popen([sys.executable, "-c", ""])
        parent.wait()
        asked: list[tuple[int, ...]] = []
        kernel = SimpleNamespace(prctl=lambda *arguments: asked.append(arguments))  # the real one would bind this run
        monkeypatch.setattr(worker_process.ctypes, "CDLL", lambda *_, **__: kernel)
        with pytest.raises(SystemExit):
            worker_process.die_with_parent(parent.pid)
        assert exits == [1]
        assert asked == [(worker_process._PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)]
        worker_process.die_with_parent(os.getpid())
        assert exits == [1]

    def test_run_needs_start(self, monkeypatch):
        monkeypatch.setattr(worker_process, "_reader", None)
        with pytest.raises(RuntimeError, match="wasn't started"):
            worker_process.run(_sources("say")[0])
