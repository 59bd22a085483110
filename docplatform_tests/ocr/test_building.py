"""What the builder makes of marks, pairs, figures, headings and languages, and what it takes of the formats."""

import json
import random

import pytest

from docplatform.documents import media_types
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.blocks import (
    BarcodeBox,
    Block,
    CellBlock,
    FigureBlock,
    LineBox,
    MarkBox,
    PageBlocks,
    PairBlock,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    WordBox,
    paragraph_of,
    table_of,
)
from docplatform.ocr.local.builder import build_result
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.samples.options import SampleOptions
from docplatform.samples.render import WRITERS, render
from docplatform.samples.truth import Kind
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.documents.contract import needs_contract, violations
from docplatform_tests.ocr.drawing import pdf, picture, saved, text_page
from docplatform_tests.ocr.office_files import filled_workbook, presentation_file, word_file
from docplatform_tests.ocr.office_files import saved as saved_office
from docplatform_tests.ocr.page_blocks import assert_pointers_hold, assert_spans_hold, box
from docplatform_tests.ocr.reading import READER


def _line(text: str, top: float, left: float = 1.0) -> LineBox:
    words = [WordBox(word, box(left + number, top, 0.8, 0.2)) for number, word in enumerate(text.split())]
    return LineBox(words, box(left, top, len(words) - 0.2, 0.2))


def _built(*blocks: Block, **page: object) -> AnalyzeResult:
    result = build_result(ReadDocument([PageBlocks(blocks, **page)]), "m")  # type: ignore[arg-type]
    assert_spans_hold(result)
    assert_pointers_hold(result)
    return result


@pytest.mark.parametrize(
    ("left", "top", "content"),
    [
        (0.5, 3.0, ":selected: Yes or no"),
        (4.2, 3.0, "Yes or no :selected:"),
        (1.85, 3.0, "Yes :selected: or no"),
        (0.5, 3.08, ":selected: Yes or no"),
        (0.5, 3.3, "Yes or no\n:selected:"),
        (6.0, 3.0, "Yes or no\n:selected:"),
    ],
    ids=["before", "behind", "between", "a little lower", "below", "far behind"],
)
def test_a_mark_stands_where_it_is_in_its_line(left, top, content):
    result = _built(ParagraphBlock([_line("Yes or no", 3)]), marks=[MarkBox(True, box(left, top, 0.1, 0.2), 0.4)])
    assert result.content == content
    assert result.pages[0].selection_marks[0].confidence == 0.4


def test_marks_at_the_ends_belong_to_the_paragraph_and_not_to_the_line():
    marks = [MarkBox(True, box(0.5, 3, 0.1, 0.2)), MarkBox(False, box(1.85, 3, 0.1, 0.2))]
    result = _built(ParagraphBlock([_line("Yes no", 3)]), marks=marks)
    assert result.paragraphs[0].content == ":selected: Yes :unselected: no"
    assert result.pages[0].lines[0].content == "Yes :unselected: no"


def test_a_mark_in_a_turned_line_stands_where_one_reads_it():
    words = [WordBox("down", (5, 1, 5, 2, 4.8, 2, 4.8, 1)), WordBox("wards", (5, 2.2, 5, 3, 4.8, 3, 4.8, 2.2))]
    line = LineBox(words, (5, 1, 5, 3, 4.8, 3, 4.8, 1))
    assert _built(ParagraphBlock([line]), marks=[MarkBox(True, box(4.85, 2.05, 0.1, 0.1))]).content == (
        "down :selected: wards"
    )


def test_marks_go_to_the_cell_they_are_in():
    cells = [
        CellBlock(0, 0, [_line("63", 3)], polygon=box(0.8, 2.8, 1.2, 0.6)),
        CellBlock(0, 1, [], polygon=box(2, 2.8, 1, 0.6)),
        CellBlock(1, 0, [_line("two", 4), _line("lines", 4.3)], polygon=box(0.8, 3.9, 1.2, 0.7)),
        CellBlock(1, 1, [], polygon=box(2, 3.9, 1, 0.7)),
    ]
    marks = [MarkBox(True, box(2.1, 3, 0.2, 0.2)), MarkBox(False, box(2.1, 4, 0.2, 0.2))]
    result = _built(TableBlock(cells), marks=marks)
    assert result.content == "63\t:selected:\ntwo\nlines\n:unselected:"
    assert [cell.content for cell in result.tables[0].cells] == ["63", ":selected:", "two\nlines", ":unselected:"]
    assert [line.content for line in result.pages[0].lines] == ["63", "two", "lines"]


