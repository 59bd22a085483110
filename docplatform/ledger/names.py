"""Text the ledger can hold, and how the names of documents compare.

Belongs here: what every database stores alike, and the keys names are looked up by. Doesn't: making a sender's name
storable (``ingestion``), nor queries (``ledger``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa

from docplatform.ledger.records import Arrival
from docplatform.ledger.schema import ARRIVALS

MAX_KEY = 500
"""Characters of a name in an index, beside its hash: PostgreSQL's B-trees take 2,704 bytes a row, each up to 4."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class LookupKeys(NamedTuple):
    """What a name is looked up by."""

    whole: str
    base: str
    """Without folders."""


def lookup_keys(name: str) -> LookupKeys:
    """Names as they compare: Unicode NFC (macOS writes NFD), ``/`` between folders (zips made on Windows differ)."""
    whole = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return LookupKeys(_short(whole), _short(whole.rsplit("/", 1)[-1]))


def is_storable(text: str) -> bool:
    """Whether every database can hold it: PostgreSQL refuses NUL, UTF-8 has no lone surrogates."""
    return _UNSTORABLE.search(text) is None


def check_storable(what: str, text: str, column: sa.Column[str]) -> None:
    """Refuse what one database would store and another wouldn't.

    Raises:
        ValueError: the text holds NUL or a lone surrogate, or is longer than its column.
    """
    if not is_storable(text):
        raise ValueError(f"{what} holds NUL or half a character, which no ledger can keep: {text[:200]!r}. Replace it.")
    length = getattr(column.type, "length", None)
    if length is not None and len(text) > length:
        raise ValueError(f"{what} has {len(text):,} characters, the ledger keeps {length}: {text[:200]!r}. Shorten it.")


def check_arrival(arrival: Arrival) -> None:
    """Refuse an arrival with text that can't be kept.

    Raises:
        ValueError: as ``check_storable`` does.
    """
    for field in Arrival.__dataclass_fields__:
        value = getattr(arrival, field)
        if isinstance(value, str):
            check_storable(f"The arrival {arrival.arrival_id[:80]!r}: its {field}", value, ARRIVALS.c[field])


def _short(key: str) -> str:
    """Fit for an index. A shortened key is longer than any that isn't, so they can't be taken for each other."""
    return key if len(key) <= MAX_KEY else key[:MAX_KEY] + hashlib.sha256(key.encode()).hexdigest()
