"""What runs in workers, run here, where coverage sees it."""

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe
from types import SimpleNamespace

import pytest

from docplatform.documents import stored_json
from docplatform.errors import ReasonCode
from docplatform.ocr import worker_process
from docplatform_tests.contracts.worker_pool import sources
from docplatform_tests.ocr.worker_fakes import ObedientReader


@pytest.fixture
def started(monkeypatch) -> Iterator[Connection]:
    """This process as a worker that has started; what it signals can be read from this."""
    reader, writer = Pipe(duplex=False)
    os.set_blocking(writer.fileno(), False)
    monkeypatch.setattr(worker_process, "_reader", ObedientReader())
    monkeypatch.setattr(worker_process, "_writer", writer)
    with reader, writer:
        yield reader


def test_run_signals_its_begin_its_pages_and_its_end(started):
    worker_process.run(sources("pages-2-0")[0], 7)
    records = list(struct.iter_unpack("<qqd", os.read(started.fileno(), 1_000)))
    assert [token for _, token, _ in records] == [7, 7, 7, -1]
    assert {pid for pid, _, _ in records} == {os.getpid()}


def test_nobody_reading_the_signals_stops_no_worker(started):
    for _ in range(20):
        worker_process.run(sources("pages-300-0")[0], 7)
    assert len(os.read(started.fileno(), 2**20)) % 24 == 0


def test_run_encodes_results_and_failures(started):
    said, refused = (worker_process.run(source, 1).decoded() for source in sources("say", "refuse"))
    assert said.result.content == "0 said"
    assert (refused.reason, refused.message) == (ReasonCode.CORRUPT, "damaged")


@pytest.fixture
def exits(monkeypatch) -> list[int]:
    """The statuses that would have ended this process."""
    statuses: list[int] = []

    def leave(status: int) -> None:
        statuses.append(status)
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", leave)
    return statuses


def test_out_of_memory_ends_the_worker(started, exits):
    with pytest.raises(SystemExit):
        worker_process.run(sources("gorge")[0], 1)
    assert exits == [worker_process.MEMORY_EXIT]


def test_a_worker_that_outgrows_its_memory_ends(exits):
    worker_process._is_reading.set()
    with pytest.raises(SystemExit):
        worker_process._watch(os.getpid(), limit=1)
    worker_process._is_reading.clear()
    assert exits == [worker_process.MEMORY_EXIT]


def test_a_worker_whose_parent_has_ended_ends(exits):
    parent = subprocess.Popen([sys.executable, "-c", ""])  # not waited for: its number isn't given anew
    with pytest.raises(SystemExit):
        worker_process._watch(parent.pid, limit=2**62)
    parent.wait()
    assert exits == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_a_worker_that_starts_after_its_parent_has_ended_ends(monkeypatch, exits):
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
def asked(monkeypatch) -> list[int]:
    """What the C library is asked to keep when memory is handed back."""
    asked: list[int] = []
    monkeypatch.setattr(worker_process, "_settled_bytes", 0)
    monkeypatch.setattr(worker_process.ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=asked.append))
    return asked


def test_memory_that_documents_leave_is_handed_back_when_it_has_become_much(started, monkeypatch, asked):
    mb = (1, 100, 90, 90, 120, 160, 100, 100)  # twice more where it is handed back
    sizes = iter([size * 2**20 for size in mb])
    monkeypatch.setattr(worker_process, "_resident_bytes", lambda: next(sizes))
    counts = []
    for _ in range(4):
        assert worker_process.run(sources("say")[0], 1).decoded().result.content == "0 said"
        counts.append(len(asked))
    assert counts == [0, 1, 1, 2]


def test_engines_are_asked_to_free_memory_where_much_is_left(monkeypatch, asked):
    sizes = iter([500 * 2**20, 450 * 2**20, 300 * 2**20, 390 * 2**20, 350 * 2**20, 350 * 2**20])
    monkeypatch.setattr(worker_process, "_resident_bytes", lambda: next(sizes))
    released: list[int] = []
    monkeypatch.setattr(worker_process.memory, "release", lambda: released.append(1))
    worker_process.hand_back_memory()
    assert (len(released), len(asked), worker_process._settled_bytes) == (1, 2, 300 * 2**20)
    worker_process.hand_back_memory()
    assert (len(released), len(asked), worker_process._settled_bytes) == (1, 3, 350 * 2**20)


def test_a_c_library_that_cannot_hand_memory_back_is_left_alone(monkeypatch, asked):
    monkeypatch.setattr(worker_process.ctypes, "CDLL", lambda _: SimpleNamespace())
    worker_process.hand_back_memory()
    assert asked == []
    assert worker_process._settled_bytes > 0


def test_a_large_result_goes_by_a_file_that_is_gone_once_it_is_taken(started, monkeypatch, tmp_path):
    monkeypatch.setattr(stored_json, "HELD_BYTES", 1)
    monkeypatch.setattr(worker_process, "_outbox", tmp_path)
    encoded = worker_process.run(sources("say")[0], 7)
    assert encoded.result_json == tmp_path / "7"
    result = encoded.decoded().result
    assert list(tmp_path.iterdir()) == []
    assert result.is_stored
    assert result.content == "0 said"


def test_run_needs_start(monkeypatch):
    monkeypatch.setattr(worker_process, "_reader", None)
    with pytest.raises(RuntimeError, match="wasn't started"):
        worker_process.run(sources("say")[0], 1)
