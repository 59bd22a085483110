"""Several processes at one ledger: each promise that a lock keeps."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Outcome
from docplatform_tests.ledger.arrivals import arrival

PROCESSES = 4
CONTENTS = 40


def _record_everything(url: str, process: int) -> list[Outcome]:
    ledger = Ledger.open(url)  # the schema is made here, by all at once
    outcomes = []
    for n in range(CONTENTS):
        shared, own = arrival(f"{process}-{n}", f"content {n}"), arrival(f"{process}-{n}-own")
        outcomes += [done.outcome for done in ledger.record([shared, own])]
    ledger.close()
    return outcomes


class Recorded(NamedTuple):
    ledger: Ledger
    outcomes: list[Outcome]
    followed: list[str]
    """The documents that one who reads on from the greatest ``seq`` seen came by while others wrote."""


@pytest.fixture
def recorded(url: str) -> Iterator[Recorded]:
    followed: list[str] = []
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pending = pool.starmap_async(_record_everything, [(url, process) for process in range(PROCESSES)])
        ledger = Ledger.open(url)
        cursor, is_over = 0, False
        while not is_over:
            is_over = pending.ready()  # asked before reading, so that the last read sees everything
            for document in ledger.documents_after(cursor, 1_000):
                followed.append(document.document_id)
                cursor = document.seq
            pending.wait(0.001)
        results = pending.get()
    yield Recorded(ledger, [outcome for result in results for outcome in result], followed)
    ledger.close()


def test_each_content_lands_once_whoever_brings_it(recorded: Recorded) -> None:
    copies = CONTENTS * (PROCESSES - 1)
    own = CONTENTS * PROCESSES
    assert Counter(recorded.outcomes) == {Outcome.LANDED: CONTENTS + own, Outcome.DUPLICATE: copies}
    counts = recorded.ledger.arrival_counts()
    assert (counts.landed, counts.duplicate) == (CONTENTS + own, copies)
    documents = recorded.ledger.documents("acme/pdf/2026-11-20")
    assert len({document.document_id for document in documents}) == len(documents) == CONTENTS + own


def test_who_follows_seq_misses_nothing_for_it_grows_in_the_order_of_commits(recorded: Recorded) -> None:
    documents = recorded.ledger.documents_after(0, 1_000)
    assert recorded.followed == [document.document_id for document in documents]
