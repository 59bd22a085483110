"""The rows of the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from docplatform.errors import ReasonCode


class Outcome(StrEnum):
    """What became of one arrival."""

    LANDED = "landed"
    """A new document."""
    DUPLICATE = "duplicate"
    """Content this customer already has: counted, not processed again."""
    QUARANTINED = "quarantined"
    """A new document that can't go on: empty, of no known type, a bomb."""


def document_id_for(customer: str, sha256: str) -> str:
    """The id of a document: the same bytes of the same customer are the same document (32 hex digits)."""
    return hashlib.sha256(f"{customer}\0{sha256}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One thing that came in: a file, an attachment, an archive member.

    ``arrival_id`` identifies the event, so that recording it twice (after a crash) changes nothing. ``name`` is
    the path below the customer's folder, or within its parent, as the sender spelled it: metadata only, never used as
    a path.
    """

    arrival_id: str
    connector: str
    source_uri: str
    customer: str
    name: str
    size: int
    """Bytes."""
    sha256: str
    media_type: str
    extension: str
    """From the content; lower case, no dot."""
    blob_path: str
    lake_partition: str
    arrived_at: datetime
    """UTC, timezone-aware."""
    parent_document_id: str | None = None
    reason: ReasonCode | None = None
    """Set where the document must be quarantined at once."""
    message: str | None = None

    @property
    def document_id(self) -> str:
        """The id of the document that this arrival brings."""
        return document_id_for(self.customer, self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedArrival:
    """An arrival as the ledger holds it. ``seq`` orders arrivals; ``is_new`` is False when it was recorded before."""

    seq: int
    arrival: Arrival
    outcome: Outcome
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document: distinct content of one customer. ``seq`` grows with every new document."""

    seq: int
    document_id: str
    customer: str
    name: str
    source_uri: str
    connector: str
    size: int
    sha256: str
    media_type: str
    extension: str
    blob_path: str
    lake_partition: str
    arrived_at: datetime
    parent_document_id: str | None
    reason: ReasonCode | None
    """Why it is not routed, None for documents that go on."""
    message: str | None = None
    """What went wrong, where there is a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalCounts:
    """How many arrivals there were, by what became of them."""

    landed: int = 0
    duplicate: int = 0
    quarantined: int = 0

    @property
    def total(self) -> int:
        """All arrivals."""
        return self.landed + self.duplicate + self.quarantined
