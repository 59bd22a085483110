"""Attachments of a mail, one at a time, exactly as they were sent.

Belongs here: walking the MIME structure (RFC 2045, 2046). Doesn't: reading bodies (the readers do that), limits as such
(``budget``), mails within mails (``containers``).

Parts are cut out of the mail's own bytes: ``email``'s parser would hand out attached mails only as rewritten text, and
takes time quadratic in nested multiparts. It parses the headers of each part, and decodes transfer encodings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import HeaderParser
from typing import TypeAlias

from docplatform.documents.decoding import as_ascii_superset
from docplatform.ingestion.budget import Budget, bomb
from docplatform.ingestion.zip_members import Part

MAX_NESTING = 50
"""Multiparts in each other; real mails have 2 to 5."""
_END_OF_HEADERS = re.compile(rb"\r?\n[ \t]*\r?\n")
MAX_HEADERS = 2**20
"""Bytes of one part's headers that are looked at."""
MAX_PARAMETERS = 2**13
"""Characters of a header with parameters: the standard library's parser of those takes quadratic time."""
_PARAMETRISED = ("content-type", "content-disposition", "content-transfer-encoding")
_PLAIN_ENCODINGS = ("", "7bit", "8bit", "binary")

Headers: TypeAlias = "Message[str, str]"  # quoted: generic in type stubs only


def mail_members(data: bytes, budget: Budget) -> Iterator[Part]:
    """Every attachment: any part with a file name, called an attachment, or neither text nor a multipart.

    Attached mails are one member each. A mail that ends before its parts do gives what is there.

    Raises:
        PermanentError: BOMB where it crosses a limit.
    """
    data = as_ascii_superset(data).lstrip(b"\r\n")
    for number, (headers, span) in enumerate(_leaves(data, budget), start=1):
        name = _file_name(headers)
        if name is None and _is_body(headers):
            continue
        content = _decoded(headers, data[span])
        budget.add_bytes(len(content))
        suffix = ".eml" if headers.get_content_type() == "message/rfc822" else ""
        yield Part(name or f"part-{number}{suffix}", content)


def _is_body(headers: Headers) -> bool:
    if headers.get_content_disposition() == "attachment":
        return False
    return headers.get_content_maintype() in ("text", "multipart")  # a multipart without a boundary is plain text


def _leaves(data: bytes, budget: Budget) -> Iterator[tuple[Headers, slice]]:
    """Headers of every part that isn't a multipart, and where its raw body lies, in the order of the mail."""
    waiting: list[tuple[slice, str, int]] = [(slice(0, len(data)), "text/plain", 0)]
    while waiting:
        span, default_type, depth = waiting.pop()
        headers, body = _split_headers(data, span)
        headers.set_default_type(default_type)
        boundary = _boundary(headers)
        if boundary is None:
            budget.add_entry()
            yield headers, body
            continue
        if depth >= MAX_NESTING:
            raise bomb(f"nests parts more than {MAX_NESTING} levels deep")
        inner_type = "message/rfc822" if headers.get_content_subtype() == "digest" else "text/plain"
        parts = []
        for part in _split_parts(data, body, boundary):
            parts.append((part, inner_type, depth + 1))
            budget.check_entries(len(waiting) + len(parts))
        waiting.extend(reversed(parts))


def _split_headers(data: bytes, span: slice) -> tuple[Headers, slice]:
    if data.startswith((b"\n", b"\r\n"), span.start, span.stop):
        return Message(), slice(data.index(b"\n", span.start) + 1, span.stop)
    limit = min(span.stop, span.start + MAX_HEADERS)
    end = _END_OF_HEADERS.search(data, span.start, limit)
    block = data[span.start : limit if end is None else end.start()]
    encoding = "utf-8" if _is_utf8(block) else "latin-1"
    headers: Headers = HeaderParser().parsestr(block.decode(encoding))
    body = limit if end is None else end.end()
    remainder = headers.get_payload()
    if isinstance(remainder, str) and remainder:  # a line that is no header ends the headers too
        body = span.start + len(block) - len(remainder.encode(encoding))
    for name in _PARAMETRISED:
        if len(str(headers.get(name, ""))) > MAX_PARAMETERS:
            headers.replace_header(name, str(headers[name])[:MAX_PARAMETERS])
    return headers, slice(body, span.stop)


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _boundary(headers: Headers) -> bytes | None:
    if headers.get_content_maintype() != "multipart":
        return None
    try:
        boundary = headers.get_boundary()
    except _PARAMETER_ERRORS:
        return None
    return boundary.encode("utf-8", "replace") if boundary else None


def _split_parts(data: bytes, body: slice, boundary: bytes) -> Iterator[slice]:
    """The parts between the boundaries. The line break before a boundary belongs to it (RFC 2046, 5.1.1)."""
    delimiter = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:(\r?\n)|$)")
    start: int | None = None
    position = max(0, body.start - 1)  # the line break that ends the headers may begin the first boundary
    while (found := delimiter.search(data, position, body.stop)) is not None:
        if start is not None:
            yield slice(start, max(start, found.start()))
        if found.group(1):
            return
        start = found.end()
        position = found.start(2) if found.group(2) else start  # as may the one that ends a boundary, the next one
    if start is not None:
        yield slice(start, body.stop)


def _decoded(headers: Headers, body: bytes) -> bytes:
    encoding = str(headers.get("content-transfer-encoding", "")).strip().lower()
    if encoding in _PLAIN_ENCODINGS:
        return body
    part: Headers = Message()
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(body.decode("ascii", "surrogateescape"))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else body


# What the standard library raises on hostile parameters: odd charsets, doubled or huge continuation numbers.
_PARAMETER_ERRORS = (ValueError, LookupError, TypeError)


def _file_name(headers: Headers) -> str | None:
    try:
        name = headers.get_filename()
    except _PARAMETER_ERRORS:
        return "unnamed"  # it has a name, but an undecodable one
    if not name:
        return None
    try:
        return "".join(
            chunk if isinstance(chunk, str) else chunk.decode(charset or "raw-unicode-escape")
            for chunk, charset in decode_header(name)
        )
    except (HeaderParseError, *_PARAMETER_ERRORS):
        return name
