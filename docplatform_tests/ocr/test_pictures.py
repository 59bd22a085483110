"""Pictures that lie in documents: which are recognised, and what is told of the others."""

import io
import struct

import docx
import openpyxl
import pptx
import pytest
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local import pictures as module
from docplatform.ocr.local.blocks import (
    CellBlock,
    LineBox,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    WordBox,
)
from docplatform.ocr.local.html import block_text
from docplatform.ocr.local.metafiles import metafile_lines
from docplatform.ocr.local.pictures import PICTURES_NOT_READ, Pictures
from docplatform_tests.ocr.drawing import picture, saved
from docplatform_tests.ocr.office_files import saved as office_saved
from docplatform_tests.ocr.reading import read, warnings

_BOX = (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0)


def _recognised(_: bytes) -> ReadDocument:
    line = LineBox([WordBox("seen", _BOX, 0.9)], _BOX)
    return ReadDocument(
        [PageBlocks([ParagraphBlock([line]), TableBlock([CellBlock(0, 0, [line], polygon=_BOX)], _BOX)])]
    )


def _png(width: int = 200, height: int = 100, shade: int = 0) -> bytes:
    return saved(Image.new("L", (width, height), shade), "PNG")


def test_words_keep_their_confidence_but_have_no_place_on_the_page():
    paragraph, table = Pictures(_recognised).blocks(_png())
    assert paragraph.lines[0].words == [WordBox("seen", None, 0.9)]
    assert paragraph.lines[0].polygon is None
    assert table.polygon is None
    assert table.cells[0].polygon is None
    assert table.cells[0].lines[0].words == [WordBox("seen", None, 0.9)]


def test_a_picture_that_comes_again_is_read_once_but_described_each_time():
    pictures = Pictures(_recognised)
    found = [block_text(block) for _ in range(2) for block in pictures.blocks(_png(), "a logo")]
    assert found == ["a logo", "seen", "seen", "a logo"]
    assert pictures.notices() == []


@pytest.mark.parametrize(("width", "height"), [(31, 1_000), (1_000, 31), (99, 101)])
def test_small_pictures_hold_nothing_worth_recognising(width, height):
    pictures = Pictures(_recognised)
    assert list(pictures.blocks(_png(width, height))) == []
    assert pictures.notices() == []


def test_nothing_is_no_picture():
    assert list(Pictures(_recognised).blocks(b"")) == []


def test_what_isnt_read_is_told_with_the_reason(monkeypatch):
    def fail(_: bytes) -> ReadDocument:
        raise PermanentError("damaged", reason=ReasonCode.CORRUPT)

    monkeypatch.setattr(module, "MAX_PICTURES", 1)
    pictures = Pictures(fail)
    assert [list(pictures.blocks(data)) for data in (b"<svg/>", _png()[:-30], _png(shade=1))] == [[], [], []]
    (notice,) = pictures.notices()
    assert notice.code == PICTURES_NOT_READ
    assert all(
        part in notice.message for part in ("1 of type application/xml", "decoded (corrupt)", "1 beyond the first 1")
    )


class TestInOfficeFiles:
    def test_word(self):
        document = docx.Document()
        document.add_paragraph("before")
        document.add_picture(io.BytesIO(saved(picture(), "PNG")))
        document.inline_shapes[0]._inline.docPr.set("descr", "An invoice")
        result = read(office_saved(document), media_types.DOCX)
        assert "An invoice" in result.content
        assert "4711" in result.content
        assert all(word.polygon is None for word in result.pages[0].words)

    def test_sheets(self):
        workbook = openpyxl.Workbook()
        workbook.active.add_image(SheetImage(io.BytesIO(saved(picture(), "PNG"))), "B2")
        assert "4711" in read(office_saved(workbook), media_types.XLSX).content

    def test_slides(self):
        presentation = pptx.Presentation()
        for _ in range(2):
            slide = presentation.slides.add_slide(presentation.slide_layouts[6])
            slide.shapes.add_picture(io.BytesIO(saved(picture(), "PNG")), 0, 0)
        result = read(office_saved(presentation), media_types.PPTX)
        assert result.content.count("4711") == 1
        assert warnings(result) == []


def _emf(*records: tuple[int, bytes]) -> bytes:
    header = struct.pack("<II", 1, 88) + bytes(32) + b" EMF" + bytes(44)
    return header + b"".join(struct.pack("<II", kind, 8 + len(body)) + body for kind, body in records)


def _emf_text(text: bytes, length: int, options: int = 0) -> bytes:
    return bytes(28 + 8) + struct.pack("<III", length, 76, options) + bytes(20) + text


def _wmf(*records: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<IH", 3 + len(data) // 2, kind) + data for kind, data in records)
    return b"\xd7\xcd\xc6\x9a" + bytes(18) + b"\1\0\x09\0" + bytes(14) + body


class TestMetafiles:
    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (_emf((84, _emf_text("Größe".encode("utf-16-le"), 5)), (83, _emf_text(b"old", 3))), ["Größe", "old"]),
            (_emf((84, _emf_text(b"\1\0\2\0", 2, 0x10)), (84, b"short")), []),
            (_emf((14, b""), (84, _emf_text(b"x\0", 1))), []),
            (_emf((84, _emf_text(b"x\0", 1)))[:-4], []),
            (_emf() + b"\x54\0\0\0\0\0\0\0", []),
            (_wmf((0x0521, b"\4\0text" + bytes(4))), ["text"]),
            (
                _wmf((0x0A32, bytes(4) + b"\2\0\0\0ab"), (0x0A32, bytes(4) + b"\2\0\4\0" + bytes(8) + b"cd")),
                ["ab", "cd"],
            ),
            (_wmf((0x0A32, bytes(4) + b"\2\0\x10\0ab"), (0, b""), (0x0521, b"\2\0no")), []),
            (_wmf()[:19], []),
            (_png(), None),
        ],
    )
    def test_texts_that_are_drawn_are_found(self, data, expected):
        assert metafile_lines(data) == expected

    def test_they_are_read_without_recognising_them(self):
        pictures = Pictures(_recognised)
        texts = [block_text(block) for block in pictures.blocks(_emf((83, _emf_text(b"drawn", 5))))]
        assert (texts, list(pictures.blocks(_emf())), pictures.notices()) == (["drawn"], [], [])
