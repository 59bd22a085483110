import itertools
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from docplatform.ocr import worker_clock
from docplatform.ocr.worker_clock import WorkerClock

_PATIENCE_SECONDS = 120
"""Until something counts as never happening: passes only where it doesn't, so it may be long on a busy machine."""


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():  # a poll with a deadline: there is no event to wait for
        assert time.monotonic() < deadline
        os.sched_yield()


def test_time_in_which_a_worker_waited_for_a_processor_does_not_count(monkeypatch):
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


def test_a_kernel_that_does_not_tell_is_believed_to_have_let_nobody_wait():
    assert worker_clock._waited(2**22 + 1) == 0.0
    assert worker_clock._waited(os.getpid()) >= 0.0


def test_a_number_that_is_another_process_s_since_is_left_alone():
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


def test_signals_of_a_try_that_is_over_are_not_listened_to():
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
