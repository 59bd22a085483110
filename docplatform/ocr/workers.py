"""Worker pools: many documents read at once, none of them able to disturb another.

Belongs here: the ``WorkerPool`` port and the pools of one machine. Doesn't: reading; a cluster's pool is another
implementation of the port with the same tests.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol

from docplatform.errors import ReasonCode
from docplatform.ocr import worker_process
from docplatform.ocr.base import DocumentSource, Reading, ReadOutcome
from docplatform.ocr.worker_process import MEMORY_EXIT, ReaderFactory, attempt

_TRIES = 2


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


class PebbleWorkerPool:
    """Worker processes on this machine, started at the first source and kept until ``close``.

    They come from a fork server: forked from a small process without threads, and quick to start. A document that
    times out, or whose worker dies, is tried once more, in another worker.
    """

    def __init__(self, factory: ReaderFactory, *, workers: int, timeout_seconds: float, memory_bytes: int) -> None:
        self._factory = factory
        self._workers = workers
        self._timeout = timeout_seconds
        self._memory = memory_bytes
        self._pool: Any = None
        self._lock = threading.Lock()

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
                future = done.get()
                trial = pending.pop(future)
                outcome = self._outcome(future, trial)
                if outcome is None:
                    self._submit(_Try(trial.source, trial.number + 1), pending, done)
                else:
                    yield outcome
        finally:  # the caller stopped listening: cancelling ends the workers that are busy with it
            for future in pending:
                future.cancel()

    def close(self) -> None:
        """End the workers at once."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()
            pool.join()

    def _fill(self, remaining: Iterator[DocumentSource], pending: dict[Any, _Try], done: SimpleQueue[Any]) -> None:
        while len(pending) < 2 * self._workers:
            source = next(remaining, None)
            if source is None:
                return
            self._submit(_Try(source, 1), pending, done)

    def _submit(self, trial: _Try, pending: dict[Any, _Try], done: SimpleQueue[Any]) -> None:
        future = self._running_pool().schedule(worker_process.run, args=(trial.source,), timeout=self._timeout)
        pending[future] = trial
        future.add_done_callback(done.put)

    def _running_pool(self) -> Any:
        """The pool; a new one where there is none, or where it broke."""
        from pebble import ProcessPool

        with self._lock:
            if self._pool is not None and not self._pool.active:
                self._pool.stop()
                self._pool.join()
                self._pool = None
            if self._pool is None:
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(["docplatform.ocr.worker_process", "docplatform.ocr.local.reader"])
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    initializer=worker_process.start,
                    initargs=(self._factory, self._memory, os.getpid()),
                    context=context,
                )
            return self._pool

    def _outcome(self, future: Any, trial: _Try) -> ReadOutcome | None:
        """What became of a try; None where it deserves another."""
        from pebble import ProcessExpired

        try:
            encoded: worker_process.EncodedOutcome = future.result()
        except FutureTimeoutError:
            reason, message = ReasonCode.TIMEOUT, f"It took longer than {self._timeout:g} s."
        except ProcessExpired as error:
            reason, message = _death(error.exitcode, self._memory)
        except BrokenProcessPool as error:
            reason, message = ReasonCode.CRASH, f"All workers ended: {error}"
        else:
            return encoded.decoded()
        if trial.number < _TRIES:
            return None
        return ReadOutcome(
            key=trial.source.key,
            reason=reason,
            message=f"{message} Tried {trial.number} times.",
            seconds=self._timeout if reason is ReasonCode.TIMEOUT else 0.0,
        )


def _death(exit_status: int | None, memory: int) -> tuple[ReasonCode, str]:
    if exit_status == MEMORY_EXIT:
        return ReasonCode.MEMORY, f"It needed more than {memory} bytes (DOCPLATFORM_READING__WORKER_MEMORY_BYTES)."
    return ReasonCode.CRASH, f"Its parser took the worker down (exit status {exit_status})."
