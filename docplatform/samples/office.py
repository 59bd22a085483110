"""Drafts to Office files, byte for byte the same each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from docplatform.samples.content import Block, Draft, PageBreak, Row, Text
from docplatform.samples.grammar import plain

_SAVED_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
FIXED_TIME = (2026, 1, 1, 0, 0, 0)
"""The timestamp of every zip entry that is made here."""


def draft_to_docx(draft: Draft) -> bytes:
    """A Word document: paragraphs, headings, and rows that follow each other as tables."""
    import docx

    document = docx.Document()
    for shape, run in groupby(draft.blocks, _shape):
        blocks = list(run)
        if shape > 0:
            _add_table(document, [block.cells for block in blocks if isinstance(block, Row)])
        else:
            for block in blocks:
                _add_block(document, block)
    return _without_times(_saved(document))


def _shape(block: Block) -> int:
    """Columns of a row, 0 for what is no row."""
    return len(block.cells) if isinstance(block, Row) else 0


def _add_block(document: Any, block: Block) -> None:
    match block:
        case Text(text=text) if block.size > 1.1:
            document.add_heading(plain(text), level=1)
        case Text(text=text):
            document.add_paragraph(plain(text))
        case PageBreak():
            document.add_page_break()
        case _:
            pass


def _add_table(document: Any, rows: Sequence[tuple[str, ...]]) -> None:
    table = document.add_table(len(rows), len(rows[0]))
    for line, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = plain(text)


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def draft_to_xlsx(draft: Draft) -> bytes:
    """A workbook: one sheet with the fields, one with the items, amounts as they are printed."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    fields = workbook.create_sheet(draft.kind.value.replace("_", " ").title())
    for pair in draft.fields.items():
        fields.append(pair)
    items = workbook.create_sheet("Items")
    for row in draft.items:
        items.append(row)
    return _without_times(_saved(workbook))


def _without_times(data: bytes) -> bytes:
    """The same zip with every timestamp fixed, in the entries and in the document's properties."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _SAVED_AT.sub(rb"\g<1>2026-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(entry.filename, FIXED_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
