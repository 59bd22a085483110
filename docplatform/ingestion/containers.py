"""Unpacking mails and archives, and what lies in them, into documents of their own.

Belongs here: walking containers within containers under one budget. Doesn't: any one format (``zip_members``,
``tar_members``, ``mail_members``, ``message_members``, ``pdf_members``), storing members.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from docplatform.documents.media_types import BZIP2, CONTAINERS, EML, GZIP, MBOX, MSG, PDF, TAR, ZIP, MediaType, sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.budget import Budget
from docplatform.ingestion.mail_members import mail_members
from docplatform.ingestion.message_members import mbox_members, msg_members
from docplatform.ingestion.pdf_members import has_attachments, pdf_members
from docplatform.ingestion.tar_members import bzip2_members, gzip_members, tar_members
from docplatform.ingestion.zip_members import Part, zip_members
from docplatform.settings import LimitSettings

Position = tuple[int, ...]
"""Where a member lies: its index in the outermost container, its index in that member, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One thing found in a container, or in a container in it."""

    position: Position
    """``position[:-1]`` is the position of the member it was found in; empty: the outermost container."""
    name: str
    """As the container spells it: metadata only, it may be any path or no path."""
    data: bytes
    media_type: MediaType
    reason: ReasonCode | None = None
    """Why it can't go on: a link, or a container of its own that can't be unpacked."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    position: Position
    part: Part
    media_type: MediaType

    @property
    def is_container(self) -> bool:
        return self.part.refusal is None and is_container(self.media_type, self.part.data)


def is_container(media_type: MediaType, content: bytes | BinaryIO) -> bool:
    """Whether there are members to unpack: always in ``CONTAINERS``, and in a PDF with attached files."""
    return media_type in CONTAINERS or (media_type == PDF and has_attachments(content))


def unpack(content: bytes | BinaryIO, media_type: MediaType, limits: LimitSettings) -> Iterator[Member]:
    """Every member of a container, each followed by its own members, one at a time.

    The whole is unpacked once to check it before the first member is handed out, and a second time to hand them out:
    either all members come, or none. A container within it that is corrupt, encrypted or holds something too large is
    handed out as a member with that reason, without members.

    Args:
        content: the container; a stream must be seekable and is read again and again.
        media_type: its type, one of ``CONTAINERS``, or PDF.
        limits: for all that lies in it together.

    Raises:
        PermanentError: BOMB where the container, or anything within it, crosses a limit on bytes, entries, ratio or
            levels; CORRUPT, ENCRYPTED, TOO_LARGE or UNSUPPORTED_TYPE where the container itself can't be unpacked.
    """
    if media_type not in _UNPACKERS:
        raise ValueError(f"{media_type} is no container")
    size = len(content) if isinstance(content, bytes) else content.seek(0, io.SEEK_END)
    refused: dict[Position, PermanentError] = {}
    _check(content, media_type, Budget(limits, size), (), refused)
    return _members(content, media_type, Budget(limits, size), (), refused)


def _check(
    content: bytes | BinaryIO,
    media_type: MediaType,
    budget: Budget,
    position: Position,
    refused: dict[Position, PermanentError],
) -> None:
    """Unpack all, keeping nothing but the inner containers that can't be unpacked."""
    for found in _parts(content, media_type, budget, position):
        if not found.is_container:
            continue
        data = found.part.data
        try:
            _check(data, found.media_type, budget.inner(len(data)), found.position, refused)
        except PermanentError as error:
            if error.reason is ReasonCode.BOMB:
                raise
            refused[found.position] = error


def _members(
    content: bytes | BinaryIO,
    media_type: MediaType,
    budget: Budget,
    position: Position,
    refused: dict[Position, PermanentError],
) -> Iterator[Member]:
    for found in _parts(content, media_type, budget, position):
        error = refused.get(found.position)
        yield _member(found, error)
        if found.is_container and error is None:
            data = found.part.data
            yield from _members(data, found.media_type, budget.inner(len(data)), found.position, refused)


def _member(found: _Found, error: PermanentError | None) -> Member:
    reason, message = (None, "") if error is None else (error.reason, str(error))
    if found.part.refusal is not None:
        reason, message = ReasonCode.UNSUPPORTED_TYPE, found.part.refusal
    return Member(
        position=found.position,
        name=found.part.name,
        data=found.part.data,
        media_type=found.media_type,
        reason=reason,
        message=message,
    )


def _parts(content: bytes | BinaryIO, media_type: MediaType, budget: Budget, position: Position) -> Iterator[_Found]:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    for index, part in enumerate(_UNPACKERS[media_type](stream, budget)):
        yield _Found((*position, index), part, sniff(part.data, part.name))


def _whole(unpacker: Callable[[bytes, Budget], Iterator[Part]]) -> Callable[[BinaryIO, Budget], Iterator[Part]]:
    """An unpacker of formats that have to lie in memory as a whole."""

    def unpacked(stream: BinaryIO, budget: Budget) -> Iterator[Part]:
        stream.seek(0)
        return unpacker(stream.read(), budget)

    return unpacked


_UNPACKERS: dict[MediaType, Callable[[BinaryIO, Budget], Iterator[Part]]] = {
    EML: _whole(mail_members),
    MSG: _whole(msg_members),
    MBOX: mbox_members,
    ZIP: zip_members,
    TAR: tar_members,
    GZIP: gzip_members,
    BZIP2: bzip2_members,
    PDF: pdf_members,
}
"""One for each of ``CONTAINERS``, and for PDF."""