def test_a_mark_beside_a_line_of_its_cell_stands_in_it_though_another_line_is_nearer():
    cell = CellBlock(0, 0, [_line("inside", 3)], polygon=box(0, 2.8, 1.9, 0.6))
    mark = MarkBox(True, box(1.82, 3, 0.05, 0.2))
    assert _built(TableBlock([cell]), ParagraphBlock([_line("outside", 3, 1.9)]), marks=[mark]).content == (
        "inside :selected:\noutside"
    )


@pytest.mark.parametrize("polygon", [None, (1, 1, 1, 1, 1, 1, 1, 1), (1, 1, 2, 2)], ids=["none", "a point", "a line"])
def test_a_mark_is_in_no_line_without_a_shape(polygon):
    line = LineBox([WordBox("x")], polygon)
    assert _built(ParagraphBlock([line]), marks=[MarkBox(False, box(1, 1))]).content == "x\n:unselected:"


def test_halves_of_characters_are_replaced():
    assert _built(ParagraphBlock([LineBox([WordBox("\ud83d"), WordBox("a\udc00")])])).content == "\ufffd a\ufffd"


def test_barcodes_stand_at_the_end_of_the_page_s_content():
    barcode = BarcodeBox("EAN13", "4006381333931", box(5, 5), 0.9)
    page = _built(paragraph_of("x"), barcodes=[barcode, barcode]).pages[0]
    assert [found.span.offset for found in page.barcodes] == [2, 12]
    assert (page.barcodes[0].kind, page.barcodes[0].value, page.barcodes[0].polygon) == (
        "EAN13",
        barcode.value,
        box(5, 5),
    )


def test_pairs_have_one_span_where_their_words_follow_each_other_and_several_where_not():
    first, second, label = _line("Name of firm: ACME", 1), _line("City Bern", 2), _line("AG", 3)
    pairs = [
        PairBlock(first.words[:3], [first.words[3], label.words[0]], confidence=0.8),
        PairBlock(second.words[:1]),
        PairBlock([WordBox("elsewhere")], second.words),
    ]
    result = _built(*(ParagraphBlock([line]) for line in (first, second, label)), pairs=pairs)
    found, alone = result.key_value_pairs
    assert (found.key.content, found.key.bounding_regions[0].polygon) == ("Name of firm:", box(1, 1, 2.8, 0.2))
    assert found.value is not None
    assert (found.value.content, len(found.value.spans), found.confidence) == ("ACME AG", 2, 0.8)
    assert (alone.key.content, alone.value) == ("City", None)


def test_words_of_a_pair_on_following_lines_are_one_span():
    first, second = _line("Name", 1), _line("Ann Smith", 1.3)
    (pair,) = _built(ParagraphBlock([first, second]), pairs=[PairBlock(first.words, second.words[:1])]).key_value_pairs
    (joined,) = _built(
        ParagraphBlock([first, second]), pairs=[PairBlock([*first.words, *second.words])]
    ).key_value_pairs
    assert (pair.key.content, pair.value and pair.value.content) == ("Name", "Ann")
    assert joined.key.content == "Name\nAnn Smith"


def test_the_value_of_a_pair_can_be_a_mark():
    line, mark = _line("Yes", 3), MarkBox(False, box(0.5, 3, 0.2, 0.2))
    pairs = [PairBlock(line.words, mark=mark)]
    (pair,) = _built(ParagraphBlock([line]), marks=[mark], pairs=pairs).key_value_pairs
    assert pair.value is not None
    assert (pair.value.content, pair.value.bounding_regions[0].polygon) == (":unselected:", mark.polygon)


