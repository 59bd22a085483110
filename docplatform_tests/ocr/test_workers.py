import itertools
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from types import SimpleNamespace

import pytest
from pebble.pool.process import WorkerManager

from docplatform.documents import stored_json
from docplatform.errors import ReasonCode
from docplatform.ocr import worker_clock, worker_process
from docplatform.ocr.worker_clock import WorkerClock
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


class TestTheChildsSide:
    """What runs in workers, run here, where coverage sees it."""

    @pytest.fixture
    def started(self, monkeypatch) -> Iterator[Connection]:
        """This process as a worker that has started; what it signals can be read from this."""
        reader, writer = Pipe(duplex=False)
        os.set_blocking(writer.fileno(), False)
        monkeypatch.setattr(worker_process, "_reader", ObedientReader())
        monkeypatch.setattr(worker_process, "_writer", writer)
        with reader, writer:
            yield reader

    def test_run_signals_its_begin_its_pages_and_its_end(self, started):
        worker_process.run(sources("pages-2-0")[0], 7)
        records = list(struct.iter_unpack("<qqd", os.read(started.fileno(), 1_000)))
        assert [token for _, token, _ in records] == [7, 7, 7, -1]
        assert {pid for pid, _, _ in records} == {os.getpid()}

    def test_nobody_reading_the_signals_stops_no_worker(self, started):
        for _ in range(20):
            worker_process.run(sources("pages-300-0")[0], 7)
        assert len(os.read(started.fileno(), 2**20)) % 24 == 0

    def test_run_encodes_results_and_failures(self, started):
        said, refused = (worker_process.run(source, 1).decoded() for source in sources("say", "refuse"))
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

    def test_out_of_memory_ends_the_worker(self, started, exits):
        with pytest.raises(SystemExit):
            worker_process.run(sources("gorge")[0], 1)
        assert exits == [worker_process.MEMORY_EXIT]

    def test_a_worker_that_outgrows_its_memory_ends(self, exits):
        worker_process._is_reading.set()
        with pytest.raises(SystemExit):
            worker_process._watch(os.getpid(), limit=1)
        worker_process._is_reading.clear()
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

    @pytest.fixture
    def asked(self, monkeypatch) -> list[int]:
        """What the C library is asked to keep when memory is handed back."""
        asked: list[int] = []
        monkeypatch.setattr(worker_process, "_settled_bytes", 0)
        monkeypatch.setattr(worker_process.ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=asked.append))
        return asked

    def test_memory_that_documents_leave_is_handed_back_when_it_has_become_much(self, started, monkeypatch, asked):
        mb = (1, 100, 90, 90, 120, 160, 100, 100)  # twice more where it is handed back
        sizes = iter([size * 2**20 for size in mb])
        monkeypatch.setattr(worker_process, "_resident_bytes", lambda: next(sizes))
        counts = []
        for _ in range(4):
            assert worker_process.run(sources("say")[0], 1).decoded().result.content == "0 said"
            counts.append(len(asked))
        assert counts == [0, 1, 1, 2]

    def test_engines_are_asked_to_free_memory_where_much_is_left(self, monkeypatch, asked):
        sizes = iter([500 * 2**20, 450 * 2**20, 300 * 2**20, 390 * 2**20, 350 * 2**20, 350 * 2**20])
        monkeypatch.setattr(worker_process, "_resident_bytes", lambda: next(sizes))
        released: list[int] = []
        monkeypatch.setattr(worker_process.memory, "release", lambda: released.append(1))
        worker_process.hand_back_memory()
        assert (len(released), len(asked), worker_process._settled_bytes) == (1, 2, 300 * 2**20)
        worker_process.hand_back_memory()
        assert (len(released), len(asked), worker_process._settled_bytes) == (1, 3, 350 * 2**20)

    def test_a_c_library_that_cannot_hand_memory_back_is_left_alone(self, monkeypatch, asked):
        monkeypatch.setattr(worker_process.ctypes, "CDLL", lambda _: SimpleNamespace())
        worker_process.hand_back_memory()
        assert asked == []
        assert worker_process._settled_bytes > 0

    def test_a_large_result_goes_by_a_file_that_is_gone_once_it_is_taken(self, started, monkeypatch, tmp_path):
        monkeypatch.setattr(stored_json, "HELD_BYTES", 1)
        monkeypatch.setattr(worker_process, "_outbox", tmp_path)
        encoded = worker_process.run(sources("say")[0], 7)
        assert encoded.result_json == tmp_path / "7"
        result = encoded.decoded().result
        assert list(tmp_path.iterdir()) == []
        assert result.is_stored
        assert result.content == "0 said"

    def test_run_needs_start(self, monkeypatch):
        monkeypatch.setattr(worker_process, "_reader", None)
        with pytest.raises(RuntimeError, match="wasn't started"):
            worker_process.run(sources("say")[0], 1)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():  # a poll with a deadline: there is no event to wait for
        assert time.monotonic() < deadline
        os.sched_yield()


class TestTheClock:
    def test_time_in_which_a_worker_waited_for_a_processor_does_not_count(self, monkeypatch):
        waited = itertools.count(step=10**6)  # more than passes between two looks, however busy the machine
        monkeypatch.setattr(worker_clock, "_waited", lambda _: float(next(waited)))
        clock = WorkerClock(0.2)
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            clock.await_signals(1)
            os.write(clock.writer.fileno(), struct.pack("<qqd", sleeper.pid, 1, time.monotonic()))
            with pytest.raises(subprocess.TimeoutExpired):
                sleeper.wait(1)
            monkeypatch.setattr(worker_clock, "_waited", lambda _: 0.0)
            assert sleeper.wait(_PATIENCE_SECONDS) == -signal.SIGKILL
            assert clock.was_cut(1)
        finally:
            sleeper.kill()
            sleeper.communicate()
            clock.stop()

    def test_a_kernel_that_does_not_tell_is_believed_to_have_let_nobody_wait(self):
        assert worker_clock._waited(2**22 + 1) == 0.0
        assert worker_clock._waited(os.getpid()) >= 0.0

    def test_a_number_that_is_another_process_s_since_is_left_alone(self):
        clock = WorkerClock(3_600)  # for as long as the stage is set
        worker = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            clock.await_signals(1)
            os.write(clock.writer.fileno(), struct.pack("<qqd", worker.pid, 1, time.monotonic()))
            _wait_for(lambda: worker.pid in clock._processes)
            with clock._lock:  # as if the worker's number were given anew
                clock._beats[bystander.pid] = clock._beats.pop(worker.pid)
                clock._processes[bystander.pid] = clock._processes.pop(worker.pid)
            worker.kill()
            worker.wait()
            clock._timeout = 0.2
            _wait_for(lambda: clock.was_cut(1))
            assert bystander.poll() is None
        finally:
            for process in (worker, bystander):
                process.kill()
                process.communicate()
            clock.stop()

    def test_signals_of_a_try_that_is_over_are_not_listened_to(self):
        clock = WorkerClock(0.1)
        try:
            clock.await_signals(1)
            clock.forget(1)
            os.write(clock.writer.fileno(), struct.pack("<qqd", os.getpid(), 1, 0.0))
            sleeping = time.monotonic() + 0.5
            while time.monotonic() < sleeping:  # it would end this very process
                os.sched_yield()
            assert not clock.was_cut(1)
            assert not clock.is_lost(1)
        finally:
            clock.stop()
