"""Lake partition keys: customer, file type and day.

Belongs here: keys, their paths, and customers' names made fit for them. Doesn't: where a document lies (``routing``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - the field below is called date

CUSTOMER = re.compile(r"[a-z0-9_-]{1,63}")
EXTENSION = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

_NOT_IN_CUSTOMER = re.compile(r"[^a-z0-9_-]+")
_HASH_CHARACTERS = 8


@dataclass(frozen=True, slots=True, order=True)
class LakePartition:
    """The documents of one customer and file type that arrived on one day (UTC).

    Raises:
        ValueError: a part can't stand in a key.
    """

    customer: str
    extension: str
    """As told from the content, without a dot."""
    date: Date

    def __post_init__(self) -> None:
        """Keys hold no comma and no ``|`` (Dagster's separators) and no ``/`` but their own."""
        if not CUSTOMER.fullmatch(self.customer):
            raise ValueError(f"customer {self.customer!r} is not 1 to 63 of a-z, 0-9, _ and -: use sanitise_customer")
        if not EXTENSION.fullmatch(self.extension):
            raise ValueError(f"extension {self.extension!r} is not 1 to 32 of a-z, 0-9, _ and -, without a dot")

    @property
    def key(self) -> str:
        """``acme/pdf/2026-11-20``: the Dagster partition key, short since the UI cuts long ones in the middle."""
        return f"{self.customer}/{self.extension}/{self.date.isoformat()}"

    @property
    def path(self) -> str:
        """``customer=acme/extension=pdf/date=2026-11-20/``: the folder below ``lake/documents/``."""
        return f"customer={self.customer}/extension={self.extension}/date={self.date.isoformat()}/"

    @classmethod
    def parse(cls, key: str) -> LakePartition:
        """The partition with this key. Raises ``ValueError`` naming the key."""
        parts = key.split("/")
        try:
            customer, extension, day = parts
            return cls(customer, extension, Date.fromisoformat(day))
        except ValueError as error:
            raise ValueError(f"{key!r} is not a lake partition key like acme/pdf/2026-11-20: {error}") from error


def sanitise_customer(name: str) -> str:
    """A customer's name as keys and paths hold it, ``[a-z0-9_-]{1,63}``; always the same for the same name.

    A name that needs more than lower case gets a short hash of itself at its end, so that no two such names meet:
    ``Müller & Co`` and ``Muller Co`` stay two customers, ``Acme`` and ``acme`` are one.
    """
    lowered = unicodedata.normalize("NFC", name).lower()
    if CUSTOMER.fullmatch(lowered):
        return lowered
    digest = hashlib.sha256(lowered.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARACTERS]
    ascii_only = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    slug = _NOT_IN_CUSTOMER.sub("-", ascii_only).strip("-") or "customer"
    return f"{slug[: 62 - _HASH_CHARACTERS].rstrip('-')}-{digest}"
