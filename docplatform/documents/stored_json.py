"""``StoredJson``: JSON that grows piece by piece and, where it is large, lies in a file rather than in memory.

Belongs here: the store. Doesn't: what is written into it (``ocr.local.building``), results (``analyze_result``).

The file has no name: it goes with the store, whatever becomes of the process.
"""

from __future__ import annotations

import codecs
import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from docplatform.errors import TransientError

HELD_BYTES = 2**20
"""What is held before it goes to the file: the JSON of 30 dense pages. Below that there is no file."""


class StoredJson:
    """Bytes of JSON in order. Written first, then read, any number of times."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        """``file`` is one that holds JSON already; the store owns it from now on."""
        self._file = file
        self._head = b""
        self._held = bytearray()
        self.is_empty = file is None

    @property
    def is_large(self) -> bool:
        """Whether it lies in a file."""
        return self._file is not None

    def write(self, data: bytes) -> None:
        """Add bytes at the end.

        Raises:
            TransientError: the disk is full.
        """
        self._held += data
        self.is_empty = False
        if len(self._held) > HELD_BYTES:
            self._put_down()

    def begin_with(self, data: bytes) -> None:
        """Put bytes in front of everything: what is known only at the end."""
        self._head = data + self._head

    def chunks(self) -> Iterator[bytes]:
        """Everything, a megabyte at a time."""
        yield self._head
        if self._file is not None:
            with disk_space_needed():  # what is still buffered is written now
                self._file.seek(0)
            while chunk := self._file.read(HELD_BYTES):
                yield chunk
        yield bytes(self._held)

    def lines(self) -> Iterator[bytes]:
        """Everything, cut after line feeds."""
        left = b""
        for chunk in self.chunks():
            *whole, left = (left + chunk).split(b"\n")
            yield from whole
        if left:
            yield left

    def text(self) -> str:
        """All of it, in memory."""
        if self._file is None:
            return (self._head + self._held).decode()
        return "".join(codecs.iterdecode(self.chunks(), "utf-8"))

    def _put_down(self) -> None:
        with disk_space_needed():
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the store goes
            self._file.write(self._held)
        self._held.clear()


@contextmanager
def disk_space_needed() -> Iterator[None]:
    """Raises ``TransientError`` where there is none."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise TransientError(f"No space is left in {tempfile.gettempdir()} for a large result.") from error
