"""Readers for the pool's tests. In a module of their own: workers import it."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.ocr.base import DocumentSource, PageCounts, Reading
from docplatform.ocr.local.builder import build_verbatim_result


class ObedientReader:
    """Does what the document says: a verb, and for some a file that makes it happen only once."""

    def reading(self, source: DocumentSource) -> Reading:
        verb, _, marker = source.data.decode().partition(" ")
        if marker and Path(marker).exists():
            verb = "say"
        elif marker:
            Path(marker).write_text("seen")
        return Reading(self._obey(verb, source), PageCounts(in_file=1, cached=len(verb)))

    def _obey(self, verb: str, source: DocumentSource) -> AnalyzeResult:
        if verb == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if verb == "hang":
            threading.Event().wait()
        if verb == "grow":
            return build_verbatim_result(str(len(_grown())), "m")
        if verb == "gorge":
            raise MemoryError
        if verb == "refuse":
            raise PermanentError("damaged", reason=ReasonCode.CORRUPT)
        if verb == "later":
            raise TransientError("try later")
        if verb == "pid":
            return build_verbatim_result(f"{os.getpid()} {os.environ.get('OMP_NUM_THREADS')}", "m")
        return build_verbatim_result(f"{source.key} said", "m")


def _grown() -> list[bytearray]:
    hoard = []
    while True:
        hoard.append(bytearray(os.urandom(1)) * 2**20)
