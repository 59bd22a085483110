import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt

from docplatform.documents import media_types
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.vocabulary import ContentFormat
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.blocks import (
    BarcodeBox,
    CellBlock,
    FigureBlock,
    LineBox,
    MarkBox,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    WordBox,
    lines_of,
    paragraph_of,
)
from docplatform.ocr.local.builder import build_result
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.ocr.page_blocks import assert_spans_hold, box

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _markdown(*pages: PageBlocks) -> AnalyzeResult:
    result = build_result(ReadDocument(pages), "m", ContentFormat.MARKDOWN)
    assert_spans_hold(result)
    return result


def _content(*blocks: ParagraphBlock | TableBlock, **page: object) -> str:
    return _markdown(PageBlocks(blocks, **page)).content  # type: ignore[arg-type]


def _line(text: str, top: float, left: float = 1.0) -> LineBox:
    words = [WordBox(word, box(left + number, top, 0.8, 0.2)) for number, word in enumerate(text.split())]
    return LineBox(words, box(left, top, len(words) - 0.2, 0.2))


_SIGNS = "ab1#*_-+=~|`<>&\"'()[].!\\:$é漢"
_SIGN_WORDS = st.builds(WordBox, st.text(_SIGNS, min_size=1, max_size=4), before=st.sampled_from([" ", ""]))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(_SIGN_WORDS, min_size=1, max_size=4), min_size=1, max_size=3))
def test_words_mean_themselves_whatever_signs_they_have(drawn):
    tokens = _PARSER.parse(_content(ParagraphBlock([LineBox(words) for words in drawn])))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {token.type for token in tokens[1].children or ()} <= {"text", "text_special", "softbreak"}
    read = "".join("\n" if token.type == "softbreak" else token.content for token in tokens[1].children or ())
    lines = [
        "".join((word.before if number else "") + word.text for number, word in enumerate(words)) for words in drawn
    ]
    assert read == "\n".join(lines)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(_SIGN_WORDS, min_size=1, max_size=4), st.sampled_from(["pageHeader", "title", "sectionHeading", "cell"])
)
def test_words_mean_themselves_in_every_markup(words, role):
    text = "".join((word.before if number else "") + word.text for number, word in enumerate(words))
    lines = [LineBox(words)]
    if role == "cell":
        (cell,) = html.fromstring(_PARSER.render(_content(TableBlock([CellBlock(0, 0, lines)])))).iter("td")
        assert cell.text == text
    elif role == "pageHeader":
        content = _content(ParagraphBlock(lines, role))
        (comment,) = html.fragment_fromstring(f"<div>{_PARSER.render(content)}</div>")
        assert html.fromstring(f"<p>{comment.text}</p>").text == f' PageHeader="{text}" '
    else:
        opening, inline, _ = _PARSER.parse(_content(ParagraphBlock(lines, role)))
        assert opening.type == "heading_open"
        assert "".join(token.content for token in inline.children or ()) == text


def test_words_hold_what_stands_in_the_content():
    (page,) = _markdown(PageBlocks([paragraph_of("1. a_b _c_ *x* <y> #", "title")])).pages
    assert [word.content for word in page.words] == ["1\\.", "a_b", "\\_c\\_", "\\*x\\*", "&lt;y&gt;", "\\#"]


def test_a_number_and_its_full_stop_that_are_two_words_are_no_list():
    words = [WordBox("12"), WordBox(".", before=""), WordBox("May")]
    assert _content(ParagraphBlock([LineBox(words)])) == "12\\. May"


def test_marks_stand_in_their_cell():
    cells = [CellBlock(0, 0, [_line("a", 1)]), CellBlock(0, 1, [], polygon=box(3, 0, 2, 2))]
    result = _markdown(PageBlocks([TableBlock(cells)], marks=[MarkBox(True, box(3.5, 1, 0.2, 0.2))]))
    assert [cell.content for cell in result.tables[0].cells] == ["a", "☒"]


def test_paragraphs_are_parted_and_keep_their_lines():
    assert _content(paragraph_of("one\ntwo"), paragraph_of("three")) == "one\ntwo\n\nthree"


@pytest.mark.parametrize(
    ("text", "role", "heading"),
    [
        ("Report", "title", "# Report"),
        ("Two\nlines", "title", "# Two lines"),
        ("Scope", "sectionHeading", "## Scope"),
        ("2 Scope", "sectionHeading", "## 2 Scope"),
        ("2.1 Scope", "sectionHeading", "### 2.1 Scope"),
        ("1.2.3.4.5.6.7 Deep", "sectionHeading", "###### 1.2.3.4.5.6.7 Deep"),
        ("2024 Report", "sectionHeading", "## 2024 Report"),
    ],
)
def test_headings_have_a_level(text, role, heading):
    result = _markdown(PageBlocks([paragraph_of("before"), paragraph_of(text, role), paragraph_of("after")]))
    assert result.content == f"before\n\n\n{heading}\n\nafter"
    assert result.paragraphs[1].content == heading
    assert result.paragraphs[1].role == role


def test_what_belongs_to_the_page_is_in_comments_and_pages_are_parted():
    first = PageBlocks(
        [
            paragraph_of("ACME\nAG", "pageHeader"),
            paragraph_of("text"),
            paragraph_of('the "end"', "pageFooter"),
            paragraph_of("1", "pageNumber"),
        ]
    )
    result = _markdown(first, PageBlocks([paragraph_of("more")]))
    assert result.content == (
        '<!-- PageHeader="ACME AG" -->\n\ntext\n\n'
        '<!-- PageFooter="the &quot;end&quot;" -->\n<!-- PageNumber="1" -->\n'
        "<!-- PageBreak -->\n\nmore"
    )
    assert [result.text_of(*page.spans) for page in result.pages][1] == "more"
    assert [line.content for line in result.pages[0].lines][:2] == ['<!-- PageHeader="ACME', 'AG" -->']


