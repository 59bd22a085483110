"""Parts of docx, xlsx and pptx files besides their main one."""

import io
import re
import zipfile

import docx
import openpyxl
import pptx
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from pptx.util import Inches

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.ocr.office_files import (
    CHART,
    DIAGRAM,
    NOTE,
    RELATIONSHIPS,
    filled_workbook,
    rewritten,
    saved,
    with_part,
    word_file,
)
from docplatform_tests.ocr.reading import lines, warnings
from docplatform_tests.ocr.reading import read as _read


@pytest.mark.parametrize(
    ("kind", "target", "content", "expected"),
    [
        ("footnotes", "footnotes.xml", NOTE.format("footnote"), "a footnote"),
        ("endnotes", "endnotes.xml", NOTE.format("endnote"), "a endnote"),
        ("chart", "charts/chart1.xml", CHART, "a chart"),
        ("diagramData", "diagrams/data1.xml", DIAGRAM, "a diagram"),
        ("aFChunk", "chunk.html", "<p>a chunk</p>", "a chunk"),
        ("aFChunk", "chunk.txt", "a < b", "a < b"),
    ],
)
def test_parts_of_a_word_file_besides_its_body_are_read(kind, target, content, expected):
    data = with_part(saved(docx.Document()), "word/_rels/document.xml.rels", kind, target, content)
    lines = [line.content for line in _read(data, media_types.DOCX).pages[0].lines]
    assert expected in lines
    assert "line" not in lines


def test_cells_merged_downwards_that_hold_text_keep_it():
    document = docx.Document()
    table = document.add_table(rows=2, cols=1)
    table.cell(0, 0).text = "upper"
    table.cell(1, 0).text = "lower"
    merge = "<w:tcPr><w:vMerge/>"
    data = saved(document)
    for _ in range(2):
        data = rewritten(data, "word/document.xml", "<w:tcPr>(?!<w:vMerge)", merge)
    assert _read(data, media_types.DOCX).content == "upper\nlower"


@pytest.mark.parametrize(
    ("kind", "target"), [("aFChunk", "chunk.rtf"), ("package", "embeddings/a.xlsx"), ("oleObject", "embeddings/o.bin")]
)
def test_files_within_a_word_file_that_arent_read_are_told(kind, target):
    data = with_part(word_file(), "word/_rels/document.xml.rels", kind, target, "x")
    result = _read(data, media_types.DOCX)
    assert warnings(result) == ["embeddedFiles"]
    assert target in result.warnings[0].message


def test_files_within_slides_and_sheets_are_told():
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    for data, rels, media_type in (
        (saved(presentation), "ppt/slides/_rels/slide1.xml.rels", media_types.PPTX),
        (saved(filled_workbook()), "xl/worksheets/_rels/sheet1.xml.rels", media_types.XLSX),
    ):
        result = _read(with_part(data, rels, "oleObject", "embeddings/o.bin", "x"), media_type)
        assert "embeddedFiles" in warnings(result)


def test_damage_in_a_merged_part_is_told():
    part = ("é" * 9).encode() + b"\xff"
    data = with_part(word_file(), "word/_rels/document.xml.rels", "aFChunk", "chunk.txt", part)
    assert warnings(_read(data, media_types.DOCX)) == ["undecodableCharacters"]


def test_tables_in_cells_are_read_in_their_cell():
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 0).text = "outer"
    outer.cell(0, 1).add_table(rows=1, cols=2).cell(0, 1).text = "inner"
    result = _read(saved(document), media_types.DOCX)
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
    data = with_part(saved(presentation), "ppt/slides/_rels/slide1.xml.rels", kind, part, markup)
    assert _read(data, media_types.PPTX).content == expected


def test_diagrams_and_alternates_on_slides_are_read():
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    data = with_part(
        saved(presentation), "ppt/slides/_rels/slide1.xml.rels", "diagramData", "diagrams/data1.xml", DIAGRAM
    )
    frame = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice>'
        f'<p:graphicFrame><dgm:relIds xmlns:dgm="x" xmlns:r="{RELATIONSHIPS}" r:dm="rIdX"/></p:graphicFrame>'
        "</mc:Choice><mc:Fallback/></mc:AlternateContent></p:spTree>"
    )
    data = rewritten(data, "ppt/slides/slide1.xml", "</p:spTree>", frame)
    assert _read(data, media_types.PPTX).content == "a diagram"


def test_slides_without_a_part_and_fields_of_the_master_are_passed_over():
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "kept"
    number = (
        '<p:sp><p:nvSpPr><p:cNvPr id="9" name="n"/><p:cNvSpPr/><p:nvPr><p:ph type="sldNum"/></p:nvPr></p:nvSpPr>'
        "<p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:t>17</a:t></a:r></a:p></p:txBody></p:sp></p:spTree>"
    )
    data = rewritten(saved(presentation), "ppt/slides/slide1.xml", "</p:spTree>", number)
    listed = '<p:sldIdLst><p:sldId id="999" r:id="rIdMissing"/>'
    result = _read(rewritten(data, "ppt/presentation.xml", "<p:sldIdLst>", listed), media_types.PPTX)
    assert [page.lines for page in result.pages[:1]] == [()]
    assert lines(result, 1) == ["kept"]


