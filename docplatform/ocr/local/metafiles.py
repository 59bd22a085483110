"""Windows metafiles (EMF, WMF): the words that their records draw.

Belongs here: text records, told from the records' own structure. Doesn't: drawing them, for which no permissive library
is there on Linux; pixels that lie in them.

MS-EMF 2.3.5 (EMR_EXTTEXTOUTW), MS-WMF 2.3.3.5 and 2.3.3.20.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_EMF_SIGNATURE = b" EMF"
_EMR_TEXT = {83: "cp1252", 84: "utf-16-le"}  # EMR_EXTTEXTOUTA, EMR_EXTTEXTOUTW
_EMR_EOF = 14
_EMR_STRING_AT = 36  # of the record: where the text object (reference point, length, offset) begins
_WMF_KEYS = (b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00")
_WMF_TEXT_OUT, _WMF_EXT_TEXT_OUT = 0x0521, 0x0A32
_GLYPH_INDEXES = 0x10  # ETO_GLYPH_INDEX: numbers of a font's shapes, not characters
_MAX_RECORDS = 200_000


def metafile_lines(data: bytes) -> list[str] | None:
    """The texts that a metafile draws, in its order; None where ``data`` is no metafile. Never raises."""
    if data[40:44] == _EMF_SIGNATURE and data[:4] == b"\x01\0\0\0":
        return [text for text in _emf_texts(data) if text.strip()]
    if data.startswith(_WMF_KEYS):
        return [text for text in _wmf_texts(data) if text.strip()]
    return None


def _emf_texts(data: bytes) -> Iterator[str]:
    position = 0
    for _ in range(_MAX_RECORDS):
        if position + 8 > len(data):
            return
        kind, size = struct.unpack_from("<II", data, position)
        if size < 8 or kind == _EMR_EOF:
            return
        if kind in _EMR_TEXT and size >= _EMR_STRING_AT + 20 and position + size <= len(data):
            yield _emf_text(data[position : position + size], _EMR_TEXT[kind])
        position += size


def _emf_text(record: bytes, encoding: str) -> str:
    length, offset, options = struct.unpack_from("<III", record, _EMR_STRING_AT + 8)
    if options & _GLYPH_INDEXES:
        return ""
    width = 2 if encoding == "utf-16-le" else 1
    return record[offset : offset + length * width].decode(encoding, "replace").replace("\0", "")


def _wmf_texts(data: bytes) -> Iterator[str]:
    position = (22 if data.startswith(_WMF_KEYS[0]) else 0) + 18
    for _ in range(_MAX_RECORDS):
        if position + 6 > len(data):
            return
        words, kind = struct.unpack_from("<IH", data, position)
        if words < 3 or kind == 0:
            return
        record = data[position : position + 2 * words]
        if kind == _WMF_TEXT_OUT and len(record) >= 8:
            (length,) = struct.unpack_from("<H", record, 6)
            yield record[8 : 8 + length].decode("cp1252", "replace")
        elif kind == _WMF_EXT_TEXT_OUT and len(record) >= 14:
            length, options = struct.unpack_from("<HH", record, 10)
            start = 14 + (8 if options & 0x6 else 0)  # a rectangle to fill or to clip at stands before the string
            yield "" if options & _GLYPH_INDEXES else record[start : start + length].decode("cp1252", "replace")
        position += 2 * words
