import io

import pypdfium2
import pytest
from pydantic import SecretStr
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local import pdf_forms
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.ocr.drawing import LINES, pdf, picture, picture_page, text_page
from docplatform_tests.ocr.reading import lines as _lines
from docplatform_tests.ocr.reading import read, warnings


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

    def test_a_word_hyphenated_at_a_lines_end_is_two_words_on_two_lines(self):
        result = _read(pdf(text_page("This is an exam-", "ple of a word")))
        assert _lines(result) == ["This is an exam-", "ple of a word"]
        first, second = (word for word in result.pages[0].words if word.content in ("exam-", "ple"))
        assert first.polygon[5] < second.polygon[1] + 0.1

    def test_han_is_read_character_by_character_and_joined_without_spaces(self):
        def draw(canvas):
            pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
            canvas.setFont("STSong-Light", 12)
            canvas.drawString(72, 700, "\u8fd9\u662f\u4e00\u4e2a\u6d4b\u8bd5\u6587\u6863 ABC 123")

        result = _read(pdf(draw))
        assert _lines(result) == ["\u8fd9\u662f\u4e00\u4e2a\u6d4b\u8bd5\u6587\u6863 ABC 123"]
        assert len(result.pages[0].words) == 10

    def test_a_page_printed_twice_for_boldness_is_read_once(self):
        texts = [f"Line {number} of a bold page with some text" for number in range(40)]

        def draw(canvas):
            for shift in (0, 0.4):
                text_page(*texts, left=72 + shift)(canvas)

        assert _lines(_read(pdf(draw))) == texts

    def test_text_beyond_the_crop_box_is_kept_and_told(self):
        def draw(canvas):
            canvas.setCropBox((60, 600, 400, 792))
            text_page("Inside of the crop box")(canvas)
            canvas.drawString(450, 400, "Outside")

        result = _read(pdf(draw))
        assert result.pages[0].width == pytest.approx(340 / 72, abs=0.001)
        assert result.pages[0].words[0].polygon[0] == pytest.approx(12 / 72, abs=0.02)
        assert "Outside" in result.content
        assert warnings(result) == ["textOutsidePage"]

    @pytest.mark.parametrize("kind", ["combo", "list"])
    def test_chosen_options_are_read(self, kind):
        def draw(canvas):
            text_page("A form with a choice to make")(canvas)
            options = [("Alpha", "a"), ("Beta", "b")]
            box = {"x": 72, "y": 600, "width": 100, "height": 40, "options": options, "value": "Beta"}
            (canvas.acroForm.choice if kind == "combo" else canvas.acroForm.listbox)(name="pick", **box)

        assert _lines(_read(pdf(draw))) == ["A form with a choice to make", "Beta"]

    def test_what_was_typed_into_a_choice_is_read(self):
        def draw(canvas):
            text_page("A form with a choice to make")(canvas)
            box = {"x": 72, "y": 600, "width": 100, "height": 20, "options": ["Alpha"], "value": "Alpha"}
            canvas.acroForm.choice(name="pick", fieldFlags="combo edit", **box)

        data = pdf(draw)
        assert data.count(b"/V (Alpha)") == 1
        assert _lines(_read(data.replace(b"/V (Alpha)", b"/V (Omega)"))) == ["A form with a choice to make", "Omega"]

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

    def test_a_field_keeps_its_value_though_the_page_says_the_same_elsewhere(self):
        def draw(canvas):
            text_page("Premium 100 for the first year")(canvas)
            canvas.acroForm.textfield(name="sum", value="100", x=72, y=400, width=200, height=20)

        assert _lines(_read(pdf(draw))) == ["Premium 100 for the first year", "100"]

    @pytest.mark.parametrize("rotation", [0, 90])
    def test_a_value_that_is_also_drawn_under_its_field_is_read_once(self, rotation):
        def draw(canvas):
            canvas.setPageRotation(rotation)
            text_page("A form that was printed into itself", top=500)(canvas)
            canvas.drawString(80, 405, "Filled in")
            canvas.acroForm.textfield(name="who", value="Filled in", x=72, y=400, width=200, height=20)

        assert _lines(_read(pdf(draw))) == ["A form that was printed into itself", "Filled in"]

    def test_fields_without_their_form_are_read(self):
        def draw(canvas):
            text_page("A form merged into another file")(canvas)
            canvas.acroForm.textfield(name="who", value="Filled in", x=72, y=600, width=200, height=20)

        data = pdf(draw)
        assert data.count(b"/AcroForm") == 1
        assert "Filled in" in _lines(_read(data.replace(b"/AcroForm", b"/AcroGone")))

    def test_links_are_no_text_and_buttons_no_values(self):
        def draw(canvas):
            text_page("A page with a link on it")(canvas)
            canvas.linkURL("https://example.com", (72, 300, 172, 320))
            for number, value in enumerate(("one", "two")):
                canvas.acroForm.radio(name="pick", value=value, selected=not number, x=72, y=500 + 40 * number)

        result = _read(pdf(draw))
        assert _lines(result) == ["A page with a link on it"]
        assert [mark.state for mark in result.pages[0].selection_marks] == ["selected", "unselected"]

    def test_annotations_beyond_the_limit_are_counted(self, monkeypatch):
        def draw(canvas):
            text_page("A page with sticky notes")(canvas)
            for number in range(4):
                canvas.textAnnotation(f"note{number}", Rect=[300, 300 + 50 * number, 400, 340 + 50 * number])

        monkeypatch.setattr(pdf_forms, "_MAX_ANNOTATIONS", 3)
        result = _read(pdf(draw))
        assert [note for note in ("note0", "note1", "note2", "note3") if note in result.content] == [
            *("note0", "note1", "note2")
        ]
        assert warnings(result) == ["annotationsOmitted"]
        assert result.warnings[0].message.startswith("1 annotations of page 1")


