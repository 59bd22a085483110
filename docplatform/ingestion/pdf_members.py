"""Files attached to a PDF, one at a time.

Belongs here: telling whether there are any, and running the process that takes them out, within the budget. Doesn't:
taking them out (``pdf_attachments``), the PDF's pages (the readers do that).

The parser runs in a child process, so that whatever it meets only ends that. A PDF without attached files, which is
nearly every PDF, costs a search of its bytes.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from docplatform.documents.media_types import PDF_EMBEDDED_FILE
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.budget import Budget
from docplatform.ingestion.pdf_attachments import HEADER
from docplatform.ingestion.zip_members import Part

_SECONDS = 60.0  # wall clock
_CPU_SECONDS = 60
_SPACE = 2**30  # bytes of address space for Python and pdfium, beside the PDF and what comes out of it
_CHUNK = 2**20


def has_attachments(content: bytes | BinaryIO) -> bool:
    """Whether a PDF may hold files: their dictionaries are never compressed, so their type can be seen from outside."""
    if isinstance(content, bytes):
        return PDF_EMBEDDED_FILE in content
    content.seek(0)
    tail = b""
    while chunk := content.read(_CHUNK):
        tail += chunk
        if PDF_EMBEDDED_FILE in tail:
            return True
        tail = tail[-len(PDF_EMBEDDED_FILE) :]
    return False


def pdf_members(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
    """Every attached file; none of a PDF that is locked or damaged, which the reader refuses with its reason.

    Raises:
        PermanentError: BOMB where it crosses a limit; CRASH or TIMEOUT where the parser ended at it.
    """
    stream.seek(0)
    with _taking_out(stream.read(), budget) as frames:
        while header := frames.read(HEADER.size):
            name_size, size = HEADER.unpack(header)
            budget.add_entry()
            budget.add_bytes(name_size + size)
            name = frames.read(name_size).decode()
            data = frames.read(size)
            if len(data) < size:
                return  # the child ended; why is told when this is left
            yield Part(name or "attachment", data)


@contextmanager
def _taking_out(data: bytes, budget: Budget) -> Iterator[IO[bytes]]:
    """What the child process writes."""
    limits = budget.limits
    space = _SPACE + 3 * len(data) + 2 * min(limits.max_archive_bytes, limits.max_file_bytes)
    command = [sys.executable, "-m", "docplatform.ingestion.pdf_attachments", str(max(0, space)), str(_CPU_SECONDS)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - pipes were asked for
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        child.kill()

    clock = threading.Timer(_SECONDS, end)
    clock.start()
    try:
        _feed(child.stdin, data)
        yield child.stdout
        status = child.wait()
        if is_late.is_set():
            raise _ended("took too long", ReasonCode.TIMEOUT)
        if status:
            raise _ended(f"ended with status {status}", ReasonCode.CRASH)
    finally:
        clock.cancel()
        child.kill()
        child.stdout.close()
        child.wait()


def _feed(pipe: IO[bytes], data: bytes) -> None:
    try:
        with pipe:
            pipe.write(data)
    except BrokenPipeError:  # the child ended before it had read all; its status tells why
        return


def _ended(how: str, reason: ReasonCode) -> PermanentError:
    message = f"Taking the attached files out of the PDF {how}. Save it without them and send them on their own."
    return PermanentError(message, reason=reason)
