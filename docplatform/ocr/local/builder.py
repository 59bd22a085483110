"""Blocks to ``AnalyzeResult``: content, spans and offsets are computed here, once, for every format.

Belongs here: laying text out into ``content`` and keeping ``content[span] == element.content`` for every element.
Doesn't: knowing any file format.

Lines end with a line feed; in a table a row is one line with tabs between its cells, unless a cell has several lines:
then every cell has its own lines. Offsets count Unicode code points.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from docplatform.documents.analyze_result import API_VERSION, UNICODE_CODE_POINT, AnalyzeResult
from docplatform.ocr.local.blocks import (
    Block,
    CellBlock,
    LineBox,
    MarkBox,
    Notice,
    PageBlocks,
    PageQuality,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    WordBox,
)

MAX_PLAIN_WORDS = 200_000
"""Words without geometry that are listed one by one, and as many lines: they say nothing that ``content`` doesn't, and
cost 1 KB each, which would make gigabytes of a table of some megabytes."""
EMPTY_DOCUMENT = "emptyDocument"
WORDS_OMITTED = "wordsOmitted"
LINES_OMITTED = "linesOmitted"

_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\r\n]+")

Json = dict[str, Any]


def build_result(document: ReadDocument, model_id: str) -> AnalyzeResult:
    """The result of a document read as blocks."""
    builder = _Builder()
    for page in document.pages:
        builder.add_page(page)
    for notice in document.notices:
        builder.add_notice(notice)
    return builder.build(model_id)


def build_verbatim_result(content: str, model_id: str, notices: Sequence[Notice] = ()) -> AnalyzeResult:
    """The result of a plain text: ``content`` is the text as it is, with one page."""
    builder = _Builder()
    builder.add_verbatim_page(content)
    for notice in notices:
        builder.add_notice(notice)
    return builder.build(model_id)


class _Builder:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._offset = 0
        self._pages: list[Json] = []
        self._paragraphs: list[Json] = []
        self._tables: list[Json] = []
        self._warnings: list[Json] = []
        self._words: list[Json] = []
        self._lines: list[Json] = []
        self._plain: Counter[str] = Counter()

    def build(self, model_id: str) -> AnalyzeResult:
        content = "".join(self._parts)
        if not content.strip():
            self.add_notice(Notice(EMPTY_DOCUMENT, "No text was found in the document: it is blank."))
        for code, what in ((WORDS_OMITTED, "words"), (LINES_OMITTED, "lines")):
            if self._plain[code] > MAX_PLAIN_WORDS:
                message = (
                    f"Of {self._plain[code]} {what} the first {MAX_PLAIN_WORDS} are listed; content holds them all."
                )
                self.add_notice(Notice(code, message))
        result: Json = {
            "api_version": API_VERSION,
            "model_id": model_id,
            "string_index_type": UNICODE_CODE_POINT,
            "content_format": "text",
            "content": content,
            "pages": self._pages,
            "paragraphs": self._paragraphs,
            "tables": self._tables,
        }
        if self._warnings:
            result["warnings"] = self._warnings
        return AnalyzeResult.model_validate(result)

    def add_notice(self, notice: Notice) -> None:
        warning = {"code": notice.code, "message": _clean(notice.message)}
        self._warnings.append(warning | ({"target": notice.target} if notice.target else {}))

    def add_page(self, page: PageBlocks) -> None:
        self._words, self._lines = [], []
        self._break("\n")
        start = self._offset
        for block in page.blocks:
            self._break("\n", since=start)
            self._add_block(block)
        marks = [self._add_mark(mark, start) for mark in page.marks]
        geometry = {"angle": page.angle, "width": page.width, "height": page.height, "unit": page.unit}
        self._add_page_entry(start, {key: value for key, value in geometry.items() if value is not None})
        if marks:
            self._pages[-1]["selection_marks"] = marks
        if page.quality:
            self._pages[-1]["quality"] = _quality(page.quality)

    def add_verbatim_page(self, content: str) -> None:
        self._words, self._lines = [], []
        for match in _LINE.finditer(content):
            start, end = _trimmed(match)
            if end > start:
                self._add_line_entry(content[start:end], start, None)
        for match in _WORD.finditer(content):
            self._add_word(match.group(), match.start(), None, 1.0)
        self._parts.append(content)
        self._offset = len(content)
        self._add_page_entry(0, {})

    def _add_page_entry(self, start: int, geometry: Json) -> None:
        span = [_span(start, self._offset)] if self._offset > start else []
        page = {"page_number": len(self._pages) + 1, "spans": span, "words": self._words, "lines": self._lines}
        self._pages.append(page | geometry)

    def _add_block(self, block: Block) -> None:
        if isinstance(block, TableBlock):
            self._add_table(block)
            return
        start = self._offset
        self._add_lines(block.lines)
        self._add_paragraph(block, start)

    def _add_paragraph(self, block: ParagraphBlock, start: int) -> None:
        if self._offset == start:
            return
        paragraph: Json = {"content": self._text_since(start), "spans": [_span(start, self._offset)]}
        if block.role:
            paragraph["role"] = block.role
        polygon = _hull(line.polygon for line in block.lines)
        if polygon:
            paragraph["bounding_regions"] = [{"page_number": len(self._pages) + 1, "polygon": polygon}]
        self._paragraphs.append(paragraph)

    def _add_lines(self, lines: Iterable[LineBox]) -> None:
        start = self._offset
        for line in lines:
            self._break("\n", since=start)
            self._add_line(line)

    def _add_line(self, line: LineBox) -> None:
        start = self._offset
        for word in line.words:
            text = _clean(word.text)
            if text.strip():
                self._break(word.before, since=start)
                self._add_word(text, self._offset, word.polygon, word.confidence)
                self._append(text)
        if self._offset > start:
            self._add_line_entry(self._text_since(start), start, line.polygon)

    def _add_line_entry(self, text: str, offset: int, polygon: Sequence[float] | None) -> None:
        entry: Json = {"content": text, "spans": [_span(offset, offset + len(text))]}
        self._list(self._lines, entry, polygon, LINES_OMITTED)

    def _add_word(self, text: str, offset: int, polygon: Sequence[float] | None, confidence: float) -> None:
        entry: Json = {"content": text, "span": _span(offset, offset + len(text)), "confidence": confidence}
        self._list(self._words, entry, polygon, WORDS_OMITTED)

    def _list(self, entries: list[Json], entry: Json, polygon: Sequence[float] | None, code: str) -> None:
        """Add a word or line to its page's, unless it has no geometry and too many like it are listed already."""
        if polygon:
            entry["polygon"] = polygon
        else:
            self._plain[code] += 1
            if self._plain[code] > MAX_PLAIN_WORDS:
                return
        entries.append(entry)

    def _add_table(self, table: TableBlock) -> None:
        start = self._offset
        cells: list[Json] = []
        for _, row in groupby(table.cells, key=lambda cell: cell.row):
            self._break("\n", since=start)
            cells += self._add_row(list(row))
        if not cells:
            return
        self._tables.append(
            {
                "row_count": table.row_count,
                "column_count": table.column_count,
                "cells": cells,
                "spans": [_span(start, self._offset)] if self._offset > start else [],
            }
        )

    def _add_row(self, cells: Sequence[CellBlock]) -> list[Json]:
        if any(len(cell.lines) > 1 for cell in cells):
            return [self._add_tall_cell(cell) for cell in cells]
        words: list[WordBox] = []
        extents: list[tuple[int, int]] = []  # of each cell, in words of the row's line
        for cell in cells:
            first = len(words)
            for word in (word for line in cell.lines for word in line.words):
                text = _clean(word.text)
                if text.strip():
                    before = "\t" if len(words) == first else word.before
                    words.append(WordBox(text, word.polygon, word.confidence, before))
            extents.append((first, len(words)))
        return self._add_row_line(cells, words, extents)

    def _add_row_line(
        self, cells: Sequence[CellBlock], words: Sequence[WordBox], extents: Sequence[tuple[int, int]]
    ) -> list[Json]:
        starts, ends, offset = [], [], self._offset
        for number, word in enumerate(words):
            offset += len(word.before) if number else 0
            starts.append(offset)
            offset += len(word.text)
            ends.append(offset)
        line_start = self._offset
        self._add_line(LineBox(words))
        line = self._text_since(line_start)
        entries = []
        for cell, (first, last) in zip(cells, extents, strict=True):
            span = (starts[first], ends[last - 1]) if last > first else None
            text = line[span[0] - line_start : span[1] - line_start] if span else ""
            entries.append(_cell(cell, text, span))
        return entries

    def _add_tall_cell(self, cell: CellBlock) -> Json:
        if not any(word.text.strip() for line in cell.lines for word in line.words):
            return _cell(cell, "", None)
        if self._parts and not self._parts[-1].endswith("\n"):
            self._append("\n")
        start = self._offset
        self._add_lines(cell.lines)
        return _cell(cell, self._text_since(start), (start, self._offset))

    def _add_mark(self, mark: MarkBox, page_start: int) -> Json:
        state = "selected" if mark.is_selected else "unselected"
        self._break("\n", since=page_start)
        start = self._offset
        self._append(f":{state}:")
        return {"state": state, "polygon": mark.polygon, "span": _span(start, self._offset), "confidence": 1.0}

    def _break(self, separator: str, since: int = 0) -> None:
        """Append a separator unless nothing was added since ``since``, or the line has just been broken."""
        if separator == "\n" and self._parts and self._parts[-1].endswith("\n"):
            return
        if self._offset > since:
            self._append(separator)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._offset += len(text)

    def _text_since(self, start: int) -> str:
        parts: list[str] = []
        offset = self._offset
        for part in reversed(self._parts):
            if offset <= start:
                break
            parts.append(part)
            offset -= len(part)
        return "".join(reversed(parts))


