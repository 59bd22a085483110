"""Kinds of text."""

from __future__ import annotations

import csv
import json
import random

import pytest

from docplatform.documents import media_types, text_probe
from docplatform.documents.decoding import decode_head
from docplatform.documents.media_types import sniff

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
MAIL = "From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: Hi\r\n\r\nHello\r\n"
CSV = "name;amount;date\nAnn;3,50;2026-01-01\nBob;4,00;2026-01-02\n"
HTML = "<!DOCTYPE html><html><body><p>Hello</p></body></html>"
MARKDOWN = "# Title\n\nSome **bold** text and a [link](https://example.com).\n"
PROSE = "Dear Sir,\nthank you for your letter, which reached us, and for the parcel.\nYours, Ann\n"
LABELS = '{"projectFileVersion": "2022-05-01", "stringIndexType": "Utf16CodeUnit", "assets": {}}'


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("text", "extension"),
    [(MAIL, "eml"), (CSV, "csv"), (HTML, "html"), (MARKDOWN, "md"), (PROSE, "txt"), ('{"a": [1]}', "json")],
)
def test_kinds_of_text_are_told_apart_in_every_unicode_encoding(text: str, extension: str, encoding: str) -> None:
    assert sniff(text.encode(encoding)).extension == extension


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüße aus Köln, für Märkte und Straßen", "cp1252"),
        ("Привет, это письмо о договоре", "cp1251"),
        ("Привет, это письмо о договоре", "koi8-r"),
        ("日本語の文書です。請求書を送ります。", "shift_jis"),
        ("日本語の文書です。請求書を送ります。", "iso2022_jp"),
        ("这是一份合同。请查收附件。", "gb18030"),
        ("계약서를 보내드립니다", "euc-kr"),
        ("Привет, это письмо.\nПока.", "utf-16-le"),
        ("Привет, это письмо.\nПока.", "utf-16-be"),
    ],
)
def test_text_in_older_and_wider_encodings_is_text(text: str, encoding: str) -> None:
    assert sniff((text + "\n" + text).encode(encoding)) is media_types.TXT


def test_utf_8_cut_in_the_middle_of_a_character_is_text() -> None:
    data = ("ü" * 200_000).encode()
    assert sniff(data) is media_types.TXT
    assert decode_head(data[: text_probe.HEAD_BYTES - 1]) is not None


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_not_text(seed: int) -> None:
    assert sniff(random.Random(seed).randbytes(4_000)).extension == "bin"  # noqa: S311 - reproducible, not secret


