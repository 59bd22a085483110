"""Outlook messages (msg): their properties, bodies and attachments, out of an OLE2 compound file.

Belongs here: the one walk over a message that both the reader (bodies) and ingestion (attachments) need. Doesn't:
turning bodies into text, or attachments into documents.

MS-OXMSG, MS-OXPROPS, MS-OXRTFCP. Every look is bounded, and damage ends in one error.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from docplatform.errors import PermanentError, ReasonCode

_SUBJECT, _BODY, _HTML, _RTF, _HEADERS = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_DISPLAY_TO, _DISPLAY_CC, _DISPLAY_BCC = 0x0E04, 0x0E03, 0x0E02
_SENT, _DELIVERED, _CODE_PAGE, _BODY_CODE_PAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_NAME, _ADDRESS, _SMTP, _RECIPIENT_KIND = 0x3001, 0x3003, 0x39FE, 0x0C15
_LONG_FILE_NAME, _FILE_NAME, _CONTENT, _MIME = 0x3707, 0x3704, 0x3701, 0x370E
_UNICODE, _ANSI, _BINARY, _TIME, _INTEGER = 0x001F, 0x001E, 0x0102, 0x0040, 0x0003
_RECIPIENT, _ATTACHMENT, _PROPERTIES = "__recip_version1.0_", "__attach_version1.0_", "__properties_version1.0"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_RECIPIENT_KINDS = {1: "To", 2: "Cc", 3: "Bcc"}
_DAMAGE = (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, struct.error, RecursionError)
_CODE_PAGES = {65001: "utf-8", 936: "gb18030", 20127: "ascii", 50220: "iso2022_jp", 28591: "latin-1", 20866: "koi8-r"}
_RTF_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary of compressed RTF holds before the text begins (MS-OXRTFCP 2.1.2.1)."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutlookAttachment:
    """An attachment: its bytes, or the message that is attached."""

    name: str
    data: bytes
    message: OutlookMessage | None = None
    mime: str = ""


class OutlookMessage:
    """A message, or one that is attached to another; read piece by piece, as asked for."""

    def __init__(self, ole: Any, path: Path = ()) -> None:
        self._ole = ole
        self._path = path
        self._streams, self._storages = _children(ole, path)
        self._fixed = _fixed_properties(self._stream(_PROPERTIES), 24 if path else 32)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """From, To, Cc, Bcc, Date and Subject, those that there are."""
        found = [("From", _address(self._text(_SENDER_NAME), self._text(_SENDER_SMTP) or self._text(_SENDER_ADDRESS)))]
        people = self._recipients()
        for name, tag in (("To", _DISPLAY_TO), ("Cc", _DISPLAY_CC), ("Bcc", _DISPLAY_BCC)):
            found.append((name, "; ".join(people.get(name, ())) or self._text(tag)))
        date = self._time(_SENT) or self._time(_DELIVERED)
        found += [("Date", date.isoformat(sep=" ", timespec="seconds") if date else ""), ("Subject", self.subject)]
        return [(name, " ".join(value.split())) for name, value in found if value.strip()]

    @property
    def subject(self) -> str:
        """The subject, which may be empty."""
        return self._text(_SUBJECT)

    @property
    def text(self) -> str:
        """The body as plain text, which Outlook keeps beside the others; empty where there is none."""
        return self._text(_BODY)

    @property
    def html(self) -> bytes:
        """The body as HTML, in the encoding that it declares; empty where there is none."""
        return self._binary(_HTML) or self._text(_HTML).encode("utf-8", "replace")

    @property
    def html_encoding(self) -> str | None:
        """The encoding of ``html`` as the message states it."""
        if not self._binary(_HTML):
            return "utf-8"
        return _encoding_of(self._integer(_BODY_CODE_PAGE))

    @property
    def rtf(self) -> bytes:
        """The body as RTF, unpacked; empty where there is none, or it is damaged."""
        return unpacked_rtf(self._binary(_RTF))

    @property
    def attachment_count(self) -> int:
        """How many attachments there are."""
        return sum(name.startswith(_ATTACHMENT) for name in self._storages)

    def attachments(self) -> Iterator[OutlookAttachment]:
        """The attachments, in the order they were added, one at a time."""
        for name in sorted(name for name in self._storages if name.startswith(_ATTACHMENT)):
            yield OutlookMessage(self._ole, (*self._path, name))._as_attachment()

    def _as_attachment(self) -> OutlookAttachment:
        name = self._text(_LONG_FILE_NAME) or self._text(_FILE_NAME) or self._text(_NAME)
        data, mime = self._binary(_CONTENT), self._text(_MIME)
        inner = next((each for each in self._storages if each.startswith(f"__substg1.0_{_CONTENT:04X}000D")), None)
        if inner is None or data:
            return OutlookAttachment(name, data, None, mime)
        message = OutlookMessage(self._ole, (*self._path, inner))
        if message._streams & {_PROPERTIES}:
            return OutlookAttachment(name, b"", message, mime)
        return OutlookAttachment(name, message._largest_stream(), None, mime)  # an object of another program

    def _largest_stream(self) -> bytes:
        return max((self._stream(name) for name in sorted(self._streams)), key=len, default=b"")

    def _recipients(self) -> dict[str, list[str]]:
        people: dict[str, list[str]] = {}
        for name in sorted(name for name in self._storages if name.startswith(_RECIPIENT)):
            person = OutlookMessage(self._ole, (*self._path, name))
            person._fixed = _fixed_properties(person._stream(_PROPERTIES), 8)
            kind = _RECIPIENT_KINDS.get(person._integer(_RECIPIENT_KIND), "To")
            shown = _address(person._text(_NAME), person._text(_SMTP) or person._text(_ADDRESS))
            if shown:
                people.setdefault(kind, []).append(shown)
        return people

    def _text(self, tag: int) -> str:
        wide = self._stream(f"__substg1.0_{tag:04X}{_UNICODE:04X}")
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._stream(f"__substg1.0_{tag:04X}{_ANSI:04X}").rstrip(b"\0")
        return narrow.decode(_encoding_of(self._integer(_CODE_PAGE)) or "cp1252", "replace")

    def _binary(self, tag: int) -> bytes:
        return self._stream(f"__substg1.0_{tag:04X}{_BINARY:04X}")

    def _integer(self, tag: int) -> int:
        raw = self._fixed.get((tag, _INTEGER), b"")
        return int.from_bytes(raw[:4], "little")

    def _time(self, tag: int) -> datetime | None:
        ticks = int.from_bytes(self._fixed.get((tag, _TIME), b""), "little")
        days, rest = divmod(ticks // 10, 86_400 * 10**6)
        # Years after 2400 are damage, and would overflow a datetime.
        return _EPOCH + timedelta(days=days, microseconds=rest) if 0 < days < 300_000 else None

    def _stream(self, name: str) -> bytes:
        if name not in self._streams:
            return b""
        with _damage_told():
            data: bytes = self._ole.openstream([*self._path, name]).read()
            return data


def open_message(data: bytes) -> OutlookMessage:
    """The message that a msg file is.

    Raises:
        PermanentError: CORRUPT where the compound file is damaged; also later, when a damaged part is asked for.
    """
    import olefile

    with _damage_told():
        return OutlookMessage(olefile.OleFileIO(io.BytesIO(data)))


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise PermanentError(
            f"The Outlook message is damaged ({type(error).__name__}: {error}). Ask the sender for it again.",
            reason=ReasonCode.CORRUPT,
        ) from error


def _children(ole: Any, path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the streams and of the storages right below a storage."""
    with _damage_told():
        entry = ole.root
        for name in path:
            entry = entry.kids_dict[name.lower()]
        kids = list(entry.kids)
        return (
            frozenset(kid.name for kid in kids if kid.entry_type == 2),
            frozenset(kid.name for kid in kids if kid.entry_type == 1),
        )


