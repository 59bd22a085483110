from __future__ import annotations

import io
import zlib

import pypdfium2
import pytest

from docplatform.documents.media_types import PDF, PDF_EMBEDDED_FILE, ZIP
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ingestion import pdf_members
from docplatform.ingestion.containers import is_container, unpack
from docplatform.ingestion.pdf_attachments import HEADER, write_attachments
from docplatform_tests.ingestion.archives import limits, zip_of
from docplatform_tests.ocr.drawing import pdf, text_page


def pdf_with(*files: tuple[str, bytes]) -> bytes:
    """A PDF of a page with attached files."""
    document = pypdfium2.PdfDocument(pdf(text_page("An invoice with its data")))
    for name, data in files:
        document.new_attachment(name).set_data(data)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pinned_pdf(name: str, data: bytes, declared: bytes = b"") -> bytes:
    """A PDF with a file pinned to its page as an annotation; ``declared``: further entries of the file's dictionary."""
    packed = zlib.compress(data, 9)
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[4 0 R 7 0 R]>>",
        b"<</Type/Annot/Subtype/FileAttachment/Rect[10 10 30 30]/FS 5 0 R>>",
        b"<</Type/Filespec/F(%b)/UF(%b)/EF<</F 6 0 R>>>>" % (name.encode(), name.encode()),
        b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d%b>>stream\n%b\nendstream" % (len(packed), declared, packed),
        b"<</Type/Annot/Subtype/Text/Rect[40 40 60 60]/Contents(a note)>>",
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + table + trailer


def members(data: bytes, **bounds: object) -> list[tuple[tuple[int, ...], str, bytes]]:
    return [(each.position, each.name, each.data) for each in unpack(data, PDF, limits(**bounds))]


def refused(data: bytes, **bounds: object) -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        unpack(data, PDF, limits(**bounds))
    return caught.value


def test_attached_files_are_members_and_what_lies_in_them_too() -> None:
    inner = zip_of(("deep.txt", b"deep"))
    assert members(pdf_with(("factur-x.xml", b"<a/>"), ("größe 中.zip", inner), ("a.csv", b"x;y"))) == [
        ((0,), "a.csv", b"x;y"),
        ((1,), "factur-x.xml", b"<a/>"),
        ((2,), "größe 中.zip", inner),
        ((2, 0), "deep.txt", b"deep"),
    ]


def test_files_pinned_to_a_page_are_members() -> None:
    assert members(pinned_pdf("note.txt", b"pinned")) == [((0,), "note.txt", b"pinned")]


def test_a_pdf_in_a_zip_is_unpacked_where_it_holds_files_and_costs_a_level_only_there() -> None:
    holder, plain = pdf_with(("a.txt", b"a")), pdf(text_page("x"))
    zipped = zip_of(("holder.pdf", holder), ("plain.pdf", plain))
    found = [member.position for member in unpack(zipped, ZIP, limits(max_archive_depth=2))]
    assert found == [(0,), (0, 0), (1,)]
    assert len(list(unpack(zip_of(("plain.pdf", plain)), ZIP, limits(max_archive_depth=1)))) == 1
    with pytest.raises(PermanentError) as caught:
        unpack(zipped, ZIP, limits(max_archive_depth=1))
    assert caught.value.reason is ReasonCode.BOMB


@pytest.mark.parametrize(("data", "expected"), [(pdf_with(("a", b"a")), True), (pdf(text_page("x")), False)])
def test_a_pdf_is_a_container_where_files_are_in_it(data: bytes, expected: bool) -> None:
    assert is_container(PDF, data) is expected
    assert is_container(PDF, io.BytesIO(data)) is expected


def test_the_mark_is_found_across_the_seam_of_two_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_members, "_CHUNK", 8)
    assert is_container(PDF, io.BytesIO(b"12345" + PDF_EMBEDDED_FILE + b"678"))


@pytest.mark.parametrize(
    "data",
    [
        pdf(text_page("x"), password="secret") + b"%" + PDF_EMBEDDED_FILE,
        b"%PDF-1.7 " + PDF_EMBEDDED_FILE,
        pdf_with(("a.txt", b"a")).replace(b"/Type /Page\n", b"/Type /Fake\n").replace(b"/EF", b"/XX"),
        pinned_pdf("a", b"a").replace(b"/EF", b"/XX"),
        pinned_pdf("a", b"a").replace(b"/Type/Page/", b"/Type/Fake/"),
    ],
)
def test_what_the_reader_refuses_or_misses_has_no_members(data: bytes) -> None:
    assert [data for _, _, data in members(data) if data] == []


@pytest.mark.parametrize(
    ("data", "bounds"),
    [
        (pdf_with(("a", b"a"), ("b", b"b")), {"max_archive_entries": 1}),
        (pdf_with(("a", b"a" * 5_000)), {"max_archive_bytes": 4_000}),
        (pinned_pdf("zeros", bytes(30 * 2**20)), {}),
    ],
)
def test_bombs_are_refused(data: bytes, bounds: dict[str, object]) -> None:
    assert refused(data, **bounds).reason is ReasonCode.BOMB


def test_a_parser_that_ends_or_hangs_ends_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf_with(("a.txt", b"a"))
    monkeypatch.setattr(pdf_members, "_SPACE", -4 * 2**30)  # no space at all: it ends at once
    assert refused(data).reason is ReasonCode.CRASH
    monkeypatch.setattr(pdf_members, "_SPACE", 2**30)
    monkeypatch.setattr(pdf_members, "_SECONDS", 0.0)
    monkeypatch.setattr(pdf_members, "_CPU_SECONDS", 60)
    assert refused(data).reason is ReasonCode.TIMEOUT


@pytest.mark.parametrize("data", [pdf_with(("a.txt", b"hello")), pinned_pdf("a.txt", b"hello")])
def test_frames_say_how_long_names_and_files_are(data: bytes) -> None:
    out = io.BytesIO()
    write_attachments(data, out)
    assert out.getvalue() == HEADER.pack(5, 5) + b"a.txthello"


def test_a_locked_pdf_has_no_frames() -> None:
    out = io.BytesIO()
    write_attachments(pdf(text_page("x"), password="secret"), out)
    assert out.getvalue() == b""
