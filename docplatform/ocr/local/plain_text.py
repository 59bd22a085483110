"""Text in any common encoding: txt, csv, md, json, xml, label files.

Belongs here: a text exactly as it is written, what it is in markdown, and what to warn of where its bytes are damaged.
Doesn't: decoding itself (``documents.decoding``), markup (``html``).
"""

from __future__ import annotations

import re

from docplatform.documents import media_types
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.decoding import DecodedText, decode
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local.blocks import Notice, PageBlocks, ReadDocument, paragraph_of
from docplatform.ocr.local.builder import build_code_result, build_result, build_verbatim_result

UNDECODABLE_CHARACTERS = "undecodableCharacters"

_BLANK_LINES = re.compile(r"(?:\r\n?|\n)[^\S\r\n]*(?:\r\n?|\n)\s*")
_CODE = {
    media_types.CSV.mime: "csv",
    media_types.JSON.mime: "json",
    media_types.LABELS.mime: "json",
    media_types.XML.mime: "xml",
}
"""Names of the languages that aren't prose, as markdown's code blocks have them."""


def read_plain_text(
    data: bytes, model_id: str, media_type: str, content_format: ContentFormat = ContentFormat.TEXT
) -> AnalyzeResult:
    """The text as it is written, line ends included (label offsets count them); a byte order mark isn't text.

    As markdown, a markdown file is that already, prose is paragraphs between blank lines, and csv, json and xml are a
    code block.

    Raises:
        PermanentError: CORRUPT where the bytes aren't text in any encoding.
    """
    decoded = decode(data)
    notices = damage_notices(decoded)
    if content_format is ContentFormat.TEXT or media_type == media_types.MARKDOWN.mime:
        return build_verbatim_result(decoded.text, model_id, notices, content_format)
    if media_type in _CODE:
        return build_code_result(decoded.text, model_id, notices, _CODE[media_type])
    page = PageBlocks([paragraph_of(text) for text in _BLANK_LINES.split(decoded.text)])
    return build_result(ReadDocument([page], notices), model_id, content_format)


def damage_notices(decoded: DecodedText) -> list[Notice]:
    """What to warn of: characters that couldn't be decoded."""
    if not decoded.undecodable:
        return []
    message = f"{decoded.undecodable} characters aren't valid {decoded.encoding}; they read as U+FFFD."
    return [Notice(UNDECODABLE_CHARACTERS, message)]