def _fixed_properties(data: bytes, header: int) -> dict[tuple[int, int], bytes]:
    """Values of fixed size, by tag and type: 16 bytes each behind a header."""
    found = {}
    for at in range(header, len(data) - 15, 16):
        kind, tag = struct.unpack_from("<HH", data, at)
        found[tag, kind] = data[at + 8 : at + 16]
    return found


def _encoding_of(code_page: int) -> str | None:
    if not code_page:
        return None
    import codecs

    try:
        return codecs.lookup(_CODE_PAGES.get(code_page, f"cp{code_page}")).name
    except LookupError:
        return None


def _address(name: str, address: str) -> str:
    """``Name <address>``. Addresses inside a company's own directory (/O=…) say nothing to people."""
    if not address or address.startswith("/") or address == name:
        return name
    return f"{name} <{address}>" if name else address


def unpacked_rtf(data: bytes) -> bytes:
    """The text of compressed RTF; what there is of it where it is damaged."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[16 : 16 + size]
    return _decompressed(data[16:], min(size, 9 * len(data))) if kind == b"LZFu" else b""


def _decompressed(data: bytes, size: int) -> bytes:
    """LZ77 over a ring of 4096 bytes; a control byte says which of the next eight are references."""
    window = bytearray(_RTF_START.ljust(4096, b"\0"))
    write, position = len(_RTF_START), 0
    produced = bytearray()
    while position < len(data) and len(produced) < size:
        control = data[position]
        position += 1
        for bit in range(8):
            if not control >> bit & 1:
                chunk = data[position : position + 1]
                position += 1
            else:
                reference = int.from_bytes(data[position : position + 2].ljust(2, b"\0"), "big")
                position += 2
                if reference >> 4 == write:  # the end is marked by a reference to itself
                    return bytes(produced)
                chunk = None
            for place in range(1 if chunk is not None else (reference & 0xF) + 2):
                byte = chunk if chunk is not None else window[(reference >> 4) + place & 0xFFF].to_bytes(1, "big")
                produced += byte
                window[write : write + len(byte)] = byte
                write = (write + len(byte)) & 0xFFF
    return bytes(produced[:size])
