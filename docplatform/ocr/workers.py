"""Worker pools: many documents read at once, none of them able to disturb another.

Belongs here: the ``WorkerPool`` port and the pools of one machine. Doesn't: reading; a cluster's pool is another
implementation of the port with the same tests.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from docplatform.errors import ConfigurationError, ReasonCode
from docplatform.ocr import worker_process
from docplatform.ocr.base import DocumentSource, Reading, ReadOutcome
from docplatform.ocr.interrupts import put_off
from docplatform.ocr.worker_clock import WorkerClock
from docplatform.ocr.worker_process import MEMORY_EXIT, ReaderFactory, attempt

_TRIES = 2
_LOOK_SECONDS = 1.0
"""How often somebody who waits looks whether the worker is still there."""


class WorkerPool(Protocol):
    """Reads documents with a reader of its own per worker."""

    def read(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        """Exactly one outcome per source, as they are done; ``sources`` is consumed no further than a small window."""
        ...

    def close(self) -> None:
        """End the workers; the next ``read`` starts new ones."""
        ...


class InProcessPool:
    """No workers: one document after the other, here. Nothing limits time or memory."""

    def __init__(self, read: Callable[[DocumentSource], Reading]) -> None:
        self._read = read

    def read(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        """See ``WorkerPool``."""
        for source in sources:
            try:
                outcome = attempt(self._read, source)
            except MemoryError as error:
                outcome = ReadOutcome(key=source.key, reason=ReasonCode.MEMORY, message=f"Out of memory. {error}")
            yield outcome

    def close(self) -> None:
        """Nothing to end."""


@dataclass(frozen=True, slots=True)
class _Try:
    source: DocumentSource
    number: int
    token: int
    running: _Running


class PebbleWorkerPool:
    """Worker processes on this machine, started at the first source and kept until ``close``.

    They come from a fork server: forked from a small process without threads, and quick to start. A document that
    times out, or whose worker dies, is tried once more, in another worker.

    Args:
        factory: Makes a worker's own reader, in the worker.
        workers: How many processes.
        timeout_seconds: Most seconds between two signs of progress of one document: its beginning, each of its pages.
        document_seconds: Most seconds for one document, whatever its pages.
        memory_bytes: What a worker may grow by.
    """

    def __init__(
        self,
        factory: ReaderFactory,
        *,
        workers: int,
        timeout_seconds: float,
        memory_bytes: int,
        document_seconds: float = 7_200.0,
    ) -> None:
        self._factory = factory
        self._workers = workers
        self._timeout = timeout_seconds
        self._document_seconds = document_seconds
        self._memory = memory_bytes
        self._running: _Running | None = None
        self._lock = threading.Lock()
        self._tokens = itertools.count()

    def read(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        """See ``WorkerPool``."""
        pending: dict[Any, _Try] = {}
        done: SimpleQueue[Any] = SimpleQueue()
        remaining = iter(sources)
        try:
            while True:
                self._fill(remaining, pending, done)
                if not pending:
                    return
                future = self._next(done, pending)
                trial = pending.pop(future)
                outcome = self._outcome(future, trial)
                if outcome is None:
                    self._submit(trial.source, trial.number + 1, pending, done)
                else:
                    yield outcome
        finally:  # the caller stopped listening: cancelling ends the workers that are busy with it
            for future in pending:
                future.cancel()

    def close(self) -> None:
        """End the workers at once."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.end()

    def _fill(self, remaining: Iterator[DocumentSource], pending: dict[Any, _Try], done: SimpleQueue[Any]) -> None:
        while len(pending) < 2 * self._workers:
            source = next(remaining, None)
            if source is None:
                return
            self._submit(source, 1, pending, done)

    def _submit(self, source: DocumentSource, number: int, pending: dict[Any, _Try], done: SimpleQueue[Any]) -> None:
        with put_off():
            token = next(self._tokens)
            running, future = self._scheduled(source, token)
            pending[future] = _Try(source, number, token, running)
            future.add_done_callback(done.put)

    def _scheduled(self, source: DocumentSource, token: int) -> tuple[_Running, Any]:
        with self._lock:
            try:
                running = self._usable()
                return running, running.schedule(source, token, self._document_seconds)
            except RuntimeError:  # it broke just now: pebble takes nothing any more
                running = self._usable()
                return running, running.schedule(source, token, self._document_seconds)

    @staticmethod
    def _next(done: SimpleQueue[Any], pending: dict[Any, _Try]) -> Any:
        """The next try that has come to an end; one whose worker went away without the pool's notice is given up."""
        while True:
            try:
                return done.get(timeout=_LOOK_SECONDS)
            except Empty:
                for future, trial in pending.items():
                    if trial.running.clock.is_lost(trial.token):
                        future.cancel()  # which puts it into ``done``

    def _usable(self) -> _Running:
        """The running pool; a new one where there is none, or where it broke."""
        if self._running is not None and not self._running.is_active:
            self._running.end()
            self._running = None
        if self._running is None:
            self._running = _Running.started(self._factory, self._workers, self._timeout, self._memory)
        return self._running

    def _outcome(self, future: Any, trial: _Try) -> ReadOutcome | None:
        """What became of a try; None where it deserves another."""
        try:
            encoded: worker_process.EncodedOutcome = future.result()
        except ConfigurationError:
            raise  # of no document in particular: the pass can't go on
        except Exception as error:  # noqa: BLE001 - whatever became of one document, it ends no pass
            if trial.number < _TRIES + isinstance(error, BrokenProcessPool):  # which is no document's doing
                return None
            reason, message, seconds = self._why(error, trial)
        else:
            return encoded.decoded()
        return ReadOutcome(
            key=trial.source.key, reason=reason, message=f"{message} Tried {trial.number} times.", seconds=seconds
        )

    def _why(self, error: Exception, trial: _Try) -> tuple[ReasonCode, str, float]:
        """Reason, message and seconds of a try that brought no outcome."""
        from pebble import ProcessExpired

        if isinstance(error, ProcessExpired) and trial.running.clock.was_cut(trial.token):
            words = _too_long(f"{self._timeout:g} s without finishing a page", "TIMEOUT_SECONDS")
            return ReasonCode.TIMEOUT, words, self._timeout
        if isinstance(error, ProcessExpired):
            return *_death(error.exitcode, self._memory), 0.0
        if isinstance(error, FutureTimeoutError):
            words = _too_long(f"{self._document_seconds:g} s", "DOCUMENT_SECONDS")
            return ReasonCode.TIMEOUT, words, self._document_seconds
        if isinstance(error, BrokenProcessPool):
            return ReasonCode.CRASH, f"All workers ended: {error}", 0.0
        if isinstance(error, CancelledError):
            return ReasonCode.CRASH, "Its worker went away.", 0.0
        return ReasonCode.ENGINE_ERROR, f"Its worker failed with {type(error).__name__}: {error}.", 0.0


