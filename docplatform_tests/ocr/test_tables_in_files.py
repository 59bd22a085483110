"""Tables of generated PDFs and scans, whose truth is exact."""

import random
from collections import Counter

import pytest

from docplatform.documents import media_types
from docplatform.samples.options import SampleOptions
from docplatform.samples.pdf import FONTS, font_measure, pages_to_pdf
from docplatform.samples.scan import FAMILIES, encode, scanned
from docplatform.samples.scan import font_measure as scan_measure
from docplatform.samples.table_content import TableOptions
from docplatform.samples.table_pages import TableStyle, prose_columns_page, table_page
from docplatform_tests.ocr.drawing import pdf
from docplatform_tests.ocr.reading import read

_EASY = TableOptions(wrapped=0.0, grouped_head=0.0, merged_rows=0.0, total=0.0, empty=0.1)


class TestGeneratedFiles:
    @pytest.mark.parametrize("style", list(TableStyle))
    def test_tables_of_every_style_come_out_cell_by_cell(self, style):
        fonts = FONTS[0]
        done = table_page(random.Random(5), style, _EASY, font_measure(fonts))  # noqa: S311
        result = read(pages_to_pdf([done.page], fonts), media_types.PDF)
        truth = [Counter((c.row, c.column, c.text) for c in cells if c.text) for cells in done.tables]
        found = [
            Counter((c.row_index, c.column_index, " ".join(c.content.split())) for c in table.cells if c.content)
            for table in result.tables
        ]
        assert found == truth

    @pytest.mark.parametrize("style", list(TableStyle))
    def test_content_holds_every_word_once(self, style):
        for seed in range(4):
            done = table_page(random.Random(seed), style, TableOptions(), font_measure(FONTS[1]))  # noqa: S311
            result = read(pages_to_pdf([done.page], FONTS[1]), media_types.PDF)
            printed = Counter(word for run in done.page.runs for word in run.text.split())
            assert Counter(result.content.split()) == printed

    @pytest.mark.parametrize("columns", [2, 3])
    def test_prose_in_columns_has_no_table(self, columns):
        done = prose_columns_page(random.Random(3), font_measure(FONTS[0]), columns)  # noqa: S311
        assert read(pages_to_pdf([done.page], FONTS[0]), media_types.PDF).tables == ()

    def test_a_ruled_table_of_a_skewed_scan_is_found(self):
        rng = random.Random(5)  # noqa: S311
        done = table_page(rng, TableStyle.GRID, _EASY, scan_measure(FAMILIES[0]))
        image = scanned(done.page, FAMILIES[0], rng, SampleOptions(noise=0.1, rotated_share=0.0))
        result = read(encode([image], "png", rng), media_types.PNG)
        truth = [{(cell.row, cell.column) for cell in cells if cell.text} for cells in done.tables]
        found = [{(c.row_index, c.column_index) for c in table.cells if c.content} for table in result.tables]
        assert found == truth

    def test_a_ruled_table_on_a_turned_page_is_found(self):
        def draw(canvas):
            canvas.setPageRotation(90)
            canvas.translate(0, 612)
            canvas.rotate(-90)
            canvas.grid([100, 200, 300], [400, 440, 480])
            for row in range(2):
                for column in range(2):
                    canvas.drawString(110 + 100 * column, 450 - 40 * row, f"cell{row}{column}")

        result = read(pdf(draw), media_types.PDF)
        assert sorted(cell.content for cell in result.tables[0].cells) == ["cell00", "cell01", "cell10", "cell11"]
