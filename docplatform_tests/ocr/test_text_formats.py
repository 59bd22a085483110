"""txt, csv, html, eml and zip listings."""

import html
import io
import zipfile
from email.message import EmailMessage

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.plain_text import UNDECODABLE_CHARACTERS
from docplatform_tests.ingestion.archives import Entry, crafted_zip
from docplatform_tests.ocr.reading import lines, warnings
from docplatform_tests.ocr.reading import read as _read


class TestPlainText:
    @pytest.mark.parametrize("media_type", [media_types.TXT, media_types.CSV, media_types.MARKDOWN, media_types.XML])
    def test_content_is_verbatim_with_carriage_returns(self, media_type):
        result = _read(b"a,b\r\n\r\n  c\td \r\n", media_type)
        assert result.content == "a,b\r\n\r\n  c\td \r\n"
        assert [word.content for word in result.pages[0].words] == ["a,b", "c", "d"]
        assert [line.content for line in result.pages[0].lines] == ["a,b", "c\td"]
        assert result.pages[0].words[0].polygon is None

    def test_damage_is_replaced_and_told(self):
        result = _read("ééééééééééé".encode() + b"\xff tail", media_types.TXT)
        assert result.content == "ééééééééééé\ufffd tail"
        assert warnings(result) == [UNDECODABLE_CHARACTERS]

    def test_bytes_that_are_no_text_are_refused(self):
        with pytest.raises(PermanentError) as caught:
            _read(b"\0\x81\x8d" * 3, media_types.TXT)
        assert caught.value.reason is ReasonCode.CORRUPT

    def test_label_offsets_count_carriage_returns(self):
        result = _read(b"one\r\ntwo", media_types.TXT)
        assert result.pages[0].words[1].span.offset == 5


