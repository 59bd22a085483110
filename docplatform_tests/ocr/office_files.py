"""Office files for tests: made with the libraries that make them, and edited where those can't make a thing."""

import io
import re
import zipfile

import docx
import openpyxl
import pptx
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

NOTE = (
    '<w:{0}s xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:{0} w:type="separator"><w:p><w:r><w:t>line</w:t></w:r></w:p></w:{0}>'
    "<w:{0}><w:p><w:r><w:t>a {0}</w:t></w:r></w:p></w:{0}></w:{0}s>"
)

CHART = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>a chart</a:t></a:r></a:p>'
    '<c:ser><c:val><c:numCache><c:pt idx="0"><c:v>42</c:v></c:pt></c:numCache></c:val></c:ser></c:chartSpace>'
)

DIAGRAM = (
    '<d xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>a diagram</a:t></a:r></a:p></d>'
)


def saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def rewritten(data: bytes, name: str, pattern: str, replacement: str) -> bytes:
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


def word_file() -> bytes:
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
    return saved(document)


def filled_workbook() -> openpyxl.Workbook:
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


def presentation_file() -> bytes:
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
    return saved(presentation)


def with_part(data: bytes, rels: str, kind: str, target: str, content: str | bytes) -> bytes:
    """The package with one more part that another refers to."""
    relationship = f'<Relationship Id="rIdX" Type="{RELATIONSHIPS}/{kind}" Target="{target}"/></Relationships>'
    buffer = io.BytesIO(rewritten(data, rels, "</Relationships>", relationship))
    with zipfile.ZipFile(buffer, "a") as archive:
        folder = rels.split("/_rels/")[0]
        archive.writestr(f"{folder}/{target}", content)
    return buffer.getvalue()
