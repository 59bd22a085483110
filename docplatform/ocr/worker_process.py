"""What runs inside a worker process: its guards, and reading one document.

Belongs here: code of the child's side, light to import (the fork server preloads it). Doesn't: scheduling
(``workers``).
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.stored_json import StoredJson, disk_space_needed
from docplatform.errors import ConfigurationError, PermanentError, ReasonCode, TransientError
from docplatform.ocr import memory, progress
from docplatform.ocr.base import DocumentSource, PageCounts, Reading, ReadOutcome
from docplatform.ocr.worker_clock import signal_progress

MEMORY_EXIT = 86
"""Exit status of a worker that outgrew its memory."""
_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 0.05
_KEPT_BYTES = 32 * 2**20
"""Growth since the last time from which on freed memory is handed back: what documents leave with the C library adds
up, 60 MB of one that recognition came after. Handing back takes 10 to 60 ms."""
_MUCH_BYTES = 400 * 2**20
"""Resident after that from which on engines are asked to free what they keep: over the zoo's pages that rose to 220 MB.
A worker that reads receipts stays below; freeing between all documents would cost some percent of their CPU."""
_LOCK_SECONDS = 10.0
"""A transfer to or from the pool takes milliseconds. Who waits this long for its lock waits for a worker that was
killed in the middle of one, and gives up (at the second time), so that the pool breaks and is replaced."""
_SINGLE_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class SourceReader(Protocol):
    """Reads one document in this process."""

    def reading(self, source: DocumentSource) -> Reading:
        """Raises ``PermanentError`` or ``TransientError``."""
        ...


ReaderFactory = Callable[[], SourceReader]


@dataclass(frozen=True, slots=True)
class EncodedOutcome:
    """A ``ReadOutcome`` on its way between processes: JSON pickles several times faster than the model.

    A large result goes by a file: through the pipe it would be held three times here and twice there.
    """

    outcome: ReadOutcome
    result_json: str | Path | None
    """None where there is no result."""

    def decoded(self) -> ReadOutcome:
        """The outcome as the caller gets it, once: a file is taken over and has no name any more."""
        if self.result_json is None:
            return self.outcome
        if isinstance(self.result_json, str):
            return replace(self.outcome, result=AnalyzeResult.deferred(self.result_json))
        file = self.result_json.open("rb")
        self.result_json.unlink()
        return replace(self.outcome, result=AnalyzeResult.deferred(StoredJson(file)))


def attempt(read: Callable[[DocumentSource], Reading], source: DocumentSource) -> ReadOutcome:
    """Read one document and say what became of it.

    Raises:
        MemoryError: there was none left, however that was said.
        ConfigurationError: settings are wrong, or the installation.
    """
    started = time.perf_counter()
    reading: Reading | None = None
    reason: ReasonCode | None = None
    message, is_transient = "", False
    try:
        reading = read(source)
    except PermanentError as error:
        reason, message = error.reason, str(error)
    except TransientError as error:
        reason, message, is_transient = ReasonCode.ENGINE_ERROR, str(error), True
    except ConfigurationError:
        raise  # of no document in particular: the pass can't go on
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a reader's promise broken for one document must not end the pass of all
        if memory.is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        reason, message = ReasonCode.ENGINE_ERROR, f"The reader failed with {type(error).__name__}: {error}."
    seconds = time.perf_counter() - started
    return ReadOutcome(
        key=source.key,
        result=reading.result if reading else None,
        reason=reason,
        message=message,
        is_transient=is_transient,
        seconds=seconds,
        pages=reading.pages if reading else PageCounts(),
    )


_reader: SourceReader | None = None
_writer: Connection | None = None
_outbox = Path()
"""Folder of the pool's own, for large results."""
_settled_bytes = 0
"""Resident when memory was last handed back."""
_is_reading = threading.Event()
"""Only then is the process ended for its memory: a worker that ends while it sends a result takes a lock with it."""


def start(factory: ReaderFactory, memory_bytes: int, parent: int, writer: Connection, outbox: Path) -> None:
    """Make this process a worker: single-threaded engines, a memory limit, no life without its parent.

    Resident memory is limited to what is there now and ``memory_bytes`` more, and looked at 20 times a second; what is
    reserved, used or not, to four times as much, which the kernel enforces at once. That has to be far enough away for
    the look to come first: native code that is refused memory aborts, and that says nothing of why (seen on a busy
    machine with twice as much). Large results are left in ``outbox``.
    """
    from pebble import CONSTS

    global _reader, _writer, _outbox
    CONSTS.channel_lock_timeout = _LOCK_SECONDS
    for name in _SINGLE_THREAD_VARIABLES:
        os.environ[name] = "1"
    die_with_parent(parent)
    limit = _resident_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (_virtual_bytes() + 4 * memory_bytes, resource.RLIM_INFINITY))
    threading.Thread(target=_watch, args=(parent, limit), name="docplatform-guard", daemon=True).start()
    _reader, _writer, _outbox = factory(), writer, outbox


def run(source: DocumentSource, token: int) -> EncodedOutcome:
    """Read one document in a worker that ``start`` made. Out of memory ends the worker: what it leaves is unsound.

    ``token`` is the caller's name for this try; it goes with every sign of progress.
    """
    if _reader is None or _writer is None:
        raise RuntimeError("The worker wasn't started.")
    reader, writer = _reader, _writer
    signal_progress(writer, token)
    progress.listen(lambda: signal_progress(writer, token))
    _is_reading.set()
    result_json: str | Path | None = None

    def read_and_encode(document: DocumentSource) -> Reading:
        nonlocal result_json
        reading = reader.reading(document)
        result_json = _put_down(reading.result, token) if reading.result.is_stored else reading.result.to_json()
        return reading

    try:
        outcome = attempt(read_and_encode, source)
    except MemoryError:
        os._exit(MEMORY_EXIT)
    finally:
        _is_reading.clear()
        progress.listen(None)
        signal_progress(writer, None)
    has_result, outcome = outcome.result is not None, replace(outcome, result=None)
    hand_back_memory()
    return EncodedOutcome(outcome, result_json if has_result else None)


def _put_down(result: AnalyzeResult, token: int) -> Path:
    """Leave a result's JSON for the parent.

    Raises:
        TransientError: the disk is full.
    """
    path = _outbox / str(token)
    with disk_space_needed(), path.open("wb") as file:
        file.writelines(result.json_chunks())
    return path


def hand_back_memory() -> None:
    """Give the system what the C library (glibc) and engines keep of freed memory, where this process has grown."""
    global _settled_bytes
    if _resident_bytes() - _settled_bytes <= _KEPT_BYTES:
        return
    _trim()
    if _resident_bytes() > _MUCH_BYTES:
        memory.release()
        _trim()
    _settled_bytes = _resident_bytes()


def _trim() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def die_with_parent(parent: int) -> None:
    """On Linux the kernel ends this process when the one that forked it (the fork server) ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if not Path(f"/proc/{parent}").exists():  # it ended before the line above
            os._exit(1)


def _watch(parent: int, limit: int) -> None:
    """End this process when the parent ends (the fork server may outlive it) or memory outgrows the limit."""
    poll = select.poll()
    poll.register(os.pidfd_open(parent), select.POLLIN)
    while not poll.poll(_WATCH_SECONDS * 1_000):
        if _is_reading.is_set() and _resident_bytes() > limit:
            os._exit(MEMORY_EXIT)
    os._exit(1)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _virtual_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