def test_tables_and_cells_have_regions_captions_and_paragraphs():
    caption = ParagraphBlock([_line("Table 1", 1)])
    cells = [
        CellBlock(0, 0, [_line("a", 2)]),
        CellBlock(0, 1, [_line("b", 2, 3)], polygon=box(2.8, 1.9)),
        CellBlock(0, 2, []),
    ]
    result = _built(caption, TableBlock(cells, box(0.5, 1.5, 6, 2), caption))
    (table,) = result.tables
    assert result.content == "Table 1\na\tb"
    assert [region.polygon for region in table.bounding_regions] == [box(0.5, 1.5, 6, 2), box(1, 1, 1.8, 0.2)]
    assert table.caption is not None
    assert (table.caption.content, table.caption.elements) == ("Table 1", ("/paragraphs/0",))
    assert [cell.elements for cell in table.cells] == [("/paragraphs/1",), ("/paragraphs/2",), ()]
    assert [cell.bounding_regions[0].polygon for cell in table.cells[:2]] == [box(1, 2, 0.8, 0.2), box(2.8, 1.9)]
    assert result.sections[0].elements == ("/tables/0",)


def test_a_table_without_a_region_has_that_of_its_cells():
    table = TableBlock([CellBlock(0, 0, [_line("a", 2)]), CellBlock(1, 0, [_line("b", 4)])])
    assert _built(table).tables[0].bounding_regions[0].polygon == box(1, 2, 0.8, 2.2)


def test_cells_without_geometry_beyond_the_limit_are_no_paragraphs(monkeypatch):
    monkeypatch.setattr("docplatform.ocr.local.builder.MAX_PLAIN_WORDS", 2)
    result = build_result(ReadDocument([PageBlocks([table_of([["a", "b", "c"]])])]), "m")
    assert [cell.elements for cell in result.tables[0].cells] == [("/paragraphs/0",), ("/paragraphs/1",), ()]


def test_figures_point_at_what_is_in_them_and_leave_the_text_as_it_is():
    caption = ParagraphBlock([_line("Figure 1", 8)])
    inside = ParagraphBlock([_line("inside", 5)])
    blocks = [ParagraphBlock([_line("before", 1)]), inside, caption, ParagraphBlock([_line("after", 9)])]
    figures = [FigureBlock(box(0, 4, 5, 2), caption), FigureBlock(box(0, 11, 1, 1))]
    result = _built(*blocks, figures=figures)
    assert result.content == "before\ninside\nFigure 1\nafter"
    first, second = result.figures
    assert (first.id, first.elements, len(first.spans)) == ("1.1", ("/paragraphs/1", "/paragraphs/2"), 2)
    assert [region.polygon for region in first.bounding_regions] == [box(0, 4, 5, 2), box(1, 8, 1.8, 0.2)]
    assert (second.id, second.elements, second.spans) == ("1.2", (), ())
    assert result.sections[0].elements == ("/paragraphs/0", "/figures/0", "/paragraphs/3", "/figures/1")


def test_sections_follow_the_headings():
    roles = [
        ("Report", "title"),
        ("header", "pageHeader"),
        ("1 One", "sectionHeading"),
        ("text", None),
        ("1.1 Deep", "sectionHeading"),
        ("deep", None),
        ("2 Two", "sectionHeading"),
        ("end", None),
    ]
    result = _built(*(paragraph_of(text, role) for text, role in roles))
    assert [section.elements for section in result.sections] == [
        ("/sections/1",),
        ("/paragraphs/0", "/sections/2", "/sections/4"),
        ("/paragraphs/2", "/paragraphs/3", "/sections/3"),
        ("/paragraphs/4", "/paragraphs/5"),
        ("/paragraphs/6", "/paragraphs/7"),
    ]
    assert [result.text_of(*section.spans) for section in result.sections] == [
        "Report 1 One\ntext\n1.1 Deep\ndeep\n2 Two\nend",
        "Report 1 One\ntext\n1.1 Deep\ndeep\n2 Two\nend",
        "1 One\ntext\n1.1 Deep\ndeep",
        "1.1 Deep\ndeep",
        "2 Two\nend",
    ]


