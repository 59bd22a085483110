"""Text in any common encoding: txt, csv, md, json, xml, label files.

Belongs here: bytes to text, exactly as written. Doesn't: markup (``html``).
"""

from __future__ import annotations

import codecs
import re

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import Notice
from docplatform.ocr.local.builder import build_verbatim_result

UNDECODABLE_CHARACTERS = "undecodableCharacters"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its BOM starts with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 65_536
_WESTERN = frozenset("ÄÖÜäöüßÀÂÇÈÉÊËÎÏÔÙÛàâçèéêëîïôùûœŒÁÍÓÚÑáíóúñÃÕãõÅÆØåæøÌÒìòšžŠŽ«»“”„‘’‚–—…•€£©®°§¡¿ºª·×\xa0\xad")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")


def read_plain_text(data: bytes, model_id: str) -> AnalyzeResult:
    """The text as it is written, line ends included (label offsets count them); a byte order mark isn't text."""
    text, notices = decode(data)
    return build_verbatim_result(text, model_id, notices)


def decode(data: bytes, declared: str | None = None) -> tuple[str, list[Notice]]:
    """Text in whatever encoding it is: by BOM, UTF-8, UTF-16/32 by its zeros, what it declares, else by its letters.

    Args:
        data: the bytes.
        declared: the encoding that a header names, if any; believed only where the bytes fit it.

    Raises:
        PermanentError: CORRUPT where the bytes aren't text in any encoding.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode_marked(data[len(bom) :], encoding)
    for candidate in (_wide_encoding(data[:_SAMPLE_BYTES]), "utf-8", declared, _declared_in(data)):
        text = _decoded(data, candidate)
        if text is not None:
            return text, []
    return _decode_by_letters(data)


def _decode_marked(data: bytes, encoding: str) -> tuple[str, list[Notice]]:
    text = data.decode(encoding, errors="replace")
    damaged = text.count("\ufffd") - data.count("\ufffd".encode(encoding))
    return text, [_damage(damaged, encoding)] if damaged > 0 else []


def _damage(count: int, encoding: str) -> Notice:
    return Notice(UNDECODABLE_CHARACTERS, f"{count} characters aren't valid {encoding}; they read as U+FFFD.")


def _decoded(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _declared_in(data: bytes) -> str | None:
    match = _DECLARED.match(data[:300])
    return match.group(1).decode("ascii") if match else None


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a BOM: the zero bytes of its ASCII characters lie at the same places."""
    zeros = [sample[place::4].count(0) / max(1, len(sample[place::4])) for place in range(4)]
    if max(zeros) < 0.2:
        return None
    high, low = 0.7, 0.3
    patterns = {
        "utf-32-le": (zeros[0] < low and min(zeros[2:]) > high),
        "utf-32-be": (zeros[3] < low and min(zeros[:2]) > high),
        "utf-16-le": (max(zeros[0], zeros[2]) < low and min(zeros[1], zeros[3]) > low),
        "utf-16-be": (max(zeros[1], zeros[3]) < low and min(zeros[0], zeros[2]) > low),
    }
    return next((encoding for encoding, fits in patterns.items() if fits), None)


def _decode_by_letters(data: bytes) -> tuple[str, list[Notice]]:
    """A legacy code page, told by charset-normalizer; UTF-8 with a few damaged bytes is taken for that."""
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    wide = sum(1 for char in text[:_SAMPLE_BYTES] if char > "\x7f" and char != "\ufffd")
    if wide > 4 * damaged:
        return text, [_damage(damaged, "utf-8")]
    western = _decoded(data, "cp1252")
    guessed = None if western is not None and _is_western(western[:_SAMPLE_BYTES]) else _guessed_encoding(data)
    decoded = _decoded(data, guessed)
    if decoded is None:
        decoded = western
    if decoded is not None:
        return decoded, []
    if b"\0" in data[:_SAMPLE_BYTES]:
        raise PermanentError(
            "The bytes aren't text in any known encoding. Check that the file is complete and not binary.",
            reason=ReasonCode.CORRUPT,
        )
    return data.decode("latin-1"), []


def _is_western(text: str) -> bool:
    """True where a text read as cp1252 holds nothing but the letters and marks of Western Europe.

    Statistics confuse Latin code pages on short texts; these letters seldom come together by chance. Czech read as
    cp1252 shows ø or ì beside š or ž.
    """
    marks = {char for char in text if char > "\x7f"}
    return marks <= _WESTERN and not (marks & set("øìØÌ") and marks & set("šžŠŽ"))


def _guessed_encoding(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data[: 8 * _SAMPLE_BYTES], cp_exclusion=["utf_16", "utf_32", "utf_7"]).best()
    return best.encoding if best else None
