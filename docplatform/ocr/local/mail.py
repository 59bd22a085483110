"""eml: headers and body as text, attachments by name.

Belongs here: one mail to blocks. Doesn't: taking attachments out (``ingestion``: they become documents of their own).
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from typing import cast

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import (
    Block,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    line_of,
    lines_of,
    paragraph_of,
)
from docplatform.ocr.local.html import html_blocks
from docplatform.ocr.local.plain_text import decode
from docplatform.settings import LimitSettings

_HEADERS = ("From", "To", "Cc", "Bcc", "Date", "Subject")


def read_mail(data: bytes, limits: LimitSettings) -> ReadDocument:
    """One page: headers, every inline text part (of alternatives the plain one), and what is attached.

    Raises:
        PermanentError: CORRUPT where it isn't a mail, BOMB where it has too many parts.
    """
    message = message_from_bytes(data.lstrip(b"\r\n"), policy=policy.default)
    parts = sum(1 for _ in message.walk())
    if parts > limits.max_archive_entries:
        raise PermanentError(
            f"The mail has {parts} parts; the limit is {limits.max_archive_entries} "
            "(DOCPLATFORM_LIMITS__MAX_ARCHIVE_ENTRIES).",
            reason=ReasonCode.BOMB,
        )
    headers = [line_of(f"{name}: {value}") for name in _HEADERS for value in _header_values(message, name)]
    body: list[Block] = []
    attachments: list[str] = []
    _read_part(message, body, attachments)
    blocks: list[Block] = [ParagraphBlock(headers), *body]
    if attachments:
        blocks.append(ParagraphBlock([line_of(f"Attachment: {name}") for name in attachments]))
    return ReadDocument([PageBlocks(blocks)])


def _header_values(message: EmailMessage, name: str) -> Iterator[str]:
    """A header's values; a malformed one is shown as it is written."""
    for key, raw in message.raw_items():
        if key.lower() == name.lower():
            try:
                value = str(message.policy.header_fetch_parse(key, raw))
            except (MessageError, ValueError, IndexError, AttributeError, TypeError):  # email's parser gives up so
                value = str(raw)
            if value.strip():
                yield " ".join(value.split())


def _read_part(part: EmailMessage, body: list[Block], attachments: list[str]) -> None:
    kind = part.get_content_type()
    if kind == "message/rfc822" or part.get_content_disposition() == "attachment":
        attachments.append(_attachment_name(part))
    elif part.is_multipart():
        children = [cast(EmailMessage, child) for child in cast(list[object], part.get_payload())]
        if kind == "multipart/alternative":
            body += _best_alternative(children, attachments)
        else:
            for child in children:
                _read_part(child, body, attachments)
    elif kind in ("text/plain", "text/html", "text/enriched", "text/richtext"):
        body += _text_blocks(part, kind)
    elif not part.is_multipart() and (part.get_filename() or part.get_content_maintype() != "multipart"):
        attachments.append(_attachment_name(part))


def _best_alternative(children: list[EmailMessage], attachments: list[str]) -> list[Block]:
    """The plain text where it says anything, else the first alternative that does."""
    ranked = sorted(children, key=lambda child: child.get_content_type() != "text/plain")
    for child in ranked:
        body: list[Block] = []
        names: list[str] = []
        _read_part(child, body, names)
        if body or child is ranked[-1]:
            attachments += names
            return body
    return []


def _text_blocks(part: EmailMessage, kind: str) -> list[Block]:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if not data.strip():
        return []
    text, _ = decode(data, declared=part.get_content_charset())
    if kind != "text/plain":
        return html_blocks(text)
    paragraphs = text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n")
    return [paragraph_of(paragraph) for paragraph in paragraphs if lines_of(paragraph)]


def _attachment_name(part: EmailMessage) -> str:
    name = part.get_filename()
    if not name and part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        name = cast(EmailMessage, inner[0]).get("Subject") if isinstance(inner, list) and inner else None
    return str(name) if name else f"({part.get_content_type()})"
