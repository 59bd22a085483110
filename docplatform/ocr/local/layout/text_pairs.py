"""Keys and their values where there is no geometry: heads of mails, paragraphs and tables of Office files.

Belongs here: ``Label: value`` in a line, a label in the cell before its value. Doesn't: pages with geometry
(``pairs``), what a label is made of (``label_words``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from docplatform.ocr.local.blocks import LineBox, PageBlocks, PairBlock, ParagraphBlock, TableBlock, WordBox
from docplatform.ocr.local.layout.label_words import is_label
from docplatform.ocr.local.layout.pairs import key_start

IN_LINE, IN_CELLS = 0.9, 0.7
_MAX_KEY_WORDS, _MAX_VALUE_WORDS = 5, 15
_MAX_LINES = 20_000
"""Lines of a page that are looked at; what is longer is no form."""


def with_text_pairs(page: PageBlocks) -> PageBlocks:
    """The page; one without geometry and without pairs with the pairs of its lines and tables."""
    return replace(page, pairs=list(_pairs(page))) if page.width is None and not page.pairs else page


def _pairs(page: PageBlocks) -> Iterator[PairBlock]:
    left = _MAX_LINES
    for block in page.blocks:
        lines = len(block.lines) if isinstance(block, ParagraphBlock) else len(block.cells)
        left -= lines
        if left < 0:
            return
        if isinstance(block, TableBlock):
            yield from _of_table(block)
        else:
            yield from (pair for line in block.lines if (pair := _of_line(line)))


def _of_line(line: LineBox) -> PairBlock | None:
    """The pair of a line that begins with a label and its colon, and is no sentence."""
    words = line.words
    for end, word in enumerate(words[:_MAX_KEY_WORDS]):
        if word.text.endswith((":", "：")):
            value = words[end + 1 :]
            if 0 < len(value) <= _MAX_VALUE_WORDS and key_start(words, 0, end) == 0:
                return PairBlock(words[: end + 1], value, None, IN_LINE)
            return None
    return None


def _of_table(table: TableBlock) -> Iterator[PairBlock]:
    """Pairs of a table of two columns whose first holds labels."""
    if table.column_count != 2:
        return
    for _, cells in groupby(table.cells, key=lambda cell: cell.row):
        texts = [[word for line in cell.lines for word in line.words] for cell in cells]
        if len(texts) == 2 and texts[1] and _is_key(texts[0]) and len(texts[1]) <= _MAX_VALUE_WORDS:
            yield PairBlock(texts[0], texts[1], None, IN_CELLS)


def _is_key(words: Sequence[WordBox]) -> bool:
    texts = [word.text for word in words]
    return bool(texts) and len(texts) <= _MAX_KEY_WORDS and (texts[-1].endswith((":", "：")) or is_label(texts))