def test_cells_of_a_slide_merged_away_are_left_out():
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    table.cell(0, 0).merge(table.cell(0, 1))
    for place, text in ((table.cell(0, 0), "wide"), (table.cell(1, 0), "x"), (table.cell(1, 1), "y")):
        place.text = text
    cells = _read(saved(presentation), media_types.PPTX).tables[0].cells
    assert [(cell.content, cell.column_span or 1) for cell in cells] == [("wide", 2), ("x", 1), ("y", 1)]


def test_a_series_with_few_points_of_many_costs_only_those():
    points = "".join(
        f'<c:ser><c:val><c:numCache><c:pt idx="{number}"><c:v>{number}</c:v></c:pt></c:numCache></c:val></c:ser>'
        for number in range(300)
    )
    chart = CHART.replace("</c:chartSpace>", points + "</c:chartSpace>")
    data = with_part(saved(docx.Document()), "word/_rels/document.xml.rels", "chart", "charts/chart1.xml", chart)
    table = _read(data, media_types.DOCX).tables[0]
    assert (table.row_count, table.column_count) == (301, 302)
    assert [cell.content for cell in table.cells if cell.row_index == 300] == ["299"]
    assert len(table.cells) == 302 + 301


def test_a_chart_without_data_has_its_texts():
    chart = re.sub("<c:ser>.*</c:ser>", "<c:ser/>", CHART)
    data = with_part(saved(docx.Document()), "word/_rels/document.xml.rels", "chart", "charts/chart1.xml", chart)
    result = _read(data, media_types.DOCX)
    assert (result.content, result.tables) == ("a chart", ())


def test_diagrams_on_sheets_are_read():
    data = with_part(
        saved(filled_workbook()), "xl/drawings/_rels/drawing1.xml.rels", "diagramData", "diagrams/data1.xml", DIAGRAM
    )
    assert "a diagram" in _read(data, media_types.XLSX).content


def test_a_sheet_that_refers_to_parts_that_are_missing_is_read():
    data = saved(filled_workbook())
    for kind in ("drawing", "comments"):
        reference = f'<Relationship Id="rId{kind}" Type="{RELATIONSHIPS}/{kind}" Target="gone.xml"/></Relationships>'
        data = rewritten(data, "xl/worksheets/_rels/sheet1.xml.rels", "</Relationships>", reference)
    data = with_part(data, "xl/drawings/_rels/drawing1.xml.rels", "chart", "empty.xml", "")
    assert {"Mind this", "Chart title"} <= set(lines(_read(data, media_types.XLSX)))


def test_a_sheet_of_a_chart_alone_has_its_name_and_its_chart():
    workbook = filled_workbook()
    chart = BarChart()
    chart.title = "On its own"
    chart.add_data(Reference(workbook["Numbers"], min_col=3, min_row=3, max_row=5), titles_from_data=True)
    workbook.create_chartsheet("Graph").add_chart(chart)
    result = _read(saved(workbook), media_types.XLSX)
    assert lines(result, 2)[:2] == ["Graph", "On its own"]


def test_pictures_on_sheets_are_no_text():
    data = with_part(saved(filled_workbook()), "xl/drawings/_rels/drawing1.xml.rels", "image", "picture.xml", DIAGRAM)
    assert "a diagram" not in _read(data, media_types.XLSX).content


def test_an_empty_comment_is_none():
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "x"
    workbook.active["A1"].comment = Comment(" ", "me")
    assert lines(_read(saved(workbook), media_types.XLSX)) == ["Sheet", "x"]


def test_a_workbook_that_the_parser_refuses_is_corrupt():
    data = rewritten(saved(filled_workbook()), "[Content_Types].xml", "sheet.main", "nothing.known")
    with pytest.raises(PermanentError, match="can't be parsed") as caught:
        _read(data, media_types.XLSX)
    assert caught.value.reason is ReasonCode.CORRUPT


def test_text_boxes_on_sheets_are_read():
    data = rewritten(
        saved(filled_workbook()),
        "xl/drawings/drawing1.xml",
        r"</(xdr:)?wsDr>",
        '<a:p xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:r><a:t>boxed</a:t></a:r></a:p></\\1wsDr>',
    )
    assert "boxed" in _read(data, media_types.XLSX).content


def test_too_many_sheets_are_refused():
    with pytest.raises(PermanentError) as caught:
        _read(saved(filled_workbook()), media_types.XLSX, max_pages=1)
    assert caught.value.reason is ReasonCode.TOO_MANY_PAGES


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [(8, 0x01, ReasonCode.ENCRYPTED), (10, 99, ReasonCode.CORRUPT)],  # of a member's entry: flags, method
    ids=["encrypted", "unknown compression"],
)
def test_members_that_cant_be_unpacked_are_refused_with_their_reason(offset, value, reason):
    data = bytearray(word_file())
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