def test_tables_keep_their_spans_headers_captions_and_columns():
    caption = paragraph_of("Prices & more")
    cells = [
        CellBlock(0, 0, lines_of("Item"), kind="columnHeader", column_span=2),
        CellBlock(0, 3, lines_of("Price"), kind="columnHeader"),
        CellBlock(1, 0, lines_of("A & B"), row_span=3),
        CellBlock(1, 1, lines_of("two\nlines")),
        CellBlock(1, 3, []),
        CellBlock(3, 3, lines_of("last")),
    ]
    result = _markdown(PageBlocks([caption, TableBlock(cells, caption=caption), paragraph_of("after")]))
    assert result.content == (
        "<table>\n<caption>Prices &amp; more</caption>\n"
        '<tr>\n<th colspan="2">Item</th>\n<td></td>\n<th>Price</th>\n</tr>\n'
        '<tr>\n<td rowspan="3">A &amp; B</td>\n<td>two\nlines</td>\n<td></td>\n<td></td>\n</tr>\n'
        "<tr>\n</tr>\n"
        "<tr>\n<td></td>\n<td></td>\n<td>last</td>\n</tr>\n"
        "</table>\n\nafter"
    )
    (table,) = result.tables
    assert [cell.content for cell in table.cells] == ["Item", "Price", "A &amp; B", "two\nlines", "", "last"]
    assert table.caption is not None
    assert table.caption.content == "Prices &amp; more"
    assert result.text_of(*table.spans).startswith("<table>")


def test_figures_take_their_caption_and_text_along():
    caption = ParagraphBlock([_line("Figure 1", 8)])
    blocks = [
        ParagraphBlock([_line("before", 1)]),
        ParagraphBlock([_line("inside", 5)]),
        ParagraphBlock([_line("after", 7)]),
        caption,
    ]
    result = _markdown(PageBlocks(blocks, figures=[FigureBlock(box(0, 4, 5, 2), caption)]))
    figure = "<figure>\n<figcaption>Figure 1</figcaption>\n\ninside\n\n</figure>"
    assert result.content == f"before\n\n{figure}\n\nafter"
    assert result.text_of(*result.figures[0].spans) == figure
    assert (result.figures[0].id, result.figures[0].elements) == ("1.1", ("/paragraphs/1", "/paragraphs/2"))


def test_a_figure_without_text_stands_before_what_is_below_it():
    blocks = [ParagraphBlock([_line("above", 1)]), ParagraphBlock([_line("below", 7)])]
    figures = [FigureBlock(box(0, 4, 5, 2)), FigureBlock(box(0, 9, 5, 2))]
    result = _markdown(PageBlocks(blocks, figures=figures))
    assert result.content == "above\n\n<figure>\n\n</figure>\n\nbelow\n\n<figure>\n\n</figure>"
    assert result.sections[0].elements == ("/paragraphs/0", "/figures/0", "/paragraphs/1", "/figures/1")


def test_marks_are_boxes_in_their_line_and_barcodes_are_pictures():
    line = _line("Yes please", 3)
    marks = [MarkBox(True, box(0.5, 3, 0.2, 0.2)), MarkBox(False, box(8, 9, 0.2, 0.2))]
    barcode = BarcodeBox("QRCode", 'a"b\\c', box(6, 6))
    result = _markdown(PageBlocks([ParagraphBlock([line])], marks=marks, barcodes=[barcode]))
    assert result.content == '☒ Yes please\n\n☐\n![QRCode](barcodes/1.1 "a&quot;b\\\\c")'
    assert [mark.state for mark in result.pages[0].selection_marks] == ["selected", "unselected"]
    (image,) = [
        child for token in _PARSER.parse(result.content) for child in token.children or () if child.tag == "img"
    ]
    assert image.attrs["title"] == barcode.value


def test_blank_pages_have_no_content():
    result = _markdown(PageBlocks(), PageBlocks())
    assert result.content == ""
    assert [warning.code for warning in result.warnings] == ["emptyDocument"]


def test_blank_pages_between_others_are_parted_too():
    result = _markdown(PageBlocks(), PageBlocks([paragraph_of("x")]), PageBlocks())
    assert result.content == "<!-- PageBreak -->\n\nx\n<!-- PageBreak -->\n\n"


@pytest.mark.parametrize(
    ("text", "media_type", "content"),
    [
        ("# A *b*\r\n", media_types.MARKDOWN, "# A *b*\r\n"),
        ("one *\ntwo\n\n \n- three\n", media_types.TXT, "one \\*\ntwo\n\n\\- three"),
        ("a,b\n1,2\n", media_types.CSV, "```csv\na,b\n1,2\n```"),
        ('{"a": "```"}', media_types.JSON, '````json\n{"a": "```"}\n````'),
        ("<a>b</a>", media_types.XML, "```xml\n<a>b</a>\n```"),
        ("<h1>A</h1><p>b &amp; c</p>", media_types.HTML, None),
    ],
    ids=lambda value: getattr(value, "extension", ""),
)
def test_text_formats_as_markdown(text, media_type, content):
    reader = LocalDocumentReader(ReadingSettings(workers=0, content_format="markdown"), LimitSettings())
    result = reader.read(DocumentSource("key", text.encode(), media_type.mime))
    assert result.content_format == "markdown"
    assert result.content == content or (content is None and "b &amp; c" in result.content)
    assert_spans_hold(result)
