"""Mails with attachments."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

from docplatform.samples import values

_TYPES = {
    "pdf": ("application", "pdf"),
    "png": ("image", "png"),
    "jpg": ("image", "jpeg"),
    "tiff": ("image", "tiff"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "zip": ("application", "zip"),
}
_BODIES = (
    "Hello,\n\nplease find attached {names}.\n\nKind regards\n{sender}\n",
    "Good morning,\n\nas agreed I am sending you {names}. Let me know if anything is missing.\n\n{sender}\n",
    "{names} for your records.\n\nBest wishes – {sender}\n",
)


def write_mail(attachments: Sequence[tuple[str, str, bytes]], rng: random.Random, today: dt.date) -> tuple[bytes, str]:
    """An .eml with (name, extension, bytes) attached, and the text of its body."""
    sender = values.person(rng)
    names = " and ".join(name for name, _, _ in attachments)
    body = rng.choice(_BODIES).format(names=names, sender=sender)
    moment = dt.datetime.combine(values.day(rng, today), dt.time(rng.randint(7, 18), rng.randrange(60)), dt.UTC)
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{sender} <{rng.randrange(10**6):06d}@mail.example>"
    message["To"] = "documents@inbox.example"
    message["Subject"] = (
        rng.choice(("Documents", "Invoice", "Your records", "Scan from the office")) + f" {rng.randrange(10**5):05d}"
    )
    message["Date"] = moment
    message["Message-ID"] = f"<{rng.getrandbits(64):016x}@mail.example>"
    message.set_content(body)
    for name, extension, data in attachments:
        maintype, subtype = _TYPES[extension]
        message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    message.set_boundary(f"=={rng.getrandbits(64):016x}==")  # the library would draw one by itself
    return message.as_bytes(), body
