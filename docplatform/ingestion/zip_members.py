"""Members of a zip, one at a time, however hostile the zip.

Belongs here: the defence that is about the zip format (APPNOTE 6.3.9). Doesn't: limits as such (``budget``), archives
within archives (``containers``).
"""

from __future__ import annotations

import copy
import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.budget import Budget, bomb

_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
_UTF8_FLAG = 0x800
_UNIX = 3
_EOCD_SIZE = 22
_ZIP64_SIZE = 76  # the zip64 end record and its locator, right before the end record
_CHUNKS = {
    zipfile.ZIP_STORED: 2**16,
    zipfile.ZIP_DEFLATED: 2**16,
    # zipfile hands these a chunk of input without a cap on the output: 4 KiB of bzip2 make 80 MB at most.
    zipfile.ZIP_BZIP2: 2**12,
    zipfile.ZIP_LZMA: 2**12,
}
"""Bytes unpacked at a time, by compression method; others aren't supported."""
_ANY_SIZE = 2**62


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in a container. ``refusal`` says why it must not be taken for a document."""

    name: str
    data: bytes
    refusal: str | None = None


def zip_members(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
    """Every member that isn't a folder.

    Names are what the archive says, metadata only. Links and special files come with a refusal: their bytes are a
    path on the packer's machine.

    Raises:
        PermanentError: BOMB where it crosses a limit, its entries overlap, or one lies about its size; ENCRYPTED where
            an entry needs a password; CORRUPT where it can't be parsed; TOO_LARGE where a member is larger than a
            file may be; UNSUPPORTED_TYPE for rare compression methods.
    """
    with _corrupt_errors():
        _check_entry_count(stream, budget)
        archive = zipfile.ZipFile(stream)
    entries = [entry for entry in archive.infolist() if not _is_folder(entry)]
    with _corrupt_errors():
        _check_entries(archive, entries, stream, budget)
    for entry in entries:
        budget.add_entry()
        with _corrupt_errors():
            data = _read(archive, entry, budget)
        yield Part(_name(entry), data, _refusal(entry))


@contextmanager
def _corrupt_errors() -> Iterator[None]:
    """Turn what zipfile and the decompressors raise on damaged bytes into CORRUPT."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, ValueError, OverflowError) as error:
        raise _corrupt(str(error)) from error
    except NotImplementedError as error:
        raise _unsupported(str(error)) from error
    except OSError as error:
        if error.errno is not None:  # the disk's error; bzip2 reports damage as an OSError without a number
            raise
        raise _corrupt(str(error)) from error


