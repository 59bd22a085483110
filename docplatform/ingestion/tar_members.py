"""Members of tar, gzip and bzip2 files, one at a time.

Belongs here: what is about these formats. Doesn't: zip (``zip_members``), limits as such (``budget``), archives within
archives (``containers``): a ``.tar.gz`` is a gzip file with a tar file in it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.budget import Budget
from docplatform.ingestion.zip_members import Part

_CHUNK = 2**16


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def tar_members(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
    """Every member that isn't a folder; links and devices come with a refusal.

    Raises:
        PermanentError: BOMB where it crosses a limit, CORRUPT where it can't be parsed, TOO_LARGE where a member is
            larger than a file may be.
    """
    stream.seek(0)
    with _corrupt_errors("tar"), tarfile.open(fileobj=stream, mode="r:") as archive:
        for entry in archive:
            if entry.isdir():
                continue
            budget.add_entry()
            member = archive.extractfile(entry) if entry.isreg() else None
            if member is None:
                refusal = "The archive holds a link or a device here, which is never followed. Pack the file itself."
                yield Part(entry.name, entry.linkname.encode("utf-8", "surrogateescape"), refusal)
            else:
                yield Part(entry.name, _read(member, entry.name, budget))
        _check_end(stream, archive.offset)


def _check_end(stream: BinaryIO, offset: int) -> None:
    """Blocks of zeros end a tar, or the file does: ``tarfile`` takes anything else for the end, too."""
    stream.seek(offset)
    block = stream.read(tarfile.BLOCKSIZE)
    if block.strip(b"\0") or 0 < len(block) < tarfile.BLOCKSIZE:
        raise tarfile.ReadError("a header is damaged or cut off")


def gzip_members(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
    """The one file that a gzip file holds, under the name that its header keeps.

    Raises:
        PermanentError: as ``tar_members``.
    """
    stream.seek(0)
    name = _gzip_name(stream.read(4_096)) or "unnamed"
    stream.seek(0)
    budget.add_entry()
    with _corrupt_errors("gzip"), gzip.GzipFile(fileobj=stream) as packed:
        yield Part(name, _read(packed, name, budget))


def bzip2_members(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
    """The one file that a bzip2 file holds; it keeps no name.

    Raises:
        PermanentError: as ``tar_members``.
    """
    stream.seek(0)
    budget.add_entry()
    with _corrupt_errors("bzip2"), bz2.BZ2File(stream) as packed:
        yield Part("unnamed", _read(packed, "unnamed", budget))


def _read(member: _Readable, name: str, budget: Budget) -> bytes:
    data = io.BytesIO()
    while chunk := member.read(_CHUNK):
        budget.add_bytes(len(chunk))
        data.write(chunk)
        if data.tell() > budget.limits.max_file_bytes:
            raise PermanentError(
                f"The archive holds {name[:100]!r}, larger than {budget.limits.max_file_bytes:,} bytes. Take it out, "
                "or raise DOCPLATFORM_LIMITS__MAX_FILE_BYTES.",
                reason=ReasonCode.TOO_LARGE,
            )
    return data.getvalue()


@contextmanager
def _corrupt_errors(kind: str) -> Iterator[None]:
    """Turn what the standard library raises on damaged bytes into CORRUPT."""
    try:
        yield
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError) as error:
        raise _corrupt(kind, error) from error
    except OSError as error:
        if error.errno is not None:  # the disk's error; gzip and bzip2 report damage as one without a number
            raise
        raise _corrupt(kind, error) from error


def _corrupt(kind: str, error: Exception) -> PermanentError:
    return PermanentError(
        f"The {kind} file is damaged: {error or 'it ends too early'}. Get it again from its sender.",
        reason=ReasonCode.CORRUPT,
    )


def _gzip_name(head: bytes) -> str:
    if len(head) < 12 or not head[3] & 8:
        return ""
    at = 10 + (2 + int.from_bytes(head[10:12], "little") if head[3] & 4 else 0)
    end = head.find(b"\0", at)
    return head[at:end].decode("latin-1") if end > at else ""
