import pytest
from pydantic import SecretStr

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.pdf_text import is_sane
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.ocr.drawing import LINES, pdf, picture, picture_page, text_page
from docplatform_tests.ocr.reading import lines as _lines
from docplatform_tests.ocr.reading import read


def _read(data: bytes, **limits: float):
    return read(data, media_types.PDF, **limits)


class TestTextLayer:
    def test_words_stand_where_they_were_drawn_in_inches(self):
        result = _read(pdf(text_page("Hello wide world of words")))
        page = result.pages[0]
        assert (page.width, page.height, page.unit, page.angle) == (8.5, 11.0, "inch", 0.0)
        word = page.words[0]
        assert (word.content, word.confidence) == ("Hello", 1.0)
        left, top, right, _, _, bottom = word.polygon[:6]
        assert left == pytest.approx(1.0, abs=0.02)
        assert right == pytest.approx(1.0 + 27.3 / 72, abs=0.05)
        assert top < (792 - 720) / 72 < bottom + 0.02
        assert len(page.lines[0].polygon) == 8

    @pytest.mark.parametrize("rotation", [90, 180, 270])
    def test_rotated_pages_are_read_as_they_are_shown(self, rotation):
        def draw(canvas):
            canvas.setPageRotation(rotation)
            text_page("First line of text", "Second line of text", top=500)(canvas)

        result = _read(pdf(draw))
        page = result.pages[0]
        assert _lines(result) == ["First line of text", "Second line of text"]
        assert (page.width, page.height) == (8.5, 11.0)  # reportlab swaps the sides of the media box
        assert page.angle % 360 == rotation
        for word in page.words:
            assert all(0 <= x <= 8.5 for x in word.polygon[::2])
            assert all(0 <= y <= 11.0 for y in word.polygon[1::2])

    def test_text_turned_on_an_upright_page_keeps_its_lines(self):
        def draw(canvas):
            canvas.translate(300, 300)
            canvas.rotate(90)
            text_page("Turned upwards first", "Turned upwards second", left=0, top=0)(canvas)

        result = _read(pdf(draw))
        assert _lines(result) == ["Turned upwards first", "Turned upwards second"]
        assert result.pages[0].angle == -90.0

    def test_columns_of_prose_are_read_one_after_the_other(self):
        left = [f"left column line number {number} of prose" for number in range(8)]
        right = [f"right column line number {number} of prose" for number in range(8)]

        def draw(canvas):
            canvas.drawString(72, 740, "A headline that runs across both columns of this whole page as headlines do")
            for number in range(8):  # row by row, as some programs write columns
                text_page(left[number], left=72, top=700 - 14 * number)(canvas)
                text_page(right[number], left=320, top=700 - 14 * number)(canvas)

        assert _lines(_read(pdf(draw)))[1:] == [*left, *right]

    def test_labels_beside_values_are_read_row_by_row(self):
        def draw(canvas):
            for number, (label, value) in enumerate([("Name", "Ann"), ("City", "Bern"), ("Code", "3000")]):
                canvas.drawString(300, 700 - 20 * number, value)
                canvas.drawString(72, 700 - 20 * number, label)

        assert _lines(_read(pdf(draw))) == ["Name", "Ann", "City", "Bern", "Code", "3000"]

    def test_form_fields_and_check_boxes_are_read(self):
        def draw(canvas):
            text_page("A form with some fields")(canvas)
            form = canvas.acroForm
            form.textfield(name="who", value="Filled in", x=72, y=600, width=200, height=20)
            form.checkbox(name="yes", checked=True, x=72, y=560)
            form.checkbox(name="no", checked=False, x=172, y=560)

        result = _read(pdf(draw))
        assert "Filled in" in _lines(result)
        assert [mark.state for mark in result.pages[0].selection_marks] == ["selected", "unselected"]

    def test_notes_are_read(self):
        def draw(canvas):
            text_page("A page with a sticky note")(canvas)
            canvas.textAnnotation("Remember\nthe milk", Rect=[300, 300, 400, 340])

        assert _lines(_read(pdf(draw)))[-2:] == ["Remember", "the milk"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Plain text of a page", True),
            ("short", False),
            ("\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008\ue009\ue00a" * 3, False),
            ("!\"#$%&'()*+,-./:;<=>?@" * 3, False),
            ("Zürich 中文 текст und mehr", True),
        ],
    )
    def test_garbage_layers_are_told_from_text(self, text, expected):
        assert is_sane(text) is expected


class TestScans:
    def test_each_page_is_read_in_its_own_way(self):
        result = _read(pdf(text_page("A page with a text layer"), picture_page(picture()), lambda _: None))
        assert _lines(result) == ["A page with a text layer"]
        assert _lines(result, 1) == list(LINES)
        assert result.pages[2].words == ()
        page = result.pages[1]
        assert (page.unit, page.width) == ("inch", 8.5)
        assert all(0 <= x <= 8.5 for word in page.words for x in word.polygon[::2])
        assert 0.9 < result.mean_confidence < 1

    def test_a_picture_over_little_text_is_recognised(self):
        result = _read(pdf(picture_page(picture(), "Scanned by machine 17")))
        assert set(LINES) <= set(_lines(result))

    def test_a_page_of_gigantic_size_is_bounded(self):
        result = _read(pdf(lambda canvas: canvas.rect(10, 10, 5, 5), size=(14_000, 14_000)))
        assert result.pages[0].width == pytest.approx(194.4444, abs=0.001)


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (pdf(text_page("x"), password="secret"), ReasonCode.ENCRYPTED),
            (pdf(*[text_page("x")] * 6), ReasonCode.TOO_MANY_PAGES),
            (b"%PDF-1.7\nnothing else", ReasonCode.CORRUPT),
            (pdf(text_page("x"))[:300], ReasonCode.CORRUPT),
        ],
    )
    def test_bad_files_are_refused_with_their_reason(self, data, reason):
        with pytest.raises(PermanentError) as caught:
            _read(data, max_pages=5)
        assert caught.value.reason is reason

    def test_a_known_password_opens(self):
        reading = ReadingSettings(workers=0, pdf_passwords=[SecretStr("wrong"), SecretStr("secret")])
        data = pdf(text_page("Behind a password"), password="secret")
        reader = LocalDocumentReader(reading, LimitSettings())
        assert reader.read(DocumentSource("key", data, media_types.PDF.mime)).content == "Behind a password"

    def test_a_page_that_cannot_be_loaded_is_named(self):
        data = pdf(text_page("The first page is here"), text_page("The second page is gone"))
        start = data.index(b"/Type /Page\n", data.index(b"/Type /Page\n") + 1)
        damaged = data[:start] + b"/Type /Fake\n" + data[start + 12 :]
        result = _read(damaged)
        assert len(result.pages) == 2 or [warning.code for warning in result.warnings] == ["unreadablePage"]
