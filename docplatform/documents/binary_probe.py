"""What is inside zip and OLE2 files, looked at just enough to tell their type.

Belongs here: bounded, never-raising looks at the directories of container formats. Doesn't: unpacking them, or
naming types (``media_types``).

Formats: PKWARE APPNOTE 6.3.9 (zip), MS-CFB (OLE2 compound files).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

MAX_ZIP_ENTRIES = 20_000
"""Names looked at in one zip: the parts that tell an Office file come far earlier."""
_MAX_LOCAL_SCAN = 4 * 2**20
"""Bytes scanned for local headers where the central directory is missing (a truncated file)."""
_LOCAL_HEADER = struct.Struct("<H10xI4xHH")  # from offset 6: flags, packed size, name size, extra size
_EOCD_WINDOW = 22 + 65_535
_MAX_OLE_ENTRIES = 4_096
_MAX_OLE_SCAN = 8 * 2**20


class ByteWindow(Protocol):
    """Random access to bytes: ``bytes`` itself, or a file read piece by piece."""

    def __len__(self) -> int:
        """How many bytes there are."""
        ...

    def __getitem__(self, key: slice, /) -> bytes:
        """The bytes of a slice, cut at the end as slices are."""
        ...


@dataclass(frozen=True, slots=True)
class ZipListing:
    """Names in a zip, and the content of its ``mimetype`` entry where that comes first and uncompressed (ODF, EPUB)."""

    names: frozenset[str]
    mimetype: str


def zip_listing(data: ByteWindow) -> ZipListing:
    """The entry names of a zip, from its central directory or, where that is missing, from its local headers."""
    return ZipListing(frozenset(_central_names(data) or _local_names(data)), _mimetype_entry(data))


def _central_names(data: ByteWindow) -> list[str]:
    size = len(data)
    tail_start = max(0, size - _EOCD_WINDOW)
    tail = data[tail_start:size]
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        return []
    directory_size, offset = struct.unpack_from("<II", tail, end + 12)
    if offset >= size:  # zip64: the true offset is elsewhere; the directory lies right before the end records
        return []
    directory = data[offset : offset + min(directory_size, MAX_ZIP_ENTRIES * 256)]
    return list(_names_in_directory(directory))


def _names_in_directory(directory: bytes) -> Iterator[str]:
    position = 0
    for _ in range(MAX_ZIP_ENTRIES):
        if directory[position : position + 4] != b"PK\x01\x02" or position + 46 > len(directory):
            return
        name_size, extra_size, comment_size = struct.unpack_from("<HHH", directory, position + 28)
        yield _name(directory[position + 46 : position + 46 + name_size])
        position += 46 + name_size + extra_size + comment_size


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\\", "/")  # some writers of Office files use backslashes


def _local_names(data: ByteWindow) -> list[str]:
    head = data[0:_MAX_LOCAL_SCAN]
    names: list[str] = []
    position = head.find(b"PK\x03\x04")
    while position >= 0 and len(names) < MAX_ZIP_ENTRIES:
        if position + 30 > len(head):
            break
        flags, packed, name_size, extra_size = _LOCAL_HEADER.unpack_from(head, position + 6)
        names.append(_name(head[position + 30 : position + 30 + name_size]))
        # Bit 3: the size follows the data. Else step over the data, which may be a zip itself.
        known = 0 if flags & 8 or packed == 0xFFFFFFFF else name_size + extra_size + packed
        position = head.find(b"PK\x03\x04", position + 30 + known)
    return names


def _mimetype_entry(data: ByteWindow) -> str:
    head = data[0:512]
    if len(head) < 38 or head[30:38] != b"mimetype":
        return ""
    method, _time, _date, _crc, _packed, size, name_size, extra_size = struct.unpack_from("<HHHIIIHH", head, 8)
    start = 30 + name_size + extra_size
    if method != 0 or name_size != 8 or size > 100:
        return ""
    return head[start : start + size].decode("ascii", "replace").strip()


def ole2_names(data: ByteWindow) -> frozenset[str]:
    """Names of the streams and storages at the top of an OLE2 file; nested ones (embedded objects) don't count.

    Where the directory can't be followed (a truncated file), every name found in it counts.
    """
    entries = list(_ole2_entries(data))
    if not entries:
        return frozenset(_ole2_names_by_scan(data))
    top = _children_of_root(entries)
    return frozenset(top or (entry.name for entry in entries))


@dataclass(frozen=True, slots=True)
class _OleEntry:
    name: str
    left: int
    right: int
    child: int


def _ole2_entries(data: ByteWindow) -> Iterator[_OleEntry]:
    header = data[0:512]
    if len(header) < 512:
        return
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        return
    sector_size = 1 << shift
    (sector,) = struct.unpack_from("<I", header, 48)
    seen: set[int] = set()
    while sector not in seen and len(seen) * sector_size < _MAX_OLE_ENTRIES * 128:
        seen.add(sector)
        block = data[(sector + 1) * sector_size : (sector + 2) * sector_size]
        for start in range(0, len(block) - 127, 128):
            yield _ole2_entry(block[start : start + 128])
        following = _next_sector(data, header, sector, sector_size)
        if following is None:
            return
        sector = following


def _ole2_entry(raw: bytes) -> _OleEntry:
    (name_size,) = struct.unpack_from("<H", raw, 64)
    left, right, child = struct.unpack_from("<III", raw, 68)
    name = raw[: max(0, min(name_size, 64) - 2)].decode("utf-16-le", "replace")
    return _OleEntry(name, left, right, child)


def _next_sector(data: ByteWindow, header: bytes, sector: int, sector_size: int) -> int | None:
    """The sector that follows in a chain, by the file allocation table; None at the end or where it is damaged."""
    per_sector = sector_size // 4
    table_sector = _fat_sector(data, header, sector // per_sector, sector_size)
    if table_sector is None:
        return None
    at = (table_sector + 1) * sector_size + (sector % per_sector) * 4
    raw = data[at : at + 4]
    value = int.from_bytes(raw, "little")
    return value if len(raw) == 4 and value < 0xFFFFFFFA else None


def _fat_sector(data: ByteWindow, header: bytes, index: int, sector_size: int) -> int | None:
    """Where the ``index``-th sector of the allocation table lies: the header lists 109, a chain of sectors the rest."""
    if index < 109:
        value: int = struct.unpack_from("<I", header, 76 + 4 * index)[0]
        return value if value < 0xFFFFFFFA else None
    per_block = sector_size // 4 - 1
    (block,) = struct.unpack_from("<I", header, 68)
    for _ in range(min((index - 109) // per_block, 1_000)):
        block = int.from_bytes(data[(block + 2) * sector_size - 4 : (block + 2) * sector_size], "little")
    at = (block + 1) * sector_size + 4 * ((index - 109) % per_block)
    raw = data[at : at + 4]
    return int.from_bytes(raw, "little") if len(raw) == 4 else None


def _children_of_root(entries: list[_OleEntry]) -> set[str]:
    names: set[str] = set()
    waiting, seen = [entries[0].child], set[int]()
    while waiting:
        index = waiting.pop()
        if index in seen or index >= len(entries):
            continue
        seen.add(index)
        names.add(entries[index].name)
        waiting += [entries[index].left, entries[index].right]
    return names


def _ole2_names_by_scan(data: ByteWindow) -> Iterator[str]:
    head = data[0:_MAX_OLE_SCAN]
    for name in ("WordDocument", "Workbook", "PowerPoint Document", "__properties_version1.0", "EncryptedPackage"):
        if name.encode("utf-16-le") in head:
            yield name
