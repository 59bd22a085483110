"""docx: body, tables, text boxes, content controls, headers and footers, notes, comments, charts, diagrams.

Belongs here: WordprocessingML to blocks. Doesn't: doc (``legacy``), the package itself (``opc``).

Read from the markup and not through python-docx's objects, which don't show text boxes, content controls or charts.
Tracked insertions are read, deletions aren't. Pages are only known to a layout engine: the document is one page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docplatform.documents.decoding import decode
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import (
    EMBEDDED_FILES,
    Block,
    CellBlock,
    Notice,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    lines_of,
    paragraph_of,
)
from docplatform.ocr.local.bounds import bounded_number
from docplatform.ocr.local.html import html_blocks
from docplatform.ocr.local.opc import Package, chart_blocks, drawing_blocks, embedded_notices
from docplatform.ocr.local.opc_pictures import picture_blocks
from docplatform.ocr.local.pictures import Pictures
from docplatform.ocr.local.plain_text import damage_notices
from docplatform.settings import LimitSettings

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_BREAKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}ptab": "\t"}
_SKIPPED = {f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "sectPr", "instrText", "delText")}
_WINGDINGS = {0x6F: "☐", 0x71: "☐", 0xA8: "☐", 0x78: "☒", 0xFD: "☒", 0xFE: "☑", 0xFB: "✗", 0xFC: "✓"}
"""What forms draw with the font Wingdings: boxes to tick, and ticks."""
_TRUE = ("1", "true", "on")
_NOTES = (("footnotes", "footnote"), ("endnotes", "endnote"), ("comments", "comment"))


def read_docx(data: bytes, limits: LimitSettings, pictures: Pictures) -> ReadDocument:
    """One page of blocks.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED or BOMB.
    """
    package = Package(data, limits)
    main = package.main_part("word/document.xml")
    root = package.xml(main)
    body = None if root is None else root.find(f"{W}body")
    if body is None:
        raise PermanentError("The Word file has no document body.", reason=ReasonCode.CORRUPT)
    related = {relationship.id: relationship for relationship in package.related(main)}
    parts: dict[str, list[str]] = {}
    for relationship in related.values():
        parts.setdefault(relationship.kind, []).append(relationship.target)
    notices = embedded_notices(related.values())
    blocks = [
        *_distinct(package, parts.get("header", []), "pageHeader"),
        *_blocks(body),
        *_embedded(package, parts),
        *picture_blocks(package, main, root, pictures),
        *(block for name in _drawn_on(parts) for block in _pictures(package, name, pictures)),
        *_chunks(package, parts.get("aFChunk", []), notices),
        *_notes(package, parts),
        *_distinct(package, parts.get("footer", []), "pageFooter"),
    ]
    return ReadDocument([PageBlocks(blocks)], [*notices, *pictures.notices()])


def _drawn_on(parts: dict[str, list[str]]) -> list[str]:
    """Names of the parts beside the body that pictures lie on."""
    return [name for kind in ("header", "footer", "footnotes", "endnotes") for name in parts.get(kind, [])]


def _pictures(package: Package, name: str, pictures: Pictures) -> Iterator[Block]:
    root = package.xml(name)
    yield from () if root is None else picture_blocks(package, name, root, pictures)


def _distinct(package: Package, names: list[str], role: str) -> Iterator[Block]:
    """Headers or footers: the first, even and default page's often say the same."""
    seen: set[str] = set()
    for name in sorted(names):
        root = package.xml(name)
        for block in () if root is None else _blocks(root, role):
            key = repr(block)
            if key not in seen:
                seen.add(key)
                yield block


def _notes(package: Package, parts: dict[str, list[str]]) -> Iterator[Block]:
    for kind, tag in _NOTES:
        for name in parts.get(kind, []):
            root = package.xml(name)
            for note in () if root is None else root.iter(f"{W}{tag}"):
                if note.get(f"{W}type") not in ("separator", "continuationSeparator", "continuationNotice"):
                    yield from _blocks(note, "footnote" if kind != "comments" else None)


def _embedded(package: Package, parts: dict[str, list[str]]) -> Iterator[Block]:
    for name in [*parts.get("chart", []), *parts.get("chartEx", [])]:
        root = package.xml(name)
        yield from () if root is None else chart_blocks(root)
    for name in parts.get("diagramData", []):
        root = package.xml(name)
        yield from () if root is None else drawing_blocks(root)


def _chunks(package: Package, names: list[str], notices: list[Notice]) -> Iterator[Block]:
    """Documents that Word would merge in when it opens the file: those in HTML or plain text; of others it is told."""
    for name in names:
        suffix = name.lower().rpartition(".")[2]
        if suffix not in ("htm", "html", "xhtml", "txt"):
            notices.append(Notice(EMBEDDED_FILES, f"A part in another format ({name}) was not read."))
            continue
        decoded = decode(package.read(name))
        notices += damage_notices(decoded)
        yield from [paragraph_of(decoded.text)] if suffix == "txt" else html_blocks(decoded.text)


