from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from docplatform.errors import ReasonCode
from docplatform.lake.lake import Lake
from docplatform.lake.quarantine import (
    EntryState,
    QuarantineEntry,
    counts_by_reason,
    dismiss,
    find_entries,
    open_entries,
    quarantine_at_arrival,
    replay,
    resolve_at_arrival,
    write_entries,
)
from docplatform.ledger.ledger import Ledger
from docplatform_tests.ledger.arrivals import arrival

ONE, TWO = "acme/pdf/2026-11-20", "acme/png/2026-11-20"


def entry(document_id: str, **values: Any) -> QuarantineEntry:
    defaults: dict[str, Any] = {
        "lake_partition": ONE,
        "stage": "ocr_text",
        "scope": "",
        "name": f"{document_id}.pdf",
        "reason": ReasonCode.CORRUPT.value,
        "message": "broken",
        "attempts": 1,
        "state": EntryState.OPEN,
        "first_failed_at": datetime.now(UTC),
        "input_hash": "in",
        "fingerprint": "f1",
        "run_id": "r",
        "processed_at": datetime.now(UTC),
    }
    return QuarantineEntry(document_id=document_id, **defaults | values)


@pytest.fixture
def filled(lake: Lake) -> Lake:
    old = datetime.now(UTC) - timedelta(days=10)
    entries = [
        entry("a"),
        entry("b", reason=ReasonCode.ENCRYPTED, lake_partition=TWO, first_failed_at=old),
        entry("c", stage="predictions", scope="p"),
        entry("d", stage="raw_blobs"),
        entry("e", state=EntryState.RESOLVED),
        entry("f", state=EntryState.DISMISSED),
    ]
    write_entries(lake, entries, "r")
    return lake


def test_entries_come_back_as_they_were(lake: Lake) -> None:
    wanted = entry("a")
    write_entries(lake, [wanted], "r")
    assert find_entries(lake) == [wanted]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, "abcd"),
        ({"stage": "ocr_text"}, "ab"),
        ({"reason": ReasonCode.ENCRYPTED}, "b"),
        ({"reason": "encrypted"}, "b"),
        ({"lake_partitions": [TWO]}, "b"),
        ({"document_ids": ["a", "c", "e"]}, "ac"),
        ({"document_ids": []}, ""),
        ({"older_than_days": 7}, "b"),
        ({"older_than_days": 0}, "abcd"),
    ],
)
def test_open_entries_meet_every_condition_the_oldest_first(
    filled: Lake, conditions: dict[str, Any], expected: str
) -> None:
    found = open_entries(filled, **conditions)
    assert sorted(entry.document_id for entry in found) == sorted(expected)
    assert found == sorted(found, key=lambda entry: (entry.first_failed_at, entry.document_id))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, "abcd"),
        ({"stage": "ocr_text"}, "ab"),
        ({"document_ids": ["d", "e", "f"]}, "df"),
        ({"reason": "corrupt"}, "acd"),
    ],
)
def test_replay_takes_open_entries_and_dismissed_ones_that_are_named(
    filled: Lake, conditions: dict[str, Any], expected: str
) -> None:
    taken = replay(filled, run_id="me", **conditions)
    assert sorted(entry.document_id for entry in taken) == sorted(expected)
    replaying = find_entries(filled, states=[EntryState.REPLAYING])
    assert sorted(entry.document_id for entry in replaying) == sorted(expected)
    assert {entry.run_id for entry in replaying} <= {"me"}


def test_dismissed_entries_are_open_no_more(filled: Lake) -> None:
    before = {entry.document_id: entry for entry in find_entries(filled)}
    assert {
        entry.document_id for entry in dismiss(filled, open_entries(filled, reason="corrupt"), note="no", run_id="me")
    } == {"a", "c", "d"}
    assert [entry.document_id for entry in open_entries(filled)] == ["b"]
    after = {entry.document_id: entry for entry in find_entries(filled)}
    assert after["a"].first_failed_at == before["a"].first_failed_at
    assert after["e"] == before["e"]


def test_counts_are_by_reason_the_most_frequent_first(filled: Lake) -> None:
    assert list(counts_by_reason(filled).items()) == [("corrupt", 3), ("encrypted", 1)]
    assert counts_by_reason(filled, stage="predictions") == {"corrupt": 1}
    assert counts_by_reason(filled, states=[EntryState.RESOLVED, EntryState.DISMISSED]) == {"corrupt": 2}


def test_what_is_refused_at_arrival_is_entered_once_and_stays_as_somebody_left_it(lake: Lake) -> None:
    ledger = Ledger.open("sqlite://")
    ledger.record(
        [
            arrival("empty", reason=ReasonCode.EMPTY),
            arrival("bomb", reason=ReasonCode.BOMB, message="unpacks to 9 GB"),
            arrival("good"),
        ]
    )
    documents = ledger.documents_after(0, 10)
    assert quarantine_at_arrival(lake, documents, run_id="r1") == 2
    entries = {entry.name: entry for entry in open_entries(lake, stage="raw_blobs")}
    assert entries["bomb.pdf"].message == "unpacks to 9 GB"
    assert entries["empty.pdf"].message == "Quarantined when it came in: empty."
    assert entries["empty.pdf"].first_failed_at == documents[0].arrived_at
    dismiss(lake, open_entries(lake, reason="empty"), note="a blank", run_id="me")
    assert quarantine_at_arrival(lake, documents, run_id="r2") == 0
    assert [entry.name for entry in open_entries(lake)] == ["bomb.pdf"]
    assert quarantine_at_arrival(lake, [], run_id="r3") == 0
    ledger.close()


def test_an_entry_made_at_arrival_is_closed_once_its_document_lands(lake: Lake) -> None:
    write_entries(lake, [entry("a", stage="raw_blobs"), entry("b", stage="raw_blobs"), entry("a")], "r")
    assert resolve_at_arrival(lake, ["a", "unknown"], run_id="r2") == 1
    states = {(found.document_id, found.stage): found.state for found in find_entries(lake)}
    assert states == {
        ("a", "raw_blobs"): EntryState.RESOLVED,
        ("b", "raw_blobs"): EntryState.OPEN,
        ("a", "ocr_text"): EntryState.OPEN,
    }
    assert resolve_at_arrival(lake, ["a"], run_id="r3") == 0
