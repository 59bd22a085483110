"""zip, tar, gzip, bzip2, mbox: what is in it, by name and size.

Belongs here: listing. Doesn't: unpacking (``ingestion``: members become documents of their own).
"""

from __future__ import annotations

import bz2
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from email.errors import MessageError
from email.header import decode_header, make_header

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import PageBlocks, ReadDocument, table_of
from docplatform.ocr.local.bounds import check_entries
from docplatform.settings import LimitSettings

_MAIL_HEADER = re.compile(rb"^(From|Date|Subject):[ \t]*((?:.*(?:\r?\n[ \t])?)*)", re.MULTILINE | re.IGNORECASE)
_MAIL_START = re.compile(rb"(?:\A|\n\r?\n)From [^\r\n]{1,500}\r?\n(?=[!-9;-~]{1,76}:)")
_MAIL_HEADER_BYTES = 2**16
Rows = Iterator[list[str]]


def read_listing(data: bytes, media_type: str, limits: LimitSettings) -> ReadDocument:
    """One page with a table of the members.

    Raises:
        PermanentError: CORRUPT where it can't be opened, BOMB where it has too many members.
    """
    rows: list[list[str]] = []
    try:
        for row in _LISTINGS[media_type](data):
            rows.append(row)
            check_entries(len(rows), limits, holder="The archive", unit="members")
    except (*_DAMAGE, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise PermanentError(
            f"The archive is damaged ({error}). Ask the sender for it again.", reason=ReasonCode.CORRUPT
        ) from error
    return ReadDocument([PageBlocks([table_of(rows)] if rows else [])])


_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error)


def _zip_rows(data: bytes) -> Rows:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if not info.filename.endswith("/"):  # is_dir() fails on an empty name
                yield [info.filename, f"{info.file_size} bytes"]


def _tar_rows(data: bytes) -> Rows:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for info in archive:
            if not info.isdir():
                yield [info.name, f"{info.size} bytes"]
        rest = data[archive.offset : archive.offset + tarfile.BLOCKSIZE]
    if rest.strip(b"\0"):  # tarfile takes a damaged header for the end
        raise tarfile.ReadError("a header is damaged or cut off")


def _gzip_rows(data: bytes) -> Rows:
    """The name that the header keeps, if any. How much is in it is only known once it is unpacked."""
    zlib.decompressobj(wbits=31).decompress(data, 1)  # whether it is one
    yield [_gzip_name(data) or "(one file without a name)", "packed with gzip"]


def _gzip_name(data: bytes) -> str:
    flags = data[3]
    at = 10 + (2 + int.from_bytes(data[10:12], "little") if flags & 4 else 0)
    return data[at : data.find(b"\0", at)].decode("latin-1") if flags & 8 else ""


def _bzip2_rows(data: bytes) -> Rows:
    bz2.BZ2Decompressor().decompress(data, 1)
    yield ["(one file without a name)", "packed with bzip2"]


def _mbox_rows(data: bytes) -> Rows:
    for start in _MAIL_START.finditer(data):
        head = re.split(rb"\r?\n\r?\n", data[start.end() : start.end() + _MAIL_HEADER_BYTES], maxsplit=1)[0]
        found = {key.lower(): _header(value) for key, value in _MAIL_HEADER.findall(head)}
        yield [found.get(name, "") for name in (b"from", b"date", b"subject")]


def _header(raw: bytes) -> str:
    text = " ".join(raw.decode("utf-8", "replace").split())
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, ValueError, LookupError):  # an encoding that nobody knows: as it is written
        return text


_LISTINGS: dict[str, Callable[[bytes], Rows]] = {
    media_types.ZIP.mime: _zip_rows,
    media_types.TAR.mime: _tar_rows,
    media_types.GZIP.mime: _gzip_rows,
    media_types.BZIP2.mime: _bzip2_rows,
    media_types.MBOX.mime: _mbox_rows,
}
