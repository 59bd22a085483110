"""HTML: text in document order, tables as tables.

Belongs here: walking an lxml tree into blocks, for html files and the html bodies of mails. Doesn't: fetching what a
page refers to.

Text that styles or scripts hide until something is clicked (tabs, folded sections, what mails show in the list only) is
text of the document: it is read. Scripts don't run here, so that what stands for them (noscript) is read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docplatform.documents.decoding import decode
from docplatform.ocr.local.blocks import (
    Block,
    CellBlock,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    lines_of,
)
from docplatform.ocr.local.bounds import bounded_number
from docplatform.ocr.local.plain_text import damage_notices

_INVISIBLE = {"script", "style", "template", "head"}
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_INLINE = {
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins"),
    *("kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time"),
    *("tt", "u", "var", "wbr", "img", "input", "button", "output"),
}
_ROLES = {"h1": "title"} | {f"h{level}": "sectionHeading" for level in range(2, 7)}
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""", re.IGNORECASE)
_MAX_TABLE_DEPTH = 20


def read_html(data: bytes) -> ReadDocument:
    """One page of blocks."""
    match = _META_CHARSET.search(data[:4_096])
    decoded = decode(data, declared=match.group(1).decode("ascii") if match else None)
    return ReadDocument([PageBlocks(html_blocks(decoded.text))], damage_notices(decoded))


def html_blocks(text: str, *, with_title: bool = True, depth: int = 0) -> list[Block]:
    """The text of a page as blocks, the title of its head first where that is asked for."""
    from lxml import etree, html

    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\0", ""))  # lxml refuses text that declares an encoding
    text = _ENDS.sub(" ", text)  # lxml stops at them: what follows (a second document, a footer) would be lost
    if not text.strip():
        return []
    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except etree.ParserError:  # nothing but comments
        return []
    walker = _Walker(depth)
    title = root.find(".//head/title")
    if with_title and title is not None and title.text_content().strip():
        walker.blocks.append(ParagraphBlock(lines_of(" ".join(title.text_content().split())), "title"))
    walker.walk(root)
    walker.flush()
    return walker.blocks


class _Walker:
    """Collects inline text until a block element ends it. Iterative: pages nest thousands deep."""

    def __init__(self, depth: int = 0) -> None:
        self.blocks: list[Block] = []
        self._depth = depth
        self._text: list[str] = []
        self._role: str | None = None

    def walk(self, root: Any) -> None:
        self._run([("open", root)])

    def walk_inside(self, element: Any) -> None:
        """Walk what is in an element, but not the element itself."""
        self._add_text(element.text, element)
        for child in element:
            self._run([("tail", child), ("open", child)])

    def _run(self, stack: list[tuple[str, Any]]) -> None:
        while stack:
            action, element = stack.pop()
            if action == "tail":
                self._add_text(element.tail, element)
            elif action == "close":
                self.flush()
                self._role = None
            else:
                stack += self._open(element)

    def flush(self) -> None:
        lines = lines_of("".join(self._text))
        self._text.clear()
        if lines:
            self.blocks.append(ParagraphBlock(lines, self._role))

    def _open(self, element: Any) -> list[tuple[str, Any]]:
        """Handle an element's start; what is left to do comes back, last first."""
        if not isinstance(element.tag, str) or element.tag in _INVISIBLE:
            return []
        if element.tag == "table":
            self._add_table(element)
            return []
        if element.tag == "iframe" and element.get("srcdoc") and self._depth < _MAX_TABLE_DEPTH:
            self.flush()
            self.blocks += html_blocks(element.get("srcdoc"), depth=self._depth + 1)
            return []
        is_block = element.tag not in _INLINE
        if is_block and element.tag != "br":
            self.flush()
            self._role = _ROLES.get(element.tag, self._role)
        self._add_text({"br": "\n"}.get(element.tag) or attribute_text(element), element, verbatim=True)
        self._add_text(element.text, element)
        todo: list[tuple[str, Any]] = [("close", element)] if is_block and element.tag != "br" else []
        for child in reversed(element):
            todo += [("tail", child), ("open", child)]
        return todo

    def _add_text(self, text: str | None, element: Any, *, verbatim: bool = False) -> None:
        if not text:
            return
        keeps_lines = verbatim or any(True for _ in element.iterancestors("pre")) or element.tag == "pre"
        self._text.append(text if keeps_lines else re.sub(r"\s+", " ", text))

    def _add_table(self, table: Any) -> None:
        self.flush()
        caption = table.find("caption")
        if caption is not None:
            self.blocks.append(ParagraphBlock(lines_of(flat_text(caption))))
        self.blocks += _stray_blocks(table)
        cells = list(_cells(table, self._depth + 1))
        if cells and max(cell.column + cell.column_span for cell in cells) > 1:
            self.blocks.append(TableBlock(cells))
        else:  # one column only lays the page out: its cells are paragraphs
            self.blocks += [ParagraphBlock(cell.lines) for cell in cells]


