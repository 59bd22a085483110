"""The clock of worker processes: cuts a document that makes no progress, tells of workers that went away.

Belongs here: the signals from workers and what follows from them. Doesn't: scheduling (``workers``).

A worker writes a record of 24 bytes when it takes up a document, when a page of it is done, and when it is through.
Writes that small are atomic on a pipe: no lock that a dying worker could keep, and it says when it died at what. The
clock runs here, not in the worker: a parser that holds the interpreter's lock would stop a thread beside it, too. It
starts when the worker takes the document up, and again with every page: 500 scanned pages may take ten minutes, but a
page may not. It stands still while the worker waits for a processor: on a machine with a load of nine a core, a page of
8 s took longer than 120 s, twice.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

_RECORD = struct.Struct("<qqd")  # process, try, seconds (CLOCK_MONOTONIC is one clock for all processes)
_IDLE = -1
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 2.0
"""A worker's end is known to the pool within 0.2 s. Where it still isn't after this long, it was missed."""


def signal_progress(writer: Connection, token: int | None) -> None:
    """Say, in a worker, that this try was taken up or got on; None: it is through.

    A full pipe is no reason to wait: nobody reads it, or thousands of newer records will be.
    """
    record = _RECORD.pack(os.getpid(), _IDLE if token is None else token, time.monotonic())
    try:
        os.write(writer.fileno(), record)
    except BlockingIOError:
        return


@dataclass(frozen=True, slots=True)
class _Beat:
    token: int
    at: float
    waited: float
    """Seconds the worker had waited for a processor by then."""


class WorkerClock:
    """Listens to the workers of one pool, and ends those that were silent for ``timeout_seconds``."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._reader, self.writer = Pipe(duplex=False)
        os.set_blocking(self.writer.fileno(), False)
        self._awaited: set[int] = set()
        self._beats: dict[int, _Beat] = {}
        self._processes: dict[int, int] = {}
        self._cut: set[int] = set()
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="docplatform-clock", daemon=True)
        self._thread.start()

    def await_signals(self, token: int) -> None:
        """Listen for this try: it is about to be handed out."""
        with self._lock:
            self._awaited.add(token)

    def forget(self, token: int) -> None:
        """This try is over: its worker's number may soon be another process's."""
        with self._lock:
            self._awaited.discard(token)
            self._beats = {pid: beat for pid, beat in self._beats.items() if beat.token != token}

    def was_cut(self, token: int) -> bool:
        """Whether this try's worker was ended because it took too long."""
        with self._lock:
            return token in self._cut

    def is_lost(self, token: int) -> bool:
        """Whether this try's worker has been gone for so long that whoever waits for it waits in vain."""
        now = time.monotonic()
        with self._lock:
            return any(
                now - beat.at > _GRACE_SECONDS and not self._is_alive(pid)
                for pid, beat in self._beats.items()
                if beat.token == token
            )

    def stop(self) -> None:
        """Listen no more."""
        self._is_stopped.set()
        self._thread.join()
        self._reader.close()
        self.writer.close()
        for descriptor in self._processes.values():
            os.close(descriptor)
        self._processes.clear()

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._reader.fileno(), select.POLLIN)
        left = b""
        while not self._is_stopped.is_set():
            if poll.poll(_POLL_SECONDS * 1_000):
                left = self._take_in(left + os.read(self._reader.fileno(), 2**16))
            else:
                self._end_overdue()

    def _take_in(self, data: bytes) -> bytes:
        """Take the whole records in; what is left belongs to the next."""
        end = len(data) - len(data) % _RECORD.size
        with self._lock:
            for pid, token, at in _RECORD.iter_unpack(data[:end]):
                if token in self._awaited:
                    self._know(pid)
                    self._beats[pid] = _Beat(token, at, _waited(pid))
                else:
                    self._beats.pop(pid, None)
        return data[end:]

    def _end_overdue(self) -> None:
        now = time.monotonic()
        with self._lock:
            overdue = [
                pid
                for pid, beat in self._beats.items()
                if now - beat.at > self._timeout and now - beat.at - (_waited(pid) - beat.waited) > self._timeout
            ]
            for pid in overdue:
                self._cut.add(self._beats.pop(pid).token)
                if self._is_alive(pid):
                    signal.pidfd_send_signal(self._processes[pid], signal.SIGKILL)

    def _know(self, pid: int) -> None:
        """Keep a descriptor of the process itself: its number may be another's once it has ended."""
        if self._is_alive(pid):
            return
        for ended in [known for known in self._processes if not self._is_alive(known)]:
            os.close(self._processes.pop(ended))
        with contextlib.suppress(ProcessLookupError):  # it has ended since
            self._processes[pid] = os.pidfd_open(pid)

    def _is_alive(self, pid: int) -> bool:
        descriptor = self._processes.get(pid)
        if descriptor is None:
            return False
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)  # readable once the process has ended
        return not poll.poll(0)


def _waited(pid: int) -> float:
    """Seconds this process was ready to run and another ran; 0 where the kernel doesn't tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
