"""Binary types, and what holds for every type."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.documents import binary_probe, media_types
from docplatform.documents.media_types import MediaType, sniff
from docplatform_tests.documents.binary_files import odf, ole2, ooxml, zip_of

ZOO = Path(__file__).parents[3] / "shared" / "data" / "zoo"

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
BMP = b"BM" + b"\0" * 12 + b"\x28\0\0\0" + b"\0" * 60
TAR = b"file.txt".ljust(257, b"\0") + b"ustar\x0000" + b"\0" * 240

BY_MAGIC = [
    ("pdf", PDF),
    ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    ("jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
    ("tiff", b"II*\0\x08\0\0\0"),
    ("tiff", b"MM\0*\0\0\0\x08"),
    ("tiff", b"II+\0\x08\0\0\0\x10"),
    ("webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    ("wav", b"RIFF\x24\0\0\0WAVEfmt "),
    ("bmp", BMP),
    ("gif", b"GIF89a\x01\0\x01\0"),
    ("heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
    ("avif", b"\0\0\0\x18ftypavif\0\0\0\0"),
    ("mp4", b"\0\0\0\x18ftypisom\0\0\0\0"),
    ("jp2", b"\0\0\0\x0cjP  \r\n\x87\n\0\0"),
    ("psd", b"8BPS\0\x01\0\0"),
    ("rtf", b"{\\rtf1\\ansi Hello}"),
    ("gz", b"\x1f\x8b\x08\0\0\0\0\0"),
    ("7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
    ("rar", b"Rar!\x1a\x07\x01\0"),
    ("bz2", b"BZh91AY&SY"),
    ("xz", b"\xfd7zXZ\0\0\x04"),
    ("zst", b"\x28\xb5\x2f\xfd\x04"),
    ("tar", TAR),
    ("ps", b"%!PS-Adobe-3.0\n"),
    ("mp3", b"ID3\x04\0\0\0"),
    ("sqlite", b"SQLite format 3\0\x10\0"),
    ("parquet", b"PAR1\x15\x04"),
    ("exe", b"\x7fELF\x02\x01"),
    ("exe", b"MZ\x90\0" + b"\0" * 60 + b"PE\0\0"),
    ("docx", ooxml("word/document.xml")),
    ("xlsx", ooxml("xl/workbook.xml")),
    ("xlsb", ooxml("xl/workbook.bin")),
    ("pptx", ooxml("ppt/presentation.xml")),
    ("docx", ooxml("word\\document.xml")),
    ("opc", ooxml("visio/document.xml")),
    ("odt", odf("application/vnd.oasis.opendocument.text")),
    ("odt", odf("application/vnd.oasis.opendocument.text-template")),
    ("ods", odf("application/vnd.oasis.opendocument.spreadsheet")),
    ("odp", odf("application/vnd.oasis.opendocument.presentation")),
    ("epub", odf("application/epub+zip")),
    ("zip", odf("x" * 200)),
    ("zip", zip_of(("a.txt", b"a"))),
    ("zip", zip_of(("word/notes.txt", b"a"))),
    ("zip", zip_of()),
    ("doc", ole2(["WordDocument", "1Table"])),
    ("doc", ole2(["WordDocument"], nested=["Workbook"])),
    ("xls", ole2(["Workbook"])),
    ("xls", ole2(["Book"])),
    ("ppt", ole2(["PowerPoint Document"], nested=["WordDocument"])),
    ("msg", ole2(["__properties_version1.0"], nested=["WordDocument"])),
    ("office", ole2(["EncryptedPackage", "EncryptionInfo"])),
    ("ole", ole2(["Contents"])),
    ("bin", b"\x00\x01\x02\x03\xff\xfe\x80"),
    ("bin", bytes(range(256)) * 40),
    ("bin", b"RIFF\x24\0\0\0AVI LIST"),
    ("bin", b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x99\0\0\0"),
    ("bin", b"MZ\x90\0\0\0\x01\x02"),
]


@pytest.mark.parametrize(("extension", "data"), BY_MAGIC)
def test_a_type_is_told_from_content_whatever_the_name_says(extension: str, data: bytes) -> None:
    for name in (None, "letter.txt", "table.csv", "page.html", "data.json", "notes.md", "x.pdf"):
        assert sniff(data, name).extension == extension


@pytest.mark.parametrize("junk", [0, 1, 9, 1023, 1024])
def test_a_pdf_may_follow_up_to_1024_bytes_of_junk(junk: int) -> None:
    assert sniff(b"\x01" * junk + PDF) is media_types.PDF


def test_a_pdf_after_more_junk_or_a_text_about_pdfs_is_no_pdf() -> None:
    assert sniff(b"\x01" * 1025 + PDF) is media_types.UNKNOWN
    assert sniff(b"Every PDF starts with %PDF-1.4 and ends with %%EOF.") is media_types.TXT


@pytest.mark.parametrize(
    "data", [b"", b" ", b"\r\n\t \n", b"\xef\xbb\xbf", " \n".encode("utf-16"), " \n ".encode("utf-16-le")]
)
def test_nothing_but_white_space_is_empty(data: bytes) -> None:
    assert sniff(data, "x.pdf") is media_types.EMPTY


def test_white_space_longer_than_what_is_looked_at_is_text() -> None:
    assert sniff(b" " * 300_000) is media_types.TXT


def test_an_office_file_is_recognised_when_its_end_is_missing() -> None:
    whole = ooxml("word/document.xml", *(f"word/media/{number}.png" for number in range(50)))
    assert sniff(whole[: len(whole) // 2]) is media_types.DOCX
    assert sniff(whole[:20]) is media_types.ZIP


def test_a_truncated_zip_with_an_office_file_in_it_is_a_zip() -> None:
    inner = ooxml("word/document.xml")
    whole = zip_of(("letter.docx", inner * 20), ("b.txt", b"b"), method=0)
    assert sniff(whole[:-60]) is media_types.ZIP


def test_a_directory_that_lies_about_its_place_is_survived() -> None:
    data = bytearray(ooxml("word/document.xml"))
    end = data.rfind(b"PK\x05\x06")
    data[end + 16 : end + 20] = b"\xff\xff\xff\xff"
    assert sniff(bytes(data)) is media_types.DOCX


def test_an_ole2_directory_far_into_a_large_file_is_found() -> None:
    assert sniff(ole2(["WordDocument"], nested=["Workbook"], gap_sectors=109 * 128 + 5)) is media_types.DOC


def test_an_ole2_directory_of_several_sectors_is_followed() -> None:
    names = [f"Stream {number}" for number in range(30)] + ["Workbook"]
    assert sniff(ole2(names)) is media_types.XLS
    assert sniff(ole2(names, gap_sectors=200)) is media_types.XLS


def test_a_truncated_ole2_file_is_recognised_by_the_names_left_in_it() -> None:
    whole = ole2(["WordDocument"])
    assert sniff(whole[:300]) is media_types.OLE2
    damaged = bytearray(whole)
    damaged[48:52] = b"\x99\x99\0\0"  # the directory's place
    assert sniff(bytes(damaged)) is media_types.DOC
    looping = bytearray(whole)
    looping[512 + 76 : 512 + 80] = b"\x99\x99\0\0"  # the root's child
    assert sniff(bytes(looping)) is media_types.DOC


def test_an_ole2_file_with_an_odd_sector_size_is_survived() -> None:
    odd = bytearray(ole2(["Contents"]))
    odd[30] = 3
    assert sniff(bytes(odd)) is media_types.OLE2


def test_every_type_has_its_own_name_and_a_short_lower_case_extension() -> None:
    assert len({each.mime for each in media_types.ALL}) == len(media_types.ALL)
    assert all(each.extension == each.extension.lower() and each.extension.isalnum() for each in media_types.ALL)
    assert str(media_types.PDF) == "application/pdf"
    assert set(media_types.ALL) >= media_types.READABLE
    assert media_types.CONTAINERS <= media_types.READABLE
    assert {media_types.EMPTY, media_types.UNKNOWN, media_types.SEVEN_ZIP}.isdisjoint(media_types.READABLE)


class CountingWindow:
    """Bytes that remember how many of them were asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size, self.asked = data, size, 0

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: slice) -> bytes:
        start, stop, _ = key.indices(self.size)
        self.asked += stop - start
        return self.data[start:stop].ljust(min(stop - start, 20 * 2**20), b"\0")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b'{"a": 1', b"text ", b"%PDF-"])
