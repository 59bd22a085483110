from __future__ import annotations

import errno
import io
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.budget import RATIO_FLOOR, Budget
from docplatform.ingestion.zip_members import Part, zip_members
from docplatform.settings import LimitSettings
from docplatform_tests.ingestion.archives import (
    FIFO,
    FOLDER,
    SYMLINK,
    Entry,
    crafted_zip,
    limits,
    overlapping_zip,
    quoting_zip,
    zip64_of,
    zip_of,
    zip_of_special,
)

MIB = 2**20


def members(data: bytes, bounds: LimitSettings | None = None) -> list[Part]:
    return list(zip_members(io.BytesIO(data), Budget(bounds or limits(), len(data))))


def refused(data: bytes, bounds: LimitSettings | None = None) -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        members(data, bounds)
    return caught.value


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_come_with_names_and_bytes_in_order(method: int) -> None:
    content = [("b/ü.txt", b"1" * 200_000), ("a.txt", b""), ("a.txt", b"again")]
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zip_of(*content, method=method)
    assert [(part.name, part.data, part.refusal) for part in members(data)] == [(*each, None) for each in content]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zip_of(), id="nothing"),
        pytest.param(zip_of(("folder/", b"")), id="a folder"),
    ],
)
def test_folders_are_no_members(data: bytes) -> None:
    assert members(data) == []


def test_a_folder_by_its_mode_is_no_member() -> None:
    assert [part.name for part in members(zip_of_special("folder", b"", FOLDER))] == ["honest.txt"]


def test_a_zip64_archive_and_one_behind_other_bytes_are_unpacked() -> None:
    entry = Entry(b"a.txt", b"hello")
    assert members(zip64_of(entry)) == [Part("a.txt", b"hello")]
    assert members(b"#!/bin/sh\n" + crafted_zip(entry)) == [Part("a.txt", b"hello")]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\x",
        "C:\\x",
        "a" * 300,
        "line\nbreak",
        "日本語/ファイル.txt",
        " ",
        "-rf",
    ],
)
def test_a_name_is_what_the_archive_says_and_nothing_more(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert members(zip_of((name, b"x")))[0].name == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [("ü.txt".encode(), "ü.txt"), (b"\x81.txt", "ü.txt"), (b"\xff\xfe.txt", "\xa0■.txt")],
    ids=["UTF-8 without saying so", "code page 437", "neither"],
)
def test_names_without_an_encoding_are_understood(raw: bytes, name: str) -> None:
    assert members(crafted_zip(Entry(raw)))[0].name == name


@pytest.mark.parametrize(("mode", "what"), [(SYMLINK, "symbolic link"), (FIFO, "special file")])
def test_links_and_special_files_are_refused_and_the_others_come(mode: int, what: str) -> None:
    honest, special = members(zip_of_special("evil", b"/etc/passwd", mode))
    assert (honest.refusal, special.data) == (None, b"/etc/passwd")
    assert what in str(special.refusal)


