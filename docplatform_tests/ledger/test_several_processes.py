"""Several processes at one ledger: each promise that a lock keeps."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from pathlib import Path

import pytest

from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Outcome
from docplatform_tests.ledger.arrivals import arrival

PROCESSES = 4
CONTENTS = 40


def _record_everything(url: str, process: int) -> list[Outcome]:
    ledger = Ledger.open(url)  # the schema is made here, by all at once
    done = [ledger.record([arrival(f"{process}-{n}", f"content {n}")])[0].outcome for n in range(CONTENTS)]
    ledger.close()
    return done


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Ledger, list[Outcome]]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        results = pool.starmap(_record_everything, [(url, process) for process in range(PROCESSES)])
    return Ledger.open(url), [outcome for result in results for outcome in result]


def test_each_content_lands_once_whoever_brings_it(recorded: tuple[Ledger, list[Outcome]]) -> None:
    ledger, outcomes = recorded
    assert Counter(outcomes) == {Outcome.LANDED: CONTENTS, Outcome.DUPLICATE: CONTENTS * (PROCESSES - 1)}
    counts = ledger.arrival_counts()
    assert (counts.landed, counts.duplicate) == (CONTENTS, CONTENTS * (PROCESSES - 1))
    documents = ledger.documents("acme/pdf/2026-11-20")
    assert len({document.document_id for document in documents}) == len(documents) == CONTENTS
    ledger.close()
