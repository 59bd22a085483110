"""Ingestion: files become arrivals with their bytes kept, each accounted for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from docplatform.documents import media_types
from docplatform.errors import ReasonCode
from docplatform.ingestion import ingest as ingest_module
from docplatform.ingestion import intake as intake_module
from docplatform.ingestion.base import IncomingFile, Problem
from docplatform.ingestion.ingest import ingest
from docplatform.ingestion.landing import LandingFolder
from docplatform.ingestion.refusals import refusal_of
from docplatform.ledger.records import Arrival, ArrivalCounts, Outcome, RecordedArrival
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.ingestion.archives import Entry, crafted_zip, limits, mail_of, nested_zip, zip_of
from docplatform_tests.ingestion.passes import DAY, MIXED, Home
from docplatform_tests.ingestion.recorded import by_name


def test_a_file_becomes_an_arrival_with_its_bytes_kept(home: Home) -> None:
    home.drop({"Acme/in/letter.pdf": b"just text"})
    report = home.run()
    (recorded,) = home.arrivals()
    sha256 = hashlib.sha256(b"just text").hexdigest()
    arrival = recorded.arrival
    assert arrival == Arrival(
        arrival_id=arrival.arrival_id,
        connector="landing",
        source_uri=(home.landing / "Acme/in/letter.pdf").as_uri(),
        customer="acme",
        name="in/letter.pdf",
        size=9,
        sha256=sha256,
        media_type="text/plain",
        extension="txt",
        blob_path=f"raw/acme/{sha256[:2]}/{sha256}",
        lake_partition="acme/txt/2026-11-20",
        arrived_at=DAY,
    )
    assert home.store.get(arrival.blob_path) == b"just text"
    assert (report.files, report.members, report.bytes) == (ArrivalCounts(landed=1), ArrivalCounts(), 9)
    assert report.lake_partitions == ("acme/txt/2026-11-20",)
    assert report.problems == ()
    assert report.seconds > 0
    assert home.left() == []


def test_every_file_is_accounted_for(home: Home) -> None:
    home.drop(MIXED)
    report = home.run()
    assert report.files == ArrivalCounts(landed=4, duplicate=1, quarantined=3)
    assert report.members == ArrivalCounts(landed=3, quarantined=1)
    assert report.files.total == len(MIXED)
    assert report.total == home.counts().total == 12
    assert report.bytes == sum(len(data) for data in MIXED.values())
    assert report.lake_partitions == tuple(
        f"{key}/2026-11-20" for key in ("acme/eml", "acme/pdf", "acme/txt", "acme/zip", "beta/csv", "beta/txt")
    )
    home.check_blobs()
    again = home.run()
    assert (again.total, again.repeated, again.bytes, again.lake_partitions) == (0, 0, 0, ())


def test_members_are_arrivals_of_their_own(home: Home) -> None:
    home.drop(MIXED)
    home.run()
    found = by_name(home)
    mail, pdf, archive, note = (found[name].arrival for name in ("in/mail.eml", "scan.pdf", "notes.zip", "n.txt"))
    assert pdf.parent_document_id == archive.parent_document_id == mail.document_id
    assert note.parent_document_id == archive.document_id
    assert {each.customer for each in (pdf, archive, note)} == {"acme"}
    assert note.source_uri == f"{mail.source_uri}#notes.zip#n.txt"
    assert (pdf.lake_partition, note.lake_partition) == ("acme/pdf/2026-11-20", "acme/txt/2026-11-20")
    assert found["e"].arrival.reason is ReasonCode.EMPTY


def test_the_same_content_again_is_a_duplicate_and_changed_content_a_new_document(home: Home) -> None:
    for data, outcome in ((b"one", Outcome.LANDED), (b"one", Outcome.DUPLICATE), (b"two", Outcome.LANDED)):
        home.drop({"acme/a.txt": data})
        home.run()
        assert home.arrivals()[-1].outcome is outcome
    assert home.counts() == ArrivalCounts(landed=2, duplicate=1)


def test_the_same_mail_again_brings_duplicates_of_its_members(home: Home) -> None:
    mail = mail_of(("a.txt", b"a"), ("b.txt", b"b"), ("c.txt", b"b"))
    home.drop({"acme/1.eml": mail, "acme/2.eml": mail})
    report = home.run()
    assert report.files == ArrivalCounts(landed=1, duplicate=1)
    assert report.members == ArrivalCounts(landed=2, duplicate=4)


REFUSED = [
    ("empty", b"", ReasonCode.EMPTY, "send it again"),
    ("white space", b" \n", ReasonCode.EMPTY, "white space"),
    ("unknown", b"\0\1\2", ReasonCode.UNSUPPORTED_TYPE, "application/octet-stream"),
    ("known but unsupported", b"7z\xbc\xaf\x27\x1c", ReasonCode.UNSUPPORTED_TYPE, "application/x-7z-compressed"),
    ("too large", b"x" * 200_001, ReasonCode.TOO_LARGE, "MAX_FILE_BYTES"),
    ("locked", crafted_zip(Entry(flags=1)), ReasonCode.ENCRYPTED, "password"),
    ("broken", zip_of(("a", b"a"))[:-5], ReasonCode.CORRUPT, "damaged"),
    ("bomb", zip_of(("fine.txt", b"fine"), ("z", bytes(2**22))), ReasonCode.BOMB, "unpack it yourself"),
    ("deep", nested_zip(4), ReasonCode.BOMB, "levels deep"),
    ("bomb in a mail", mail_of(("f.txt", b"f"), ("z.zip", zip_of(("z", bytes(2**22))))), ReasonCode.BOMB, "times"),
]


@pytest.mark.parametrize(("data", "reason", "words"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
@pytest.mark.parametrize("limit", [4, 10**9], ids=["streamed", "in memory"])
def test_what_cannot_go_on_is_recorded_with_its_reason_and_its_bytes_are_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch, limit: int, data: bytes, reason: ReasonCode, words: str
) -> None:
    monkeypatch.setattr(intake_module, "IN_MEMORY_BYTES", limit)
    home.drop({"acme/file": data})
    report = home.run(max_file_bytes=200_000)
    (recorded,) = home.arrivals()
    assert (recorded.outcome, recorded.arrival.reason) == (Outcome.QUARANTINED, reason)
    assert words in str(recorded.arrival.message)
    assert home.store.get(recorded.arrival.blob_path) == data
    assert report.files == ArrivalCounts(quarantined=1)
    assert report.members.total == 0
    assert report.lake_partitions == ()
    assert home.left() == []


def test_a_refused_member_is_recorded_beside_the_others(home: Home) -> None:
    home.drop({"acme/mail.eml": mail_of(("locked.zip", crafted_zip(Entry(flags=1))), ("a.txt", b"a"))})
    report = home.run()
    assert (report.files, report.members) == (ArrivalCounts(landed=1), ArrivalCounts(landed=1, quarantined=1))
    locked = by_name(home)["locked.zip"].arrival
    assert (locked.reason, "password" in str(locked.message)) == (ReasonCode.ENCRYPTED, True)
    assert home.store.get(locked.blob_path) == crafted_zip(Entry(flags=1))


@pytest.mark.parametrize("media_type", media_types.ALL)
def test_only_readable_types_go_on(media_type: media_types.MediaType) -> None:
    refusal = refusal_of(media_type, 10, limits())
    assert (refusal is None) == (media_type in media_types.READABLE)
    expected = {media_types.EMPTY: ReasonCode.EMPTY, media_types.ENCRYPTED_OFFICE: ReasonCode.ENCRYPTED}
    assert refusal is None or refusal[0] is expected.get(media_type, ReasonCode.UNSUPPORTED_TYPE)


@pytest.mark.usefixtures("streaming")
def test_large_files_are_streamed_with_the_same_result(home: Home, tmp_path: Path) -> None:
    home.drop(MIXED | {"acme/" + "ü" * 100: b"odd name", "acme/\udcff": b"undecodable"})
    report = home.run()
    assert report.problems == ()
    assert report.total == 14
    home.check_blobs()
    (tmp_path / "other").mkdir()
    in_memory = Home(tmp_path / "other")
    in_memory.drop(MIXED | {"acme/" + "ü" * 100: b"odd name", "acme/\udcff": b"undecodable"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake_module, "IN_MEMORY_BYTES", 10**9)
        in_memory.run()
    assert home.summary() == in_memory.summary()


def test_batches_are_recorded_one_after_the_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.drop({f"acme/{number}.txt": b"%d" % number for number in range(7)})
    with home.ledger() as ledger:
        sizes: list[int] = []
        record = ledger.record

        def counting(arrivals: Sequence[Arrival]) -> list[RecordedArrival]:
            sizes.append(len(arrivals))
            return record(arrivals)

        monkeypatch.setattr(ledger, "record", counting)
        ingest([LandingFolder(home.landing, 0)], home.store, ledger, limits(), batch=3)
        assert sizes == [3, 3, 1]
        sizes.clear()
        monkeypatch.setattr(ingest_module, "MAX_BATCH_ARRIVALS", 4)
        home.drop({"acme/1.eml": mail_of(*[("a", b"%d" % n) for n in range(9)]), "acme/2.txt": b"2", "acme/3": b"3"})
        ingest([LandingFolder(home.landing, 0)], home.store, ledger, limits())
        assert sizes == [10, 2]


def test_nothing_leaves_the_landing_folder_before_bytes_and_rows_are_durable(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.drop({"acme/a.eml": mail_of(("b.txt", b"b"))})
    steps: list[str] = []
    store = home.store
    put, make_durable, acknowledge = store.put, store.make_durable, LandingFolder.acknowledge
    monkeypatch.setattr(store, "put", lambda *given: steps.append("put") or put(*given))
    monkeypatch.setattr(
        store, "make_durable", lambda paths: steps.append(f"durable {len(paths)}") or make_durable(paths)
    )
    monkeypatch.setattr(LandingFolder, "acknowledge", lambda *given: steps.append("acknowledge") or acknowledge(*given))
    with home.ledger() as ledger:
        record = ledger.record
        monkeypatch.setattr(ledger, "record", lambda arrivals: steps.append("record") or record(arrivals))
        ingest([LandingFolder(home.landing, 0)], store, ledger, limits())
    assert steps == ["put", "put", "durable 2", "record", "acknowledge"]


def test_bytes_that_the_ledger_knows_are_not_stored_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.drop({"acme/a.txt": b"hello"})
    home.run()
    home.drop({"acme/b.txt": b"hello", "acme/c.txt": b"hello"})
    with monkeypatch.context() as patch:
        patch.setattr(LocalBlobStore, "put", lambda *_: pytest.fail("stored again"))
        assert home.run().files == ArrivalCounts(duplicate=2)
    home.store.delete([home.arrivals()[0].arrival.blob_path])
    home.drop({"acme/d.txt": b"hello"})
    assert home.run().files == ArrivalCounts(duplicate=1)
    home.check_blobs()


def test_what_a_power_cut_left_under_a_hash_is_replaced(home: Home) -> None:
    sha256 = hashlib.sha256(b"hello").hexdigest()
    home.store.put(f"raw/acme/{sha256[:2]}/{sha256}", b"")
    home.drop({"acme/a.txt": b"hello"})
    home.run()
    home.check_blobs()


class Mailbox:
    """A source whose files aren't on a disk."""

    name = "mailbox"

    def __init__(self, *mails: bytes) -> None:
        self.mails = mails
        self.acknowledged: list[str] = []
        self.problems: tuple[Problem, ...] = ()

    def has_ready(self) -> bool:
        return bool(self.mails)

    def is_settling(self) -> bool:
        return False

    def pull(self) -> Iterator[IncomingFile]:
        self.problems = (Problem("imap://box/9", "couldn't be fetched."),)
        for number, mail in enumerate(self.mails):
            uri = f"imap://box/{number}"
            yield IncomingFile(
                customer="acme", name=f"{number}\0", source_uri=uri, identity=uri, size=1, load=lambda mail=mail: mail
            )

    def acknowledge(self, files: Sequence[IncomingFile]) -> None:
        self.acknowledged += [file.source_uri for file in files]


def test_several_sources_are_taken_in_by_one_pass(home: Home) -> None:
    home.drop({"acme/a.txt": b"a"})
    mailbox = Mailbox(mail_of(("a.txt", b"a")), b"From: x@y\nSubject: z\n\nhello")
    with home.ledger() as ledger:
        report = ingest([LandingFolder(home.landing, 0), mailbox], home.store, ledger, limits())
        again = ingest([mailbox], home.store, ledger, limits())
    assert (report.files, report.members) == (ArrivalCounts(landed=3), ArrivalCounts(duplicate=1))
    assert [str(problem) for problem in report.problems] == ["imap://box/9 couldn't be fetched."]
    assert mailbox.acknowledged == ["imap://box/0", "imap://box/1"] * 2
    assert (again.total, again.repeated, again.bytes) == (0, 3, 0)
    assert Counter(recorded.arrival.connector for recorded in home.arrivals()) == {"landing": 1, "mailbox": 3}
    assert {recorded.arrival.name for recorded in home.arrivals()} == {"a.txt", "0\ufffd", "1\ufffd"}
