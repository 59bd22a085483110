"""Documents refused at arrival, judged anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docplatform.documents import media_types
from docplatform.errors import ReasonCode
from docplatform.ingestion.replaying import ReplayReport, replay_arrivals
from docplatform.lake.quarantine import EntryState, QuarantineEntry, find_entries, open_entries, replay
from docplatform.settings import LimitSettings
from docplatform_tests.homes import Home
from docplatform_tests.ingestion.archives import SYMLINK, Entry, crafted_zip, mail_of, zip_of, zip_of_special

TIGHT: dict[str, Any] = {"max_archive_entries": 2, "max_file_bytes": 3_000}
HEIC = b"\0\0\0\x18ftypheic" + bytes(64)
THREE = zip_of(("a.txt", b"one"), ("b.txt", b"two"), ("c/link.txt", b"three"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home", limits=LimitSettings(**TIGHT))


def judged_anew(home: Home, **limits: int) -> ReplayReport:
    p = home.platform
    replay(p.lake, stage="raw_blobs", run_id="replay")
    report = replay_arrivals(p.ledger, p.lake, p.blob_store, LimitSettings(**limits), run_id="replay")
    home.publish("replay")
    return report


def outcomes(home: Home) -> dict[str, str]:
    return {row["name"]: row["outcome"] for row in home.rows("raw_blobs")}


def the_entry(home: Home) -> QuarantineEntry:
    (entry,) = find_entries(home.platform.lake)
    return entry


def test_an_archive_is_unpacked_once_the_limit_is_raised_as_if_it_always_had_been(home, tmp_path):
    home.take_in({"acme/many.zip": THREE})
    assert outcomes(home) == {"many.zip": "quarantined"}
    assert judged_anew(home) == ReplayReport(replayed=1, resolved=1, refused=0)
    assert the_entry(home).state is EntryState.RESOLVED
    at_once = Home.at(tmp_path / "other")
    at_once.take_in({"acme/many.zip": THREE})
    what = ("arrival_id", "document_id", "parent_document_id", "name", "outcome", "reason", "blob_path")
    ids = {row["name"]: row for row in at_once.rows("raw_blobs", *what)}
    now = {row["name"]: row for row in home.rows("raw_blobs", *what)}
    assert now.keys() == ids.keys() == {"many.zip", "a.txt", "b.txt", "c/link.txt"}
    assert all(row["outcome"] == "landed" for row in now.values())
    assert [(now[name]["document_id"], now[name]["parent_document_id"]) for name in ids] == [
        (ids[name]["document_id"], ids[name]["parent_document_id"]) for name in ids
    ]
    home.process()
    assert {row["name"] for row in home.rows("ocr_text")} == ids.keys()


def test_replaying_what_was_replayed_changes_nothing(home):
    home.take_in({"acme/many.zip": THREE})
    judged_anew(home)
    before = home.rows("raw_blobs")
    p = home.platform
    assert judged_anew(home) == ReplayReport()
    replay(p.lake, run_id="again", document_ids=[the_entry(home).document_id])
    assert home.rows("raw_blobs") == before


def test_a_replay_that_was_killed_after_the_ledger_knew_is_finished_by_the_next(home, monkeypatch):
    home.take_in({"acme/many.zip": THREE})
    p = home.platform
    replay(p.lake, run_id="killed")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("docplatform.ingestion.replaying.write_entries", killed)
        with pytest.raises(KeyboardInterrupt):
            replay_arrivals(p.ledger, p.lake, p.blob_store, LimitSettings(), run_id="killed")
    assert the_entry(home).state is EntryState.REPLAYING
    assert replay_arrivals(p.ledger, p.lake, p.blob_store, LimitSettings(), run_id="next").resolved == 1
    home.publish()
    assert sorted(outcomes(home).values()) == ["landed"] * 4
    assert len({row["arrival_id"] for row in home.rows("raw_blobs")}) == 4


def test_what_is_still_refused_stays_open_with_what_is_wrong_now(home):
    home.take_in({"acme/many.zip": THREE})
    assert judged_anew(home, max_archive_entries=1) == ReplayReport(replayed=1, resolved=0, refused=1)
    entry = the_entry(home)
    assert (entry.state, entry.reason, entry.attempts) == (EntryState.OPEN, "bomb", 2)
    assert "more than 1 entries" in entry.message
    assert judged_anew(home, max_file_bytes=10).refused == 1
    entry = the_entry(home)
    assert (entry.reason, entry.attempts) == ("too_large", 3)
    assert [row["reason"] for row in home.rows("raw_blobs")] == ["too_large"]


def test_a_document_that_arrived_twice_lands_once(home):
    home.take_in({"acme/one.zip": THREE})
    home.take_in({"acme/two.zip": THREE})
    judged_anew(home)
    assert sorted(row["outcome"] for row in home.rows("raw_blobs")) == ["duplicate"] * 4 + ["landed"] * 4


def test_only_what_is_asked_for_is_judged(home):
    home.take_in({"acme/many.zip": THREE, "acme/more.zip": zip_of(*[(f"{n}.txt", b"%d" % n) for n in range(4)])})
    p = home.platform
    one = open_entries(p.lake)[0]
    replay(p.lake, run_id="r", document_ids=[one.document_id])
    assert replay_arrivals(p.ledger, p.lake, p.blob_store, LimitSettings(), run_id="r").replayed == 1
    assert [entry.document_id for entry in open_entries(p.lake)] != [one.document_id]
    assert len(open_entries(p.lake)) == 1


def test_a_member_is_judged_within_its_container(home):
    """By its bytes alone a link would be a text."""
    inner = zip_of(*[(f"{n}.txt", b"%d" % n) for n in range(2)])
    big = b"many words " * 400
    home.take_in({"acme/mail.eml": mail_of(("big.txt", big), ("inner.zip", inner))})
    link = zip_of_special("link.txt", b"/etc/passwd", SYMLINK)
    home.take_in({"acme/linked.zip": link})
    assert {entry.name: entry.reason for entry in open_entries(home.platform.lake)} == {
        "mail.eml": "too_large",
        "link.txt": "unsupported_type",
    }
    report = judged_anew(home)
    assert (report.resolved, report.refused) == (1, 1)
    still = open_entries(home.platform.lake)
    assert [(entry.name, entry.reason, entry.attempts) for entry in still] == [("link.txt", "unsupported_type", 2)]
    assert outcomes(home)["big.txt"] == outcomes(home)["0.txt"] == "landed"


def test_a_member_lands_and_its_siblings_are_left_alone(home, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(media_types, "READABLE", media_types.READABLE - {media_types.HEIC})
        home.take_in({"acme/two.zip": zip_of(("photo.heic", HEIC), ("gone.txt", b""))})
    p = home.platform
    photo = next(entry for entry in open_entries(p.lake) if entry.name == "photo.heic")
    monkeypatch.setattr(media_types, "READABLE", media_types.READABLE | {media_types.HEIC})
    replay(p.lake, run_id="r", document_ids=[photo.document_id])
    assert replay_arrivals(p.ledger, p.lake, p.blob_store, LimitSettings(), run_id="r").resolved == 1
    home.publish()
    assert outcomes(home) == {"two.zip": "landed", "photo.heic": "landed", "gone.txt": "quarantined"}
    assert [entry.attempts for entry in open_entries(p.lake)] == [1]


def test_bytes_that_are_gone_are_told_and_once_restored_judged(home):
    home.take_in({"acme/many.zip": THREE})
    store, path = home.platform.blob_store, home.rows("raw_blobs")[0]["blob_path"]
    store.delete([path])
    assert judged_anew(home).refused == 1
    assert (the_entry(home).reason, path in the_entry(home).message) == ("missing", True)
    store.put(path, THREE)
    assert judged_anew(home).resolved == 1


def test_a_document_that_the_ledger_does_not_know_stays_open(home, tmp_path):
    home.take_in({"acme/many.zip": THREE})
    other = Home.at(tmp_path / "other")
    p = home.platform
    replay(p.lake, run_id="r")
    assert replay_arrivals(other.platform.ledger, p.lake, p.blob_store, LimitSettings(), run_id="r").refused == 1
    assert the_entry(home).reason == "missing"


def test_a_type_that_has_a_reader_since_lands_in_the_partition_of_its_type(home, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(media_types, "READABLE", media_types.READABLE - {media_types.HEIC})
        home.take_in({"acme/photo.heic": HEIC})
    assert the_entry(home).reason == "unsupported_type"
    monkeypatch.setattr(media_types, "READABLE", media_types.READABLE | {media_types.HEIC})
    assert judged_anew(home).resolved == 1
    assert [key.split("/")[1] for key in home.platform.ledger.lake_partitions()] == ["heic"]


HOSTILE = {
    ReasonCode.EMPTY: b" \n",
    ReasonCode.UNSUPPORTED_TYPE: b"\x7fELF" + bytes(100),
    ReasonCode.CORRUPT: THREE[:-30],
    ReasonCode.ENCRYPTED: crafted_zip(Entry(flags=1)),
    ReasonCode.TOO_LARGE: b"x" * 4_000,
    ReasonCode.BOMB: THREE,
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_the_bytes_of_a_refused_document_are_kept_whatever_the_reason(home, reason):
    home.take_in({"acme/file": HOSTILE[reason]})
    assert the_entry(home).reason == reason
    assert home.platform.blob_store.get(home.rows("raw_blobs")[0]["blob_path"]) == HOSTILE[reason]
