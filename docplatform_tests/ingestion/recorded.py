"""What the ledger holds after a pass."""

from __future__ import annotations

from docplatform.ledger.records import RecordedArrival
from docplatform_tests.ingestion.passes import Home


def by_name(home: Home) -> dict[str, RecordedArrival]:
    return {recorded.arrival.name: recorded for recorded in home.arrivals()}
