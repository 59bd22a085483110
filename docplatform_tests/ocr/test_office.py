"""docx, xlsx, pptx, generated with the libraries that make them, and what those can't make by hand."""

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta

import docx
import openpyxl
import pptx
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.ocr.reading import lines, warnings
from docplatform_tests.ocr.reading import read as _read


def _saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _rewritten(data: bytes, name: str, pattern: str, replacement: str) -> bytes:
    """The package with one part edited; the pattern must occur."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            part = source.read(info)
            if info.filename == name:
                text, count = re.subn(pattern, replacement, part.decode(), count=1)
                assert count == 1
                part = text.encode()
            target.writestr(info.filename, part)
    return buffer.getvalue()


def _document() -> bytes:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "The header"
    document.sections[0].footer.paragraphs[0].text = "The footer"
    document.add_heading("A heading", 1)
    document.add_paragraph("Body\ttext").add_run(" goes on")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(1, 0).text = "x"
    table.cell(1, 1).text = "y"
    document.add_comment(document.paragraphs[1].runs, text="A comment", author="me")
    document.add_paragraph("MARK")
    return _saved(document)


class TestDocx:
    def test_headers_body_tables_comments_and_footers_in_order(self):
        result = _read(_document(), media_types.DOCX)
        assert [line.content for line in result.pages[0].lines] == [
            *("The header", "A heading", "Body text goes on", "wide", "x\ty", "MARK", "A comment", "The footer")
        ]
        assert result.tables[0].cells[0].column_span == 2
        roles = {paragraph.content: paragraph.role for paragraph in result.paragraphs}
        assert roles["The header"] == "pageHeader"
        assert roles["A heading"] == "sectionHeading"
        assert roles["The footer"] == "pageFooter"

    @pytest.mark.parametrize(
        ("markup", "expected"),
        [
            (
                "<w:ins><w:r><w:t>inserted</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>",
                "inserted",
            ),
            ("<w:sdt><w:sdtContent><w:r><w:t>controlled</w:t></w:r></w:sdtContent></w:sdt>", "controlled"),
            ("<w:hyperlink><w:r><w:t>linked</w:t></w:r></w:hyperlink>", "linked"),
            ("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t></w:r>", "a-b"),
            (
                '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
                "<mc:Choice><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
                "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
                "</mc:AlternateContent></w:r>",
                "boxed",
            ),
            (
                '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r><w:r><w:t xml:space="preserve"> ok</w:t></w:r>',
                "☑ ok",
            ),
            ('<w:r><w:sym w:font="Symbol" w:char="F0FE"/><w:t>bare</w:t></w:r>', "bare"),
            ('<w:r><w:sym w:font="Arial" w:char="00E9"/><w:t>t</w:t></w:r>', "ét"),
            (
                '<w:r>{field}<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>{end}<w:t>yes</w:t></w:r>',
                "☒yes",
            ),
            (
                '<w:r>{field}<w:checkBox><w:default w:val="0"/></w:checkBox>{end}<w:t>no</w:t></w:r>',
                "☐no",
            ),
            (
                '<w:r>{field}<w:ddList><w:result w:val="1"/><w:listEntry w:val="Bern"/>'
                '<w:listEntry w:val="Basel"/></w:ddList>{end}</w:r>',
                "Basel",
            ),
            (
                '<w:r>{field}<w:ddList><w:listEntry w:val="Bern"/></w:ddList>{end}</w:r>',
                "Bern",
            ),
            ("<w:r>{field}<w:ddList/>{end}<w:t>empty list</w:t></w:r>", "empty list"),
            ('<w:r><w:pict><v:textpath xmlns:v="urn:schemas-microsoft-com:vml" string="art"/></w:pict></w:r>', "art"),
        ],
    )
    def test_what_stands_in_special_markup_is_read_once(self, markup, expected):
        markup = markup.replace("{field}", "<w:fldChar><w:ffData>").replace("{end}", "</w:ffData></w:fldChar>")
        data = _rewritten(_document(), "word/document.xml", r"<w:r><w:t>MARK</w:t></w:r>", markup)
        lines = [line.content for line in _read(data, media_types.DOCX).pages[0].lines]
        assert lines.count(expected) == 1
        assert "gone" not in lines

    def test_titles_and_alternates_between_paragraphs_are_read(self):
        alternate = (
            '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice>'
            "<w:p><w:r><w:t>chosen</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p/></mc:Fallback></mc:AlternateContent>"
        )
        document = docx.Document()
        document.add_heading("The title", 0)
        result = _read(
            _rewritten(_saved(document), "word/document.xml", "</w:p>", f"</w:p>{alternate}"), media_types.DOCX
        )
        assert [(paragraph.content, paragraph.role) for paragraph in result.paragraphs] == [
            *(("The title", "title"), ("chosen", None))
        ]

    def test_cells_merged_downwards_are_one_cell(self):
        document = docx.Document()
        table = document.add_table(rows=3, cols=2)
        table.cell(0, 0).merge(table.cell(2, 0)).text = "tall"
        table.cell(2, 1).text = "last"
        cells = _read(_saved(document), media_types.DOCX).tables[0].cells
        assert cells[0].row_span == 3
        assert cells[0].content == "tall"

    def test_strict_markup_reads_like_transitional(self):
        data = _document()
        strict = (
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
        assert "Body text goes on" in _read(_rewritten(data, "word/document.xml", *strict), media_types.DOCX).content

    def test_a_blank_document_is_blank(self):
        assert _read(_saved(docx.Document()), media_types.DOCX).warnings[0].code == "emptyDocument"


def _workbook() -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Numbers"
    for row, values in enumerate([["item", "price"], ["pen", 1.5], ["ink", 2]], start=3):
        for column, value in enumerate(values, start=2):
            sheet.cell(row, column, value)
    sheet["B3"].comment = Comment("Mind this", "me")
    sheet.oddHeader.center.text = "Printed head"
    chart = BarChart()
    chart.title = "Chart title"
    chart.add_data(Reference(sheet, min_col=3, min_row=3, max_row=5), titles_from_data=True)
    sheet.add_chart(chart, "E1")
    hidden = workbook.create_sheet("Secret")
    hidden["A1"] = "hidden text"
    hidden.sheet_state = "hidden"
    return workbook


class TestXlsx:
    def test_sheets_cells_comments_charts_and_headers(self):
        result = _read(_saved(_workbook()), media_types.XLSX)
        assert [page.page_number for page in result.pages] == [1, 2]
        lines = [line.content for line in result.pages[0].lines]
        assert lines[:4] == ["Numbers", "item\tprice", "pen\t1.5", "ink\t2"]
        assert {"Mind this", "Chart title", "Printed head"} <= set(lines)
        assert "hidden text" in result.content
        first = result.tables[0].cells[0]
        assert (first.row_index, first.column_index, first.content) == (0, 0, "item")

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (True, "TRUE"),
            (0.1 + 0.2, "0.3"),
            (1_000_000, "1000000"),
            (date(2026, 11, 20), "2026-11-20"),
            (datetime(2026, 11, 20, 8, 30), "2026-11-20 08:30:00"),  # noqa: DTZ001 - sheets know no time zones
            (time(8, 30), "08:30:00"),
            (timedelta(hours=30), "1 day, 6:00:00"),
            ("two\nlines", "two\nlines"),
        ],
    )
    def test_values_are_shown_plainly(self, value, shown):
        workbook = openpyxl.Workbook()
        workbook.active["A1"] = value
        assert _read(_saved(workbook), media_types.XLSX).tables[0].cells[0].content == shown

    def test_formulas_show_their_value_or_else_themselves(self):
        workbook = openpyxl.Workbook()
        workbook.active["A1"] = "=1+1"
        workbook.active["A2"] = "=2+2"
        data = _rewritten(
            _saved(workbook), "xl/worksheets/sheet1.xml", r"<f>1\+1</f><v ?/?>(</v>)?", "<f>1+1</f><v>2</v>"
        )
        assert [cell.content for cell in _read(data, media_types.XLSX).tables[0].cells] == ["2", "=2+2"]

    def test_far_away_empty_cells_cost_nothing(self):
        workbook = openpyxl.Workbook()
        workbook.active["A1"] = "near"
        workbook.active.cell(50_000, 300).number_format = "0.00"
        assert _read(_saved(workbook), media_types.XLSX).content == "Sheet\nnear"


def _presentation() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "The title"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "grouped"
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    for place, text in enumerate("abcd"):
        table.cell(place // 2, place % 2).text = text
    data = CategoryChartData()
    data.categories = ["East", "West"]
    data.add_series("Sales", (1.5, 2.5))
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(2), Inches(2), data)
    slide.notes_slide.notes_text_frame.text = "Say this"
    presentation.slides.add_slide(presentation.slide_layouts[6])
    return _saved(presentation)


class TestPptx:
    def test_titles_groups_tables_charts_and_notes(self):
        result = _read(_presentation(), media_types.PPTX)
        assert len(result.pages) == 2
        lines = [line.content for line in result.pages[0].lines]
        assert lines[0] == "The title"
        assert {"grouped", "a\tb", "c\td", "East\t1.5", "West\t2.5", "Sales", "Say this"} <= set(lines)
        assert result.paragraphs[0].role == "title"
        assert len(result.tables) == 2

    def test_too_many_slides_are_refused(self):
        with pytest.raises(PermanentError) as caught:
            _read(_presentation(), media_types.PPTX, max_pages=1)
        assert caught.value.reason is ReasonCode.TOO_MANY_PAGES


_KINDS = [
    (media_types.DOCX, _document, "word/document.xml"),
    (media_types.XLSX, lambda: _saved(_workbook()), "xl/workbook.xml"),
    (media_types.PPTX, _presentation, "ppt/presentation.xml"),
]


@pytest.mark.parametrize(("media_type", "make", "main"), _KINDS, ids=lambda value: getattr(value, "extension", ""))
class TestEveryOfficeKind:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
    def test_a_truncated_file_is_corrupt(self, media_type, make, main, share):
        data = make()
        with pytest.raises(PermanentError) as caught:
            _read(data[: int(len(data) * share)], media_type)
        assert caught.value.reason is ReasonCode.CORRUPT

    def test_malformed_markup_is_corrupt(self, media_type, make, main):
        with pytest.raises(PermanentError) as caught:
            _read(_rewritten(make(), main, r"</[a-z]+:?[A-Za-z]+>\s*$", ""), media_type)
        assert caught.value.reason is ReasonCode.CORRUPT

    def test_more_than_the_archive_limits_is_a_bomb(self, media_type, make, main):
        with pytest.raises(PermanentError) as caught:
            _read(make(), media_type, max_archive_bytes=1_000)
        assert caught.value.reason is ReasonCode.BOMB

    def test_a_ratio_beyond_the_limit_is_a_bomb(self, media_type, make, main):
        buffer = io.BytesIO(make())
        with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(2**25))
        with pytest.raises(PermanentError) as caught:
            _read(buffer.getvalue(), media_type)
        assert caught.value.reason is ReasonCode.BOMB


_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NOTE = (
    '<w:{0}s xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:{0} w:type="separator"><w:p><w:r><w:t>line</w:t></w:r></w:p></w:{0}>'
    "<w:{0}><w:p><w:r><w:t>a {0}</w:t></w:r></w:p></w:{0}></w:{0}s>"
)
_CHART = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>a chart</a:t></a:r></a:p>'
    '<c:ser><c:val><c:numCache><c:pt idx="0"><c:v>42</c:v></c:pt></c:numCache></c:val></c:ser></c:chartSpace>'
)
_DIAGRAM = (
    '<d xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>a diagram</a:t></a:r></a:p></d>'
)


def _with_part(data: bytes, rels: str, kind: str, target: str, content: str | bytes) -> bytes:
    """The package with one more part that another refers to."""
    relationship = f'<Relationship Id="rIdX" Type="{_REL}/{kind}" Target="{target}"/></Relationships>'
    buffer = io.BytesIO(_rewritten(data, rels, "</Relationships>", relationship))
    with zipfile.ZipFile(buffer, "a") as archive:
        folder = rels.split("/_rels/")[0]
        archive.writestr(f"{folder}/{target}", content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "target", "content", "expected"),
    [
        ("footnotes", "footnotes.xml", _NOTE.format("footnote"), "a footnote"),
        ("endnotes", "endnotes.xml", _NOTE.format("endnote"), "a endnote"),
        ("chart", "charts/chart1.xml", _CHART, "a chart"),
        ("diagramData", "diagrams/data1.xml", _DIAGRAM, "a diagram"),
        ("aFChunk", "chunk.html", "<p>a chunk</p>", "a chunk"),
        ("aFChunk", "chunk.txt", "a < b", "a < b"),
    ],
)
def test_parts_of_a_word_file_besides_its_body_are_read(kind, target, content, expected):
    data = _with_part(_saved(docx.Document()), "word/_rels/document.xml.rels", kind, target, content)
    lines = [line.content for line in _read(data, media_types.DOCX).pages[0].lines]
    assert expected in lines
    assert "line" not in lines


def test_cells_merged_downwards_that_hold_text_keep_it():
    document = docx.Document()
    table = document.add_table(rows=2, cols=1)
    table.cell(0, 0).text = "upper"
    table.cell(1, 0).text = "lower"
    merge = "<w:tcPr><w:vMerge/>"
    data = _saved(document)
    for _ in range(2):
        data = _rewritten(data, "word/document.xml", "<w:tcPr>(?!<w:vMerge)", merge)
    assert _read(data, media_types.DOCX).content == "upper\nlower"


@pytest.mark.parametrize(
    ("kind", "target"), [("aFChunk", "chunk.rtf"), ("package", "embeddings/a.xlsx"), ("oleObject", "embeddings/o.bin")]
)
def test_files_within_a_word_file_that_arent_read_are_told(kind, target):
    data = _with_part(_document(), "word/_rels/document.xml.rels", kind, target, "x")
    result = _read(data, media_types.DOCX)
    assert warnings(result) == ["embeddedFiles"]
    assert target in result.warnings[0].message


def test_files_within_slides_and_sheets_are_told():
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    for data, rels, media_type in (
        (_saved(presentation), "ppt/slides/_rels/slide1.xml.rels", media_types.PPTX),
        (_saved(_workbook()), "xl/worksheets/_rels/sheet1.xml.rels", media_types.XLSX),
    ):
        result = _read(_with_part(data, rels, "oleObject", "embeddings/o.bin", "x"), media_type)
        assert "embeddedFiles" in warnings(result)


def test_damage_in_a_merged_part_is_told():
    part = ("é" * 9).encode() + b"\xff"
    data = _with_part(_document(), "word/_rels/document.xml.rels", "aFChunk", "chunk.txt", part)
    assert warnings(_read(data, media_types.DOCX)) == ["undecodableCharacters"]


def test_tables_in_cells_are_read_in_their_cell():
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "outer"
    outer.cell(0, 1).add_table(rows=1, cols=2).cell(0, 1).text = "inner"
    result = _read(_saved(document), media_types.DOCX)
    assert [cell.content for cell in result.tables[0].cells] == ["outer", "inner"]


@pytest.mark.parametrize(
    ("part", "kind", "content", "expected"),
    [
        ("comments/comment1.xml", "comments", '<x xmlns:p="{p}"><p:text>old comment</p:text></x>', "old comment"),
        ("comments/modern.xml", "comments", '<x xmlns:a="{a}"><a:p><a:r><a:t>new</a:t></a:r></a:p></x>', "new"),
    ],
)
def test_comments_on_slides_are_read(part, kind, content, expected):
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    markup = content.format(
        p="http://schemas.openxmlformats.org/presentationml/2006/main",
        a="http://schemas.openxmlformats.org/drawingml/2006/main",
    )
    data = _with_part(_saved(presentation), "ppt/slides/_rels/slide1.xml.rels", kind, part, markup)
    assert _read(data, media_types.PPTX).content == expected


def test_diagrams_and_alternates_on_slides_are_read():
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    data = _with_part(
        _saved(presentation), "ppt/slides/_rels/slide1.xml.rels", "diagramData", "diagrams/data1.xml", _DIAGRAM
    )
    frame = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice>'
        f'<p:graphicFrame><dgm:relIds xmlns:dgm="x" xmlns:r="{_REL}" r:dm="rIdX"/></p:graphicFrame>'
        "</mc:Choice><mc:Fallback/></mc:AlternateContent></p:spTree>"
    )
    data = _rewritten(data, "ppt/slides/slide1.xml", "</p:spTree>", frame)
    assert _read(data, media_types.PPTX).content == "a diagram"


def test_slides_without_a_part_and_fields_of_the_master_are_passed_over():
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "kept"
    number = (
        '<p:sp><p:nvSpPr><p:cNvPr id="9" name="n"/><p:cNvSpPr/><p:nvPr><p:ph type="sldNum"/></p:nvPr></p:nvSpPr>'
        "<p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>17</a:t></a:r></a:p></p:txBody></p:sp></p:spTree>"
    )
    data = _rewritten(_saved(presentation), "ppt/slides/slide1.xml", "</p:spTree>", number)
    listed = '<p:sldIdLst><p:sldId id="999" r:id="rIdMissing"/>'
    result = _read(_rewritten(data, "ppt/presentation.xml", "<p:sldIdLst>", listed), media_types.PPTX)
    assert [page.lines for page in result.pages[:1]] == [()]
    assert lines(result, 1) == ["kept"]


def test_cells_of_a_slide_merged_away_are_left_out():
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    table.cell(0, 0).merge(table.cell(0, 1))
    for place, text in ((table.cell(0, 0), "wide"), (table.cell(1, 0), "x"), (table.cell(1, 1), "y")):
        place.text = text
    cells = _read(_saved(presentation), media_types.PPTX).tables[0].cells
    assert [(cell.content, cell.column_span or 1) for cell in cells] == [("wide", 2), ("x", 1), ("y", 1)]


def test_a_series_with_few_points_of_many_costs_only_those():
    points = "".join(
        f'<c:ser><c:val><c:numCache><c:pt idx="{number}"><c:v>{number}</c:v></c:pt></c:numCache></c:val></c:ser>'
        for number in range(300)
    )
    chart = _CHART.replace("</c:chartSpace>", points + "</c:chartSpace>")
    data = _with_part(_saved(docx.Document()), "word/_rels/document.xml.rels", "chart", "charts/chart1.xml", chart)
    table = _read(data, media_types.DOCX).tables[0]
    assert (table.row_count, table.column_count) == (301, 302)
    assert [cell.content for cell in table.cells if cell.row_index == 300] == ["299"]
    assert len(table.cells) == 302 + 301


def test_a_chart_without_data_has_its_texts():
    chart = re.sub("<c:ser>.*</c:ser>", "<c:ser/>", _CHART)
    data = _with_part(_saved(docx.Document()), "word/_rels/document.xml.rels", "chart", "charts/chart1.xml", chart)
    result = _read(data, media_types.DOCX)
    assert (result.content, result.tables) == ("a chart", ())


def test_diagrams_on_sheets_are_read():
    data = _with_part(
        _saved(_workbook()), "xl/drawings/_rels/drawing1.xml.rels", "diagramData", "diagrams/data1.xml", _DIAGRAM
    )
    assert "a diagram" in _read(data, media_types.XLSX).content


def test_a_sheet_that_refers_to_parts_that_are_missing_is_read():
    data = _saved(_workbook())
    for kind in ("drawing", "comments"):
        reference = f'<Relationship Id="rId{kind}" Type="{_REL}/{kind}" Target="gone.xml"/></Relationships>'
        data = _rewritten(data, "xl/worksheets/_rels/sheet1.xml.rels", "</Relationships>", reference)
    data = _with_part(data, "xl/drawings/_rels/drawing1.xml.rels", "chart", "empty.xml", "")
    assert {"Mind this", "Chart title"} <= set(lines(_read(data, media_types.XLSX)))


def test_a_sheet_of_a_chart_alone_has_its_name_and_its_chart():
    workbook = _workbook()
    chart = BarChart()
    chart.title = "On its own"
    chart.add_data(Reference(workbook["Numbers"], min_col=3, min_row=3, max_row=5), titles_from_data=True)
    workbook.create_chartsheet("Graph").add_chart(chart)
    result = _read(_saved(workbook), media_types.XLSX)
    assert lines(result, 2)[:2] == ["Graph", "On its own"]


def test_pictures_on_sheets_are_no_text():
    data = _with_part(_saved(_workbook()), "xl/drawings/_rels/drawing1.xml.rels", "image", "picture.xml", _DIAGRAM)
    assert "a diagram" not in _read(data, media_types.XLSX).content


def test_an_empty_comment_is_none():
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "x"
    workbook.active["A1"].comment = Comment(" ", "me")
    assert lines(_read(_saved(workbook), media_types.XLSX)) == ["Sheet", "x"]


def test_a_workbook_that_the_parser_refuses_is_corrupt():
    data = _rewritten(_saved(_workbook()), "[Content_Types].xml", "sheet.main", "nothing.known")
    with pytest.raises(PermanentError, match="can't be parsed") as caught:
        _read(data, media_types.XLSX)
    assert caught.value.reason is ReasonCode.CORRUPT


def test_text_boxes_on_sheets_are_read():
    data = _rewritten(
        _saved(_workbook()),
        "xl/drawings/drawing1.xml",
        r"</(xdr:)?wsDr>",
        '<a:p xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:r><a:t>boxed</a:t></a:r></a:p></\\1wsDr>',
    )
    assert "boxed" in _read(data, media_types.XLSX).content


def test_too_many_sheets_are_refused():
    with pytest.raises(PermanentError) as caught:
        _read(_saved(_workbook()), media_types.XLSX, max_pages=1)
    assert caught.value.reason is ReasonCode.TOO_MANY_PAGES


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [(8, 0x01, ReasonCode.ENCRYPTED), (10, 99, ReasonCode.CORRUPT)],  # of a member's entry: flags, method
    ids=["encrypted", "unknown compression"],
)
def test_members_that_cant_be_unpacked_are_refused_with_their_reason(offset, value, reason):
    data = bytearray(_document())
    entry = data.index(b"PK\x01\x02")
    while entry >= 0:
        data[entry + offset] = value
        entry = data.find(b"PK\x01\x02", entry + 4)
    with pytest.raises(PermanentError) as caught:
        _read(bytes(data), media_types.DOCX)
    assert caught.value.reason is reason


@pytest.mark.parametrize("media_type", [media_types.DOCX, media_types.XLSX, media_types.PPTX], ids=str)
def test_a_package_without_its_main_part_is_corrupt(media_type):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(PermanentError) as caught:
        _read(buffer.getvalue(), media_type)
    assert caught.value.reason is ReasonCode.CORRUPT
