"""Offsets of label files against the text as docplatform reads it.

Belongs here: units of offsets, and bytes to text exactly as the reader does it. Doesn't: deciding whether a label is
right (``doctor``).

A text file's content is its decoded text, every character of it: CRLF stays two characters, since the offsets of
Azure's own samples count both. Only a byte order mark is no part of the text; label tools that count it put every
offset one too far, which the doctor recognises.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from docplatform.documents import text_probe
from docplatform.documents.spans import Utf16Offsets


class StringIndexType(StrEnum):
    """What the offsets of a label file count, in Azure's words."""

    UTF16_CODE_UNIT = "Utf16CodeUnit"
    """JavaScript, Java and .NET strings: characters beyond U+FFFF (emoji, rare CJK) count two."""
    UNICODE_CODE_POINT = "UnicodeCodePoint"
    """Python strings."""


class TextOffsets:
    """Converts a file's offsets into one text's code points and back. Build once per text."""

    def __init__(self, text: str, unit: StringIndexType) -> None:
        self._length = len(text)
        self._utf16 = Utf16Offsets(text) if unit is StringIndexType.UTF16_CODE_UNIT else None

    @property
    def unit_length(self) -> int:
        """Length of the text in the file's unit."""
        return self._length if self._utf16 is None else self._utf16.unit_length

    def to_code_point(self, offset: int) -> int:
        """The code point offset of an offset in the file's unit.

        Raises:
            ValueError: where it lies outside the text or within a character.
        """
        if self._utf16 is not None:
            return self._utf16.to_code_point(offset)
        if not 0 <= offset <= self._length:
            raise ValueError(f"Offset {offset} lies outside the text of {self._length} characters.")
        return offset

    def to_unit(self, offset: int) -> int:
        """The offset in the file's unit of a code point offset. Raises ``ValueError`` outside the text."""
        if self._utf16 is not None:
            return self._utf16.to_utf16(offset)
        return self.to_code_point(offset)

    def span_to_code_points(self, offset: int, length: int) -> tuple[int, int]:
        """Start and end in code points of a span in the file's unit. Raises ``ValueError`` as ``to_code_point``."""
        return self.to_code_point(offset), self.to_code_point(offset + length)

    def span_to_unit(self, start: int, end: int) -> tuple[int, int]:
        """Offset and length in the file's unit of ``text[start:end]``."""
        offset = self.to_unit(start)
        return offset, self.to_unit(end) - offset


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text file's text, and what is no part of it."""

    text: str
    encoding: str
    had_bom: bool


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SAMPLE_BYTES = 512 * 1024
_MARKS_SAMPLE = 65_536
# The reader's rule (ocr.local.plain_text), which this room can't import; a test holds the two together.
_WESTERN = frozenset("ÄÖÜäöüßÀÂÇÈÉÊËÎÏÔÙÛàâçèéêëîïôùûœŒÁÍÓÚÑáíóúñÃÕãõÅÆØåæøÌÒìòšžŠŽ«»“”„‘’‚–—…•€£©®°§¡¿ºª·×\xa0\xad")


def decode_document(data: bytes) -> DecodedText:
    """A text file's bytes as text, line ends kept, a byte order mark dropped; as the local reader decodes them.

    UTF-8, UTF-16 and UTF-32 by their mark or their zero bytes, else the code page charset-normalizer tells, else
    Windows-1252 and Latin-1, in which every byte is a character. Damaged characters read as U+FFFD.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return DecodedText(data[len(bom) :].decode(encoding, errors="replace"), encoding, had_bom=True)
    encoding = _wide_encoding(data) or "utf-8"
    try:
        return DecodedText(data.decode(encoding), encoding, had_bom=False)
    except UnicodeDecodeError:
        return _decode_by_letters(data)


def _wide_encoding(data: bytes) -> str | None:
    head = data[:4096]
    text = text_probe.decode_head(head) if b"\0" in head else None
    if text is None:
        return None
    return next((name for name in _WIDE if head.decode(name, errors="ignore") == text), None)


def _decode_by_letters(data: bytes) -> DecodedText:
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    # Mostly good UTF-8 with a few damaged bytes, as the reader sees it: four good wide characters to a bad one.
    if sum(char > "\x7f" and char != "\ufffd" for char in text[:65_536]) > 4 * damaged:
        return DecodedText(text, "utf-8", had_bom=False)
    for encoding in _code_pages(data):
        try:
            return DecodedText(data.decode(encoding), encoding, had_bom=False)
        except UnicodeDecodeError:
            continue  # the next code page may fit; Latin-1 always does
    return DecodedText(data.decode("latin-1"), "latin-1", had_bom=False)


def _code_pages(data: bytes) -> Iterator[str]:
    """Code pages to try: Windows-1252 first where it gives letters and marks of Western Europe only."""
    try:
        marks = {char for char in data.decode("cp1252")[:_MARKS_SAMPLE] if char > "\x7f"}
    except UnicodeDecodeError:
        marks = {"\ufffd"}  # not Windows-1252, so not Western by its marks
    if marks <= _WESTERN and not (marks & set("øìØÌ") and marks & set("šžŠŽ")):
        yield "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE_BYTES], cp_exclusion=["utf_16", "utf_32", "utf_7"]).best()
    if best is not None:
        yield best.encoding
    yield "cp1252"
