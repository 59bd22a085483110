"""The landing folder: people and programs drop files into ``landing/<customer>/…``.

Belongs here: finding finished files, and removing them once they are taken in. Doesn't: reading content.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote_from_bytes

from docplatform.ingestion.base import FileChangedError, IncomingFile, Problem, storable_name

DEFAULT_CUSTOMER = "default"
"""Whose a file directly in the landing folder is."""
_UNFINISHED = (b".part", b".tmp", b".crdownload", b"~")


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells whether a file is still the very same: any write, rename or replacement changes one of these."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> FileState:
        """The state that ``stat`` reports."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingFile(IncomingFile):
    """A file in the landing folder, as it was when the pass found it."""

    state: FileState
    folder_parts: tuple[bytes, ...]
    """The folders between the customer's and the file."""

    def open(self) -> BinaryIO:
        """Open the file itself, never what a link put in its place points to. See ``IncomingFile.open``."""
        if self.path is None:
            raise ValueError(f"{self.source_uri}: a landing file has a path.")
        # O_NONBLOCK: a pipe put in the file's place must not block the pass.
        stream = os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
        if not self.is_unchanged(stream):
            stream.close()
            raise FileChangedError("changed since it was found; the next pass looks at it again.")
        return stream

    def is_unchanged(self, stream: BinaryIO) -> bool:
        """Whether size, times and identity are what they were when the pass found the file."""
        return FileState.of(os.fstat(stream.fileno())) == self.state


class LandingFolder:
    """The connector for a folder on a local or mounted disk.

    ``root/<customer>/**`` belongs to that customer, files directly in ``root`` to ``default``. A file is ready when
    nothing has written to it for ``stable_seconds``, so a file renamed into place is ready as soon as its content is
    that old. Names that programs give to unfinished files (``.part``, ``.tmp``, ``.crdownload``, ``~`` at either end)
    and dot-files are left alone until they are renamed. Links and special files are never followed or opened.
    """

    name = "landing"

    def __init__(self, root: Path, stable_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._root = os.fsencode(root.absolute())
        self._stable_seconds = stable_seconds
        self._clock = clock
        self._problems: list[Problem] = []

    @property
    def problems(self) -> Sequence[Problem]:
        """What went wrong since the last ``pull`` began."""
        return tuple(self._problems)

    def pull(self) -> Iterator[IncomingFile]:
        """Every ready file, folder by folder, in the order of names."""
        self._problems.clear()
        for parts, found in self._walk():
            if self._is_ready(found):
                yield self._incoming(parts, found)

    def has_ready(self) -> bool:
        """Whether there is a ready file: stops at the first, so it is cheap enough for a sensor's every tick."""
        return self._any(self._is_ready)

    def is_settling(self) -> bool:
        """Whether there is a file that was touched too recently to be ready."""
        return self._any(lambda found: not self._is_ready(found))

    def _any(self, is_it: Callable[[os.stat_result], bool]) -> bool:
        problems = list(self._problems)
        try:
            return any(is_it(found) for _, found in self._walk(in_order=False))
        finally:
            self._problems = problems

    def acknowledge(self, files: Sequence[IncomingFile]) -> None:
        """Remove the files that are still the very ones that were read, and the sub-folders that this empties.

        A file that was changed or replaced meanwhile stays: it is something new for the next pass. The customer's own
        folder always stays.
        """
        for file in files:
            if not isinstance(file, LandingFile) or file.path is None:
                raise TypeError(f"{file.source_uri} doesn't come from a landing folder.")
            try:
                if FileState.of(file.path.lstat()) == file.state:
                    file.path.unlink()
                    self._remove_emptied(file, file.path)
            except FileNotFoundError:
                continue  # someone took it away: it is in the ledger, so nothing is lost
            except OSError as error:
                self._report(os.fsencode(file.path), f"is taken in but couldn't be removed: {_words(error)}.")

    def _walk(self, *, in_order: bool = True) -> Iterator[tuple[tuple[bytes, ...], os.stat_result]]:
        """Every regular file below the root with a finished name: its path's parts, and its state."""
        waiting: list[tuple[bytes, ...]] = [()]
        while waiting:
            folder = waiting.pop()
            folders = []
            for name in self._names(folder, in_order=in_order):
                parts = (*folder, name)
                found = self._lstat(parts)
                if found is None:
                    continue
                if stat.S_ISDIR(found.st_mode):
                    folders.append(parts)
                elif not stat.S_ISREG(found.st_mode):
                    kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a regular file"
                    self._report(self._path(parts), f"is {kind}: never followed. Put the file itself there.")
                elif not name.lower().endswith(_UNFINISHED) and not name.startswith(b"~"):
                    yield parts, found
            waiting.extend(reversed(folders))

    def _names(self, folder: tuple[bytes, ...], *, in_order: bool) -> Iterator[bytes]:
        """Names in a folder, all listed and sorted before the first, or as the disk gives them."""
        try:
            with os.scandir(self._path(folder)) as entries:
                names = (entry.name for entry in entries if not entry.name.startswith(b"."))
                if not in_order:
                    yield from names
                    return
                found = sorted(names)
        except OSError as error:
            if folder or not isinstance(error, FileNotFoundError):
                self._report(self._path(folder), f"couldn't be listed: {_words(error)}.")
            return  # no landing folder yet: nothing has landed
        yield from found

    def _lstat(self, parts: tuple[bytes, ...]) -> os.stat_result | None:
        try:
            return os.lstat(self._path(parts))
        except OSError as error:
            self._report(self._path(parts), f"couldn't be looked at: {_words(error)}.")
            return None

    def _is_ready(self, found: os.stat_result) -> bool:
        now = self._clock()
        # A time in the future was set on purpose or by a wrong clock; the inode's own time can't be set.
        touched = found.st_mtime if found.st_mtime <= now else found.st_ctime
        return now - touched >= self._stable_seconds

    def _incoming(self, parts: tuple[bytes, ...], found: os.stat_result) -> LandingFile:
        path = self._path(parts)
        uri = _uri(path)
        below = parts[1:] if len(parts) > 1 else parts
        return LandingFile(
            customer=os.fsdecode(parts[0]) if len(parts) > 1 else DEFAULT_CUSTOMER,
            name=storable_name(os.fsdecode(b"/".join(below))),
            source_uri=uri,
            identity=f"{uri}#{found.st_ino}.{found.st_ctime_ns}",
            size=found.st_size,
            path=Path(os.fsdecode(path)),
            state=FileState.of(found),
            folder_parts=parts[1:-1],
        )

    def _remove_emptied(self, file: LandingFile, path: Path) -> None:
        folder = path.parent
        for _ in file.folder_parts:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass  # someone else removed it: its parent may be empty now
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    self._report(os.fsencode(folder), f"is empty but couldn't be removed: {_words(error)}.")
                return
            folder = folder.parent

    def _path(self, parts: tuple[bytes, ...]) -> bytes:
        return os.path.join(self._root, *parts)  # noqa: PTH118 - names may be no UTF-8: bytes all the way

    def _report(self, path: bytes, message: str) -> None:
        self._problems.append(Problem(_uri(path), message))


def _uri(path: bytes) -> str:
    return f"file://{quote_from_bytes(path)}"


def _words(error: OSError) -> str:
    return error.strerror or str(error)