class TestScans:
    def test_each_page_is_read_in_its_own_way(self):
        result = _read(pdf(text_page("A page with a text layer"), picture_page(picture()), lambda _: None))
        assert _lines(result) == ["A page with a text layer"]
        assert _lines(result, 1) == list(LINES)
        assert result.pages[2].words == ()
        page = result.pages[1]
        assert (page.unit, page.width) == ("inch", 8.5)
        assert all(0 <= x <= 8.5 for word in page.words for x in word.polygon[::2])
        assert 0.9 < result.mean_confidence <= 1

    def test_a_picture_over_little_text_is_recognised(self):
        result = _read(pdf(picture_page(picture(), "Scanned by machine 17")))
        assert set(LINES) <= set(_lines(result))

    def test_notes_on_a_scan_are_read_though_no_picture_shows_them(self):
        def draw(canvas):
            picture_page(picture())(canvas)
            canvas.textAnnotation("Call them back", Rect=[300, 100, 400, 140])
            canvas.acroForm.checkbox(name="yes", checked=True, x=72, y=60)

        result = _read(pdf(draw))
        assert {*LINES, "Call them back"} <= set(_lines(result))
        assert [mark.state for mark in result.pages[0].selection_marks] == ["selected"]

    def test_a_short_text_layer_stays_where_nothing_is_recognised(self):
        def draw(canvas):
            text = canvas.beginText(72, 700)
            text.setTextRenderMode(3)  # invisible, as under a scan
            text.textLine("Annex 4")
            canvas.drawText(text)

        assert _read(pdf(draw)).content == "Annex 4"

    def test_a_page_as_thin_as_a_thread_is_blank(self):
        result = _read(pdf(lambda canvas: canvas.rect(0, 0, 5, 0.0001), size=(14_000, 0.001)))
        assert result.content == ""

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
        assert len(result.pages) == 2
        assert warnings(result) == ["unreadablePage"]
        assert result.warnings[0].target == "/pages/1"

    def test_a_file_none_of_whose_pages_can_be_loaded_is_corrupt(self):
        data = pdf(text_page("The only page is gone")).replace(b"/Type /Page\n", b"/Type /Fake\n")
        with pytest.raises(PermanentError) as caught:
            _read(data)
        assert caught.value.reason is ReasonCode.CORRUPT


class TestWhatIsNotRead:
    def test_attached_files_are_told(self):
        document = pypdfium2.PdfDocument(pdf(text_page("An invoice with data attached")))
        document.new_attachment("factur-x.xml").set_data(b"<a/>")
        buffer = io.BytesIO()
        document.save(buffer)
        result = _read(buffer.getvalue())
        assert result.content == "An invoice with data attached"
        assert warnings(result) == ["embeddedFiles"]
        assert result.warnings[0].message == "Files attached to the PDF, which are documents of their own: 1."

    def test_forms_of_another_kind_are_told(self):
        data = pdf(text_page("Please wait, or get another viewer"))
        data = data.replace(b"/Type /Catalog", b"/AcroForm << /XFA (x) /Fields [] >> /Type /Catalog")
        assert warnings(_read(data)) == ["xfaForm"]
