import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.ocr.local import builder
from docplatform.ocr.local.blocks import (
    CellBlock,
    LineBox,
    MarkBox,
    Notice,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    WordBox,
    paragraph_of,
    table_of,
)
from docplatform.ocr.local.builder import build_result, build_verbatim_result

_CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "documentintelligence-2024-11-30.derived.openapi.json"
_BOX = (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0)

_WORDS = st.builds(
    WordBox,
    text=st.text(max_size=6),
    polygon=st.sampled_from([None, _BOX]),
    confidence=st.floats(0, 1),
    before=st.sampled_from([" ", "", "\t"]),
)
_LINES = st.lists(st.builds(LineBox, st.lists(_WORDS, max_size=4), st.sampled_from([None, _BOX])), max_size=3)
_CELLS = st.builds(CellBlock, row=st.integers(0, 3), column=st.integers(0, 3), lines=_LINES)
_TABLES = st.lists(_CELLS, max_size=6).map(lambda cells: TableBlock(sorted(cells, key=lambda c: (c.row, c.column))))
_PARAGRAPHS = st.builds(ParagraphBlock, _LINES, st.sampled_from([None, "title"]))
_PAGES = st.builds(
    PageBlocks,
    blocks=st.lists(st.one_of(_PARAGRAPHS, _TABLES), max_size=4),
    marks=st.lists(st.builds(MarkBox, st.booleans(), st.just(_BOX)), max_size=2),
)


def _assert_spans_hold(result: AnalyzeResult) -> None:
    for page in result.pages:
        for word in page.words:
            assert result.text_of(word.span) == word.content
        for line in page.lines:
            assert result.text_of(*line.spans) == line.content
        for mark in page.selection_marks:
            assert result.text_of(mark.span) == f":{mark.state}:"
    for paragraph in result.paragraphs:
        assert result.text_of(*paragraph.spans) == paragraph.content
    for cell in (cell for table in result.tables for cell in table.cells):
        assert result.text_of(*cell.spans) == cell.content


@given(st.lists(_PAGES, max_size=3))
def test_no_word_is_lost_and_every_span_is_the_text_of_its_element(pages):
    result = build_result(ReadDocument(pages), "m")
    _assert_spans_hold(result)
    assert result.word_count == sum(1 for word in _words_of(pages) if word.text.strip())
    assert [page.page_number for page in result.pages] == list(range(1, len(pages) + 1))
    ends = [(page.spans[0].offset, page.spans[0].end) for page in result.pages if page.spans]
    assert all(first[1] <= second[0] for first, second in pairwise(ends))
    assert AnalyzeResult.from_json(result.to_json()) == result


def _words_of(pages: list[PageBlocks]) -> Iterator[WordBox]:
    for block in (block for page in pages for block in page.blocks):
        parts = [block.lines] if isinstance(block, ParagraphBlock) else [cell.lines for cell in block.cells]
        yield from (word for part in parts for line in part for word in line.words)


@given(st.text(max_size=80))
def test_verbatim_text_stays_verbatim(text):
    result = build_verbatim_result(text, "m")
    assert result.content == text
    assert [word.content for word in result.pages[0].words] == text.split()
    _assert_spans_hold(result)


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


@pytest.mark.skipif(not _CONTRACT.is_file(), reason="needs ../shared/contracts beside the checkout")
class TestContract:
    @staticmethod
    @cache
    def _validator() -> Draft202012Validator:
        contract = json.loads(_CONTRACT.read_text("utf-8"))
        return Draft202012Validator(
            {"$ref": "#/components/schemas/AnalyzeResult", "components": contract["components"]}
        )

    @given(st.lists(_PAGES, max_size=2))
    def test_what_is_built_fits_the_service_s_schema(self, pages):
        document = ReadDocument(pages, [Notice("code", "message")])
        raw = json.loads(build_result(document, "m").to_json())
        assert list(self._validator().iter_errors(raw)) == []

    @pytest.mark.parametrize(
        "damage",
        [
            {"content": 3},
            {"pages": [{"spans": []}]},
            {"pages": [{"pageNumber": 1, "spans": [{"offset": "x", "length": 1}]}]},
            {"tables": [{"rowCount": 1}]},
        ],
        ids=str,
    )
    def test_the_schema_refuses_what_is_wrong(self, damage):
        raw = json.loads(build_result(ReadDocument([PageBlocks([paragraph_of("x")])]), "m").to_json()) | damage
        assert list(self._validator().iter_errors(raw))
