"""txt, csv, html, eml and zip listings."""

import io
import zipfile
from email.message import EmailMessage

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.plain_text import UNDECODABLE_CHARACTERS
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

_READER = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings(max_archive_entries=50))


def _read(data: bytes, media_type: media_types.MediaType):
    return _READER.read(DocumentSource("key", data, media_type.mime))


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
        assert [warning.code for warning in result.warnings] == [UNDECODABLE_CHARACTERS]

    def test_bytes_that_are_no_text_are_refused(self):
        with pytest.raises(PermanentError) as caught:
            _read(b"\0\x81\x8d" * 3, media_types.TXT)
        assert caught.value.reason is ReasonCode.CORRUPT

    def test_label_offsets_count_carriage_returns(self):
        result = _read(b"one\r\ntwo", media_types.TXT)
        assert result.pages[0].words[1].span.offset == 5


class TestHtml:
    def test_visible_text_in_order_with_tables(self):
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
        assert lines[-3:] == ["a", "b", "filled a picture"]
        assert "hidden" not in result.content
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
            "Attachment: bill ü.pdf",
            "Attachment: Inner",
        ]

    def test_html_alone_is_read_as_text(self):
        message = _mail()
        message.set_content("<p>Only <b>html</b></p>", subtype="html")
        assert "Only html" in _read(message.as_bytes(), media_types.EML).content

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

    def test_a_malformed_header_is_shown_as_written(self):
        raw = b"From: a@x.org\r\nTo: =?utf-8?b?broken\r\nSubject: S\r\n\r\nbody\r\n"
        assert "body" in _read(raw, media_types.EML).content

    def test_too_many_parts_is_a_bomb(self):
        message = _mail()
        message.set_content("x")
        for number in range(60):
            message.add_attachment(b"x", maintype="a", subtype="b", filename=f"{number}")
        with pytest.raises(PermanentError) as caught:
            _read(message.as_bytes(), media_types.EML)
        assert caught.value.reason is ReasonCode.BOMB


def _zip(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 7)
    return buffer.getvalue()


class TestZip:
    def test_members_are_listed(self):
        result = _read(_zip(["a.txt", "b/ü.pdf"]), media_types.ZIP)
        assert result.content == "a.txt\t7 bytes\nb/ü.pdf\t7 bytes"

    @pytest.mark.parametrize(
        ("data", "reason"),
        [(_zip(["a"])[:-10], ReasonCode.CORRUPT), (_zip([str(number) for number in range(51)]), ReasonCode.BOMB)],
    )
    def test_bad_archives_are_refused(self, data, reason):
        with pytest.raises(PermanentError) as caught:
            _read(data, media_types.ZIP)
        assert caught.value.reason is reason
