"""Bytes to text, in whatever encoding they are.

Belongs here: telling encodings apart and decoding with them, for readers, label imports and type sniffing alike: label
offsets are only right where all of them see the same characters. Doesn't: kinds of text (``text_probe``), markup.

A text is every character of its file: CRLF stays two characters, since the offsets of Azure's own samples count both.
Only a byte order mark is no part of the text.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from docplatform.errors import PermanentError, ReasonCode

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SAMPLE_BYTES = 65_536
_WIDE_SAMPLE_BYTES = 16 * 1024
_MAX_CONTROL_SHARE = 0.01
_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0C, 0x0D, 0x1A, 0x1B} | {0x7F}
_WESTERN = frozenset("ÄÖÜäöüßÀÂÇÈÉÊËÎÏÔÙÛàâçèéêëîïôùûœŒÁÍÓÚÑáíóúñÃÕãõÅÆØåæøÌÒìòšžŠŽ«»“”„‘’‚–—…•€£©®°§¡¿ºª·×\xa0\xad")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_MEANT = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""What programs write that declare the key (WHATWG Encoding Standard): the superset, which has € and curly quotes."""
_UNBELIEVABLE = frozenset({"unicode-escape", "raw-unicode-escape", "punycode", "idna", "undefined"})
"""Python's own codecs, which would rewrite the text that they "decode"."""

_NOT_GUESSED = (
    *("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7"),  # told by their looks
    *("cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140"),  # EBCDIC: no ASCII, so no text to ``sniff``
)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text file's text, and what is known about its bytes."""

    text: str
    encoding: str
    """Python's name of it."""
    had_bom: bool = False
    """Whether a byte order mark stood before the text."""
    undecodable: int = 0
    """Damaged characters: they read as U+FFFD."""


def decode(data: bytes, declared: str | None = None) -> DecodedText:
    """Text in whatever encoding it is: by BOM, UTF-16/32 by its look, UTF-8, what it declares, else by its letters.

    Args:
        data: the whole text.
        declared: the encoding that a header names, if any; believed only where the bytes fit it.

    Raises:
        PermanentError: CORRUPT where the bytes aren't text in any encoding.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _replacing(data[len(bom) :], encoding, had_bom=True)
    wide = wide_encoding(data)
    if wide is not None:
        return _replacing(data, wide)
    for candidate in ("utf-8", *_believable(declared), *_believable(_declared_in(data))):
        text = _fitting(data, candidate)
        if text is not None:
            return DecodedText(text, candidate)
    return _decode_by_letters(data)


def decode_head(head: bytes) -> str | None:
    """The text that ``head`` (the first bytes of a file) holds, None where it isn't text. Never raises.

    Understands UTF-8, UTF-16 and UTF-32 with and without byte order mark; text in any other encoding comes back as if
    it were Latin-1, which is right for the ASCII in it: enough to tell kinds of text, not to read them.
    """
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "replace")
    wide = wide_encoding(head)
    if wide is not None:
        return head.decode(wide, "replace")
    if sum(head.count(control) for control in _CONTROLS) > _MAX_CONTROL_SHARE * len(head):
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head)  # a character cut at the end is no error
    except UnicodeDecodeError:
        return head.decode("latin-1")


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 with its byte order, where ``head`` is text in it (with a byte order mark or without)."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding if encoding in _WIDE else None
    return next((name for name in _WIDE if _is_wide(head, name)), None)


def as_ascii_superset(data: bytes) -> bytes:
    """``data`` with ASCII characters as single bytes, for formats whose syntax is ASCII (mail): UTF-16/32 as UTF-8.

    A byte order mark is dropped; bytes in other encodings stay as they are.
    """
    wide = wide_encoding(data)
    if wide is not None:
        data = data.decode(wide, "replace").removeprefix("\ufeff").encode("utf-8", "replace")
    return data.removeprefix(codecs.BOM_UTF8)


def _is_wide(head: bytes, encoding: str) -> bool:
    """Whether ``head`` is UTF-16/32 without a byte order mark: nearly every character is a printable one.

    Random bytes fail: 1 in 32 UTF-16 units is a surrogate, and 1 in 7 characters isn't printable. Text read in the
    wrong byte order fails too: hardly any of its characters are ASCII.
    """
    if b"\0" not in head[:_WIDE_SAMPLE_BYTES]:
        return False
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head[:_WIDE_SAMPLE_BYTES])
    if len(text) < 2 or "\0" in text:
        return False
    good = sum(character.isprintable() or character in "\t\n\r\f\v" for character in text) - text.count("\ufffd")
    familiar = sum(character in "\t\n\r" or " " <= character <= "~" for character in text)
    return good >= 0.99 * len(text) and (familiar >= 0.02 * len(text) or encoding.startswith("utf-32"))


def _replacing(data: bytes, encoding: str, *, had_bom: bool = False) -> DecodedText:
    text = data.decode(encoding, errors="replace")
    written = data.count("\ufffd".encode(encoding))  # a U+FFFD that the file itself holds is no damage of ours
    return DecodedText(text, encoding, had_bom, max(0, text.count("\ufffd") - written))


def _fitting(data: bytes, encoding: str) -> str | None:
    """The text, None where the bytes don't fit."""
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):  # LookupError: a declared codec that isn't one for text (zlib)
        return None


