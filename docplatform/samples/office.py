"""Drafts to Office files, byte for byte the same each time."""

from __future__ import annotations

import io
import re
import zipfile

from docplatform.samples.content import Draft, Gap, PageBreak, Row, Rule, Text
from docplatform.samples.grammar import plain

_SAVED_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
FIXED_TIME = (2026, 1, 1, 0, 0, 0)
"""The timestamp of every zip entry that is made here."""


def draft_to_docx(draft: Draft) -> bytes:
    """A Word document: paragraphs, headings, and rows as tables."""
    import docx

    document = docx.Document()
    blocks = list(draft.blocks)
    while blocks:
        match block := blocks.pop(0):
            case Text(text=text) if block.size > 1.1:
                document.add_heading(plain(text), level=1)
            case Text(text=text):
                document.add_paragraph(plain(text))
            case Row(cells=cells):
                rows = [cells]
                while blocks and isinstance(blocks[0], Row) and len(blocks[0].cells) == len(cells):
                    rows.append(blocks.pop(0).cells)
                table = document.add_table(len(rows), len(cells))
                for line, row in zip(table.rows, rows, strict=True):
                    for cell, text in zip(line.cells, row, strict=True):
                        cell.text = plain(text)
            case PageBreak():
                document.add_page_break()
            case Gap() | Rule():
                pass
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_times(buffer.getvalue())


def draft_to_xlsx(draft: Draft) -> bytes:
    """A workbook: one sheet with the fields, one with the items, amounts as they are printed."""
    import openpyxl

    workbook = openpyxl.Workbook()
    fields = workbook.active
    assert fields is not None
    fields.title = draft.kind.value.replace("_", " ").title()
    for pair in draft.fields.items():
        fields.append(pair)
    items = workbook.create_sheet("Items")
    for row in draft.items:
        items.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return _without_times(buffer.getvalue())


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
