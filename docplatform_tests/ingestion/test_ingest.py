from __future__ import annotations

import errno
import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.ingestion import ingest as ingest_module
from docplatform.ingestion import intake as intake_module
from docplatform.ingestion.base import IncomingFile, Problem
from docplatform.ingestion.ingest import ingest
from docplatform.ingestion.intake import Intake
from docplatform.ingestion.landing import LandingFile, LandingFolder
from docplatform.ingestion.refusals import refusal_of
from docplatform.ledger.records import Arrival, ArrivalCounts, Outcome, RecordedArrival, document_id_for
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.ingestion.archives import Entry, crafted_zip, limits, mail_of, nested_zip, zip_of
from docplatform_tests.ingestion.passes import DAY, MIXED, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of more than 4 bytes count as large."""
    monkeypatch.setattr(intake_module, "IN_MEMORY_BYTES", 4)


def by_name(home: Home) -> dict[str, RecordedArrival]:
    return {recorded.arrival.name: recorded for recorded in home.arrivals()}


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


def test_files_that_cannot_be_read_are_reported_and_the_others_go_on(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.drop({"acme/a.txt": b"a", "acme/b.txt": b"b", "acme/c.txt": b"c", "acme/d.txt": b"d"})
    (home.landing / "acme/link").symlink_to("a.txt")
    opened = LandingFile.open

    def refusing(file: LandingFile) -> BinaryIO:
        if file.name == "b.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        if file.name == "c.txt":
            (home.landing / "acme/c.txt").unlink()
        if file.name == "d.txt":
            home.drop({"acme/d.txt": b"D"})
        return opened(file)

    monkeypatch.setattr(LandingFile, "open", refusing)
    report = home.run()
    assert report.files == ArrivalCounts(landed=1)
    assert [str(problem).rsplit("/", 1)[1] for problem in report.problems] == [
        "b.txt couldn't be read: Permission denied.",
        "c.txt couldn't be read: No such file or directory.",
        "d.txt changed since it was found; the next pass looks at it again.",
        "link is a symbolic link: never followed. Put the file itself there.",
    ]
    assert home.left() == ["acme/b.txt", "acme/d.txt", "acme/link"]
    monkeypatch.undo()
    assert home.run().files == ArrivalCounts(landed=2)


@pytest.mark.parametrize("in_memory", [0, 10**9])
@pytest.mark.parametrize("data", [b"some text", zip_of(("a.txt", b"hello"))])
def test_a_file_written_to_while_it_is_read_is_left_for_the_next_pass(
    home: Home, monkeypatch: pytest.MonkeyPatch, in_memory: int, data: bytes
) -> None:
    monkeypatch.setattr(intake_module, "IN_MEMORY_BYTES", in_memory)
    home.drop({"acme/a": data})
    put = LocalBlobStore.put

    def writing(store: LocalBlobStore, path: str, content: bytes | Path) -> None:
        put(store, path, content)
        home.drop({"acme/a": b"rewritten"})

    with monkeypatch.context() as patch:
        patch.setattr(LocalBlobStore, "put", writing)
        report = home.run()
    assert report.total == home.counts().total == 0
    assert "written to while it was read" in str(report.problems[0])
    assert home.run().files == ArrivalCounts(landed=1)
    (recorded,) = home.arrivals()
    assert home.store.get(recorded.arrival.blob_path) == b"rewritten"
    assert list(home.store.list("raw/.incoming")) == []


def test_an_archive_that_unpacks_differently_the_second_time_has_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack(*_: object) -> Iterator[object]:
        def members() -> Iterator[object]:
            raise PermanentError("damaged", reason=ReasonCode.CORRUPT)
            yield

        return members()

    home.drop({"acme/a.zip": zip_of(("a.txt", b"hello"))})
    with monkeypatch.context() as patch:
        patch.setattr(intake_module, "unpack", unpack)
        assert "written to" in str(home.run().problems[0])
    assert home.run().total == 2


@pytest.mark.usefixtures("streaming")
def test_a_large_file_that_is_there_already_is_not_stored_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.drop({"acme/a.txt": b"large enough"})
    home.run()
    home.drop({"acme/b.txt": b"large enough"})
    monkeypatch.setattr(LocalBlobStore, "put", lambda *_: pytest.fail("stored again"))
    assert home.run().files == ArrivalCounts(duplicate=1)


def test_what_a_killed_pass_left_half_stored_is_swept_a_day_later(home: Home) -> None:
    for name, age in (("old", 2 * 86_400), ("young", 60)):
        home.store.put(f"raw/.incoming/{name}", b"half")
        os.utime(home.path / "raw/.incoming" / name, (DAY.timestamp() - age,) * 2)
    home.run()
    assert [blob.path for blob in home.store.list("raw/.incoming")] == ["raw/.incoming/young"]


@pytest.mark.usefixtures("streaming")
def test_a_failing_store_ends_the_pass_and_nothing_is_lost(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.drop({f"acme/{number}.txt": b"text %d" % number for number in range(4)})

    def failing(*_: object) -> None:
        raise TransientError("the store is down")

    with monkeypatch.context() as patch:
        patch.setattr(LocalBlobStore, "copy", failing)
        with pytest.raises(TransientError, match="the store is down"):
            home.run()
    assert len(home.left()) == 4
    assert home.counts().total == 0
    assert list(home.store.list("raw")) == []
    assert home.run().files == ArrivalCounts(landed=4)


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


def test_hostile_member_names_stay_words(home: Home, tmp_path: Path) -> None:
    names = ["../../../evil", "/etc/passwd", "a\\..\\b", "x" * 5_000, "new\nline", "C:evil", "名前"]
    home.drop({"acme/a.zip": zip_of(*((name, f"content {name}".encode()) for name in names))})
    before = {path for path in tmp_path.parent.rglob("*") if "raw" not in path.parts and "ledger" not in path.name}
    home.run()
    after = {path for path in tmp_path.parent.rglob("*") if "raw" not in path.parts and "ledger" not in path.name}
    assert {path.name for path in before - after} == {"a.zip"}
    assert after <= before
    assert {recorded.arrival.name for recorded in home.arrivals()} == {"a.zip", *(name[:4096] for name in names)}
    home.check_blobs()


def test_an_identity_with_undecodable_bytes_is_hashed(home: Home) -> None:
    with home.ledger() as ledger:
        intake = Intake("x", home.store, ledger, limits(), lambda: DAY)
        file = IncomingFile(
            customer="acme", name="a", source_uri="x:\udcff", identity="x:\udcff", size=1, load=lambda: b"hello"
        )
        (arrival,) = intake.take(file).arrivals
    assert arrival.source_uri == "x:\ufffd"
    assert arrival.document_id == document_id_for("acme", hashlib.sha256(b"hello").hexdigest())


def test_the_window_on_a_file_reads_what_is_asked() -> None:
    window = intake_module._FileWindow(io.BytesIO(b"0123456789"), 10)
    assert (len(window), window[2:4], window[8:20], window[5:2], window[-2:]) == (10, b"23", b"89", b"", b"89")


@pytest.mark.parametrize(
    ("media_type", "advice"),
    [
        (media_types.SEVEN_ZIP, "pack it as zip"),
        (media_types.POSTSCRIPT, "PDF or PNG"),
        (media_types.MP4, "recording"),
        (media_types.SQLITE, "Export"),
        (media_types.XLSB, "xlsx"),
        (media_types.UNKNOWN, "as PDF"),
    ],
)
def test_a_refusal_by_type_says_what_to_do(media_type: media_types.MediaType, advice: str) -> None:
    refusal = refusal_of(media_type, 10, limits())
    assert refusal is not None
    assert advice in refusal[1]
    assert media_type.mime in refusal[1]
