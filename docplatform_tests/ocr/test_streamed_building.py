"""Pages written one after the other, their roles last, against all pages held at once."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.documents import stored_json
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local.blocks import Notice, PageBlocks, PageStream, ParagraphBlock, ReadDocument, paragraph_of
from docplatform.ocr.local.builder import build_from_stream, build_result, build_verbatim_result
from docplatform.ocr.local.building import entries, waiting
from docplatform.ocr.local.layout.document import with_roles
from docplatform_tests.ocr.page_blocks import pages
from docplatform_tests.ocr.pages import line

_FORMATS = pytest.mark.parametrize("content_format", list(ContentFormat))


def _report(number: int) -> PageBlocks:
    def block(said: str, top: float, height: float = 10.0) -> ParagraphBlock:
        return ParagraphBlock([line(said, 50, top, height)])

    body = [block(f"plain words of page {number} that go on and on {row}", 200 + 15 * row) for row in range(9)]
    head, foot = block("A Report of the Year", 20), block(f"page {number}", 770)
    return PageBlocks([head, block("What Was Done", 150, 18), *body, foot], 600.0, 800.0, "pixel", 0.0)


def _stream(drawn: list[PageBlocks]) -> PageStream:
    notices: list[Notice] = []

    def read():
        yield from drawn
        notices.append(Notice("last", "known at the end"))

    return PageStream(read(), notices, len(drawn))


def _at_once(drawn: list[PageBlocks], content_format: ContentFormat) -> str:
    document = ReadDocument(with_roles(drawn), [Notice("last", "known at the end")])
    return build_result(document, "m", content_format).to_json()


@_FORMATS
def test_a_document_written_page_by_page_is_the_one_written_at_once(content_format, monkeypatch):
    monkeypatch.setattr(waiting, "_HELD", 2)
    monkeypatch.setattr(stored_json, "HELD_BYTES", 500)
    drawn = [_report(number) for number in range(1, 8)]
    result = build_from_stream(_stream(drawn), "m", content_format)
    assert result.is_stored
    assert result.to_json() == _at_once(drawn, content_format)
    roles = [paragraph.role for paragraph in result.paragraphs if paragraph.role]
    assert roles == ["pageHeader", "title", "pageNumber", *["pageHeader", "sectionHeading", "pageNumber"] * 6]


@_FORMATS
@settings(max_examples=30, deadline=None)  # pages are large
@given(st.lists(pages(), max_size=3))
def test_so_is_a_document_of_anything(content_format, drawn):
    drawn = [replace(page, width=600.0, height=800.0, unit="pixel") for page in drawn]
    assert build_from_stream(_stream(drawn), "m", content_format).to_json() == _at_once(drawn, content_format)


@_FORMATS
def test_a_long_page_whose_entries_are_written_before_its_end_is_the_same(content_format, monkeypatch):
    drawn = [PageBlocks([paragraph_of(f"paragraph {number}\nof two lines") for number in range(10)])]
    expected = build_result(ReadDocument(drawn), "m", content_format).to_json()
    for most in range(6):
        monkeypatch.setattr(entries, "MOST_DICTS", most)
        monkeypatch.setattr("docplatform.ocr.local.building.writer.MOST_DICTS", most)
        assert build_result(ReadDocument(drawn), "m", content_format).to_json() == expected


def test_a_long_text_without_blocks_is_the_same_too(monkeypatch):
    text = "some words in a line\n" * 5
    expected = build_verbatim_result(text, "m").to_json()
    monkeypatch.setattr(entries, "MOST_DICTS", 3)
    assert build_verbatim_result(text, "m").to_json() == expected