def _blocks(container: Any, role: str | None = None) -> Iterator[Block]:
    """Paragraphs and tables of a container, in order, through content controls and other wrappers."""
    for child in container:
        if child.tag == f"{W}p":
            yield from _paragraph(child, role)
        elif child.tag == f"{W}tbl":
            yield from _table(child)
        elif child.tag == _ALTERNATE:
            yield from _blocks(_chosen(child), role)
        elif child.tag not in _SKIPPED:
            yield from _blocks(child, role)


def _chosen(alternate: Any) -> Any:
    """The first choice of an AlternateContent, which says the same as its fallback."""
    choice = alternate.find(_CHOICE)
    return choice if choice is not None else alternate


def _paragraph(paragraph: Any, role: str | None) -> Iterator[Block]:
    texts: list[str] = []
    boxes: list[Any] = []
    _collect(paragraph, texts, boxes)
    lines = lines_of("".join(texts))
    if lines:
        yield ParagraphBlock(lines, role or _heading_role(paragraph))
    for box in boxes:
        yield from _blocks(box, role)


def _collect(element: Any, texts: list[str], boxes: list[Any]) -> None:
    """The inline text of a paragraph; text boxes are set aside, to follow it."""
    for child in element:
        text = _inline_text(child)
        if text is not None:
            texts.append(text)
        elif child.tag == f"{W}txbxContent":
            boxes.append(child)
        elif child.tag not in _SKIPPED:
            _collect(_chosen(child) if child.tag == _ALTERNATE else child, texts, boxes)


def _inline_text(element: Any) -> str | None:
    """The text of an element that stands for text itself, None for others."""
    if element.tag in (f"{W}t", _MATH_TEXT):
        return element.text or ""
    if element.tag.endswith("}textpath"):  # WordArt keeps its text in an attribute
        return f" {element.get('string', '')} "
    draw = _DRAWN.get(element.tag)
    return _BREAKS.get(element.tag) if draw is None else draw(element)


def _symbol(element: Any) -> str:
    """A character of a named font. Symbol fonts put theirs at F000 and up, where Unicode has nothing."""
    code = int(element.get(f"{W}char") or "0", 16)
    if code >= 0xF000:
        return _WINGDINGS.get(code - 0xF000, " ") if element.get(f"{W}font") == "Wingdings" else " "
    return chr(code) if code else ""


def _ticked(element: Any) -> str:
    """A check box of a form of Word 97: drawn by Word, not written."""
    states = [element.find(f"{W}checked"), element.find(f"{W}default")]
    state = next((state for state in states if state is not None), None)
    return "☒" if state is not None and state.get(f"{W}val", "1") in _TRUE else "☐"


def _picked(element: Any) -> str:
    """What is chosen in a drop-down list of a form of Word 97."""
    states = [_count(element.find(f"{W}{name}"), -1) for name in ("result", "default")]
    entries = [entry.get(f"{W}val", "") for entry in element.iter(f"{W}listEntry")]
    chosen = next((state for state in states if state >= 0), 0)
    return entries[chosen] if chosen < len(entries) else ""


_DRAWN = {f"{W}sym": _symbol, f"{W}checkBox": _ticked, f"{W}ddList": _picked}
"""Inline text that isn't written as text."""


def _heading_role(paragraph: Any) -> str | None:
    style = paragraph.find(f"{W}pPr/{W}pStyle")
    name = style.get(f"{W}val", "").lower() if style is not None else ""
    if name == "title":
        return "title"
    has_level = paragraph.find(f"{W}pPr/{W}outlineLvl") is not None
    return "sectionHeading" if has_level or name.startswith("heading") else None


def _table(table: Any) -> Iterator[Block]:
    cells: list[CellBlock] = []
    open_cells: dict[int, int] = {}  # column -> place in cells of the cell that is merged downwards
    rows = [row for row in table.iter(f"{W}tr") if next(row.iterancestors(f"{W}tbl")) is table]
    for row_number, row in enumerate(rows):
        column = _count(row.find(f"{W}trPr/{W}gridBefore"), 0)
        for cell in (cell for cell in row.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tr")) is row):
            width = _count(cell.find(f"{W}tcPr/{W}gridSpan"), 1)
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            lines = [line for block in _blocks(cell) for line in _lines(block)]
            if merge is not None and merge.get(f"{W}val") != "restart" and column in open_cells and not lines:
                cells[open_cells[column]] = _grown(cells[open_cells[column]], row_number)
            else:
                open_cells.pop(column, None)
                if merge is not None:
                    open_cells[column] = len(cells)
                cells.append(CellBlock(row_number, column, lines, 1, width))
            column += width
    if any(cell.lines for cell in cells):
        yield TableBlock(cells)


def _grown(cell: CellBlock, last_row: int) -> CellBlock:
    return CellBlock(cell.row, cell.column, cell.lines, last_row - cell.row + 1, cell.column_span, cell.kind)


def _lines(block: Block) -> Iterator[Any]:
    if isinstance(block, ParagraphBlock):
        yield from block.lines
    else:  # a table in a cell is read cell by cell
        for cell in block.cells:
            yield from cell.lines


def _count(element: Any, default: int) -> int:
    return default if element is None else bounded_number(element.get(f"{W}val"), default)
