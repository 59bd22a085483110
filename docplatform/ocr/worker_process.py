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
from pathlib import Path
from typing import Protocol

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.ocr.base import DocumentSource, PageCounts, Reading, ReadOutcome

MEMORY_EXIT = 86
"""Exit status of a worker that outgrew its memory."""
_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 0.05
_SINGLE_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class SourceReader(Protocol):
    """Reads one document in this process."""

    def reading(self, source: DocumentSource) -> Reading:
        """Raises ``PermanentError`` or ``TransientError``."""
        ...


ReaderFactory = Callable[[], SourceReader]


@dataclass(frozen=True, slots=True)
class EncodedOutcome:
    """A ``ReadOutcome`` on its way between processes: JSON pickles several times faster than the model."""

    outcome: ReadOutcome
    result_json: str | None

    def decoded(self) -> ReadOutcome:
        """The outcome as the caller gets it."""
        if self.result_json is None:
            return self.outcome
        return replace(self.outcome, result=AnalyzeResult.deferred(self.result_json))


def attempt(read: Callable[[DocumentSource], Reading], source: DocumentSource) -> ReadOutcome:
    """Read one document and say what became of it. Only ``MemoryError`` and what isn't an error pass through."""
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


def start(factory: ReaderFactory, memory_bytes: int, parent: int) -> None:
    """Make this process a worker: single-threaded engines, a memory limit, no life without its parent."""
    global _reader
    for name in _SINGLE_THREAD_VARIABLES:
        os.environ[name] = "1"
    die_with_parent(parent)
    limit = _resident_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (_virtual_bytes() + memory_bytes, resource.RLIM_INFINITY))
    threading.Thread(target=_watch, args=(parent, limit), name="docplatform-guard", daemon=True).start()
    _reader = factory()


def run(source: DocumentSource) -> EncodedOutcome:
    """Read one document in a worker that ``start`` made. Out of memory ends the worker: what it leaves is unsound."""
    if _reader is None:
        raise RuntimeError("The worker wasn't started.")
    try:
        outcome = attempt(_reader.reading, source)
        result_json = outcome.result.to_json() if outcome.result else None
    except MemoryError:
        os._exit(MEMORY_EXIT)
    return EncodedOutcome(replace(outcome, result=None), result_json)


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
        if _resident_bytes() > limit:
            os._exit(MEMORY_EXIT)
    os._exit(1)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _virtual_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
