"""Arbitrary pages of blocks, and what must hold for any result that is built of some."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from hypothesis import strategies as st

from docplatform.documents.analyze_result import AnalyzeResult, Page, Span
from docplatform.documents.elements import KeyValueElement
from docplatform.documents.vocabulary import BarcodeKind, ParagraphRole, TableCellKind
from docplatform.ocr.local.blocks import (
    BarcodeBox,
    CellBlock,
    FigureBlock,
    LineBox,
    MarkBox,
    PageBlocks,
    PairBlock,
    ParagraphBlock,
    TableBlock,
    WordBox,
)

SIGNS = "ab12#*_-+=~|`<>&\"'()[].!\\:$ é漢😀\u0301\u200d\t\n"


def box(left: float, top: float, width: float = 1.0, height: float = 1.0) -> tuple[float, ...]:
    """An upright rectangle as a polygon."""
    right, bottom = left + width, top + height
    return left, top, right, top, right, bottom, left, bottom


_PLACES = st.builds(box, st.integers(0, 9), st.integers(0, 9), st.integers(1, 5), st.integers(1, 2))
_MAYBE_PLACES = st.none() | _PLACES
_CONFIDENCES = st.floats(0, 1)
_WORDS = st.builds(
    WordBox,
    text=st.text(max_size=5) | st.text(alphabet=SIGNS, max_size=5),
    polygon=_MAYBE_PLACES,
    confidence=_CONFIDENCES,
    before=st.sampled_from([" ", "", "\t"]),
)
_LINES = st.lists(st.builds(LineBox, st.lists(_WORDS, max_size=4), _MAYBE_PLACES), max_size=3)
_PARAGRAPHS = st.builds(ParagraphBlock, _LINES, st.none() | st.sampled_from([role.value for role in ParagraphRole]))
_CELLS = st.builds(
    CellBlock,
    row=st.integers(0, 3),
    column=st.integers(0, 3),
    lines=_LINES,
    row_span=st.integers(1, 2),
    column_span=st.integers(1, 2),
    kind=st.none() | st.sampled_from([kind.value for kind in TableCellKind]),
    polygon=_MAYBE_PLACES,
)
_MARKS = st.builds(MarkBox, st.booleans(), _PLACES, _CONFIDENCES)
_BARCODES = st.builds(
    BarcodeBox, st.sampled_from([kind.value for kind in BarcodeKind]), st.text(max_size=9), _PLACES, _CONFIDENCES
)


@st.composite
def _tables(draw: st.DrawFn) -> list[ParagraphBlock | TableBlock]:
    """A table, with its caption before or after it if it has one."""
    cells = sorted(draw(st.lists(_CELLS, max_size=6)), key=lambda cell: (cell.row, cell.column))
    caption = draw(st.none() | _PARAGRAPHS)
    table = TableBlock(cells, draw(_MAYBE_PLACES), caption)
    if caption is None:
        return [table]
    return draw(st.permutations([table, caption]))


@st.composite
def pages(draw: st.DrawFn) -> PageBlocks:
    """A page with anything on it."""
    groups = draw(st.lists(_tables() | _PARAGRAPHS.map(lambda block: [block]), max_size=4))
    blocks = [block for group in groups for block in group]
    captions = {id(block.caption) for block in blocks if isinstance(block, TableBlock)}
    plain = [block for block in blocks if isinstance(block, ParagraphBlock) and id(block) not in captions]
    marks = draw(st.lists(_MARKS, max_size=3))
    words = [word for block in blocks for line in _lines(block) for word in line.words]
    figures = draw(st.lists(_PLACES, max_size=2))
    titles = draw(st.permutations(plain)) if plain else []
    return PageBlocks(
        blocks,
        8.5,
        11,
        draw(st.sampled_from(["inch", "pixel", None])),
        draw(st.none() | st.floats(-179, 180)),
        marks,
        draw(st.lists(_BARCODES, max_size=2)),
        draw(st.lists(_pairs(words, marks), max_size=3)),
        [FigureBlock(place, draw(st.sampled_from([None, *titles[i : i + 1]]))) for i, place in enumerate(figures)],
    )


def _pairs(words: list[WordBox], marks: list[MarkBox]) -> st.SearchStrategy[PairBlock]:
    some = st.lists(st.sampled_from(words), max_size=3) if words else st.just([])
    return st.builds(PairBlock, some, some, st.sampled_from([None, *marks]), _CONFIDENCES)


def _lines(block: ParagraphBlock | TableBlock) -> Iterator[LineBox]:
    if isinstance(block, ParagraphBlock):
        yield from block.lines
    else:
        for cell in block.cells:
            yield from cell.lines


def words_of(page: PageBlocks) -> list[WordBox]:
    """The words of a page that have a text."""
    words = [word for block in page.blocks for line in _lines(block) for word in line.words]
    return [word for word in words if word.text.strip()]


def assert_spans_hold(result: AnalyzeResult) -> None:
    """``content[span] == element.content`` for everything that has both."""
    for page in result.pages:
        for word in page.words:
            assert result.text_of(word.span) == word.content
        for line in page.lines:
            assert result.text_of(*line.spans) == line.content
        _assert_within(page)
    cells = [cell for table in result.tables for cell in table.cells]
    captions = [element.caption for element in (*result.tables, *result.figures) if element.caption]
    parts: list[KeyValueElement] = [part for pair in result.key_value_pairs for part in (pair.key, pair.value) if part]
    for element in (*result.paragraphs, *cells, *captions, *parts):
        assert result.text_of(*element.spans) == element.content
    for found in _spans(json.loads(result.to_json())):
        assert 0 <= found["offset"] <= found["offset"] + found["length"] <= len(result.content)


def _assert_within(page: Page) -> None:
    """All of a page is in its span."""
    start, end = (page.spans[0].offset, page.spans[0].end) if page.spans else (math.inf, -math.inf)
    found: list[Span] = [element.span for element in (*page.words, *page.selection_marks, *page.barcodes)]
    for span in [*found, *(span for line in page.lines for span in line.spans)]:
        assert start <= span.offset <= span.end <= end


def _spans(raw: object) -> Iterator[dict[str, int]]:
    if isinstance(raw, dict):
        if raw.keys() == {"offset", "length"}:
            yield raw
        raw = list(raw.values())
    if isinstance(raw, list):
        for item in raw:
            yield from _spans(item)


def assert_pointers_hold(result: AnalyzeResult) -> None:
    """Every pointer leads to an element, and everything in the sections is in one of them."""
    raw = json.loads(result.to_json())
    for pointer in re.findall(r'"(/(?:paragraphs|tables|figures|sections)/\d+)"', json.dumps(raw)):
        _, kind, index = pointer.split("/")
        assert int(index) < len(raw[kind])
    inside = [element for section in result.sections for element in section.elements]
    assert len(inside) == len(set(inside))
    assert {f"/sections/{number}" for number in range(1, len(result.sections))} <= set(inside)
    assert {f"/tables/{number}" for number in range(len(result.tables))} <= set(inside)
    assert {f"/figures/{number}" for number in range(len(result.figures))} <= set(inside)
    cells = [cell for table in result.tables for cell in table.cells]
    for element in cells:
        assert [result.paragraphs[int(pointer.split("/")[2])].content for pointer in element.elements] == (
            [element.content] if element.content else []
        )
