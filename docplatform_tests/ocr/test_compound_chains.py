"""Damaged xls files are told before a parser follows them without end."""

import struct

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.compound_chains import flaw_of
from docplatform_tests.documents.compound_files import SECTOR, compound_file
from docplatform_tests.fuzzing.legacy_files import xls_file
from docplatform_tests.ocr.reading import lines, read

GOOD = xls_file("Invoice 4711")
_DIFAT, _DIRECTORY, _SMALL_TABLE = 0x44, 0x30, 0x3C
_FIRST_ENTRY = 512 * (1 + struct.unpack_from("<I", GOOD, _DIRECTORY)[0])
_FAT = 512 * (1 + struct.unpack_from("<I", GOOD, 0x4C)[0])


def _patched(at: int, value: int) -> bytes:
    return GOOD[:at] + struct.pack("<I", value) + GOOD[at + 4 :]


def test_a_whole_file_has_no_flaw_and_is_read():
    assert flaw_of(GOOD) == ""
    assert flaw_of(compound_file({"a": b"small", "b": bytes(5_000), "c": {"d": bytes(70_000)}, "e": b""})) == ""
    assert lines(read(GOOD, media_types.XLS)) == ["one", "Invoice 4711", "1250.5"]


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (_patched(_FAT, 0), "its stream 'Workbook' has no end"),
        (_patched(_FAT, 0xFFFFFFFF), "its stream 'Workbook' has no end"),
        (_patched(_FAT + 4 * 7, 3), "its stream 'Workbook' has no end"),
        (_patched(_FIRST_ENTRY + 0x74, 0x00FFFFFF), "its area of small sectors has no end"),
        (_patched(_SMALL_TABLE, 0x00FFFFFF), "its "),
        (_patched(_DIFAT, 0x00FFFFFF), "its table of tables has no end"),
        (_patched(_DIFAT, 0)[: 2 * SECTOR - 4] + bytes(4) + GOOD[2 * SECTOR :], "its table of tables has no end"),
        (GOOD[:100], "its directory can't be read"),
        (GOOD[:600], "its directory"),
    ],
)
def test_what_has_no_end_is_named_and_refused_as_corrupt(data, flaw):
    assert flaw_of(data).startswith(flaw)
    with pytest.raises(PermanentError, match="damaged") as caught:
        read(data, media_types.XLS)
    assert caught.value.reason is ReasonCode.CORRUPT


def test_a_table_of_tables_that_ends_is_followed():
    data = _patched(_DIFAT, 0)
    assert flaw_of(data[: 2 * SECTOR - 4] + struct.pack("<I", 0xFFFFFFFE) + data[2 * SECTOR :]) == ""
