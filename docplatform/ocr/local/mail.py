"""eml: headers and body as text, attachments by name.

Belongs here: one mail to blocks. Doesn't: taking attachments out (``ingestion``: they become documents of their own).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from typing import cast

from docplatform.documents.decoding import as_ascii_superset, decode
from docplatform.ocr.local.blocks import (
    Block,
    Notice,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    line_of,
    lines_of,
    paragraph_of,
)
from docplatform.ocr.local.bounds import check_entries
from docplatform.ocr.local.calendars import calendar_blocks
from docplatform.ocr.local.html import html_blocks, unsaid, words_of
from docplatform.ocr.local.pictures import Pictures
from docplatform.ocr.local.plain_text import damage_notices
from docplatform.settings import LimitSettings

_MARKUP = ("text/html", "text/enriched", "text/richtext", "application/xhtml+xml")
_HEADERS = ("From", "To", "Cc", "Bcc", "Date", "Subject")


def read_mail(data: bytes, limits: LimitSettings) -> ReadDocument:
    """One page: headers, every inline text part (of alternatives the plain one), and what is attached.

    Raises:
        PermanentError: BOMB where it has too many parts, CORRUPT where a body isn't text in any encoding.
    """
    message = message_from_bytes(as_ascii_superset(data).lstrip(b"\r\n"), policy=policy.default)
    check_entries(sum(1 for _ in message.walk()), limits, holder="The mail", unit="parts")
    headers = [line_of(f"{name}: {value}") for name in _HEADERS for value in _header_values(message, name)]
    content = _content(message)
    blocks: list[Block] = [ParagraphBlock(headers), *content.body]
    if content.attachments:
        blocks.append(ParagraphBlock([line_of(f"Attachment: {name}") for name in content.attachments]))
    return ReadDocument([PageBlocks(blocks)], content.notices)


def read_saved_page(data: bytes, limits: LimitSettings, pictures: Pictures) -> ReadDocument:
    """A web page that a browser saved as a mail (MHTML): one page with the text of its frames and pictures.

    Raises:
        PermanentError: BOMB where it has too many parts, CORRUPT where a frame isn't text in any encoding.
    """
    message = message_from_bytes(as_ascii_superset(data).lstrip(b"\r\n"), policy=policy.default)
    check_entries(sum(1 for _ in message.walk()), limits, holder="The web page", unit="parts")
    content = _Content()
    for part in message.walk():
        payload = None if part.is_multipart() else part.get_payload(decode=True)
        if part.get_content_type() in ("text/html", "application/xhtml+xml", "text/plain"):
            content.add(_text(part))
        elif part.get_content_maintype() == "image" and isinstance(payload, bytes):
            content.body.extend(pictures.blocks(payload))
    return ReadDocument([PageBlocks(content.body)], [*content.notices, *pictures.notices()])


@dataclass(frozen=True, slots=True)
class _Content:
    """What a part holds, its own parts included."""

    body: list[Block] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def add(self, other: _Content) -> None:
        """Append another part's content."""
        self.body.extend(other.body)
        self.attachments.extend(other.attachments)
        self.notices.extend(other.notices)


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


def _content(part: EmailMessage) -> _Content:
    is_attached = part.get_content_maintype() == "message" or part.get_content_disposition() == "attachment"
    if not is_attached and part.is_multipart():
        children = [cast(EmailMessage, child) for child in cast(list[object], part.get_payload())]
        return _best_alternative(children) if part.get_content_subtype() == "alternative" else _joined(children)
    if not is_attached and _is_body(part):
        return _text(part)
    return _Content(attachments=[_attachment_name(part)])


def _is_body(part: EmailMessage) -> bool:
    """Whether a part is text to read here. One of a special kind with a file name becomes a document of its own."""
    if part.get_content_type() in ("text/plain", *_MARKUP) or part.get_content_maintype() == "multipart":
        return True  # a multipart without a boundary is plain text
    return part.get_content_maintype() == "text" and not part.get_filename()


def _joined(children: list[EmailMessage]) -> _Content:
    content = _Content()
    for child in children:
        content.add(_content(child))
    return content


def _best_alternative(children: list[EmailMessage]) -> _Content:
    """The plain text, or what says most where that is only a line; of the others what it doesn't say.

    Alternatives should say the same, and many don't: "This mail is in HTML", an invitation's place and time.
    """
    contents = [_content(child) for child in children]
    is_plain = [child.get_content_type() == "text/plain" for child in children]
    counts = [len(words_of(content.body)) for content in contents]
    order = sorted(range(len(children)), key=lambda at: (counts[at] * 2 < max(counts), not is_plain[at], -counts[at]))
    content = _Content()
    for at in order:
        content.add(replace(contents[at], body=unsaid(contents[at].body, content.body)))
    return content


def plain_blocks(text: str) -> list[Block]:
    """A plain text as paragraphs: blank lines part them."""
    paragraphs = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return [paragraph_of(paragraph) for paragraph in paragraphs if lines_of(paragraph)]


def _text(part: EmailMessage) -> _Content:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if not data.strip():
        return _Content()
    decoded = decode(data, declared=part.get_content_charset())
    if part.get_content_type() in _MARKUP:
        return _Content(html_blocks(decoded.text), notices=damage_notices(decoded))
    events = calendar_blocks(decoded.text) if part.get_content_type() == "text/calendar" else []
    return _Content(events or plain_blocks(decoded.text), notices=damage_notices(decoded))


def _attachment_name(part: EmailMessage) -> str:
    name = part.get_filename()
    if not name and part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        name = cast(EmailMessage, inner[0]).get("Subject") if isinstance(inner, list) and inner else None
    return str(name) if name else f"({part.get_content_type()})"
