"""OLE2 compound files and Outlook messages, made by hand: no library that writes them is permissive."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
END, FREE, FAT_SECTOR, NO_STREAM = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
SECTOR, SMALL, CUTOFF = 512, 64, 4096


def compound_file(tree: Tree) -> bytes:
    """A compound file with these streams (bytes) and storages (trees)."""
    entries = _entries(tree)
    small, small_fat, body, fat = bytearray(), [], bytearray(), []
    for entry in entries:
        if entry.data and len(entry.data) < CUTOFF:
            entry.start = _append(small, small_fat, entry.data, SMALL)
        elif entry.data:
            entry.start = _append(body, fat, entry.data, SECTOR)
    root = entries[0]
    root.data, root.start = bytes(small), _append(body, fat, bytes(small), SECTOR) if small else END
    small_table = struct.pack(f"<{len(small_fat)}I", *small_fat)
    small_start = _append(body, fat, small_table, SECTOR, fill=b"\xff") if small_fat else END
    directory_start = _append(body, fat, b"".join(map(_packed, entries)), SECTOR)
    tables = 1
    while (len(fat) + tables) * 4 > tables * SECTOR:
        tables += 1
    first_table = len(fat)
    fat += [FAT_SECTOR] * tables
    header = bytearray(b"\xff" * SECTOR)
    header[:76] = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, directory_start, 0, CUTOFF),
        *(small_start, (len(small_table) + SECTOR - 1) // SECTOR, END, 0),
    )
    struct.pack_into(f"<{tables}I", header, 76, *range(first_table, first_table + tables))
    table = struct.pack(f"<{len(fat)}I", *fat)
    return bytes(header + body + table.ljust(tables * SECTOR, b"\xff"))


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    right: int = NO_STREAM
    child: int = NO_STREAM
    start: int = END


def _entries(tree: Tree) -> list[_Entry]:
    """The directory: the children of a storage hang from each other to the right."""
    entries = [_Entry("Root Entry", 5)]

    def add(children: Tree, parent: _Entry) -> None:
        before: _Entry | None = None
        for name, content in children.items():
            entry = _Entry(name, 2, content) if isinstance(content, bytes) else _Entry(name, 1)
            number = len(entries)
            entries.append(entry)
            if before is None:
                parent.child = number
            else:
                before.right = number
            before = entry
            if not isinstance(content, bytes):
                add(content, entry)

    add(tree, entries[0])
    return entries


def _append(area: bytearray, fat: list[int], data: bytes, size: int, fill: bytes = b"\0") -> int:
    start, count = len(fat), -(-len(data) // size)
    fat += [*range(start + 1, start + count), END]
    area += data.ljust(count * size, fill)
    return start


def _packed(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    head = struct.pack("<64sHBBIII", name, len(name), entry.kind, 1, NO_STREAM, entry.right, entry.child)
    return head + struct.pack("<36xIII", entry.start, len(entry.data), 0)


def message_tree(
    texts: Mapping[int, str],
    *,
    binaries: Mapping[int, bytes] | None = None,
    fixed: Iterable[tuple[int, int, int]] = (),
    attachments: Sequence[Tree] = (),
    recipients: Sequence[Tree] = (),
    is_embedded: bool = False,
) -> dict[str, bytes | Tree]:
    """The storage of an Outlook message: properties by tag; ``fixed``: tag, type, value."""
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": properties(fixed, 24 if is_embedded else 32),
        "__nameid_version1.0": {},
    }
    tree |= {f"__substg1.0_{tag:04X}001F": text.encode("utf-16-le", "surrogatepass") for tag, text in texts.items()}
    tree |= {f"__substg1.0_{tag:04X}0102": data for tag, data in (binaries or {}).items()}
    tree |= {f"__attach_version1.0_#{number:08X}": each for number, each in enumerate(attachments)}
    tree |= {f"__recip_version1.0_#{number:08X}": each for number, each in enumerate(recipients)}
    return tree


def properties(fixed: Iterable[tuple[int, int, int]], header: int) -> bytes:
    """A property stream with values of fixed size."""
    return bytes(header) + b"".join(struct.pack("<HHIQ", kind, tag, 6, value) for tag, kind, value in fixed)


def attachment(name: str, data: bytes) -> Tree:
    """An attached file."""
    return {
        "__properties_version1.0": properties((), 8),
        "__substg1.0_3707001F": name.encode("utf-16-le"),
        "__substg1.0_37010102": data,
    }


def attached_message(name: str, message: Tree) -> Tree:
    """An attached message."""
    return {
        "__properties_version1.0": properties((), 8),
        "__substg1.0_3001001F": name.encode("utf-16-le"),
        "__substg1.0_3701000D": message,
    }


def recipient(name: str, address: str, kind: int) -> Tree:
    """Who a message goes to; ``kind``: 1 To, 2 Cc, 3 Bcc."""
    return {
        "__properties_version1.0": properties([(0x0C15, 3, kind)], 8),
        "__substg1.0_3001001F": name.encode("utf-16-le"),
        "__substg1.0_39FE001F": address.encode("utf-16-le"),
    }
