"""``BlobStore`` on a local disk: each blob is a file below one folder.

Belongs here: what only a disk needs - hard links, fsync, file addresses. Doesn't: the rest of the port (``objects``).
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from docplatform.errors import ConfigurationError
from docplatform.storage.base import TableLocation
from docplatform.storage.objects import ObjectBlobs, check_local_file
from docplatform.storage.paths import check_path

_CANT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP})


class LocalBlobStore(ObjectBlobs):
    """Keeps blobs as files below ``root``, which is made if missing."""

    def __init__(self, root: Path) -> None:
        from obstore.store import LocalStore

        self._root = root.expanduser().absolute()
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The folder {self._root} can't be made: {error.strerror}. Set DOCPLATFORM_HOME to one that can."
            ) from error
        # obstore resolves links in the root; do so once here too, or uris and tables would name another path.
        self._root = self._root.resolve()
        super().__init__(LocalStore(self._root), str(self._root))

    def put(self, path: str, data: bytes | Path) -> None:
        """See ``BlobStore.put``. Where a blob is replaced, the new bytes are on the disk before the old ones go."""
        if not self._file(path).exists():
            super().put(path, data)
            return
        with self._staged(path) as staging:
            if isinstance(data, Path):
                check_local_file(data)
                shutil.copyfile(data, staging)
            else:
                staging.write_bytes(data)
            _fsync(staging)

    def copy(self, source: str, target: str) -> None:
        """See ``BlobStore.copy``. A hard link: blobs are replaced, never written to, so sharing bytes is safe."""
        check_path(target)
        if not self._file(source).is_file():
            raise self._missing(source)
        if self._file(target).exists() and self._file(target).samefile(self._file(source)):
            return  # renaming a link over its own file leaves both (POSIX): there would be a stray staging file
        self._file(target).parent.mkdir(parents=True, exist_ok=True)
        with self._staged(target) as staging:
            _link_or_copy(self._file(source), staging)

    def make_durable(self, paths: Iterable[str]) -> None:
        """See ``BlobStore.make_durable``. Each folder is synced once a call, up to the root's own entry."""
        folders: set[Path] = set()
        for path in paths:
            file = self._file(path)
            with self._translated(path):
                _fsync(file)
            folders.update(parent for parent in file.parents if parent.is_relative_to(self._root))
        if folders:
            folders.add(self._root.parent)
        for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
            _fsync(folder)

    def uri(self, path: str) -> str:
        """See ``BlobStore.uri``."""
        return self._file(path).as_uri()

    def table_location(self, path: str) -> TableLocation:
        """See ``BlobStore.table_location``."""
        return TableLocation(str(self._file(path)))

    def _file(self, path: str) -> Path:
        return self._root / check_path(path)

    @contextmanager
    def _staged(self, path: str) -> Iterator[Path]:
        """A file beside the target, renamed over it at the end. Its name is one that listings leave out."""
        target = self._file(path)
        staging = target.with_name(f"{target.name}#{uuid.uuid4().int % 10**12}")
        with self._translated(path):
            try:
                yield staging
                staging.replace(target)
            finally:
                staging.unlink(missing_ok=True)


def _link_or_copy(source: Path, target: Path) -> None:
    """Hard-link, or copy where the file system has no links, or no more of them for this file."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _CANT_LINK:
            raise
        shutil.copyfile(source, target)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