def _believable(declared: str | None) -> tuple[str, ...]:
    """The encodings that a declared name may mean; none where it is unknown, or the bytes themselves say more.

    UTF-16 and UTF-32 have been ruled out by then, and nearly any bytes of even length would fit them.
    """
    try:
        name = codecs.lookup(declared or "").name
    except (LookupError, ValueError):  # ValueError: a null character in the name
        return ()
    if name.startswith(("utf-16", "utf-32")) or name in _UNBELIEVABLE:
        return ()
    return (_MEANT[name], name) if name in _MEANT else (name,)


def _declared_in(data: bytes) -> str | None:
    match = _DECLARED.match(data[:300])
    return match.group(1).decode("ascii") if match else None


def _decode_by_letters(data: bytes) -> DecodedText:
    """A legacy code page, told by charset-normalizer; UTF-8 with a few damaged bytes is taken for that."""
    damaged = _replacing(data, "utf-8")
    wide = sum(1 for char in damaged.text[:_SAMPLE_BYTES] if char > "\x7f" and char != "\ufffd")
    if wide > 4 * damaged.undecodable:
        return damaged
    for encoding in _code_pages(data):
        text = _fitting(data, encoding)
        if text is not None:
            return DecodedText(text, encoding)
    if b"\0" in data[:_SAMPLE_BYTES]:
        raise PermanentError(
            "The bytes aren't text in any known encoding. Check that the file is complete and not binary.",
            reason=ReasonCode.CORRUPT,
        )
    return DecodedText(data.decode("latin-1"), "latin-1")


def _code_pages(data: bytes) -> tuple[str, ...]:
    """Code pages to try in order: Windows-1252 alone where it gives letters and marks of Western Europe only."""
    western = _fitting(data, "cp1252")
    if western is not None and _is_western(western[:_SAMPLE_BYTES]):
        return ("cp1252",)
    from charset_normalizer import from_bytes

    best = from_bytes(data[: 8 * _SAMPLE_BYTES], cp_exclusion=list(_NOT_GUESSED)).best()
    return (best.encoding, "cp1252") if best is not None else ("cp1252",)


def _is_western(text: str) -> bool:
    """True where a text read as cp1252 holds nothing but the letters and marks of Western Europe.

    Statistics confuse Latin code pages on short texts (a lone € was once read as Ć); these letters seldom come together
    by chance. Czech read as cp1252 shows ø or ì beside š or ž.
    """
    marks = {char for char in text if char > "\x7f"}
    return marks <= _WESTERN and not (marks & set("øìØÌ") and marks & set("šžŠŽ"))