def test_little_of_a_huge_file_is_looked_at(start: bytes) -> None:
    window = CountingWindow(start, 500 * 2**30)
    sniff(window)
    assert window.asked < 20 * 2**20


STARTS = st.sampled_from(
    [data[:cut] for _, data in BY_MAGIC for cut in (4, 40, 700)] + [b"{", b"[", b"<", b"From: a@b\n"]
)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_have_a_type(data: bytes) -> None:
    assert sniff(data) in media_types.ALL


@given(STARTS, st.binary(max_size=300), st.text(max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_bytes_after_a_known_start_have_a_type(start: bytes, rest: bytes, name: str) -> None:
    assert sniff(start + rest, name) in media_types.ALL


@given(st.sampled_from([data for _, data in BY_MAGIC]), st.integers(0, 2_000), st.binary(min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_damaged_files_have_a_type(data: bytes, at: int, patch: bytes) -> None:
    at %= len(data) + 1
    assert sniff(data[:at] + patch + data[at + len(patch) :]) in media_types.ALL


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_probes_never_raise(data: bytes) -> None:
    binary_probe.zip_listing(b"PK\x03\x04" + data)
    binary_probe.ole2_names(data + bytes(512))


SAME: dict[str, str] = {"jpeg": "jpg", "tif": "tiff", "tsv": "csv"}
TRULY_OTHER = {
    "eng_spa_mult.doc": "docx",
    "eng_spa_mult.ppt": "pptx",
    "password_protected.xlsx": "office",
    "empty.eml": "empty",
}


@pytest.mark.skipif(not ZOO.is_dir(), reason="the files of ../shared/data/zoo aren't beside this checkout")
def test_the_zoo_has_the_types_its_names_say_but_for_files_that_are_truly_something_else() -> None:
    def told(path: Path) -> MediaType:
        return sniff(path.read_bytes(), path.name)

    files = [path for path in ZOO.rglob("*") if path.is_file()]
    named = {path: SAME.get(path.suffix[1:].lower(), path.suffix[1:].lower()) for path in files}
    odd = {path.name: told(path).extension for path, name in named.items() if told(path).extension != name}
    assert odd == TRULY_OTHER
