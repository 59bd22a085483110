"""odt, ods, odp: what is read of OpenDocument's markup."""

import io
import zipfile

import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.pictures import PICTURES_NOT_READ
from docplatform_tests.ocr.drawing import picture, saved
from docplatform_tests.ocr.reading import lines, read, warnings

_NAMESPACES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            *(("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style")),
            *(("form", "form"), ("svg", "svg-compatible"), ("chart", "chart")),
        )
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def package(body: str, *parts: tuple[str, str | bytes], kind: str = "text") -> bytes:
    """An OpenDocument file with this body."""
    content = (
        f"<office:document-content {_NAMESPACES}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in (("content.xml", content), *parts):
            archive.writestr(name, part)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>", ["a b c", "d"]),
        ("<text:h>Head</text:h><text:section><text:list><text:list-item><text:p>item</text:p></text:list-item>"
         "</text:list></text:section>", ["Head", "item"]),
        ("<text:p>wo<text:span>rd</text:span><text:note><text:note-citation>1</text:note-citation><text:note-body>"
         "<text:p>the note</text:p></text:note-body></text:note> goes on</text:p>", ["word goes on", "the note"]),
        ("<text:p>said<office:annotation><dc:creator>Ann</dc:creator><dc:date>2026</dc:date><text:p>a comment</text:p>"
         "</office:annotation></text:p>", ["said", "a comment"]),
        ("<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
         "</text:changed-region></text:tracked-changes><text:p>stays</text:p>", ["stays"]),
        ("<text:p>see<draw:frame><draw:text-box><text:p>boxed</text:p></draw:text-box></draw:frame></text:p>",
         ["see", "boxed"]),
        ("<text:p><draw:custom-shape><text:p>in a shape</text:p></draw:custom-shape></text:p>", ["in a shape"]),
        ("<text:p><text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text></text:ruby></text:p>",
         ["漢kan"]),
        ("<office:forms><form:form><form:text form:current-value='Ann'/><form:radio form:value='1' form:label='Yes'/>"
         "</form:form></office:forms><text:p>end</text:p>", ["Ann", "Yes", "end"]),
    ],
)  # fmt: skip
def test_text_wherever_it_stands_is_read_once(body, expected):
    assert lines(read(package(body), media_types.ODT)) == expected


def test_tables_have_their_cells_spans_and_headers():
    body = (
        "<table:table><table:table-header-rows><table:table-row><table:table-cell table:number-columns-spanned='2'>"
        "<text:p>Head</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table-header-rows>"
        "<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><table:table>"
        "<table:table-row><table:table-cell><text:p>inner</text:p></table:table-cell></table:table-row></table:table>"
        "</table:table-cell></table:table-row></table:table>"
    )
    result = read(package(body), media_types.ODT)
    cells = result.tables[0].cells
    assert [(cell.row_index, cell.column_index, cell.content) for cell in cells] == [(0, 0, "Head"), (1, 0, "a")]
    assert (cells[0].column_span, cells[0].kind) == (2, "columnHeader")
    assert result.tables[1].cells[0].content == "inner"


def test_headers_and_footers_that_say_the_same_are_read_once():
    page = (
        "<style:master-page><style:header><text:p>Top</text:p></style:header><style:header-first><text:p>Top</text:p>"
        "</style:header-first><style:footer><text:p>Bottom</text:p></style:footer></style:master-page>"
        "<style:header-style><text:p>no</text:p></style:header-style>"
    )
    styles = f"<office:document-styles {_NAMESPACES}>{page}</office:document-styles>"
    result = read(package("<text:p>body</text:p>", ("styles.xml", styles)), media_types.ODT)
    assert [(paragraph.content, paragraph.role) for paragraph in result.paragraphs] == [
        ("Top", "pageHeader"),
        ("body", None),
        ("Bottom", "pageFooter"),
    ]


