"""Attachments of Outlook messages, and the mails in a mailbox file, one at a time.

Belongs here: msg and mbox. Doesn't: mails themselves (``mail_members``), limits as such (``budget``).

A message that is attached to a message has no bytes of its own in the file: it is handed out as a mail (eml) made of
its headers, bodies and attachments, the same bytes every time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import BinaryIO

from docplatform.documents.outlook import OutlookMessage, open_message
from docplatform.ingestion.budget import Budget, bomb
from docplatform.ingestion.zip_members import Part

_SEPARATOR = re.compile(rb"(?:\A|(?<=\n)\r?\n)From [^\r\n]{1,500}\r?\n(?=[!-9;-~]{1,76}:)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def msg_members(data: bytes, budget: Budget) -> Iterator[Part]:
    """Every attachment of an Outlook message.

    Raises:
        PermanentError: BOMB where it crosses a limit, CORRUPT where it is damaged.
    """
    for number, attachment in enumerate(open_message(data).attachments(), start=1):
        budget.add_entry()
        name = attachment.name
        if attachment.message is None:
            content = attachment.data
        else:
            content = bytes(_as_mail(attachment.message, budget, 1))
            name = f"{name or attachment.message.subject or f'part-{number}'}.eml"
        budget.add_bytes(len(content))
        yield Part(name or f"part-{number}", content)


def _as_mail(message: OutlookMessage, budget: Budget, level: int) -> EmailMessage:
    if level > budget.limits.max_archive_depth:
        raise bomb(f"holds messages more than {budget.limits.max_archive_depth} levels deep", "MAX_ARCHIVE_DEPTH")
    mail = EmailMessage()
    for name, value in message.headers:
        mail[f"X-Outlook-{name}" if name in mail else name] = _CONTROLS.sub(" ", value)
    mail.set_content(message.text or "")
    if message.html.strip():
        mail.add_alternative(message.html, maintype="text", subtype="html")
    for attachment in message.attachments():
        budget.add_entry()
        name = _CONTROLS.sub(" ", attachment.name) or "unnamed"
        if attachment.message is not None:
            mail.add_attachment(_as_mail(attachment.message, budget, level + 1), filename=f"{name}.eml")
        else:
            budget.add_bytes(len(attachment.data))
            mail.add_attachment(attachment.data, maintype="application", subtype="octet-stream", filename=name)
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart() and part is not None):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_docplatform_{level}_{number}")  # the library's own differs every time
    return mail


def mbox_members(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
    """Every mail of a mailbox file: each begins with a line "From …" after a blank one (RFC 4155).

    Raises:
        PermanentError: BOMB where it crosses a limit.
    """
    stream.seek(0)
    data = stream.read()
    starts = list(_bounded(data, budget))
    ends = [start for start, _ in starts[1:]] + [len(data)]
    for number, ((_, begin), end) in enumerate(zip(starts, ends, strict=True), start=1):
        budget.add_entry()
        content = _QUOTED.sub(rb"\1", data[begin:end])
        budget.add_bytes(len(content))
        yield Part(f"mail-{number}.eml", content)


def _bounded(data: bytes, budget: Budget) -> Iterator[tuple[int, int]]:
    for count, match in enumerate(_SEPARATOR.finditer(data), start=1):
        budget.check_entries(count)
        yield match.start(), match.end()