@pytest.mark.parametrize(
    ("text", "extension", "why"),
    [
        ("<html>", "html", "the bare element"),
        ("  <!-- a --><!-- b -->\n<div class='x'>a</div>", "html", "comments before a fragment"),
        ("<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'><html/>", "html", "XHTML with a declaration"),
        ("<?xml version='1.0'?><invoice/>", "xml", "a declaration"),
        ("<invoice><total>3</total></invoice>", "xml", "an element that is closed"),
        ("<!-- note -->\n<ns:a x='1'>t</ns:a>", "xml", "a comment first, with a name space"),
        ("<!DOCTYPE note SYSTEM 'Note.dtd'>\n<note/>", "xml", "another document type"),
        ("<ann@example.com> wrote:\nHello", "txt", "an address in angle brackets"),
        ("<unclosed and more text", "txt", "no element"),
        ('{"a": 1}', "json", "an object"),
        ("[1, 2]", "json", "an array"),
        ('{"a": 1', "txt", "an object that breaks off: still readable as text"),
        ("[see the attached list]", "txt", "prose in brackets"),
        ("42", "txt", "a JSON number is just a number"),
        ("[" * 100_000, "txt", "nesting beyond what a parser takes"),
        ("a\tb\n1\t2\n", "csv", "tabs"),
        ("a,b,c\n1,2,3\n4,5,6\n", "csv", "commas"),
        ('a,b,c\n1,"2,2",3\n4,"5\n5",6\n', "csv", "quoted cells with delimiters and line breaks"),
        ("a|b|c\n1|2|3\n", "csv", "pipes"),
        ("a, b, c, d, e\n1, 2, 3, 4, 5\n", "csv", "commas followed by spaces, many columns"),
        ("a,b,c\n1,2,3\n4,5,6,7\n8,9,1\n2,3,4\n5,6,7\n", "csv", "one row of six with a cell too many"),
        (PROSE, "txt", "a letter has commas too"),
        ("Dear Ann,\nIt rained, so we stayed.\nIt snowed, so we left.\nBye, Bob\n", "txt", "a comma a line"),
        ("All,\n\nIt failed on web-1,\nwhich ran out of space. We restarted it.\n\nRegards,\nAnn\n", "txt", "a note"),
        ("name,amount\nAnn,3\nBob,4\n", "csv", "two columns"),
        ("name,amount,note\nAnn,3,\nBob,4,\n", "csv", "a last column that is empty"),
        ("one,two\n", "txt", "a single line is no table"),
        ("no delimiter\nat all\n", "txt", "no delimiter"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\n# More\n\ntext", "md", "a Markdown table isn't a CSV"),
        ("```python\nx = 1\n```\n- item\n", "md", "a code fence and a list"),
        ("- milk\n- bread\n", "txt", "a list alone may be plain text"),
        ("# settings of the server\nport: 80\n- a\n", "txt", "comments of a script"),
        ("From: Ann\nSubject: Lunch\n\nShall we?", "txt", "a memo: a sender without address"),
        ("Subject: x\nDate: today\n\nhello", "txt", "nothing that a machine wrote"),
        ("Content-Type: text/plain\nServer: x\n\nhello", "txt", "headers of HTTP"),
        ("Note: call Ann\nTo do: nothing\n", "txt", "colons"),
        ("Received: by x\nMessage-ID: <1@x>\nSubject: x\n\n", "eml", "headers that machines write"),
        (
            "Received: by x;\n\tSat\nMIME-Version: 1.0\nSubject: x\nno header here\n\n",
            "txt",
            "a line that is no header",
        ),
        ("From ann@x Sat Jan  1 00:00:00 2026\nFrom: ann@x\nSubject: y\n\nhello\n", "eml", "one mail of a mailbox"),
        (
            "From a@x Sat Jan  1 00:00:00 2026\nFrom: a@x\nSubject: y\n\nhello\n\n"
            "From b@x Sat Jan  1 00:00:00 2026\nFrom: b@x\nSubject: z\n\nhello\n",
            "mbox",
            "a mailbox",
        ),
    ],
)
def test_text_without_a_hint(text: str, extension: str, why: str) -> None:
    assert sniff(text.encode()).extension == extension, why


@pytest.mark.parametrize(
    ("text", "name", "extension"),
    [
        ("Hello", "notes.md", "md"),
        ("Hello", "NOTES.MARKDOWN", "md"),
        ("one\ntwo\n", "list.csv", "csv"),
        ("one\ntwo\n", "list.tsv", "csv"),
        ("Hello <b>Ann</b>", "x.html", "html"),
        ("Hello Ann", "x.html", "txt"),
        ('{"a": 1', "x.json", "json"),
        ("Hello", "x.json", "txt"),
        ("Hello", "x.xml", "txt"),
        ("Subject: Lunch\n\nShall we?", "x.eml", "eml"),
        ("Shall we?", "x.eml", "txt"),
        (MARKDOWN, "x.txt", "txt"),
        (CSV, "x.txt", "csv"),
        (HTML, "x.txt", "html"),
        (HTML, "x.md", "html"),
        ("a | b\n--|--\n1 | 2\n3 | 4", "x.md", "md"),
        (MAIL, "x.txt", "eml"),
        ("Hello", "x.pdf", "txt"),
        ("Hello", "x.docx", "txt"),
        ("Hello", "a\0b/..", "txt"),
        ("Hello", "", "txt"),
    ],
)
def test_a_name_only_picks_among_kinds_of_text(text: str, name: str, extension: str) -> None:
    assert sniff(text.encode(), name).extension == extension


def test_a_cell_beyond_the_limit_of_the_csv_parser_makes_no_table() -> None:
    limit = csv.field_size_limit(10)
    try:
        assert sniff(b"a,b,c\n1,2," + b"3" * 100 + b"\n") is media_types.TXT
    finally:
        csv.field_size_limit(limit)


def test_label_files_have_their_own_type() -> None:
    assert sniff(LABELS.encode()) is media_types.LABELS
    assert media_types.LABELS.mime == "application/vnd.docplatform.labels+json"
    assert media_types.LABELS.extension == "json"
    late = json.dumps({"assets": {"documents": ["x" * 300_000]}, "projectFileVersion": "2022-05-01"})
    assert sniff(late.encode()) is media_types.LABELS
    assert sniff(LABELS[:-5].encode(), "labels.json") is media_types.LABELS  # broken: whoever imports it says how


@pytest.mark.parametrize(
    "text", ['{"a": {"projectFileVersion": "1"}}', '["projectFileVersion"]', '{"a": "\\"projectFileVersion\\""}']
)
def test_json_that_only_mentions_a_project_file_version_is_plain_json(text: str) -> None:
    assert sniff(text.encode()) is media_types.JSON


def test_json_too_large_to_parse_is_told_by_its_start() -> None:
    filler = b'"' + b"x" * (17 * 2**20) + b'"]}'
    assert sniff(b'{"key": [' + filler) is media_types.JSON
    assert sniff(b'{"projectFileVersion": "1", "a": [' + filler) is media_types.LABELS
    assert sniff(b"{ not json " + filler) is media_types.TXT


@pytest.mark.parametrize(
    "text",
    [
        "<!---->" * 30_000,
        "<!--" * 60_000,
        "<a" * 100_000,
        "[" * 200_000,
        "**" * 100_000,
        "-" * 200_000 + "x",
        "<?xml " * 40_000,
        " " * 200_000 + "x",
        "a:" * 100_000,
        '"' + ",a" * 100_000,
        "\n" * 200_000 + "x",
    ],
)
def test_text_made_to_slow_down_pattern_matching_is_told_in_bounded_time(text: str) -> None:
    assert sniff(text.encode()) in media_types.ALL
