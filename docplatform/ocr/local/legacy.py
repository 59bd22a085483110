"""doc, xls, ppt, msg, odt, rtf, epub: through kreuzberg, without OCR, cache or network.

Belongs here: calling kreuzberg and checking that it didn't lose everything. Doesn't: newer formats, which it reads with
losses and which have readers of their own.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable

from docplatform.documents import media_types
from docplatform.documents.decoding import decode
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import Notice, PageBlocks, ReadDocument, paragraph_of
from docplatform.ocr.local.html import block_text, html_blocks
from docplatform.settings import LimitSettings

ENGINE_FOUND_NOTHING = "engineFoundNothing"
_ENCRYPTED = re.compile(r"encrypt|password|protected", re.IGNORECASE)
_PICTURE = re.compile(r"^\[Image(?:: [^\]]*)?\]$")
_RTF_CONTROL = re.compile(r"\\[a-z]+-?\d* ?|[{}]|\\\*", re.IGNORECASE)
_MIN_LETTERS = 20  # of an RTF file: names of fonts and styles stay in what the simple reader finds


def read_legacy(data: bytes, media_type: str, limits: LimitSettings) -> ReadDocument:
    """One page of paragraphs.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED or BOMB.
    """
    if data[:2] == b"PK":
        _check_zip(data, limits)
    paragraphs = [part for part in re.split(r"\n\s*\n", _extracted(data, media_type)) if part.strip()]
    if paragraphs:
        return ReadDocument([PageBlocks([paragraph_of(part) for part in paragraphs])])
    second = _SECOND_READERS.get(media_type)
    text = second(data) if second else ""
    least = _MIN_LETTERS if media_type == media_types.RTF.mime else 1
    if len(re.findall(r"\w", text)) >= least:
        notice = Notice(ENGINE_FOUND_NOTHING, "The engine found no text; this is what a simpler reader found.")
        return ReadDocument([PageBlocks([paragraph_of(part) for part in text.split("\n\n")])], [notice])
    return ReadDocument([PageBlocks()])


def _extracted(data: bytes, media_type: str) -> str:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(use_cache=False, disable_ocr=True, enable_quality_processing=False)  # type: ignore[call-arg]
    try:
        content = kreuzberg.extract_bytes_sync(data, media_type, config).content
    except kreuzberg.KreuzbergError as error:
        reason = ReasonCode.ENCRYPTED if _ENCRYPTED.search(str(error)) else ReasonCode.CORRUPT
        raise PermanentError(
            f"The {media_type} file can't be read ({error}). Open and save it anew, or send it as PDF or docx.",
            reason=reason,
        ) from error
    return "\n".join(line for line in str(content).splitlines() if not _PICTURE.match(line.strip()))


def _check_zip(data: bytes, limits: LimitSettings) -> None:
    from docplatform.ocr.local.opc import Package

    Package(data, limits)  # opening it checks the limits


def _open_document_text(data: bytes) -> str:
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = etree.fromstring(archive.read("content.xml"), etree.XMLParser(resolve_entities=False, no_network=True))
    return "\n\n".join("".join(paragraph.itertext()) for paragraph in root.iter("{*}p", "{*}h"))


def _epub_text(data: bytes) -> str:
    texts = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.lower().endswith((".xhtml", ".html", ".htm")):
                texts += [block_text(block) for block in html_blocks(decode(archive.read(name)).text)]
    return "\n\n".join(texts)


def _rtf_text(data: bytes) -> str:
    bytes_written = re.sub(rb"\\'([0-9a-fA-F]{2})", lambda match: bytes([int(match[1], 16)]), data)
    text = bytes_written.decode("cp1252", errors="replace")
    text = re.sub(r"\\u(-?\d{1,5})\?? ?", lambda match: chr(int(match[1]) % 0x10000), text)
    return _RTF_CONTROL.sub(" ", text)


def _guarded(reader: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """A second reader may fail where the first one found the file sound: then there is nothing more to find."""

    def read(data: bytes) -> str:
        try:
            return reader(data)
        except (KeyError, zipfile.BadZipFile, zlib.error, SyntaxError, EOFError):
            return ""

    return read


_SECOND_READERS = {
    media_types.ODT.mime: _guarded(_open_document_text),
    media_types.EPUB.mime: _guarded(_epub_text),
    media_types.RTF.mime: _rtf_text,
}