def _clean(text: str) -> str:
    """Lone surrogates can't be encoded: they become U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    text = match.group()
    return match.start() + len(text) - len(text.lstrip()), match.end() - len(text) + len(text.rstrip())


def _quality(quality: PageQuality) -> Json:
    """A page's grade: a key of ours, which Document Intelligence's pages haven't."""
    entry: Json = {"grade": quality.grade.value, "reasons": list(quality.reasons)}
    return entry | ({"measures": dict(quality.measures)} if quality.measures else {})


def _span(start: int, end: int) -> Json:
    return {"offset": start, "length": end - start}


def _cell(cell: CellBlock, text: str, span: tuple[int, int] | None) -> Json:
    entry: Json = {
        "row_index": cell.row,
        "column_index": cell.column,
        "content": text,
        "spans": [_span(*span)] if span else [],
    }
    if cell.row_span > 1:
        entry["row_span"] = cell.row_span
    if cell.column_span > 1:
        entry["column_span"] = cell.column_span
    if cell.kind:
        entry["kind"] = cell.kind
    return entry


def _hull(polygons: Iterable[Sequence[float] | None]) -> list[float] | None:
    """The upright rectangle around polygons."""
    points = [number for polygon in polygons if polygon for number in polygon]
    if not points:
        return None
    left, right, top, bottom = min(points[::2]), max(points[::2]), min(points[1::2]), max(points[1::2])
    return [left, top, right, top, right, bottom, left, bottom]
