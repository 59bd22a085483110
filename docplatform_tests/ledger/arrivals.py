"""Arrivals to test with."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from docplatform.ledger.records import Arrival

ARRIVED = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def arrival(arrival_id: str, content: str = "", **values: Any) -> Arrival:
    """An arrival whose content is its id unless said."""
    defaults: dict[str, Any] = {
        "connector": "landing",
        "source_uri": f"file:///landing/{arrival_id}",
        "customer": "acme",
        "name": f"{arrival_id}.pdf",
        "size": 3_000_000_000,
        "sha256": hashlib.sha256((content or arrival_id).encode()).hexdigest(),
        "media_type": "application/pdf",
        "extension": "pdf",
        "blob_path": f"landed/{arrival_id}",
        "lake_partition": "acme/pdf/2026-11-20",
        "arrived_at": ARRIVED,
    }
    return Arrival(arrival_id=arrival_id, **defaults | values)
