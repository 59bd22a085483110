"""What all blob stores share: the port's methods on an obstore store, and obstore's errors in our words.

Belongs here: everything that doesn't depend on the backend. Doesn't: making the store, addresses, durability on a disk.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from docplatform.errors import ConfigurationError, TransientError
from docplatform.storage.base import BlobInfo
from docplatform.storage.paths import check_path, check_prefix

if TYPE_CHECKING:
    from obstore.store import ObjectStore

DELETE_BATCH = 256
"""Azure's limit on one batch of deletions."""

_OS_ERROR = re.compile(r"os error (\d+)")
_PATH_ERRORS = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL})
_ACCESS_ERRORS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class ObjectBlobs:
    """The part of the ``BlobStore`` port that is the same wherever obstore keeps the bytes."""

    def __init__(self, store: ObjectStore, description: str) -> None:
        """``description`` names the store in errors."""
        self._store = store
        self._description = description

    def put(self, path: str, data: bytes | Path) -> None:
        """See ``BlobStore.put``."""
        with self._translated(check_path(path)):
            self._store.put(path, check_local_file(data) if isinstance(data, Path) else data)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """See ``BlobStore.put_if_absent``."""
        from obstore.exceptions import AlreadyExistsError

        with self._translated(check_path(path)):
            try:
                # A multipart upload can't be conditional.
                self._store.put(path, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
        return True

    def get(self, path: str) -> bytes:
        """See ``BlobStore.get``."""
        with self._translated(check_path(path), reading=True):
            return self._store.get(path).bytes().to_bytes()

    def exists(self, path: str) -> bool:
        """See ``BlobStore.exists``."""
        try:
            with self._translated(check_path(path), reading=True):
                self._store.head(path)
        except FileNotFoundError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """See ``BlobStore.list``. Sorted here: a disk lists in no order, and clouds differ about ``/``."""
        folder = check_prefix(prefix)
        with self._translated(folder):
            found = [
                BlobInfo(meta["path"], meta["size"], meta["last_modified"])
                for batch in self._store.list(folder or None)
                for meta in batch
            ]
        return iter(sorted(found, key=lambda info: info.path))

    def copy(self, source: str, target: str) -> None:
        """See ``BlobStore.copy``."""
        check_path(target)
        with self._translated(check_path(source)):
            if source == target:
                self._store.head(source)  # nothing to copy, but it must be there
            else:
                self._store.copy(source, target)

    def delete(self, paths: Iterable[str]) -> None:
        """See ``BlobStore.delete``."""
        checked = sorted({check_path(path) for path in paths})
        for start in range(0, len(checked), DELETE_BATCH):
            self._delete_batch(checked[start : start + DELETE_BATCH])

    def make_durable(self, paths: Iterable[str]) -> None:
        """See ``BlobStore.make_durable``: object stores acknowledge a write once it is durable."""
        for path in paths:
            check_path(path)

    def _delete_batch(self, paths: Sequence[str]) -> None:
        try:
            with self._translated(paths[0]):
                self._store.delete([*paths])
        except FileNotFoundError:
            # A batch stops at its first missing blob: take the rest one by one.
            for path in paths:
                self._delete_one(path)

    def _delete_one(self, path: str) -> None:
        with suppress(FileNotFoundError), self._translated(path):
            self._store.delete(path)

    def _check_container(self, error: Exception) -> None:
        """Raise where it isn't the blob that is missing but what should hold it."""
        if "ContainerNotFound" in str(error):
            raise ConfigurationError(
                f"{self._description} does not exist: create the container, or set "
                "DOCPLATFORM_STORAGE__AZURE_CONTAINER to one that does."
            ) from error

    @contextmanager
    def _translated(self, path: str, *, reading: bool = False) -> Iterator[None]:
        """Turn obstore's errors about ``path`` into ours."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            self._check_container(error)
            if error.filename is not None:  # ours, or the local file that was to be put
                raise
            raise self._missing(path) from error
        except (BaseError, OSError) as error:
            self._check_container(error)
            if reading and _os_error(error) == errno.ENOTDIR:  # below a blob lies no blob
                raise self._missing(path) from error
            raise self._translate(error, path) from error

    def _missing(self, path: str) -> FileNotFoundError:
        return FileNotFoundError(errno.ENOENT, f"No such blob in {self._description}", path)

    def _translate(self, error: Exception, path: str) -> Exception:
        """Our error for one of obstore's."""
        from obstore import exceptions as obs

        summary = str(error).split("\n\nDebug source", 1)[0].strip()
        where = f"{path!r} in {self._description}: {summary}"
        number = _os_error(error)
        if isinstance(error, obs.InvalidPathError) or number in _PATH_ERRORS:
            return ValueError(f"The store can't hold a blob at {where}")
        refused = (obs.PermissionDeniedError, obs.UnauthenticatedError, obs.UnknownConfigurationKeyError)
        if isinstance(error, refused) or number in _ACCESS_ERRORS:
            return ConfigurationError(f"Access refused to {where}. Check the storage credentials and permissions.")
        return TransientError(f"The store failed at {where}")


def check_local_file(file: Path) -> Path:
    """The file itself. Raises ``FileNotFoundError`` naming it, lest it be taken for a missing blob."""
    if not file.is_file():
        raise FileNotFoundError(errno.ENOENT, "No such local file", str(file))
    return file


def _os_error(error: Exception) -> int:
    """The operating system's number of an error, 0 where it has none: obstore tells it in words only."""
    if isinstance(error, OSError):
        return error.errno or 0
    found = _OS_ERROR.search(str(error))
    return int(found.group(1)) if found else 0