def attribute_text(element: Any) -> str | None:
    """Text that is shown but stands in an attribute: what a field holds, what a picture says instead of itself."""
    if element.tag in ("img", "area"):
        return _padded(element.get("alt"))
    if element.tag == "input" and element.get("type", "text") not in ("hidden", "password", "checkbox", "radio"):
        return _padded(element.get("value") or element.get("placeholder"))
    if element.tag == "textarea" and not (element.text or "").strip():
        return _padded(element.get("placeholder"))
    if element.tag == "optgroup":
        return _padded(element.get("label"))
    return None


def _padded(text: str | None) -> str | None:
    return f" {text} " if text else None


def flat_text(element: Any, depth: int = 0) -> str:
    """All visible text of an element, a line per block inside it."""
    if depth > _MAX_TABLE_DEPTH:
        return str(element.text_content())
    walker = _Walker(depth)
    walker.walk_inside(element)
    walker.flush()
    return "\n".join(block_text(block) for block in walker.blocks)


def block_text(block: Block) -> str:
    """The text of a block, a line per line of it, a line per cell of a table."""
    if isinstance(block, TableBlock):
        return "\n".join(" ".join(word.text for line in cell.lines for word in line.words) for cell in block.cells)
    return "\n".join(" ".join(word.text for word in line.words) for line in block.lines)


def unsaid(blocks: Sequence[Block], said: Sequence[Block]) -> list[Block]:
    """Those of ``blocks`` that hold a word that ``said`` doesn't."""
    known = words_of(said)
    return [block for block in blocks if not words_of([block]) <= known]


def words_of(blocks: Sequence[Block]) -> set[str]:
    """The words in blocks, without their case."""
    return {word for block in blocks for word in re.findall(r"\w+", block_text(block).casefold())}


def _stray_blocks(table: Any) -> list[Block]:
    """Text that stands in a table but in none of its cells: browsers show it in front of the table."""
    strays: list[str | None] = []
    for part in [table, *table.iter("thead", "tbody", "tfoot", "tr")]:
        if part is not table and next(part.iterancestors("table")) is not table:
            continue
        strays.append(part.text)
        for child in part:
            known = child.tag in (
                "caption",
                "colgroup",
                "col",
                "thead",
                "tbody",
                "tfoot",
                "tr",
                "td",
                "th",
                *_INVISIBLE,
            )
            strays += [None if known else flat_text(child), child.tail]
    return [ParagraphBlock(lines) for lines in (lines_of(text or "") for text in strays) if lines]


def _cells(table: Any, depth: int) -> Iterator[CellBlock]:
    """Cells on a grid, as the HTML table model places them (rows push cells aside with their row spans)."""
    spans: list[_RowSpan] = []
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    for row_number, row in enumerate(rows):
        spans = [span for span in spans if span.until > row_number]
        column = 0
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            column = _free_column(spans, column)
            height, width = min(_span(cell, "rowspan"), len(rows) - row_number), _span(cell, "colspan")
            kind = "columnHeader" if cell.tag == "th" else None
            yield CellBlock(row_number, column, lines_of(flat_text(cell, depth)), height, width, kind)
            column += width
            if height > 1:
                spans.append(_RowSpan(column - width, column, row_number + height))


@dataclass(frozen=True, slots=True)
class _RowSpan:
    """Columns that a cell of an earlier row takes, until a row. Kept as ranges: a cell may span a million places."""

    first: int
    end: int
    until: int


def _free_column(spans: Sequence[_RowSpan], column: int) -> int:
    for span in sorted(spans, key=lambda span: span.first):
        if span.first <= column < span.end:
            column = span.end
    return column


def _span(cell: Any, name: str) -> int:
    return max(1, bounded_number(cell.get(name), 1))
