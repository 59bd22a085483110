"""Rows of the ledger's tables, to and from its records.

Belongs here: conversions. Doesn't: queries (``ledger``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from docplatform.errors import ReasonCode
from docplatform.ledger.names import lookup_keys
from docplatform.ledger.records import Arrival, Document, Outcome, RecordedArrival
from docplatform.ledger.schema import ARRIVALS, DOCUMENTS

_ARRIVAL_FIELDS = tuple(Arrival.__dataclass_fields__)
_DOCUMENT_FIELDS = tuple(Document.__dataclass_fields__)


def select_arrivals() -> sa.Select[Any]:
    """All arrivals, with what their records hold."""
    return sa.select(ARRIVALS.c.seq, ARRIVALS.c.outcome, *(ARRIVALS.c[name] for name in _ARRIVAL_FIELDS))


def select_documents() -> sa.Select[Any]:
    """All documents, with what their records hold."""
    return sa.select(*(DOCUMENTS.c[name] for name in _DOCUMENT_FIELDS))


def recorded_arrival(row: sa.Row[Any]) -> RecordedArrival:
    """An arrival, as it is recorded."""
    values = {name: row._mapping[name] for name in _ARRIVAL_FIELDS}
    arrival = Arrival(**values | {"reason": _reason(values["reason"])})
    return RecordedArrival(seq=row.seq, arrival=arrival, outcome=Outcome(row.outcome), is_new=False)


def document_of_row(row: sa.Row[Any]) -> Document:
    """A document."""
    values = {name: row._mapping[name] for name in _DOCUMENT_FIELDS}
    return Document(**values | {"reason": _reason(values["reason"])})


def _reason(value: str | None) -> ReasonCode | None:
    return None if value is None else ReasonCode(value)


def arrival_row(arrival: Arrival, outcome: Outcome) -> dict[str, Any]:
    """The columns of ``arrivals``."""
    keys = lookup_keys(arrival.name)
    return {
        **{field: getattr(arrival, field) for field in _ARRIVAL_FIELDS},
        "document_id": arrival.document_id,
        "lookup_name": keys.whole,
        "lookup_base_name": keys.base,
        "reason": arrival.reason.value if arrival.reason else None,
        "outcome": outcome.value,
    }


def document_row(arrival: Arrival) -> dict[str, Any]:
    """The columns of ``documents``."""
    shared = {field: getattr(arrival, field) for field in _ARRIVAL_FIELDS if field in _DOCUMENT_FIELDS}
    reason = arrival.reason.value if arrival.reason else None
    return {**shared, "document_id": arrival.document_id, "reason": reason, "routable": reason is None}
