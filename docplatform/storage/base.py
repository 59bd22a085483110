"""The ``BlobStore`` port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """One stored blob: ``path`` relative to the store's root with ``/`` between parts, ``size`` in bytes."""

    path: str
    size: int
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class TableLocation:
    """Where deltalake finds a table: its URI and the storage options to open it with."""

    uri: str
    storage_options: Mapping[str, str] = field(default_factory=dict)


class BlobStore(Protocol):
    """Bytes by path. Paths are relative, ``/``-separated, with no empty, ``.`` or ``..`` part.

    Every method raises ``TransientError`` where the store can't be reached or is busy, ``ConfigurationError`` where
    it refuses the credentials, and ``ValueError`` for a path that isn't as described.
    """

    def put(self, path: str, data: bytes | Path) -> None:
        """Store bytes, or a local file's bytes, under ``path``, replacing what is there, atomically."""
        ...

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Store bytes unless ``path`` exists; of many at once exactly one gets ``True``."""
        ...

    def get(self, path: str) -> bytes:
        """The bytes at ``path``. Raises ``FileNotFoundError``."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a blob lies at exactly ``path``."""
        ...

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Every blob below ``prefix`` (a folder path), in path order. Nothing there: nothing yielded."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy within the store, replacing ``target``. Raises ``FileNotFoundError``. Local disks hard-link."""
        ...

    def delete(self, paths: Iterable[str]) -> None:
        """Delete blobs; those that don't exist are no error."""
        ...

    def make_durable(self, paths: Iterable[str]) -> None:
        """Return once these blobs survive a power cut (local: fsync of files and their folders; cloud: at once)."""
        ...

    def uri(self, path: str) -> str:
        """An address a person or another program can open: ``file:///…`` or ``https://…``."""
        ...

    def table_location(self, path: str) -> TableLocation:
        """Where deltalake finds the table at ``path``."""
        ...