class TestHtml:
    def test_text_in_order_with_tables(self):
        page = b"""<!DOCTYPE html><html><head><title>The title</title><style>p {}</style><script>no()</script></head>
        <body><h1>Head</h1><p>One <b>bold</b>word<br>next line</p><!-- hidden -->
        <table><caption>Cap</caption><tr><th>A</th><th>B</th></tr><tr><td rowspan="2">1</td><td>2</td></tr>
        <tr><td>3<table><tr><td>in</td><td>ner</td></tr></table></td></tr></table>
        <p>after the table</p><div style="display: none">hidden</div><pre>a
b</pre><input value="filled"><img alt="a picture"><p hidden>no</p><noscript>no</noscript></body></html>"""
        result = _read(page, media_types.HTML)
        lines = [line.content for line in result.pages[0].lines]
        assert lines[:5] == ["The title", "Head", "One boldword", "next line", "Cap"]
        assert "after the table" in lines
        assert lines[-6:] == ["hidden", "a", "b", "filled a picture", "no", "no"]
        assert "<!--" not in result.content
        assert "no()" not in result.content
        cells = {(cell.row_index, cell.column_index): cell for cell in result.tables[0].cells}
        assert cells[0, 0].kind == "columnHeader"
        assert cells[1, 0].row_span == 2
        assert cells[2, 1].content.split() == ["3", "in", "ner"]
        assert [paragraph.role for paragraph in result.paragraphs[:3]] == ["title", "title", None]

    def test_text_astray_in_a_table_is_not_lost(self):
        result = _read(
            b"<html><body><table>stray<tr>loose<td>a</td><td>b</td></tr><div>odd</div></table></body>", media_types.HTML
        )
        assert set(result.content.split()) == {"stray", "loose", "a", "b", "odd"}

    def test_a_table_of_one_column_is_layout(self):
        result = _read(b"<table><tr><td>one</td></tr><tr><td>two</td></tr></table>", media_types.HTML)
        assert result.content == "one\ntwo"
        assert result.tables == ()

    def test_cells_that_span_rows_push_others_aside(self):
        page = b"""<table><tr><td rowspan=3 colspan=2>big</td><td>a</td><td rowspan=2>tall</td></tr>
        <tr><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>"""
        cells = _read(page, media_types.HTML).tables[0].cells
        assert [(cell.content, cell.row_index, cell.column_index) for cell in cells] == [
            *[("big", 0, 0), ("a", 0, 2), ("tall", 0, 3)],
            *[("b", 1, 2), ("c", 1, 4), ("d", 2, 2), ("e", 2, 3)],
        ]

    def test_spans_cost_nothing_by_their_size(self):
        row = b"<tr><td rowspan=1000 colspan=1000>x</td></tr>"  # a million places each, taken out of 45 bytes
        result = _read(b"<table>" + row * 300 + b"</table>", media_types.HTML)
        assert [cell.column_index for cell in result.tables[0].cells] == [1_000 * number for number in range(300)]

    @pytest.mark.parametrize(("span", "columns"), [("9" * 5_000, 1_000), ("0", 1), ("two", 1), (" 3 ", 3), ("-2", 1)])
    def test_spans_are_bounded(self, span, columns):
        page = f"<table><tr><td colspan='{span}'>a</td><td>b</td></tr></table>".encode()
        assert _read(page, media_types.HTML).tables[0].cells[1].column_index == columns

    def test_what_stands_between_cells_is_no_cell(self):
        page = b"<table><tr><td>a</td><script>no()</script><td>b</td></tr></table>"
        assert [cell.content for cell in _read(page, media_types.HTML).tables[0].cells] == ["a", "b"]

    def test_deeply_nested_tables_end(self):
        depth = 60
        page = b"<table><tr><td>x</td><td>" * depth + b"core" + b"</td></tr></table>" * depth
        assert "core" in _read(page, media_types.HTML).content

    @pytest.mark.parametrize("page", [b"<!-- nothing -->", b"<html></html>", b"\xef\xbb\xbf <?xml version='1.0'?>"])
    def test_nothing_visible_is_blank(self, page):
        assert _read(page, media_types.HTML).warnings[0].code == "emptyDocument"

    def test_the_meta_charset_is_believed(self):
        page = '<html><head><meta charset="iso-8859-2"></head><body>Łódź</body>'.encode("iso-8859-2")
        assert _read(page, media_types.HTML).content == "Łódź"

    @pytest.mark.parametrize(
        ("markup", "expected"),
        [
            (
                "<html><body>one</body></html>\n<html><head><title>two</title></head><body>three</body></html>",
                "one two three",
            ),
            ("<p>a<iframe srcdoc='&lt;p>framed&lt;/p>'></iframe><p>b", "a framed b"),
            (
                "<textarea placeholder='write here'></textarea><textarea placeholder='no'>yes</textarea>",
                "write here yes",
            ),
            (
                "<input placeholder='name'><input value='Ann' placeholder='no'><input type='hidden' value='no'>",
                "name Ann",
            ),
            ("<select><optgroup label='Group'><option>x</select><map><area alt='a place'></map>", "Group x a place"),
        ],
    )
    def test_text_in_places_that_parsers_pass_over_is_read(self, markup, expected):
        assert _read(markup.encode(), media_types.HTML).content.split() == expected.split()

    def test_frames_in_frames_end(self):
        markup = "<p>core"
        for _ in range(8):
            markup = f'<iframe srcdoc="{html.escape(markup, quote=True)}"></iframe>'
        assert _read(markup.encode(), media_types.HTML).content == "core"


def _mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in ({"From": "a@x.org", "To": "b@x.org", "Subject": "Grüße"} | headers).items():
        message[name] = value
    return message


