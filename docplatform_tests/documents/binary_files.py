"""Small binary files made by hand: OLE2 compound files and zips with chosen entries."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable

NONE = 0xFFFFFFFF
END = 0xFFFFFFFE
SECTOR = 512


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def odf(mimetype: str) -> bytes:
    """An ODF or EPUB shell: its ``mimetype`` entry first, stored."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        archive.writestr("content.xml", "<x/>", zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def ooxml(*parts: str) -> bytes:
    """An Office shell with these parts."""
    return zip_of(("[Content_Types].xml", b"<Types/>"), *((part, b"<x/>") for part in parts))


def ole2(top: Iterable[str], nested: Iterable[str] = (), *, gap_sectors: int = 0) -> bytes:
    """A compound file whose root holds the streams ``top`` and a storage ``ObjectPool`` with the streams ``nested``.

    ``gap_sectors``: unused sectors before the directory; above 109 * 128 of them its allocation table is found only
    through the chain that continues the header's list.
    """
    entries = _directory([*top, "ObjectPool"], list(nested))
    directory = b"".join(entries) + b"\0" * (-len(b"".join(entries)) % SECTOR)
    count = len(directory) // SECTOR
    tables = (gap_sectors + count) // 128 + 2
    first_directory = gap_sectors
    first_table = first_directory + count
    difat = first_table + tables
    fat = [NONE] * gap_sectors + [first_directory + index + 1 for index in range(count - 1)] + [END]
    fat += [NONE] * (tables * 128 - len(fat))
    listed = [first_table + index for index in range(tables)]
    header = bytearray(SECTOR)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 44, tables)
    struct.pack_into("<I", header, 48, first_directory)
    chain = listed[109:]
    struct.pack_into("<II", header, 68, difat if chain else END, (len(chain) + 126) // 127)
    for index in range(109):
        struct.pack_into("<I", header, 76 + 4 * index, listed[index] if index < len(listed) else NONE)
    blocks = [chain[start : start + 127] for start in range(0, len(chain), 127)]
    continued = b"".join(
        struct.pack(
            "<128I", *block, *[NONE] * (127 - len(block)), difat + number + 1 if block is not blocks[-1] else END
        )
        for number, block in enumerate(blocks)
    )
    return bytes(header) + b"\0" * SECTOR * gap_sectors + directory + struct.pack(f"<{len(fat)}I", *fat) + continued


def _directory(top: list[str], nested: list[str]) -> list[bytes]:
    """Root, its children as a list hanging to the right, and the children of the last of them."""
    entries = [_entry("Root Entry", 5, NONE, 1)]
    for index, name in enumerate(top, start=1):
        is_last = index == len(top)
        child = len(top) + 1 if is_last and nested else NONE
        entries.append(_entry(name, 1 if is_last else 2, NONE if is_last else index + 1, child))
    for index, name in enumerate(nested, start=len(top) + 1):
        entries.append(_entry(name, 2, index + 1 if index < len(top) + len(nested) else NONE, NONE))
    return entries


def _entry(name: str, kind: int, right: int, child: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, NONE, right, child).ljust(64, b"\0")
