"""What recording came to."""

from __future__ import annotations

import pytest

from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Arrival, Outcome

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""Tests of what only SQLite has."""


def outcomes(ledger: Ledger, *arrivals: Arrival) -> list[tuple[Outcome, bool]]:
    return [(done.outcome, done.is_new) for done in ledger.record(arrivals)]
