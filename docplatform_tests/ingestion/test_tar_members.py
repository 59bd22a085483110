from __future__ import annotations

import bz2
import gzip
import io
import tarfile

import pytest

from docplatform.documents.media_types import BZIP2, GZIP, TAR, sniff
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion.containers import unpack
from docplatform.ingestion.tar_members import tar_members
from docplatform_tests.ingestion.archives import limits, tar_of

TWO = tar_of(("a/b.txt", b"hello"), ("../c.csv", b"x;y\n1;2\n"))


@pytest.mark.parametrize(
    ("data", "media_type", "positions"),
    [
        (TWO, TAR, [(0,), (1,)]),
        (gzip.compress(TWO), GZIP, [(0,), (0, 0), (0, 1)]),
        (bz2.compress(TWO), BZIP2, [(0,), (0, 0), (0, 1)]),
    ],
)
def test_members_come_however_they_are_packed(data: bytes, media_type: object, positions: list[object]) -> None:
    assert sniff(data) == media_type
    found = list(unpack(io.BytesIO(data), sniff(data), limits()))
    assert [member.position for member in found] == positions
    assert [(member.name, member.data) for member in found][-2:] == [
        ("a/b.txt", b"hello"),
        ("../c.csv", b"x;y\n1;2\n"),
    ]


@pytest.mark.parametrize(
    ("head", "name"),
    [(b"\x08", "list.csv"), (b"\x0c\0\0\0\0\0\xff\x03\0abc", "list.csv"), (b"\0", "unnamed")],
)
def test_a_gzip_member_has_the_name_that_the_header_keeps(head: bytes, name: str) -> None:
    flags, extra = head[:1], head[7:] or b""
    packed = gzip.compress(b"text")[10:]
    named = b"list.csv\0" if flags != b"\0" else b""
    data = b"\x1f\x8b\x08" + flags + b"\0\0\0\0\0\xff" + extra + named + packed
    (member,) = unpack(data, GZIP, limits())
    assert (member.name, member.data) == (name, b"text")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_come_with_a_reason(kind: bytes) -> None:
    *_, special = unpack(tar_of(("a", b"x"), special=kind), TAR, limits())
    assert special.reason is ReasonCode.UNSUPPORTED_TYPE
    assert b"root:" not in special.data


@pytest.mark.parametrize(
    ("data", "bounds", "reason"),
    [
        (TWO, {"max_archive_entries": 1}, ReasonCode.BOMB),
        (gzip.compress(bytes(3 * 2**20)), {}, ReasonCode.BOMB),
        (bz2.compress(bytes(3 * 2**20)), {}, ReasonCode.BOMB),
        (TWO, {"max_file_bytes": 4}, ReasonCode.TOO_LARGE),
        (gzip.compress(b"hello" * 1_000)[:-12], {}, ReasonCode.CORRUPT),
        (gzip.compress(b"hello")[:-8] + b"wrongsum", {}, ReasonCode.CORRUPT),
        (b"BZh9" + b"\xff" * 40, {}, ReasonCode.CORRUPT),
        (TWO[:700], {}, ReasonCode.CORRUPT),
        (TWO[:512] + b"\1" * 512, {}, ReasonCode.CORRUPT),
    ],
)
def test_what_cannot_be_unpacked_is_refused(data: bytes, bounds: dict[str, object], reason: ReasonCode) -> None:
    with pytest.raises(PermanentError) as caught:
        list(unpack(data, sniff(data), limits(**bounds)))
    assert caught.value.reason is reason


def test_an_error_of_the_disk_is_none_of_the_file() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        list(tar_members(Failing(TWO), None))  # type: ignore[arg-type]
