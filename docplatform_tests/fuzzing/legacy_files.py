"""Small doc, xls, ppt and msg files that are read whole, made by hand: no library that writes them is permissive."""

from __future__ import annotations

import struct

from docplatform_tests.documents.compound_files import attachment, compound_file, message_tree, recipient

_SUBJECT, _BODY, _HTML = 0x0037, 0x1000, 0x1013


def doc_file(text: str) -> bytes:
    """Word 97: a main text in one piece, and a footnote in another."""
    main, beside = f"{text}\r".encode("cp1252"), "A footnote.\r"
    stream = bytearray(0x400)
    struct.pack_into("<HH", stream, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", stream, 0x0A, 0x0200)
    struct.pack_into("<H", stream, 0x20, 0x0E)  # numbers of fields, as in every file of Word 97
    struct.pack_into("<H", stream, 0x3E, 0x16)
    struct.pack_into("<H", stream, 0x98, 0x5D)
    struct.pack_into("<II", stream, 0x4C, len(main), len(beside))
    first, second = 2 * len(stream) | 0x4000_0000, len(stream) + len(main)
    stream += main + beside.encode("utf-16-le")
    pieces = struct.pack("<III", 0, len(main), len(main) + len(beside))
    pieces += struct.pack("<HIHHIH", 0, first, 0, 0, second, 0)
    table = b"\2" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", stream, 0x1A2, 0, len(table))
    return compound_file({"1Table": table, "WordDocument": bytes(stream).ljust(4_096, b"\0")})


def xls_file(text: str) -> bytes:
    """Excel 97: one sheet with words and a number."""
    strings = struct.pack("<II", 1, 1) + struct.pack("<HB", len(text), 0) + text.encode("cp1252")
    sheet = _records(
        (0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6)),
        (0x200, struct.pack("<IIHHH", 0, 2, 0, 2, 0)),
        (0xFD, struct.pack("<HHHI", 0, 0, 0, 0)),
        (0x203, struct.pack("<HHHd", 1, 1, 0, 1250.5)),
        (0x0A, b""),
    )

    def book(sheet_at: int) -> bytes:
        return _records(
            (0x809, struct.pack("<HHHHII", 0x600, 0x5, 0x0DBB, 0x07CC, 0, 6)),
            (0x42, struct.pack("<H", 1_200)),
            (0x85, struct.pack("<IHBB", sheet_at, 0, 3, 0) + b"one"),
            (0xFC, strings),
            (0x0A, b""),
        )

    return compound_file({"Workbook": (book(len(book(0))) + sheet).ljust(4_096, b"\0")})


def ppt_file(text: str) -> bytes:
    """PowerPoint 97: one slide."""
    slide = _slide_record(1006, _slide_record(4000, text.encode("utf-16-le")), 0xF)
    return compound_file({"Current User": bytes(20), "PowerPoint Document": slide.ljust(4_096, b"\0")})


def msg_file(text: str) -> bytes:
    """An Outlook message with a body twice, somebody it goes to, and an attached file."""
    return compound_file(
        message_tree(
            {_SUBJECT: "About it", _BODY: text},
            binaries={_HTML: f"<p>{text}</p>".encode()},
            fixed=[(0x3FDE, 3, 65_001)],
            attachments=[attachment("note.txt", text.encode())],
            recipients=[recipient("Ann", "ann@example.org", 1)],
        )
    )


def _records(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)


def _slide_record(kind: int, body: bytes, version: int = 0) -> bytes:
    return struct.pack("<HHI", version, kind, len(body)) + body
