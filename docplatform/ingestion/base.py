"""The ``Connector`` port: where documents come from.

Belongs here: what every connector hands over and promises. Doesn't: any one source, or what is done with its files.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
MAX_NAME = 4_096
"""Characters of a name that are kept."""


class FileChangedError(OSError):
    """The file is no longer the one that was announced: it is left alone, and the next pass sees it anew.

    The message reads on after the file's address, as a ``Problem``'s does.
    """


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a source that couldn't be taken in, or not be cleared away afterwards: where, and why."""

    source_uri: str
    message: str

    def __str__(self) -> str:
        return f"{self.source_uri} {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """One file waiting at a source. Exactly one of ``path`` and ``load`` is set."""

    customer: str
    """Whose it is, as the source spells it."""
    name: str
    """As the sender spelled it, made storable by ``storable_name``: metadata only, never used as a path."""
    source_uri: str
    identity: str
    """Names this event at the source (this file at this place, put there once): the same after a crash and a second
    pass, another one when the same content is sent again."""
    size: int
    """Bytes, as the source announces them; exact where there is a ``path``."""
    path: Path | None = None
    load: Callable[[], bytes] | None = None

    def open(self) -> BinaryIO:
        """A seekable stream of its bytes.

        Raises:
            OSError: where it can't be read (any more).
        """
        if self.load is not None:
            return io.BytesIO(self.load())
        if self.path is None:
            raise ValueError(f"{self.source_uri}: an incoming file needs a path or a loader.")
        return self.path.open("rb")

    def is_unchanged(self, stream: BinaryIO) -> bool:
        """Whether ``stream``, opened before, still holds what it held then."""
        return self.load is not None or stream.seek(0, io.SEEK_END) == self.size


class Connector(Protocol):
    """A source of documents. One pass: ``pull``, and ``acknowledge`` in between as batches become durable."""

    @property
    def name(self) -> str:
        """Short name, ``landing``: the asset ``sources/<name>`` and the ledger's column ``connector``."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """What went wrong since the last ``pull`` began."""
        ...

    def has_ready(self) -> bool:
        """Whether ``pull`` would yield anything; cheap enough for a sensor's every tick."""
        ...

    def is_settling(self) -> bool:
        """Whether something lies at the source that isn't ready yet but may soon be: a file just dropped."""
        ...

    def pull(self) -> Iterator[IncomingFile]:
        """Every file that is ready, lazily. What can't be taken is put in ``problems``; the others go on.

        Raises:
            TransientError: where the whole source can't be reached.
        """
        ...

    def acknowledge(self, files: Sequence[IncomingFile]) -> None:
        """These files' bytes and ledger rows are durable: clear them away at the source, so they don't come again."""
        ...


def storable_name(name: str) -> str:
    """``name`` without what a database or a UTF-8 file can't hold (lone surrogates, NUL), and not endless."""
    return _UNSTORABLE.sub("\ufffd", name)[:MAX_NAME]
