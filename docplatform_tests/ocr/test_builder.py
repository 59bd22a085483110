import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.local import builder
from docplatform.ocr.local.blocks import (
    CellBlock,
    LineBox,
    Notice,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    WordBox,
    paragraph_of,
    table_of,
)
from docplatform.ocr.local.builder import build_from_pages, build_result, build_verbatim_result
from docplatform.ocr.local.building.text_writer import TextWriter
from docplatform.text.language import detect_language
from docplatform_tests.documents.contract import HAS_CONTRACT, violations
from docplatform_tests.ocr.page_blocks import assert_pointers_hold, assert_spans_hold, pages, words_of

_FORMATS = pytest.mark.parametrize("content_format", list(ContentFormat))


@pytest.fixture(scope="module", autouse=True)
def _language_model() -> None:
    """Its loading, 0.7 s, is no part of any example."""
    detect_language("A sentence in English.")


@_FORMATS
@settings(max_examples=50, deadline=None)  # pages are large: 100 of them take their seconds
@given(st.lists(pages(), max_size=2))
def test_results_of_anything_hold_all_of_it_and_every_span_is_the_text_of_its_element(content_format, drawn):
    result = build_result(ReadDocument(drawn, [Notice("code", "message")]), "m", content_format)
    assert_spans_hold(result)
    assert_pointers_hold(result)
    _assert_nothing_is_lost(result, drawn)
    assert result.content_format == content_format
    ends = [(page.spans[0].offset, page.spans[0].end) for page in result.pages if page.spans]
    assert all(first[1] <= second[0] for first, second in pairwise(ends))
    assert AnalyzeResult.from_json(result.to_json()) == result
    if HAS_CONTRACT:
        assert violations(json.loads(result.to_json())) == []


def _assert_nothing_is_lost(result: AnalyzeResult, drawn: list[PageBlocks]) -> None:
    assert [page.page_number for page in result.pages] == list(range(1, len(drawn) + 1))
    for page, blocks in zip(result.pages, drawn, strict=True):
        assert len(page.words) == len(words_of(blocks))
        states = ["selected" if mark.is_selected else "unselected" for mark in blocks.marks]
        assert Counter(mark.state for mark in page.selection_marks) == Counter(states)
        assert [barcode.value for barcode in page.barcodes] == [barcode.value for barcode in blocks.barcodes]
    assert len(result.figures) == sum(len(page.figures) for page in drawn)
    placed = {id(word) for page in drawn for word in words_of(page)}
    pairs = [pair for page in drawn for pair in page.pairs if any(id(word) in placed for word in pair.key)]
    assert [pair.confidence for pair in result.key_value_pairs] == [pair.confidence for pair in pairs]


def test_a_page_is_asked_for_when_the_one_before_it_is_written(monkeypatch):
    drawn = [PageBlocks([paragraph_of(text)]) for text in ("one", "two", "three")]
    left, waiting = [], list(drawn)
    add_page = TextWriter.add_page
    monkeypatch.setattr(TextWriter, "add_page", lambda self, page: (add_page(self, page), left.append(len(waiting))))
    one_by_one = (waiting.pop(0) for _ in drawn)
    result = build_from_pages(one_by_one, [], "m", ContentFormat.TEXT)
    assert left == [2, 1, 0]
    assert result.to_json() == build_result(ReadDocument(drawn), "m").to_json()


@given(st.text(max_size=80))
def test_verbatim_text_stays_verbatim(text):
    result = build_verbatim_result(text, "m")
    assert result.content == text
    assert [word.content for word in result.pages[0].words] == text.split()
    assert_spans_hold(result)


def test_rows_are_lines_with_tabs_between_cells():
    result = build_result(ReadDocument([PageBlocks([table_of([["a b", "c"], ["", "d"]])])]), "m")
    assert result.content == "a b\tc\nd"
    assert [cell.content for cell in result.tables[0].cells] == ["a b", "c", "", "d"]
    assert (result.tables[0].row_count, result.tables[0].column_count) == (2, 2)


def test_cells_of_several_lines_keep_their_lines():
    result = build_result(ReadDocument([PageBlocks([table_of([["a\nb", "c"], ["d", "e"]])])]), "m")
    assert result.content == "a\nb\nc\nd\te"
    assert result.tables[0].cells[0].content == "a\nb"


def test_spans_of_cells_and_kinds_are_written():
    cell = CellBlock(0, 0, [LineBox([WordBox("x")])], row_span=2, column_span=3, kind="columnHeader")
    table = build_result(ReadDocument([PageBlocks([TableBlock([cell])])]), "m").tables[0]
    assert (table.row_count, table.column_count) == (2, 3)
    assert (table.cells[0].row_span, table.cells[0].column_span, table.cells[0].kind) == (2, 3, "columnHeader")


def test_pages_are_separated_and_have_their_geometry():
    pages = [PageBlocks([paragraph_of("one")], 8.5, 11.0, "inch", 0.0), PageBlocks([paragraph_of("two")])]
    result = build_result(ReadDocument(pages), "m")
    assert result.content == "one\ntwo"
    assert (result.pages[0].width, result.pages[0].unit, result.pages[0].angle) == (8.5, "inch", 0.0)
    assert result.pages[1].unit is None


def test_a_paragraph_s_region_surrounds_its_lines():
    lines = [LineBox([WordBox("a")], (0, 0, 2, 0, 2, 1, 0, 1)), LineBox([WordBox("b")], (1, 1, 5, 1, 5, 2, 1, 2))]
    result = build_result(ReadDocument([PageBlocks([ParagraphBlock(lines, "title")])]), "m")
    assert result.paragraphs[0].role == "title"
    assert result.paragraphs[0].bounding_regions[0].polygon == (0, 0, 5, 0, 5, 2, 0, 2)


def test_a_blank_document_is_a_result_with_a_warning():
    result = build_result(ReadDocument([PageBlocks()]), "m")
    assert result.content == ""
    assert [warning.code for warning in result.warnings] == [builder.EMPTY_DOCUMENT]


def test_notices_become_warnings():
    document = ReadDocument([PageBlocks([paragraph_of("x")])], [Notice("code", "bad \ud800", "/pages/0")])
    warning = build_result(document, "m").warnings[0]
    assert (warning.code, warning.message, warning.target) == ("code", "bad \ufffd", "/pages/0")


def test_words_beyond_the_limit_are_counted_but_not_listed(monkeypatch):
    monkeypatch.setattr(builder, "MAX_PLAIN_WORDS", 3)
    result = build_verbatim_result("a b c d e", "m")
    assert result.content == "a b c d e"
    assert result.word_count == 3
    assert [warning.code for warning in result.warnings] == [builder.WORDS_OMITTED]


def test_lines_beyond_the_limit_are_in_the_content_only(monkeypatch):
    monkeypatch.setattr(builder, "MAX_PLAIN_WORDS", 3)
    result = build_verbatim_result("a\nb\n\nc\nd\n", "m")
    assert result.content == "a\nb\n\nc\nd\n"
    assert [line.content for line in result.pages[0].lines] == ["a", "b", "c"]
    assert [warning.code for warning in result.warnings] == [builder.WORDS_OMITTED, builder.LINES_OMITTED]
    assert "Of 4 lines the first 3" in result.warnings[1].message
