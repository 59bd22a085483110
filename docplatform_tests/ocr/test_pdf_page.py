"""Which of a page's text layer and its pictures is believed. The recogniser is a fake that says what it is told to."""

from collections.abc import Callable

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader

from docplatform.ocr.local.blocks import LineBox, MarkBox, PageBlocks, WordBox
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.pdf import read_pdf
from docplatform.ocr.local.pdf_frame import PageFrame
from docplatform.ocr.local.pdf_objects import PageObjects
from docplatform.ocr.local.pdf_pictures import pictures
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.ocr.drawing import pdf, picture, picture_page, text_page

_PROSE = (
    "The lessee shall pay the rent on the first working day of each month by order",
    "and the lessor gives notice in writing at least three months before the term",
    "ends to the address that is given below and all other rules stay as they are",
    "until the parties agree on something else and both of them have signed for it",
)
_GIBBERISH = tuple("".join(char if char == " " else chr(ord(char) - 29) for char in line) for line in _PROSE)
_POLYGON = (10, 10, 50, 10, 50, 30, 10, 30)


class FakeRecognizer:
    """Says that each image holds the given lines and marks."""

    def __init__(self, *lines: str, marks: tuple[MarkBox, ...] = ()) -> None:
        self.images: list[np.ndarray] = []
        self._lines = lines
        self._marks = marks

    def recognize(self, image: np.ndarray) -> PageElements:
        self.images.append(image)
        lines = [LineBox([WordBox(word, _POLYGON, 0.9) for word in line.split()], _POLYGON) for line in self._lines]
        return PageElements(lines, image.shape[1], image.shape[0], "pixel", marks=self._marks)


def _read(data: bytes, recognizer: FakeRecognizer, **limits: int):
    document = read_pdf(data, ReadingSettings(workers=0), LimitSettings(**limits), recognizer)
    pages = list(document.pages)
    words = [word.text for page in pages for block in page.blocks for line in block.lines for word in line.words]
    return " ".join(words), [(notice.code, notice.target) for notice in document.notices], pages


def _placed(image: Image.Image, *box: float) -> Callable:
    return lambda canvas: canvas.drawImage(ImageReader(image), *box)


def _together(*draws: Callable) -> Callable:
    def draw(canvas):
        for each in draws:
            each(canvas)

    return draw


class TestDoubtfulTextLayers:
    def test_a_good_one_is_believed_unseen(self):
        recognizer = FakeRecognizer("never asked")
        content, notices, _ = _read(pdf(text_page(*_PROSE)), recognizer)
        assert content == " ".join(_PROSE)
        assert (recognizer.images, notices) == ([], [])

    def test_gibberish_gives_way_to_what_the_page_shows(self):
        content, _, _ = _read(pdf(text_page(*_GIBBERISH)), FakeRecognizer(*_PROSE))
        assert content == " ".join(_PROSE)

    @pytest.mark.parametrize("lines", [_GIBBERISH, _PROSE[:1], ()])
    def test_gibberish_stays_where_the_picture_tells_nothing_better(self, lines):
        content, notices, _ = _read(pdf(text_page(*_GIBBERISH)), FakeRecognizer(*lines))
        assert content == " ".join(_GIBBERISH)
        assert "inkWithoutText" not in dict(notices)

    def test_a_good_layer_under_a_scan_is_believed(self):
        recognizer = FakeRecognizer("never asked")
        assert _read(pdf(picture_page(picture(), *_PROSE)), recognizer)[0].split()[0] in {
            line.split()[0] for line in _PROSE
        }
        assert recognizer.images == []

    def test_a_bad_layer_under_a_scan_gives_way(self):
        assert _read(pdf(picture_page(picture(), *_GIBBERISH)), FakeRecognizer(*_PROSE))[0] == " ".join(_PROSE)


