"""Ingestion where something goes wrong: files that change, bytes half stored, a store that fails, hostile names."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.ingestion import intake as intake_module
from docplatform.ingestion.base import IncomingFile
from docplatform.ingestion.intake import Intake
from docplatform.ingestion.landing import LandingFile
from docplatform.ingestion.refusals import refusal_of
from docplatform.ledger.records import ArrivalCounts, document_id_for
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.ingestion.archives import limits, zip_of
from docplatform_tests.ingestion.passes import DAY, Home


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
