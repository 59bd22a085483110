"""Pages that wait until all pages of their document have been seen.

Belongs here: keeping them small meanwhile. Doesn't: what they wait for (``layout.document``).
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from typing import IO

from docplatform.ocr.local.blocks import PageBlocks

_HELD = 32
"""Pages that wait in memory, at 0.2 MB each; to put a page of 450 words into a file and to take it out again costs
1.4 ms, a fifth of reading it."""


class WaitingPages:
    """Pages in order: the first ones in memory, the others in a file, which goes with this object."""

    def __init__(self) -> None:
        self._held: list[PageBlocks] = []
        self._file: IO[bytes] | None = None
        self._count = 0

    def append(self, page: PageBlocks) -> None:
        """Put a page behind the others."""
        if len(self._held) < _HELD:
            self._held.append(page)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when this object goes
        pickle.dump(page, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[PageBlocks]:
        """The pages, which are let go one by one: once only."""
        self._held.reverse()
        while self._held:
            yield self._held.pop()
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self._count):
                yield pickle.load(self._file)  # noqa: S301 - written above, into a file without a name