class TestPicturesAmongText:
    def test_a_scanned_insert_is_read_and_nothing_else_on_the_page(self):
        recognizer = FakeRecognizer("Insert text")
        draw = _together(text_page(*_PROSE), _placed(picture(), 72, 100, 450, 300))
        content, _, _ = _read(pdf(draw), recognizer)
        assert sorted(content.split()) == sorted([*" ".join(_PROSE).split(), "Insert", "text"])
        (image,) = recognizer.images
        assert image[: image.shape[0] // 3].min() == 255  # the text layer's words are wiped off
        assert image[image.shape[0] // 2 :].min() < 64

    @pytest.mark.parametrize(
        ("insert", "box"),
        [
            (picture(), (72, 100, 60, 40)),  # a logo
            (Image.linear_gradient("L").resize((900, 420)), (72, 100, 450, 300)),  # a photograph
            (Image.new("L", (900, 420), 255), (72, 100, 450, 300)),  # white
            (picture(), (60, 650, 500, 110)),  # behind the text layer
        ],
    )
    def test_logos_photographs_and_what_has_text_already_are_not(self, insert, box):
        recognizer = FakeRecognizer("Insert text")
        content, notices, _ = _read(pdf(_together(_placed(insert, *box), text_page(*_PROSE))), recognizer)
        assert content == " ".join(_PROSE)
        assert (recognizer.images, notices) == ([], [])

    def test_a_picture_in_strips_counts_as_one(self):
        recognizer = FakeRecognizer("Insert text")
        whole = picture()
        strips = [
            _placed(whole.crop((0, 42 * number, 900, 42 * number + 42)), 72, 370 - 30 * number, 450, 30)
            for number in range(10)
        ]
        assert "Insert text" in _read(pdf(_together(text_page(*_PROSE), *strips)), recognizer)[0]
        assert len(recognizer.images) == 1

    def test_pictures_are_found_where_forms_put_them(self):
        def draw(canvas):
            canvas.beginForm("stamp")
            canvas.drawImage(ImageReader(picture()), 0, 0, 100, 50)
            canvas.endForm()
            canvas.translate(100, 200)
            canvas.scale(2, 3)
            canvas.doForm("stamp")

        page = pypdfium2.PdfDocument(pdf(draw))[0]
        (found,) = pictures(PageObjects.of(page), PageFrame.of(page))
        assert found.box == pytest.approx((100, 792 - 350, 300, 792 - 200), abs=0.01)
        assert found.pixels == 900 * 420

    def test_figures_stand_in_the_elements_but_page_filling_scans_do_not(self, monkeypatch):
        seen = []

        def arranged(elements):
            seen.append(elements)
            return PageBlocks()

        monkeypatch.setattr("docplatform.ocr.local.pdf.arrange", arranged)
        _read_pages = pdf(_together(text_page(*_PROSE), _placed(picture(), 72, 144, 72, 36)), picture_page(picture()))
        list(read_pdf(_read_pages, ReadingSettings(workers=0), LimitSettings(), FakeRecognizer()).pages)
        assert [elements.pictures for elements in seen] == [[(1.0, 8.5, 2.0, 8.5, 2.0, 9.0, 1.0, 9.0)], []]


class TestInkWithoutText:
    def test_a_scan_in_which_nothing_is_recognised_is_told(self):
        _, notices, pages = _read(pdf(text_page(*_PROSE), picture_page(picture())), FakeRecognizer())
        assert notices == [("inkWithoutText", "/pages/1")]
        assert len(pages) == 2

    @pytest.mark.parametrize("draw", [lambda _: None, picture_page(Image.new("RGB", (900, 420), "white"))])
    def test_blank_pages_are_not(self, draw):
        assert _read(pdf(draw), FakeRecognizer())[1] == []


class TestBounds:
    def test_a_picture_of_too_many_pixels_is_never_decoded(self):
        recognizer = FakeRecognizer("never asked")
        content, notices, _ = _read(pdf(picture_page(picture())), recognizer, max_pixels=1_000)
        assert content == ""
        assert notices == [("unreadablePicture", "/pages/0")]
        assert recognizer.images == []

    def test_nor_one_among_text(self):
        draw = _together(text_page(*_PROSE), _placed(picture(), 72, 100, 450, 300))
        content, notices, _ = _read(pdf(draw), FakeRecognizer("never asked"), max_pixels=1_000)
        assert content == " ".join(_PROSE)
        assert notices == [("unreadablePicture", "/pages/0")]

    def test_a_page_of_a_hundred_thousand_objects_is_read(self):
        def draw(canvas):
            text_page(*_PROSE)(canvas)
            canvas._code.append("0 0 m 9 9 l S " * 100_000)

        assert _read(pdf(draw), FakeRecognizer())[0] == " ".join(_PROSE)


def test_marks_of_the_form_stand_before_those_seen_in_its_picture():
    def draw(canvas):
        picture_page(picture())(canvas)
        canvas.acroForm.checkbox(name="yes", checked=True, x=72, y=60, size=20)

    left, top, right, bottom = (round(number * 2000 / 792) for number in (74, 714, 90, 730))
    box = (left, top, right, top, right, bottom, left, bottom)
    elsewhere = MarkBox(False, (500, 500, 520, 500, 520, 520, 500, 520))
    recognizer = FakeRecognizer("A scanned form", marks=(MarkBox(False, box), elsewhere))
    (page,) = _read(pdf(draw), recognizer)[2]
    assert [mark.is_selected for mark in page.marks] == [True, False]
    assert len(page.marks) == 2
