"""Text in any common encoding: txt, csv, md, json, xml, label files.

Belongs here: a text exactly as it is written, and what to warn of where its bytes are damaged. Doesn't: decoding itself
(``documents.decoding``), markup (``html``).
"""

from __future__ import annotations

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.decoding import DecodedText, decode
from docplatform.ocr.local.blocks import Notice
from docplatform.ocr.local.builder import build_verbatim_result

UNDECODABLE_CHARACTERS = "undecodableCharacters"


def read_plain_text(data: bytes, model_id: str) -> AnalyzeResult:
    """The text as it is written, line ends included (label offsets count them); a byte order mark isn't text.

    Raises:
        PermanentError: CORRUPT where the bytes aren't text in any encoding.
    """
    decoded = decode(data)
    return build_verbatim_result(decoded.text, model_id, damage_notices(decoded))


def damage_notices(decoded: DecodedText) -> list[Notice]:
    """What to warn of: characters that couldn't be decoded."""
    if not decoded.undecodable:
        return []
    message = f"{decoded.undecodable} characters aren't valid {decoded.encoding}; they read as U+FFFD."
    return [Notice(UNDECODABLE_CHARACTERS, message)]
