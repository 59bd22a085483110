"""xlsx: a page per sheet, hidden ones too, with its cells, comments, drawings, charts, headers and footers.

Belongs here: SpreadsheetML to blocks; cells through openpyxl, the rest from the markup. Doesn't: xls (``legacy``), csv.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import (
    Block,
    Notice,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    lines_of,
)
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.opc import Package, chart_blocks, drawing_blocks, embedded_notices
from docplatform.ocr.local.opc_pictures import picture_blocks
from docplatform.ocr.local.pictures import Pictures
from docplatform.ocr.local.sheet_table import CellBudget, SheetTable
from docplatform.settings import LimitSettings

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_UNCOMPUTED = re.compile(rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>")
_IMPOSSIBLE_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["'](\d{8,})["']""")
"""A row number of eight digits: a sheet has 1,048,576 rows, and openpyxl makes an empty one for each that is missing
before it (100 million of them took a minute)."""
_FORMATTING_CODE = re.compile(r'&(?:[LCRBIUSEXYPNDTFAZG&]|"[^"]*"|K[0-9A-F]{6}|\d+)')


def read_xlsx(data: bytes, limits: LimitSettings, pictures: Pictures) -> ReadDocument:
    """A page per sheet: its name as the title, its cells as a table without empty cells, then what lies on it.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED, BOMB or TOO_MANY_PAGES.
    """
    package = Package(data, limits)
    sheets = _sheet_parts(package)
    check_pages(len(sheets), limits, holder="The workbook", unit="sheets")
    for name, part in sheets:
        _check_rows(name, package.read(part))
    values = _workbook(data, data_only=True)
    is_uncomputed = any(_UNCOMPUTED.search(package.read(part)) for _, part in sheets)
    formulas = _workbook(data, data_only=False) if is_uncomputed else None
    pages: list[PageBlocks] = []
    notices: list[Notice] = []
    budget = CellBudget()
    for name, part in sheets:
        notices += embedded_notices(package.related(part))
        with _damage_told():
            table = _table(values, formulas, name, budget)
        pages.append(PageBlocks([ParagraphBlock(lines_of(name), "title"), *table, *_beside(package, part, pictures)]))
    return ReadDocument(pages, [*notices, *budget.notices(), *pictures.notices()], len(sheets))


def _check_rows(name: str, markup: bytes) -> None:
    found = _IMPOSSIBLE_ROW.search(markup)
    if found is not None:
        raise PermanentError(
            f"Sheet {name!r} has a row {found[1].decode()[:20]}, which no sheet has. Open and save it anew.",
            reason=ReasonCode.CORRUPT,
        )


def _sheet_parts(package: Package) -> list[tuple[str, str]]:
    """Names and parts of the sheets, in order."""
    main = package.main_part("xl/workbook.xml")
    root = package.xml(main)
    if root is None:
        raise PermanentError("The workbook has no main part.", reason=ReasonCode.CORRUPT)
    targets = {relationship.id: relationship.target for relationship in package.related(main)}
    return [(sheet.get("name", ""), targets.get(sheet.get(f"{_R}id", ""), "")) for sheet in root.iter(f"{_S}sheet")]


def _workbook(data: bytes, *, data_only: bool) -> Any:
    import warnings

    import openpyxl

    with warnings.catch_warnings(), _damage_told():
        warnings.simplefilter("ignore")  # about features that only matter when the workbook is written again
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)


_DAMAGE = (
    *(LookupError, ValueError, TypeError, AttributeError, ArithmeticError, EOFError, OSError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error),
)


@contextmanager
def _damage_told() -> Iterator[None]:
    """What openpyxl fails with on a damaged workbook, as it is opened and, read lazily, cell by cell."""
    try:
        yield
    except _DAMAGE as error:
        raise PermanentError(
            f"The workbook can't be parsed ({type(error).__name__}: {error}). Open and save it anew.",
            reason=ReasonCode.CORRUPT,
        ) from error


def _table(values: Any, formulas: Any, name: str, budget: CellBudget) -> list[Block]:
    """Cells that hold anything; uncomputed formulas show themselves."""
    table = SheetTable(budget)
    written = _rows(formulas, name) if formulas is not None else iter(())
    for number, (found, formula_row) in enumerate(zip_longest(_rows(values, name), written)):
        row = found or {}
        for column, value in (formula_row or {}).items():
            if isinstance(value, str) and value.startswith("="):
                row.setdefault(column, value)
        table.add_row(number, [(column, _shown(value)) for column, value in sorted(row.items())])
    return table.blocks()


def _rows(workbook: Any, name: str) -> Iterator[dict[int, object]]:
    """The values of every row by column, also of rows without any."""
    sheet = workbook[name] if name in workbook.sheetnames else None
    if sheet is None or not hasattr(sheet, "iter_rows"):  # a chart sheet
        return
    sheet.reset_dimensions()  # the declared size may be wrong: too small hides cells, too large costs memory
    for row in sheet.iter_rows(values_only=True):
        yield {column: value for column, value in enumerate(row) if value is not None and value != ""}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _beside(package: Package, part: str, pictures: Pictures) -> Iterator[Block]:
    """What a sheet shows besides its cells."""
    for relationship in package.related(part):
        if relationship.kind == "drawing":
            yield from _drawing(package, relationship.target, pictures)
        elif relationship.kind in ("comments", "threadedComment"):
            yield from _comments(package.xml(relationship.target))
    yield from _header_footer(package, part)


def _drawing(package: Package, name: str, pictures: Pictures) -> Iterator[Block]:
    root = package.xml(name)
    if root is None:
        return
    yield from drawing_blocks(root)
    for relationship in package.related(name):
        if relationship.kind not in ("chart", "chartEx", "diagramData"):
            continue
        part = package.xml(relationship.target)
        if part is not None:
            yield from drawing_blocks(part) if relationship.kind == "diagramData" else chart_blocks(part)
    yield from picture_blocks(package, name, root, pictures)


def _comments(root: Any) -> Iterator[Block]:
    if root is None:
        return
    for comment in root.iter("{*}comment", "{*}threadedComment"):
        text = "".join(node.text or "" for node in comment.iter("{*}t", "{*}text"))
        if text.strip():
            yield ParagraphBlock(lines_of(text))


def _header_footer(package: Package, part: str) -> Iterator[Block]:
    data = package.read(part)
    if b"headerFooter" not in data:
        return
    root = package.xml(part)
    for element in root.iter(f"{_S}headerFooter"):
        for child in element:
            role = "pageHeader" if child.tag.lower().endswith("header") else "pageFooter"
            lines = lines_of(_FORMATTING_CODE.sub(" ", child.text or ""))
            if lines:
                yield ParagraphBlock(lines, role)