def test_a_document_without_headings_is_one_section_and_one_without_elements_none():
    assert [section.elements for section in _built(paragraph_of("a"), paragraph_of("b")).sections] == [
        ("/paragraphs/0", "/paragraphs/1")
    ]
    assert _built().sections == ()
    assert _built(paragraph_of("1", "pageNumber")).sections == ()


_ENGLISH = "The agreement is governed by the laws of the state in which the company has its registered office."
_GERMAN = "Der Vertrag untersteht dem Recht des Landes, in welchem die Gesellschaft ihren eingetragenen Sitz hat."


@pytest.mark.parametrize(
    ("texts", "languages"),
    [
        ([_ENGLISH, _ENGLISH], {"en": [f"{_ENGLISH}\n{_ENGLISH}"]}),
        ([_ENGLISH, _ENGLISH, _ENGLISH], {"en": [f"{_ENGLISH}\n{_ENGLISH}\n{_ENGLISH}"]}),
        ([_ENGLISH, _GERMAN, "kurz", _ENGLISH], {"en": [_ENGLISH, _ENGLISH], "de": [f"{_GERMAN}\nkurz"]}),
        (["1234567890", "1234567890"], {}),
        (["A short one"], {}),
    ],
    ids=["one", "one, three times", "two", "none", "too short"],
)
def test_languages_are_told_per_document_and_per_paragraph_where_they_differ(texts, languages):
    result = _built(*(paragraph_of(text) for text in texts))
    found = {item.locale: [result.text_of(span) for span in item.spans] for item in result.languages}
    assert found == languages
    assert all(0.5 < item.confidence <= 1 for item in result.languages)


_FORMATS = {
    media_types.PDF: lambda: pdf(text_page("Invoice 4711", "Total 12.50"), text_page("second")),
    media_types.PNG: lambda: saved(picture(), "PNG"),
    media_types.DOCX: word_file,
    media_types.XLSX: lambda: saved_office(filled_workbook()),
    media_types.PPTX: presentation_file,
    media_types.HTML: lambda: b"<h1>T</h1><p>a</p><table><tr><th>b</th></tr><tr><td>c</td></tr></table>",
    media_types.EML: lambda: b"From: a@example.org\r\nSubject: s\r\nContent-Type: text/plain\r\n\r\nHello there\r\n",
    media_types.RTF: lambda: rb"{\rtf1 Hello {\b bold} world\par}",
    media_types.TXT: lambda: "one\r\n\r\ntwo 😀".encode(),
    media_types.CSV: lambda: b"a,b\n1,2\n",
    media_types.MARKDOWN: lambda: b"# T\n\n- a\n",
    media_types.JSON: lambda: b'{"a": [1]}',
    media_types.XML: lambda: b"<a><b>c</b></a>",
}


@needs_contract
@pytest.mark.parametrize("content_format", ["text", "markdown"])
@pytest.mark.parametrize("media_type", _FORMATS, ids=lambda media_type: media_type.extension)
def test_what_is_read_of_every_format_fits_the_service_s_schema(media_type, content_format):
    reader = READER
    if content_format == "markdown":
        reader = LocalDocumentReader(ReadingSettings(workers=0, content_format="markdown"), LimitSettings())
    _assert_fits(reader.read(DocumentSource("key", _FORMATS[media_type](), media_type.mime)))


def _assert_fits(result: AnalyzeResult) -> None:
    assert violations(json.loads(result.to_json())) == []
    assert result.word_count
    assert_spans_hold(result)
    assert_pointers_hold(result)


@needs_contract
@pytest.mark.parametrize(
    ("kind", "style"),
    [
        *((kind, style) for kind in Kind for style in ("pdf", "docx", "html", "txt")),
        *((Kind.INVOICE, style) for style in ("xlsx", "csv", "png")),  # the others have no table, and scans are alike
    ],
)
def test_what_is_read_of_the_generated_documents_fits_the_service_s_schema(kind, style):
    options = SampleOptions()
    draft = WRITERS[kind](random.Random(7), False, options)  # noqa: S311 - no secret
    made = render(draft, style, random.Random(8), options)  # noqa: S311
    sniffed = media_types.sniff(made.data, f"x.{made.extension}")
    _assert_fits(READER.read(DocumentSource("key", made.data, sniffed.mime)))
