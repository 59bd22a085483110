"""Documents that were read before: the second, coarser use of ``ResultCache``.

Belongs here: what makes two documents the same, which are kept, the form they are kept in. Doesn't: pages
(``page_cache``), reading.

The page cache saves recognising; decoding, hashing pixels and layout remain. Where nothing has changed at all - the
same bytes for another customer, a forced re-read - this saves these too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.ocr.base import DocumentSource, PageCounts, Reading

DOCUMENTS = "documents"
"""Kind of entry."""
_FORM = "reading-1"
"""Raised when the form of an entry changes."""


def document_key(source: DocumentSource, fingerprint: str) -> str:
    """SHA-256 (hex) of a document's bytes and type, and of what else its result depends on."""
    digest = hashlib.sha256(f"{_FORM};{fingerprint};{source.media_type};".encode())
    digest.update(source.data)
    return digest.hexdigest()


def is_worth_keeping(reading: Reading) -> bool:
    """Whether pages of it were recognised: all else is read about as fast as an entry is."""
    return bool(reading.pages.recognized or reading.pages.cached)


def encoded(reading: Reading) -> Iterator[bytes]:
    """In pieces: a line with the counts, then the result's JSON.

    Read again, all its recognised pages come from a cache.
    """
    pages = {"in_file": reading.pages.in_file, "cached": reading.pages.recognized + reading.pages.cached}
    yield f"{json.dumps(pages)}\n".encode()
    yield from reading.result.json_chunks()


def decoded(data: bytes) -> Reading:
    """Raises ``ValueError`` where the bytes are none of ``encoded``'s."""
    head, _, body = data.partition(b"\n")
    try:
        return Reading(AnalyzeResult.deferred(body.decode()), PageCounts(**json.loads(head)))
    except TypeError as error:
        raise ValueError(f"not a reading: {error}") from error