def test_a_spreadsheet_has_a_page_per_sheet_and_no_cost_for_empty_cells():
    sheet = (
        "<table:table table:name='Sums'><table:table-row table:number-rows-repeated='1000000'><table:table-cell "
        "table:number-columns-repeated='16000'/></table:table-row>"
        "<table:table-row><table:table-cell/><table:table-cell "
        "table:number-columns-repeated='2' office:value='5'><text:p>5 kg</text:p></table:table-cell>"
        "<table:table-cell office:value='7'/></table:table-row>"
        "<table:shapes><draw:frame><draw:text-box><text:p>beside</text:p>"
        "</draw:text-box></draw:frame></table:shapes></table:table>"
    )
    result = read(package(sheet + "<table:table table:name='Empty'/>", kind="spreadsheet"), media_types.ODS)
    assert [lines(result, page) for page in range(2)] == [["Sums", "5 kg\t5 kg\t7", "beside"], ["Empty"]]
    assert [(cell.row_index, cell.column_index) for cell in result.tables[0].cells] == [(0, 0), (0, 1), (0, 2)]


def test_a_presentation_has_a_page_per_slide_with_its_notes():
    slides = (
        "<draw:page><draw:frame><draw:text-box><text:p>one</text:p></draw:text-box></draw:frame><draw:g><draw:rect>"
        "<text:p>grouped</text:p></draw:rect></draw:g></draw:page><draw:page/>"
    )
    result = read(package(slides, kind="presentation"), media_types.ODP)
    assert [lines(result, page) for page in range(2)] == [["one", "grouped"], []]


def test_charts_and_formulas_that_lie_in_it_are_read_instead_of_their_pictures():
    frame = (
        "<text:p><draw:frame><draw:object xlink:href='./Object 1'/><draw:image xlink:href='./Replacement'/>"
        "</draw:frame>"
        "<draw:frame><draw:object xlink:href='./Object 2'/></draw:frame></text:p>"
    )
    chart = (
        f"<office:document-content {_NAMESPACES}><office:body><office:chart><chart:chart><chart:title><text:p>Sales"
        "</text:p></chart:title></chart:chart></office:chart></office:body></office:document-content>"
    )
    formula = '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:mi>x</m:mi><m:mo>=</m:mo><m:mn>2</m:mn></m:math>'
    data = package(
        frame, ("Object 1/content.xml", chart), ("Object 2/content.xml", formula), ("Replacement", b"no picture")
    )
    result = read(data, media_types.ODT)
    assert lines(result) == ["Sales", "x = 2"]
    assert warnings(result) == []


def test_an_object_that_holds_itself_is_read_once():
    body = "<text:p>once<draw:object xlink:href='./'/><draw:object xlink:href='http://x.org/a'/></text:p>"
    assert lines(read(package(body), media_types.ODT)) == ["once"]


def test_an_embedded_file_is_told():
    body = "<text:p>x<draw:object-ole xlink:href='./Object 1'/></text:p>"
    assert warnings(read(package(body, ("Object 1", b"\xd0\xcf")), media_types.ODT)) == ["embeddedFiles"]


def test_pictures_are_recognised_and_what_they_show_is_read():
    body = (
        "<text:p><draw:frame><draw:image xlink:href='Pictures/1.png'/><draw:image xlink:href='Pictures/2.bin'/>"
        "<svg:desc>a description</svg:desc></draw:frame><draw:frame><draw:image xlink:href='Pictures/2.bin'/>"
        "</draw:frame></text:p>"
    )
    parts = ("Pictures/1.png", saved(picture(), "PNG")), ("Pictures/2.bin", b"\1\2\3 of no kind")
    result = read(package(body, *parts), media_types.ODT)
    assert "a description" in result.content
    assert "4711" in result.content
    assert warnings(result) == [PICTURES_NOT_READ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (package("", ("META-INF/manifest.xml", "<m:encryption-data xmlns:m='x'/>")), ReasonCode.ENCRYPTED),
        (package("").replace(b"content.xml", b"content.xmm"), ReasonCode.CORRUPT),
        (package("<text:p>x</text:p>")[:100], ReasonCode.CORRUPT),
        (package("<draw:page/>" * 3, kind="presentation"), ReasonCode.TOO_MANY_PAGES),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data, reason):
    with pytest.raises(PermanentError) as caught:
        read(data, media_types.ODT, max_pages=2)
    assert caught.value.reason is reason
