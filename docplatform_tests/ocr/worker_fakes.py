"""Readers for the pool's tests. In a module of their own: workers import it."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from pebble.pool.channel import WorkerChannel

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import ConfigurationError, PermanentError, ReasonCode, TransientError
from docplatform.ocr.base import DocumentSource, PageCounts, Reading
from docplatform.ocr.local.builder import build_verbatim_result
from docplatform.ocr.progress import page_done


class ObedientReader:
    """Does what the document says: a verb, and for some a file that makes it happen only once."""

    def reading(self, source: DocumentSource) -> Reading:
        verb, _, marker = source.data.decode().partition(" ")
        marker = "" if verb == "size" else marker
        if marker and Path(marker).exists():
            verb = "say"
        elif marker:
            Path(marker).write_text("seen")
        return Reading(self._obey(verb, source), PageCounts(in_file=1, cached=len(verb)))

    def _obey(self, verb: str, source: DocumentSource) -> AnalyzeResult:
        verb, *options = verb.split("-") if verb.startswith("pages-") else [verb]
        deed = _DEEDS.get(verb)
        if deed is not None:
            return build_verbatim_result(str(deed(*options)), "m")
        if verb == "size":
            return build_verbatim_result(str(len(source.data)), "m")
        if verb == "pid":
            return build_verbatim_result(f"{os.getpid()} {os.environ.get('OMP_NUM_THREADS')}", "m")
        return build_verbatim_result(f"{source.key} said", "m")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_in_transfer() -> None:
    """As a worker that is killed while it holds what only one worker at a time may have: the way to the pool."""
    (channel,) = [found for found in gc.get_objects() if isinstance(found, WorkerChannel)]
    channel.mutex.acquire()
    _die()


def _segfault() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _leave() -> None:
    os._exit(3)


def _hang() -> None:
    threading.Event().wait()


def _spin() -> None:
    """Hang with the interpreter's lock held, as a native parser may: no other thread of this process runs."""
    ctypes.PyDLL(None).sleep(3_600)


def _pages(count: str, seconds: str) -> int:
    for _ in range(int(count)):
        threading.Event().wait(float(seconds))
        page_done()
    return int(count)


def _grow() -> int:
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(1)) * 2**20)


def _reserve() -> int:
    """Memory that is asked for and never used: only its address range is taken."""
    return mmap.mmap(-1, 2**40).find(b"x", 0, 1)


def _gorge() -> None:
    raise MemoryError


def _break() -> None:
    raise ZeroDivisionError("a promise broken")


def _panic() -> None:
    """As a Rust library does: with what is no Exception, and can't be pickled."""
    raise type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})("slice index")


def _refuse() -> None:
    raise PermanentError("damaged", reason=ReasonCode.CORRUPT)


def _misconfigured() -> None:
    raise ConfigurationError("not allowed to write to the cache")


def _later() -> None:
    raise TransientError("try later")


_DEEDS: dict[str, Callable[..., object]] = {
    "die": _die,
    "die_in_transfer": _die_in_transfer,
    "segfault": _segfault,
    "leave": _leave,
    "hang": _hang,
    "spin": _spin,
    "pages": _pages,
    "grow": _grow,
    "reserve": _reserve,
    "gorge": _gorge,
    "break": _break,
    "panic": _panic,
    "refuse": _refuse,
    "later": _later,
    "misconfigured": _misconfigured,
}
