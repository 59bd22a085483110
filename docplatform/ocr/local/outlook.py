"""msg: an Outlook message's headers and body as text, attachments by name.

Belongs here: one message to blocks. Doesn't: its file format (``documents.outlook``), taking attachments out
(``ingestion``: they become documents of their own).
"""

from __future__ import annotations

from docplatform.documents.decoding import decode
from docplatform.documents.outlook import OutlookMessage, open_message
from docplatform.ocr.local.blocks import Block, PageBlocks, ParagraphBlock, ReadDocument, line_of
from docplatform.ocr.local.bounds import check_entries
from docplatform.ocr.local.html import html_blocks, unsaid
from docplatform.ocr.local.mail import plain_blocks
from docplatform.ocr.local.rtf import rtf_blocks
from docplatform.settings import LimitSettings


def read_msg(data: bytes, limits: LimitSettings) -> ReadDocument:
    """One page: headers, the body, and what is attached.

    Raises:
        PermanentError: CORRUPT, or BOMB where it has too many attachments.
    """
    message = open_message(data)
    check_entries(message.attachment_count, limits, holder="The message", unit="attachments")
    headers = [line_of(f"{name}: {value}") for name, value in message.headers]
    blocks: list[Block] = [ParagraphBlock(headers)] if headers else []
    blocks += _body(message)
    names = [attachment.name or "(unnamed)" for attachment in message.attachments()]
    if names:
        blocks.append(ParagraphBlock([line_of(f"Attachment: {name}") for name in names]))
    return ReadDocument([PageBlocks(blocks)])


def _body(message: OutlookMessage) -> list[Block]:
    """Plain text and HTML say the same in most messages; RTF is read where there is neither."""
    body = plain_blocks(message.text)
    html = message.html
    if html.strip():
        body += unsaid(html_blocks(decode(html, declared=message.html_encoding).text), body)
    return body or rtf_blocks(message.rtf)
