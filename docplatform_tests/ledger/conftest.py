"""Ledgers to test, on each database there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docplatform.ledger.ledger import Ledger
from docplatform_tests.ledger import postgresql

_BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


@pytest.fixture(scope="session")
def server() -> Iterator[postgresql.Server]:
    with postgresql.running() as started:
        yield started


@pytest.fixture(params=_BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind; parametrised indirectly it is of one kind alone."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    server: postgresql.Server = request.getfixturevalue("server")
    with server.database() as address:
        yield address


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    opened.close()
