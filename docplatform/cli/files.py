"""Files of this machine, whatever somebody points at: found one by one, opened without ever waiting.

Belongs here: walking folders and opening what lies there. Doesn't: reading content.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docplatform.documents.media_types import sniff
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.ingestion.refusals import refusal_of_type
from docplatform.ocr.base import DocumentSource

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a link to a folder: name it by itself"),
)
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A folder that can't be looked into, and why."""

    path: Path
    message: str


def walk(paths: Iterable[Path]) -> Iterator[Path | Unlisted]:
    """The paths that are no folders, and everything in those that are, as it is found: folders of any size.

    Links to folders are not gone into, where they aren't named themselves: they may lead in a circle.
    """
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def _below(folder: Path) -> Iterator[Path | Unlisted]:
    folders = [folder]
    while folders:
        current = folders.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    else:
                        yield Path(entry.path)
        except OSError as error:
            yield Unlisted(current, f"It couldn't be looked into: {error.strerror}.")


def load(path: Path, max_bytes: int) -> DocumentSource:
    """A file as a document to read.

    Never waits: what lies there may be a pipe that nobody writes to.

    Raises:
        PermanentError: it can't be read, whatever it holds: no file, empty, too large, of no type that has a reader.
        TransientError: it can't be opened now.
    """
    data = _bytes_of(path, max_bytes)
    media_type = sniff(data, path.name)
    refusal = refusal_of_type(media_type)
    if refusal is not None:
        raise PermanentError(refusal[1], reason=refusal[0])
    return DocumentSource(str(path), data, media_type.mime)


def _bytes_of(path: Path, max_bytes: int) -> bytes:
    try:
        kind = path.stat().st_mode  # before opening: merely opening a device may do something
        _check_regular(kind)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise PermanentError("There is nothing: a link that leads nowhere.", reason=ReasonCode.MISSING) from error
    except OSError as error:
        raise TransientError(f"It couldn't be opened: {error.strerror}.") from error
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(handle)
        _check_regular(found.st_mode)  # once more, of what was really opened
        try:
            data = stream.read(min(found.st_size, max_bytes) + 1)
            while len(data) <= max_bytes and (more := stream.read(_CHUNK)):  # it grows, or doesn't tell its size
                data += more
        except OSError as error:
            raise TransientError(f"It couldn't be read: {error.strerror}.") from error
    if len(data) > max_bytes:
        size = max(found.st_size, len(data))
        raise PermanentError(f"{size} bytes; raise DOCPLATFORM_LIMITS__MAX_FILE_BYTES.", reason=ReasonCode.TOO_LARGE)
    return data


def _check_regular(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    what = next((words for is_kind, words in _KINDS if is_kind(mode)), "no file")
    raise PermanentError(f"It is {what}.", reason=ReasonCode.UNSUPPORTED_TYPE)
