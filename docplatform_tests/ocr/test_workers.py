import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pebble.pool.process import WorkerManager

from docplatform.errors import ReasonCode
from docplatform.ocr import worker_process
from docplatform.ocr.workers import InProcessPool, PebbleWorkerPool, WorkerPool
from docplatform_tests.contracts.worker_pool import (
    MEMORY_BYTES,
    TIMEOUT_SECONDS,
    IsolatingWorkerPoolContract,
    WorkerPoolContract,
    by_key,
    sources,
)
from docplatform_tests.ocr.worker_fakes import ObedientReader

_PATIENCE_SECONDS = 120
"""Until something counts as never happening: passes only where it doesn't, so it may be long on a busy machine."""


def _pool(**options: object) -> PebbleWorkerPool:
    chosen: dict[str, object] = {"workers": 2, "timeout_seconds": 60, "memory_bytes": MEMORY_BYTES, **options}
    return PebbleWorkerPool(ObedientReader, **chosen)


@pytest.fixture(scope="module")
def processes() -> Iterator[PebbleWorkerPool]:
    pool = _pool()
    yield pool
    pool.close()


class TestInProcessPool(WorkerPoolContract):
    @pytest.fixture
    def pool(self) -> WorkerPool:
        return InProcessPool(ObedientReader().reading)


class TestPebbleWorkerPool(IsolatingWorkerPoolContract):
    @pytest.fixture
    def pool(self, processes: PebbleWorkerPool) -> WorkerPool:
        return processes

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls) -> Iterator[WorkerPool]:
        pool = _pool(timeout_seconds=TIMEOUT_SECONDS)
        yield pool
        pool.close()

    def test_a_document_may_not_take_endless_however_many_pages_it_finishes(self):
        pool = _pool(workers=1, document_seconds=2)
        try:
            (outcome,) = pool.read(sources("pages-100-0.5"))
        finally:
            pool.close()
        assert outcome.reason is ReasonCode.TIMEOUT
        assert "DOCUMENT_SECONDS" in outcome.message

    def test_a_worker_that_went_away_without_the_pool_s_notice_is_noticed(self, tmp_path, monkeypatch):
        """Its end is seen before its taking up the document is: pebble then waits for it for ever."""
        monkeypatch.setattr(WorkerManager, "inspect_workers", lambda _: ())
        pool = _pool(workers=2)
        try:
            outcomes = by_key(pool.read(sources(f"die {tmp_path / 'seen'}", "say")))
        finally:
            pool.close()
        assert outcomes["0"].result
        assert outcomes["1"].result

    def test_a_worker_killed_while_all_others_wait_for_it_costs_no_document(self, tmp_path):
        started = time.monotonic()
        pool = _pool(workers=2)
        try:
            outcomes = by_key(pool.read(sources(f"die_in_transfer {tmp_path / 'seen'}", *["say"] * 5)))
        finally:
            pool.close()
        assert [outcomes[str(n)].reason for n in range(6)] == [None] * 6
        assert time.monotonic() - started < _PATIENCE_SECONDS

    def test_an_answer_that_cannot_be_carried_over_ends_no_read(self, processes, monkeypatch):
        monkeypatch.setattr(worker_process, "run", _unpicklable)
        assert by_key(processes.read(sources("say")))["0"].reason is ReasonCode.ENGINE_ERROR

    def test_a_pool_that_breaks_between_two_documents_is_replaced(self, processes, monkeypatch):
        list(processes.read(sources("say")))
        broken = processes._running
        monkeypatch.setattr(type(broken), "is_active", property(lambda running: running is not broken))
        broken.pool.stop()
        assert by_key(processes.read(sources("say")))["0"].result
        assert processes._running is not broken

    def test_a_pool_that_breaks_as_a_document_is_handed_over_is_replaced(self, processes, monkeypatch):
        list(processes.read(sources("say")))
        broken = processes._running
        looks = iter([True])
        monkeypatch.setattr(
            type(broken), "is_active", property(lambda running: running is not broken or next(looks, False))
        )
        broken.pool.stop()
        assert by_key(processes.read(sources("say")))["0"].result
        assert processes._running is not broken

    def test_workers_are_single_threaded_processes_that_are_kept(self, processes):
        def pids() -> set[str]:
            outcomes = by_key(processes.read(sources(*["pid"] * 8)))
            assert {outcome.result.content.split()[1] for outcome in outcomes.values()} == {"1"}
            return {outcome.result.content.split()[0] for outcome in outcomes.values()}

        first = pids()
        assert str(os.getpid()) not in first
        assert pids() & first

    def test_a_pool_whose_workers_cannot_start_says_crash(self):
        pool = PebbleWorkerPool(_unbuildable, workers=1, timeout_seconds=60, memory_bytes=MEMORY_BYTES)
        try:
            assert by_key(pool.read(sources("say")))["0"].reason is ReasonCode.CRASH
        finally:
            pool.close()


def _unpicklable(*_: object) -> object:
    raise type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})("slice index")


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
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(_is_alive(pid) for pid in family):  # a poll with a deadline: there is no event to wait for
        assert time.monotonic() < deadline, f"still alive: {[pid for pid in family if _is_alive(pid)]}"
        os.sched_yield()
