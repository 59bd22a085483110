"""docx, xlsx, pptx as a whole."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import docx
import openpyxl
import pytest

from docplatform.documents import media_types
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.ocr.office_files import (
    filled_workbook,
    presentation_file,
    rewritten,
    saved,
    word_file,
)
from docplatform_tests.ocr.reading import read as _read


class TestDocx:
    def test_headers_body_tables_comments_and_footers_in_order(self):
        result = _read(word_file(), media_types.DOCX)
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
        data = rewritten(word_file(), "word/document.xml", r"<w:r><w:t>MARK</w:t></w:r>", markup)
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
            rewritten(saved(document), "word/document.xml", "</w:p>", f"</w:p>{alternate}"), media_types.DOCX
        )
        assert [(paragraph.content, paragraph.role) for paragraph in result.paragraphs] == [
            *(("The title", "title"), ("chosen", None))
        ]

    def test_cells_merged_downwards_are_one_cell(self):
        document = docx.Document()
        table = document.add_table(rows=3, cols=2)
        table.cell(0, 0).merge(table.cell(2, 0)).text = "tall"
        table.cell(2, 1).text = "last"
        cells = _read(saved(document), media_types.DOCX).tables[0].cells
        assert cells[0].row_span == 3
        assert cells[0].content == "tall"

    def test_strict_markup_reads_like_transitional(self):
        data = word_file()
        strict = (
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
        assert "Body text goes on" in _read(rewritten(data, "word/document.xml", *strict), media_types.DOCX).content

    def test_a_blank_document_is_blank(self):
        assert _read(saved(docx.Document()), media_types.DOCX).warnings[0].code == "emptyDocument"


class TestXlsx:
    def test_sheets_cells_comments_charts_and_headers(self):
        result = _read(saved(filled_workbook()), media_types.XLSX)
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
        assert _read(saved(workbook), media_types.XLSX).tables[0].cells[0].content == shown

    def test_formulas_show_their_value_or_else_themselves(self):
        workbook = openpyxl.Workbook()
        workbook.active["A1"] = "=1+1"
        workbook.active["A2"] = "=2+2"
        data = rewritten(
            saved(workbook), "xl/worksheets/sheet1.xml", r"<f>1\+1</f><v ?/?>(</v>)?", "<f>1+1</f><v>2</v>"
        )
        assert [cell.content for cell in _read(data, media_types.XLSX).tables[0].cells] == ["2", "=2+2"]

    def test_far_away_empty_cells_cost_nothing(self):
        workbook = openpyxl.Workbook()
        workbook.active["A1"] = "near"
        workbook.active.cell(50_000, 300).number_format = "0.00"
        assert _read(saved(workbook), media_types.XLSX).content == "Sheet\nnear"


class TestPptx:
    def test_titles_groups_tables_charts_and_notes(self):
        result = _read(presentation_file(), media_types.PPTX)
        assert len(result.pages) == 2
        lines = [line.content for line in result.pages[0].lines]
        assert lines[0] == "The title"
        assert {"grouped", "a\tb", "c\td", "East\t1.5", "West\t2.5", "Sales", "Say this"} <= set(lines)
        assert result.paragraphs[0].role == "title"
        assert len(result.tables) == 2

    def test_too_many_slides_are_refused(self):
        with pytest.raises(PermanentError) as caught:
            _read(presentation_file(), media_types.PPTX, max_pages=1)
        assert caught.value.reason is ReasonCode.TOO_MANY_PAGES


class TestDamagedCells:
    @pytest.mark.parametrize(
        "row",
        [
            '<row r="1"><c r="A0"><v>x</v></c></row>',
            '<row r="1"><c t="s"><v>999999999</v></c></row>',
            '<row r="x"/>',
            '<row r="99999999"><c><v>1</v></c></row>',
        ],
        ids=["no such cell", "no such string", "no row number", "no such row"],
    )
    def test_a_cell_that_cannot_be_is_corrupt(self, row):
        data = rewritten(saved(filled_workbook()), "xl/worksheets/sheet1.xml", "<sheetData>", f"<sheetData>{row}")
        with pytest.raises(PermanentError, match="save it anew") as caught:
            _read(data, media_types.XLSX)
        assert caught.value.reason is ReasonCode.CORRUPT


_KINDS = [
    (media_types.DOCX, word_file, "word/document.xml"),
    (media_types.XLSX, lambda: saved(filled_workbook()), "xl/workbook.xml"),
    (media_types.PPTX, presentation_file, "ppt/presentation.xml"),
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
            _read(rewritten(make(), main, r"</[a-z]+:?[A-Za-z]+>\s*$", ""), media_type)
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