def _check_entry_count(stream: BinaryIO, budget: Budget) -> None:
    """Count the entries before zipfile makes an object of each: 500 MB hold ten million."""
    size = stream.seek(0, io.SEEK_END)
    start = max(0, size - _EOCD_SIZE - 2**16 - _ZIP64_SIZE)
    stream.seek(start)
    tail = stream.read(size - start)
    is_last = tail[-_EOCD_SIZE:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")
    at = len(tail) - _EOCD_SIZE if is_last else tail.rfind(b"PK\5\6", max(0, len(tail) - _EOCD_SIZE - 2**16))
    if at < 0 or len(tail) - at < _EOCD_SIZE:
        raise _corrupt("it has no directory at its end: it is cut off, or no zip")
    (directory_size,) = struct.unpack_from("<I", tail, at + 12)
    if at >= _ZIP64_SIZE and tail[at - 20 : at - 16] == b"PK\6\7" and tail[at - 76 : at - 72] == b"PK\6\6":
        at -= _ZIP64_SIZE
        (directory_size,) = struct.unpack_from("<Q", tail, at + 40)
    end = start + at
    position = end - directory_size
    if position < 0:
        raise _corrupt("its directory is larger than the file")
    count = 0
    while position < end:
        stream.seek(position)
        header = stream.read(46)
        if len(header) < 46 or not header.startswith(b"PK\1\2"):
            raise _corrupt("its directory is damaged")
        position += 46 + sum(struct.unpack_from("<HHH", header, 28))
        count += 1
        budget.check_entries(count)


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size == 0 and (entry.is_dir() or (entry.create_system == _UNIX and stat.S_ISDIR(_mode(entry))))


def _mode(entry: zipfile.ZipInfo) -> int:
    return entry.external_attr >> 16


def _check_entries(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], stream: BinaryIO, budget: Budget) -> None:
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_FLAGS:
            raise PermanentError(
                f"The archive is encrypted ({_name(entry)[:100]!r} needs a password). Unpack it and drop its files.",
                reason=ReasonCode.ENCRYPTED,
            )
        if entry.compress_type not in _CHUNKS:
            raise _unsupported(f"compression method {entry.compress_type} ({_name(entry)[:100]!r})")
    budget.check_bytes(sum(entry.file_size for entry in entries))
    ends = [(entry.header_offset, _end_of(entry, stream), entry) for entry in entries]
    ends.sort(key=lambda each: each[:2])
    for (start, end, entry), (_, previous_end, _) in zip(ends, [(0, 0, None), *ends], strict=False):
        if start < previous_end:
            raise bomb("has entries that share the same bytes")
        if end > archive.start_dir:
            raise _corrupt(f"the data of {_name(entry)[:100]!r} runs into the directory")


def _end_of(entry: zipfile.ZipInfo, stream: BinaryIO) -> int:
    stream.seek(entry.header_offset)  # ValueError where it is negative
    header = stream.read(30)
    if len(header) < 30 or not header.startswith(b"PK\3\4"):
        raise _corrupt(f"the header of {_name(entry)[:100]!r} is damaged")
    name_size, extra_size = struct.unpack_from("<HH", header, 26)
    return entry.header_offset + 30 + int(name_size) + int(extra_size) + entry.compress_size


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> bytes:
    unbounded = copy.copy(entry)
    unbounded.file_size = _ANY_SIZE  # else zipfile stops at the declared size, and the lie stays unseen
    data = io.BytesIO()
    with archive.open(unbounded) as member:
        while chunk := member.read(_CHUNKS[entry.compress_type]):
            budget.add_bytes(len(chunk))
            data.write(chunk)
            if data.tell() > entry.file_size:
                raise bomb(f"lies about the size of {_name(entry)[:100]!r}")
            if data.tell() > budget.limits.max_file_bytes:
                raise _too_large(_name(entry), budget.limits.max_file_bytes)
    if data.tell() != entry.file_size:
        raise _corrupt(f"{_name(entry)[:100]!r} is shorter than declared")
    return data.getvalue()


def _name(entry: zipfile.ZipInfo) -> str:
    """The name; UTF-8 also where the archive fails to say so, as macOS does."""
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _refusal(entry: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(_mode(entry))
    if entry.create_system != _UNIX or kind in (0, stat.S_IFREG):
        return None
    what = "a symbolic link" if kind == stat.S_IFLNK else "a special file"
    return f"The archive holds {what} here, which is never followed. Pack the file itself."


def _corrupt(what: str) -> PermanentError:
    return PermanentError(
        f"The zip is damaged: {what or 'it ends too early'}. Get it again from its sender.", reason=ReasonCode.CORRUPT
    )


def _unsupported(what: str) -> PermanentError:
    return PermanentError(
        f"The zip needs what isn't supported: {what}. Pack it again with deflate.", reason=ReasonCode.UNSUPPORTED_TYPE
    )


def _too_large(name: str, limit: int) -> PermanentError:
    return PermanentError(
        f"The archive holds {name[:100]!r}, larger than {limit:,} bytes. Take it out, or raise "
        "DOCPLATFORM_LIMITS__MAX_FILE_BYTES.",
        reason=ReasonCode.TOO_LARGE,
    )