BOMBS = [
    ("ratio", zip_of(("zeros", bytes(8 * MIB))), {}, "200 times"),
    ("ratio spread over entries", zip_of(*((str(n), bytes(MIB // 2)) for n in range(8))), {}, "200 times"),
    ("bytes", zip_of(("a", os.urandom(3000))), {"max_archive_bytes": 2999}, "2,999 bytes"),
    ("entries", zip_of(*((str(n), b"") for n in range(11))), {"max_archive_entries": 10}, "10 entries"),
    ("entries, count wrapped", crafted_zip(*[Entry()] * 11, count=1), {"max_archive_entries": 10}, "10 entries"),
    ("overlap", overlapping_zip(300, bytes(100)), {}, "share the same bytes"),
    ("quoted overlap", quoting_zip(20), {}, "share the same bytes"),
    ("declares too little", crafted_zip(Entry(data=bytes(5000), size=10)), {}, "lies about the size"),
    ("declares nothing", crafted_zip(Entry(data=bytes(50 * MIB), size=0)), {}, "lies about the size"),
    ("declares too much", crafted_zip(Entry(size=2**31)), {}, "1,073,741,824 bytes"),
]


@pytest.mark.parametrize(("data", "bounds", "words"), [each[1:] for each in BOMBS], ids=[each[0] for each in BOMBS])
def test_a_bomb_is_refused(data: bytes, bounds: dict[str, int], words: str) -> None:
    error = refused(data, limits(**bounds))
    assert error.reason is ReasonCode.BOMB
    assert words in str(error)
    assert "unpack it yourself" in str(error)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_that_declares_little_stops_soon_after_its_limit(method: int) -> None:
    data = bytearray(zip_of(("zeros", bytes(24 * MIB)), method=method))
    at = data.rfind(b"PK\1\2") + 24
    data[at : at + 4] = (1000).to_bytes(4, "little")
    budget = Budget(limits(), len(data))
    with pytest.raises(PermanentError) as caught:
        list(zip_members(io.BytesIO(bytes(data)), budget))
    assert caught.value.reason is ReasonCode.BOMB


def test_a_small_file_of_blanks_is_no_bomb() -> None:
    assert len(members(zip_of(("blank.txt", b" " * RATIO_FLOOR)))) == 1


def test_as_many_entries_and_bytes_as_allowed_are_no_bomb() -> None:
    data = zip_of(*((str(n), b"12345") for n in range(10)))
    assert len(members(data, limits(max_archive_entries=10, max_archive_bytes=50))) == 10


@pytest.mark.parametrize(
    ("entry", "reason", "words"),
    [
        (Entry(flags=1), ReasonCode.ENCRYPTED, "needs a password"),
        (Entry(flags=0x40), ReasonCode.ENCRYPTED, "needs a password"),
        (Entry(flags=1, method=99), ReasonCode.ENCRYPTED, "needs a password"),
        (Entry(method=9), ReasonCode.UNSUPPORTED_TYPE, "compression method 9"),
        (Entry(flags=0x20), ReasonCode.UNSUPPORTED_TYPE, "isn't supported"),
        (Entry(crc=1), ReasonCode.CORRUPT, "damaged"),
        (Entry(size=6), ReasonCode.CORRUPT, "shorter than declared"),
        (Entry(local_name=b"b.txt"), ReasonCode.CORRUPT, "damaged"),
        (Entry(offset=3), ReasonCode.CORRUPT, "header"),
        (Entry(data=b"\xff" * 30, method=12), ReasonCode.CORRUPT, "damaged"),
        (Entry(data=b"\0\0\5\0" + b"\xff" * 30, method=14), ReasonCode.CORRUPT, "damaged"),
    ],
)
def test_what_cannot_be_unpacked_is_refused_with_its_reason(entry: Entry, reason: ReasonCode, words: str) -> None:
    error = refused(crafted_zip(Entry(b"first.txt"), entry))
    assert error.reason is reason
    assert words in str(error)


def test_damaged_packed_bytes_are_corrupt() -> None:
    data = bytearray(zip_of(("a.txt", os.urandom(2000))))
    data[60:300] = b"\xff" * 240
    assert refused(bytes(data)).reason is ReasonCode.CORRUPT


def test_a_member_larger_than_a_file_may_be_is_too_large() -> None:
    error = refused(zip_of(("big.bin", os.urandom(200))), limits(max_file_bytes=100))
    assert error.reason is ReasonCode.TOO_LARGE
    assert "big.bin" in str(error)
    assert "MAX_FILE_BYTES" in str(error)


def test_packed_data_that_runs_into_the_directory_is_corrupt() -> None:
    data = bytearray(crafted_zip(Entry()))
    at = data.rfind(b"PK\1\2") + 20
    data[at : at + 4] = (10_000).to_bytes(4, "little")
    assert refused(bytes(data)).reason is ReasonCode.CORRUPT


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_zip_is_corrupt(tenth: int) -> None:
    whole = zip_of(*((f"{n}.txt", os.urandom(300)) for n in range(20)))
    assert refused(whole[: len(whole) * tenth // 10]).reason is ReasonCode.CORRUPT


@pytest.mark.parametrize("field", [12, 16])
def test_an_end_record_that_points_nowhere_is_corrupt(field: int) -> None:
    data = bytearray(zip_of(("a.txt", b"a")))
    at = data.rfind(b"PK\5\6") + field
    data[at : at + 4] = b"\xf0\xff\xff\x7f"
    assert refused(bytes(data)).reason is ReasonCode.CORRUPT


def test_a_failing_disk_is_not_taken_for_a_damaged_archive() -> None:
    class FailingDisk(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        list(zip_members(FailingDisk(zip_of(("a", b"a"))), Budget(limits(), 100)))


SEEDS = [
    zip_of(("a.txt", b"hello" * 20), ("b", b"x")),
    zip_of(("a.txt", b"hello" * 20), method=zipfile.ZIP_BZIP2),
    zip_of(("a.txt", b"hello" * 20), method=zipfile.ZIP_LZMA),
    zip64_of(Entry()),
    quoting_zip(3),
]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=250, deadline=None)
def test_a_damaged_zip_gives_members_or_a_reason(data: bytes, patches: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for at, value in patches:
        damaged[at % len(damaged)] = value
    try:
        found = members(bytes(damaged))
    except PermanentError:
        found = []
    assert all(isinstance(part.data, bytes) for part in found)