class TestMail:
    def test_headers_body_and_attachments(self):
        message = _mail(Cc="c@x.org", Date="Fri, 20 Nov 2026 10:00:00 +0000")
        message.set_content("First.\n\nSecond.")
        message.add_alternative("<p>As html</p>", subtype="html")
        message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="bill ü.pdf")
        inner = _mail(Subject="Inner")
        inner.set_content("inside")
        message.add_attachment(inner)
        lines = [line.content for line in _read(message.as_bytes(), media_types.EML).pages[0].lines]
        assert lines == [
            "From: a@x.org",
            "To: b@x.org",
            "Cc: c@x.org",
            "Date: Fri, 20 Nov 2026 10:00:00 +0000",
            "Subject: Grüße",
            "First.",
            "Second.",
            "As html",
            "Attachment: bill ü.pdf",
            "Attachment: Inner",
        ]

    def test_html_alone_is_read_as_text(self):
        message = _mail()
        message.set_content("<p>Only <b>html</b></p>", subtype="html")
        assert "Only html" in _read(message.as_bytes(), media_types.EML).content

    def test_alternatives_that_say_the_same_are_read_once(self):
        message = _mail()
        message.set_content("It is here.\n\nAnd there.")
        message.add_alternative("<p>It is <b>here</b>.</p><p>And there.</p><p>More!</p>", subtype="html")
        assert lines(_read(message.as_bytes(), media_types.EML))[-3:] == ["It is here.", "And there.", "More!"]

    def test_a_line_that_only_announces_html_comes_after_it(self):
        message = _mail()
        message.set_content("This mail needs HTML.")
        message.add_alternative(f"<p>{' '.join(f'word{number}' for number in range(20))}</p>", subtype="html")
        assert lines(_read(message.as_bytes(), media_types.EML))[-1] == "This mail needs HTML."

    def test_an_invitation_shows_what_it_says_to_people(self):
        message = _mail()
        message.set_content("Dear all, please come to the meeting about next year in room five.")
        event = (
            "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nDTSTART:16010101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
            "SUMMARY:Budget\\, part two\r\nLOCATION:Room 5\\nfirst\r\n  floor\r\nUID:xyz\r\n"
            'ORGANIZER;CN="Ann, Dr":mailto:ann@x.org\r\nATTENDEE;CN=Bob:MAILTO:bob@x.org\r\nDESCRIPTION:\r\n'
            "BEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        message.add_alternative(event, subtype="calendar")
        assert lines(_read(message.as_bytes(), media_types.EML))[-6:] == [
            "Dear all, please come to the meeting about next year in room five.",
            "Summary: Budget, part two",
            "Location: Room 5",
            "first floor",
            "Organizer: Ann, Dr ann@x.org",
            "Attendee: Bob bob@x.org",
        ]

    def test_a_blank_plain_alternative_gives_way_to_html(self):
        message = _mail()
        message.set_content(" \n")
        message.add_alternative("<p>here</p>", subtype="html")
        assert "here" in _read(message.as_bytes(), media_types.EML).content

    def test_inline_parts_of_other_kinds_are_listed(self):
        message = _mail()
        message.set_content("see")
        message.make_mixed()
        picture = EmailMessage()
        picture.set_content(b"\x89PNG", maintype="image", subtype="png")
        message.attach(picture)
        assert "Attachment: (image/png)" in _read(message.as_bytes(), media_types.EML).content

    @pytest.mark.parametrize("header", ["Cc: <", "From: :;", "To: =?utf-8?b?broken"])
    def test_a_malformed_header_is_shown_as_written(self, header):
        raw = f"{header}\r\nSubject: S\r\n\r\nbody\r\n".encode()
        assert set(lines(_read(raw, media_types.EML))) == {header, "Subject: S", "body"}

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
    def test_a_mail_saved_as_a_text_file_keeps_its_headers(self, encoding):
        raw = "From: a@x.org\r\nSubject: Größe\r\n\r\nbody ü\r\n".encode(encoding)
        assert lines(_read(raw, media_types.EML)) == ["From: a@x.org", "Subject: Größe", "body ü"]

    def test_text_parts_of_any_kind_are_read_unless_they_are_files(self):
        message = _mail(Subject="S")
        message.set_content("Dear all")
        message.make_mixed()
        for subtype, filename in (("calendar", None), ("csv", "list.csv")):
            part = EmailMessage()
            part.set_content(f"the {subtype}", subtype=subtype, disposition="inline", filename=filename)
            message.attach(part)
        assert lines(_read(message.as_bytes(), media_types.EML))[-3:] == [
            *("Dear all", "the calendar", "Attachment: list.csv")
        ]

    def test_a_report_of_delivery_is_listed_with_what_it_says_to_people(self):
        raw = (
            b"Subject: Returned\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
            b"--b\r\n\r\nIt came back.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
            b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n\r\n--b--\r\n"
        )
        assert lines(_read(raw, media_types.EML))[-2:] == ["It came back.", "Attachment: (message/delivery-status)"]

    def test_a_multipart_without_a_boundary_is_text(self):
        raw = b"Subject: S\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\nstill here\r\n"
        assert "still here" in lines(_read(raw, media_types.EML))

    def test_blank_alternatives_leave_the_headers(self):
        message = _mail(Subject="S")
        message.set_content(" \n")
        message.add_alternative("<p> </p>", subtype="html")
        assert lines(_read(message.as_bytes(), media_types.EML))[-1] == "Subject: S"

    @pytest.mark.parametrize(
        ("charset", "body", "text"),
        [("iso-8859-1", b"100 \x80", "100 €"), ("koi8-r", "Привет".encode("koi8-r"), "Привет")],
    )
    def test_a_declared_charset_is_believed(self, charset, body, text):
        head = f"Subject: S\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
        assert lines(_read(head + body, media_types.EML))[-1] == text

    @pytest.mark.parametrize("kind", ["plain", "html"])
    def test_damage_in_a_body_is_told(self, kind):
        head = f"Subject: S\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n".encode()
        result = _read(head + "ééééééééé".encode() + b"\xff", media_types.EML)
        assert result.content.endswith("ééééééééé\ufffd")
        assert warnings(result) == [UNDECODABLE_CHARACTERS]

    def test_too_many_parts_is_a_bomb(self):
        message = _mail()
        message.set_content("x")
        for number in range(60):
            message.add_attachment(b"x", maintype="a", subtype="b", filename=f"{number}")
        with pytest.raises(PermanentError) as caught:
            _read(message.as_bytes(), media_types.EML, max_archive_entries=50)
        assert caught.value.reason is ReasonCode.BOMB


def _zip(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 7)
    return buffer.getvalue()


class TestSavedPage:
    def test_frames_and_pictures_of_a_page_are_read_and_its_styles_are_not(self):
        page = (
            b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://x.org/\r\nSubject: The page\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/html\r\n\r\n<p>main</p>\r\n"
            b"--b\r\nContent-Type: text/css\r\n\r\np {}\r\n"
            b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>frame</p>\r\n"
            b"--b\r\nContent-Type: image/svg+xml\r\n\r\n<svg/>\r\n--b--\r\n"
        )
        assert media_types.sniff(page) is media_types.MHTML
        result = _read(page, media_types.MHTML)
        assert result.content.split() == ["main", "frame"]
        assert warnings(result) == ["picturesNotRead"]


class TestZip:
    def test_members_are_listed(self):
        result = _read(_zip(["a.txt", "b/ü.pdf"]), media_types.ZIP)
        assert result.content == "a.txt\t7 bytes\nb/ü.pdf\t7 bytes"

    def test_a_member_without_a_name_is_listed(self):
        assert _read(crafted_zip(Entry(name=b"")), media_types.ZIP).content.endswith("5 bytes")

    @pytest.mark.parametrize(
        ("data", "reason"),
        [(_zip(["a"])[:-10], ReasonCode.CORRUPT), (_zip([str(number) for number in range(51)]), ReasonCode.BOMB)],
    )
    def test_bad_archives_are_refused(self, data, reason):
        with pytest.raises(PermanentError) as caught:
            _read(data, media_types.ZIP, max_archive_entries=50)
        assert caught.value.reason is reason
