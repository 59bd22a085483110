"""Every file is what the manifest says it is."""

from __future__ import annotations

import email
import io
import re
import zipfile
from email.policy import default

import docx
import openpyxl
import pypdfium2
import pytest
from PIL import Image

from docplatform.errors import ReasonCode
from docplatform.samples import archive
from docplatform.samples.content import Draft, PageBreak, Row, Text, printed_pairs
from docplatform.samples.invoices import write_invoice
from docplatform.samples.letters import write_letter
from docplatform.samples.options import SampleOptions
from docplatform.samples.pdf import draft_to_pdf
from docplatform.samples.render import render
from docplatform.samples.scan import encode, scan_pages
from docplatform.samples.truth import ExpectedOutcome, Kind, SampleFile
from docplatform.settings import LimitSettings
from docplatform_tests.samples.conftest import Corpus, seeded


def _read(corpus: Corpus, extension: str) -> list[SampleFile]:
    return [
        file
        for file in corpus.manifest.files
        if file.format == extension and file.expected.outcome is not ExpectedOutcome.QUARANTINED
    ]


def _pdf_text(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def _words(text: str) -> list[str]:
    return re.sub(r"\s+", " ", text).strip().split(" ")


def test_born_digital_pdfs_say_what_the_truth_says(corpus: Corpus) -> None:
    files = [file for file in _read(corpus, "pdf") if not file.scanned]

    assert files
    for file in files:
        text = _pdf_text(corpus.data(file))
        assert sorted(_words(text)) == sorted(_words(file.text or ""))
        for value in file.fields.values():
            assert value in re.sub(r"\s+", " ", text)


def test_scanned_pdfs_have_pages_and_no_text_layer(corpus: Corpus) -> None:
    files = [file for file in _read(corpus, "pdf") if file.scanned]

    assert files
    for file in files:
        assert _pdf_text(corpus.data(file)).strip() == ""


@pytest.mark.parametrize(("extension", "name"), [("png", "PNG"), ("jpg", "JPEG"), ("tiff", "TIFF")])
def test_scans_are_images_of_their_format(extension: str, name: str, corpus: Corpus) -> None:
    files = _read(corpus, extension)

    assert files
    for file in files:
        with Image.open(io.BytesIO(corpus.data(file))) as image:
            image.load()
            assert image.format == name
            assert file.scanned


def test_word_files_say_what_the_truth_says(corpus: Corpus) -> None:
    files = _read(corpus, "docx")

    assert files
    for file in files:
        document = docx.Document(io.BytesIO(corpus.data(file)))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        said = " ".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
        assert sorted(_words(said)) == sorted(_words(file.text or ""))


def test_workbooks_hold_every_field_and_item() -> None:
    options = SampleOptions()
    draft = write_invoice(seeded(3), False, options)

    workbook = openpyxl.load_workbook(io.BytesIO(render(draft, "xlsx", seeded(3), options).data))

    fields, items = workbook.worksheets
    assert dict(fields.iter_rows(values_only=True)) == draft.fields
    assert tuple(items.iter_rows(values_only=True)) == draft.items


@pytest.mark.parametrize("seed", range(4))
def test_csv_and_html_hold_every_value(seed: int) -> None:
    options = SampleOptions()
    draft = write_invoice(seeded(seed), bool(seed % 2), options)

    table = render(draft, "csv", seeded(seed), options)
    page = render(draft, "html", seeded(seed), options)

    assert all(value in table.data.decode() for value in draft.fields.values())
    assert all(value in page.data.decode().replace("&amp;", "&") for value in draft.fields.values())


def test_text_files_decode_to_exactly_their_truth_in_several_encodings() -> None:
    options = SampleOptions()
    seen = set()
    for seed in range(40):
        draft = write_letter(seeded(seed), False, options)
        rendered = render(draft, "txt", seeded(seed), options)
        fitting = [
            encoding
            for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252")
            if rendered.text.encode(encoding, "replace") == rendered.data
        ]
        assert fitting
        seen.add(fitting[0])
    assert {"utf-8", "utf-8-sig", "utf-16"} <= seen


def test_mails_carry_their_attachments(corpus: Corpus) -> None:
    files = _read(corpus, "eml")

    assert files
    for file in files:
        message = email.message_from_bytes(corpus.data(file), policy=default)
        body = message.get_body()
        assert body is not None
        assert body.get_content().replace("\r\n", "\n") == file.text
        names = [part.get_filename() for part in message.iter_attachments()]
        assert names == [member.path for member in file.members]


def test_archives_hold_their_members_and_open(corpus: Corpus) -> None:
    files = _read(corpus, "zip")

    assert files
    for file in files:
        with zipfile.ZipFile(io.BytesIO(corpus.data(file))) as opened:
            assert opened.namelist() == [member.path for member in file.members]
            assert opened.testzip() is None


def test_a_mail_holds_an_archive_that_holds_documents(corpus: Corpus) -> None:
    nested = [member for file in _read(corpus, "eml") for member in file.members if member.members]

    assert [member.format for member in nested] == ["zip"]


@pytest.mark.parametrize("name", ["notes_from_meeting.txt", "contract final.pdf", "photo.jpg"])
def test_misnamed_files_are_good_files_of_another_type(name: str, corpus: Corpus) -> None:
    file = next(file for file in corpus.manifest.files if file.path.endswith(f"/{name}"))

    assert not name.endswith(file.format)
    assert file.expected.outcome is ExpectedOutcome.READ
    assert file.text


@pytest.mark.parametrize("bomb", [archive.ratio_bomb(), archive.overlap_bomb()], ids=["ratio", "overlap"])
def test_bombs_are_small_and_promise_more_than_the_limits_allow(bomb: bytes) -> None:
    entries = zipfile.ZipFile(io.BytesIO(bomb)).infolist()

    assert len(bomb) < 100_000
    assert sum(entry.file_size for entry in entries) / len(bomb) > LimitSettings().max_archive_ratio


def test_the_entries_of_the_overlap_bomb_point_to_the_same_bytes() -> None:
    entries = zipfile.ZipFile(io.BytesIO(archive.overlap_bomb())).infolist()

    assert len(entries) > 1
    assert {entry.header_offset for entry in entries} == {0}


def test_the_locked_archive_opens_with_its_password_alone() -> None:
    data = archive.encrypted_zip("a.txt", b"content " * 9, "right", seeded(1))

    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.infolist()[0].flag_bits & 1
        assert opened.read("a.txt", pwd=b"right") == b"content " * 9
        with pytest.raises(RuntimeError, match="password"):
            opened.read("a.txt")


def test_broken_pdfs_and_images_can_not_be_opened(corpus: Corpus) -> None:
    broken = [file for file in corpus.manifest.files if file.expected.reason is ReasonCode.CORRUPT]

    assert {file.format for file in broken} == {"pdf", "png", "jpg"}
    for file in broken:
        data = corpus.data(file)
        if file.format == "pdf":
            with pytest.raises(pypdfium2.PdfiumError):
                pypdfium2.PdfDocument(data)
        else:
            with Image.open(io.BytesIO(data)) as image, pytest.raises(OSError, match="truncated"):
                image.load()


def test_the_locked_pdf_asks_for_a_password(corpus: Corpus) -> None:
    locked = next(file for file in corpus.manifest.files if file.template == "bad/encrypted" and file.format == "pdf")

    with pytest.raises(pypdfium2.PdfiumError, match=r"(?i)password"):
        pypdfium2.PdfDocument(corpus.data(locked))


def test_long_drafts_fill_several_pages_and_never_a_single_page_format() -> None:
    options = SampleOptions(noise=0)
    draft = Draft(
        kind=Kind.LETTER,
        template="t",
        held_out=False,
        blocks=(*(Text(f"Line number {number}") for number in range(70)), PageBreak(), Text("Last page")),
    )

    tiff = render(draft, "png", seeded(1), options)

    assert tiff.extension == "tiff"
    with Image.open(io.BytesIO(tiff.data)) as image:
        assert getattr(image, "n_frames", 1) == 3
    assert len(pypdfium2.PdfDocument(draft_to_pdf(draft, seeded(1)))) == 3


@pytest.mark.parametrize("rotated_share", [0.0, 1.0])
def test_pages_lie_on_their_side_or_head_as_often_as_asked(rotated_share: float) -> None:
    options = SampleOptions(noise=0, skew_degrees=0, rotated_share=rotated_share)
    draft = Draft(kind=Kind.LETTER, template="t", held_out=False, blocks=(Text("Upright"),) * 3)
    upright = scan_pages(draft, seeded(5), SampleOptions(noise=0, skew_degrees=0, rotated_share=0))[0]

    page = scan_pages(draft, seeded(5), options)[0]

    assert (page.size == upright.size and page.tobytes() == upright.tobytes()) is (rotated_share == 0)


def test_noise_makes_scans_worse() -> None:
    draft = Draft(kind=Kind.LETTER, template="t", held_out=False, blocks=(Text("Some text"),))

    def levels(noise: float) -> int:
        page = scan_pages(draft, seeded(5), SampleOptions(noise=noise, skew_degrees=0, rotated_share=0))[0]
        return sum(1 for count in page.crop((0, 900, 1000, 1700)).histogram() if count)

    assert levels(0) == 1
    assert levels(0.2) < levels(0.9)


def test_an_unknown_image_format_is_refused() -> None:
    with pytest.raises(ValueError, match="bmp"):
        encode([Image.new("L", (4, 4))], "bmp", seeded(1))


def test_printed_labels_are_known_with_their_values():
    blocks = [
        Row(("Total", "5.00"), (0.0, -1.0), labels=(0,)),
        Row(("Red Ltd", "Date: 4 May"), (0.0, 0.5)),
        Text("Reference: R-77", label="Reference:"),
        Text("Bill to:", label="Bill to:", lines_named=2),
        Text("Blue Ltd"),
        Text("Oldtown"),
        Row(("No.", "Due"), (0.0, 0.5), is_head=True),
        Row(("R-77", "5 May"), (0.0, 0.5)),
        Row(("Last", "head"), (0.0, 0.5), is_head=True),
    ]
    assert list(printed_pairs(blocks)) == [
        *[("Total", "5.00"), ("Date:", "4 May"), ("Reference:", "R-77"), ("Bill to:", "Blue Ltd Oldtown")],
        *[("No.", "R-77"), ("Due", "5 May")],
    ]