@dataclass(frozen=True, slots=True)
class _Running:
    """Workers that have been started, and their clock."""

    pool: Any
    clock: WorkerClock
    outbox: Path
    """Where workers leave large results. It goes with them, and what nobody took goes with it."""

    @classmethod
    def started(cls, factory: ReaderFactory, workers: int, timeout_seconds: float, memory: int) -> _Running:
        from pebble import ProcessPool

        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["docplatform.ocr.worker_process", "docplatform.ocr.local.reader"])
        clock = WorkerClock(timeout_seconds)
        outbox = Path(tempfile.mkdtemp(prefix="docplatform-results-"))
        pool = ProcessPool(
            max_workers=workers,
            initializer=worker_process.start,
            initargs=(factory, memory, os.getpid(), clock.writer, outbox),
            context=context,
        )
        return cls(pool, clock, outbox)

    @property
    def is_active(self) -> bool:
        return bool(self.pool.active)

    def schedule(self, source: DocumentSource, token: int, timeout_seconds: float) -> Any:
        self.clock.await_signals(token)
        future = self.pool.schedule(worker_process.run, args=(source, token), timeout=timeout_seconds)
        future.add_done_callback(lambda _: self.clock.forget(token))
        return future

    def end(self) -> None:
        """End the workers and their clock."""
        self.pool.stop()
        self.pool.join()
        self.clock.stop()
        shutil.rmtree(self.outbox)


def _too_long(what: str, setting: str) -> str:
    return f"It took longer than {what} (DOCPLATFORM_READING__{setting})."


def _death(exit_status: int | None, memory: int) -> tuple[ReasonCode, str]:
    if exit_status == MEMORY_EXIT:
        return ReasonCode.MEMORY, f"It needed more than {memory} bytes (DOCPLATFORM_READING__WORKER_MEMORY_BYTES)."
    return ReasonCode.CRASH, f"Its parser took the worker down (exit status {exit_status})."
