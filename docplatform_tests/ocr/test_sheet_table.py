"""Sheets of more cells than are listed one by one."""

import openpyxl
import pytest

from docplatform.documents import media_types
from docplatform.ocr.local import sheet_table
from docplatform.ocr.local.html import block_text
from docplatform.ocr.local.sheet_table import CELLS_OMITTED, CellBudget, SheetTable
from docplatform_tests.ocr.office_files import saved
from docplatform_tests.ocr.reading import lines, read, warnings


@pytest.fixture
def five_cells(monkeypatch):
    monkeypatch.setattr(sheet_table, "MAX_TABLE_CELLS", 5)


@pytest.mark.usefixtures("five_cells")
def test_rows_beyond_the_limit_are_lines_and_the_limit_is_for_all_sheets_together():
    workbook = openpyxl.Workbook()
    for _ in range(3):
        workbook.active.append(["one two", 2])
    workbook.create_sheet("Next").append(["x"])
    result = read(saved(workbook), media_types.XLSX)
    assert lines(result) == ["Sheet", "one two\t2", "one two\t2", "one two 2"]
    assert lines(result, 1) == ["Next", "x"]
    assert [len(table.cells) for table in result.tables] == [4]
    assert warnings(result) == [CELLS_OMITTED]


@pytest.mark.usefixtures("five_cells")
def test_rows_without_cells_cost_nothing_and_lines_are_made_when_asked_for():
    budget = CellBudget()
    table = SheetTable(budget)
    for row in range(2_500):
        table.add_row(row, [(3, f"{row} a"), (4, "b")] if row % 2 else [])
    cells, *paragraphs = table.blocks()
    assert [len(paragraph.lines) for paragraph in paragraphs] == [1_000, 248]
    assert [word.text for word in paragraphs[0].lines[0].words] == ["5", "a", "b"]
    assert len(paragraphs[0].lines[2:5]) == 3
    assert block_text(cells).split("\n") == ["1 a", "b", "3 a", "b"]
    assert len(budget.notices()) == 1


def test_formulas_without_values_show_themselves_in_their_place():
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = 1
    workbook.active["C3"] = "=A1+1"
    result = read(saved(workbook), media_types.XLSX)
    assert [(cell.row_index, cell.column_index, cell.content) for cell in result.tables[0].cells] == [
        (0, 0, "1"),
        (2, 2, "=A1+1"),
    ]
