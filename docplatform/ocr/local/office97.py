"""Texts in doc, xls and ppt files that stand beside the main text, found by the files' own structure.

Belongs here: footnotes, headers, comments and text boxes of Word 97, text boxes, comments, headers and footers of Excel
97, the texts of PowerPoint 97. Doesn't: the main text, which ``legacy`` reads.

MS-DOC 2.4.1 (pieces of text), MS-XLS 2.4.329 (TxO), MS-PPT 2.9.43. Never raises: what is damaged holds no more text.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator

from docplatform.documents import media_types

_FIELD_CODE = re.compile("\x13[^\x13-\x15]*\x14|\x13[^\x13-\x15]*\x15")
_PARAGRAPH_ENDS = re.compile("[\r\x07\x0c]+")
_OTHER_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f]")
_MAX_FIELDS_IN_FIELDS = 20
_ENCRYPTED, _SECOND_TABLE, _PIECES_AT, _MAIN_LENGTH_AT = 0x0100, 0x0200, 0x01A2, 0x4C
_TXO, _CONTINUE, _HEADER, _FOOTER, _FILE_PASS = 0x01B6, 0x003C, 0x0014, 0x0015, 0x002F
_TEXT_CHARS, _TEXT_BYTES, _MASTER = 4000, 4008, 1016
_FORMATTING_CODE = re.compile(r'&(?:[LCRBIUSEXYPNDTFAZG&]|"[^"]*"|K[0-9A-F]{6}|\d+)')
_DAMAGE = (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, struct.error, RecursionError)


def texts_beside(data: bytes, media_type: str) -> list[str]:
    """Paragraphs that aren't in the main text. Of a ppt, which has no main text, all there are, also replaced ones."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            streams = {name[0]: ole.openstream(name).read() for name in ole.listdir() if name[0] in _STREAMS}
        return [text for text in _FINDERS[media_type](streams) if text.strip()]
    except _DAMAGE:
        return []


_STREAMS = ("WordDocument", "0Table", "1Table", "Workbook", "Book", "PowerPoint Document")


def _word_texts(streams: dict[str, bytes]) -> Iterator[str]:
    document = streams["WordDocument"]
    (flags,) = struct.unpack_from("<H", document, 0x0A)
    if flags & _ENCRYPTED:
        return
    table = streams["1Table" if flags & _SECOND_TABLE else "0Table"]
    at, size = struct.unpack_from("<II", document, _PIECES_AT)
    text = "".join(_pieces(document, table[at : at + size]))
    (main_length,) = struct.unpack_from("<I", document, _MAIN_LENGTH_AT)
    beside = text[main_length:]
    for _ in range(_MAX_FIELDS_IN_FIELDS):
        beside = _FIELD_CODE.sub("", beside)
    for paragraph in _PARAGRAPH_ENDS.split(beside):
        yield _OTHER_CONTROLS.sub("", paragraph.replace("\x1e", "-").replace("\x0b", "\n"))


def _pieces(document: bytes, table: bytes) -> Iterator[str]:
    """The text's pieces in order: runs of characters that lie anywhere in the document's stream."""
    at = 0
    while table[at] == 1:  # properties of pieces
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    (size,) = struct.unpack_from("<I", table, at + 1)
    count = (size - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", table, at + 5)
    for number in range(count):
        (place,) = struct.unpack_from("<I", table, at + 5 + 4 * (count + 1) + 8 * number + 2)
        length = ends[number + 1] - ends[number]
        is_narrow = bool(place & 0x4000_0000)
        start, width = ((place & 0x3FFF_FFFF) // 2, 1) if is_narrow else (place, 2)
        if not 0 <= length <= (len(document) - start) // width:
            raise ValueError("A piece of text lies outside of the document.")
        piece = document[start : start + width * length]
        yield piece.decode("cp1252" if is_narrow else "utf-16-le", "replace")


def _excel_texts(streams: dict[str, bytes]) -> Iterator[str]:
    waiting = 0  # characters of a text object whose record came just before
    for kind, body in _excel_records(streams.get("Workbook") or streams["Book"]):
        if kind == _FILE_PASS:
            return
        if kind == _CONTINUE and waiting:
            yield _excel_string(body, waiting)
        elif kind in (_HEADER, _FOOTER) and len(body) > 3:
            yield _FORMATTING_CODE.sub(" ", _excel_string(body[2:], int.from_bytes(body[:2], "little")))
        waiting = int.from_bytes(body[10:12], "little") if kind == _TXO else 0


def _excel_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 4 : at + 4 + size]
        at += 4 + size


def _excel_string(body: bytes, length: int) -> str:
    if body[:1] == b"\1":
        return body[1 : 1 + 2 * length].decode("utf-16-le", "replace")
    return body[1 : 1 + length].decode("latin-1")


def _slide_texts(streams: dict[str, bytes]) -> Iterator[str]:
    data = streams["PowerPoint Document"]
    at = 0
    while at + 8 <= len(data):
        version, kind, size = struct.unpack_from("<HHI", data, at)
        at += 8
        if version & 0xF == 0xF and kind != _MASTER:  # a container: its records follow
            continue
        if kind == _TEXT_CHARS:
            yield data[at : at + size].decode("utf-16-le", "replace").replace("\r", "\n").replace("\x0b", "\n")
        elif kind == _TEXT_BYTES:
            yield data[at : at + size].decode("latin-1").replace("\r", "\n").replace("\x0b", "\n")
        at += size


_FINDERS: dict[str, Callable[[dict[str, bytes]], Iterator[str]]] = {
    media_types.DOC.mime: _word_texts,
    media_types.XLS.mime: _excel_texts,
    media_types.PPT.mime: _slide_texts,
}
