"""zip, tar, gzip, bzip2, mbox: what is listed of them."""

import bz2
import gzip
import io

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.ingestion.archives import tar_of
from docplatform_tests.ocr.reading import lines, read

_MBOX = (
    b"From a@x.org Thu Jan  1 00:00:00 2026\nFrom: a@x.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n and more\n"
    b"Date: today\n\nFrom: no header\n\nFrom b@x.org Fri Jan  2 00:00:00 2026\r\nSubject: =?nope?q?x?=\r\n\r\nbody\r\n"
)


def _named_gzip(name: str) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=buffer) as packed:
        packed.write(b"x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type", "expected"),
    [
        (tar_of(("a/b.txt", b"hello"), ("c", b"")), media_types.TAR, ["a/b.txt\t5 bytes", "c\t0 bytes"]),
        (_named_gzip("list.csv"), media_types.GZIP, ["list.csv\tpacked with gzip"]),
        (gzip.compress(b"x"), media_types.GZIP, ["(one file without a name)\tpacked with gzip"]),
        (bz2.compress(b"x"), media_types.BZIP2, ["(one file without a name)\tpacked with bzip2"]),
        (_MBOX, media_types.MBOX, ["a@x.org\ttoday\tGrüße and more", "=?nope?q?x?="]),
    ],
)
def test_members_are_listed(data, media_type, expected):
    assert lines(read(data, media_type)) == expected


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (b"\x1f\x8b\x08\0" + b"\xff" * 30, media_types.GZIP, ReasonCode.CORRUPT),
        (b"BZh9" + b"\xff" * 30, media_types.BZIP2, ReasonCode.CORRUPT),
        (b"x" * 2_000, media_types.TAR, ReasonCode.CORRUPT),
        (tar_of(("a", b"x"))[:700], media_types.TAR, ReasonCode.CORRUPT),
        (_MBOX, media_types.MBOX, ReasonCode.BOMB),
    ],
)
def test_what_cannot_be_listed_is_refused(data, media_type, reason):
    with pytest.raises(PermanentError) as caught:
        read(data, media_type, max_archive_entries=1)
    assert caught.value.reason is reason
