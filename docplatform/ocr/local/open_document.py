"""odt, ods, odp and their templates: text, tables, frames, notes, comments, headers and footers, charts.

Belongs here: OpenDocument markup to blocks. Doesn't: other office formats, what the package itself is (``opc`` opens
it: both are zips of XML parts).

OASIS OpenDocument 1.3. A text is one page, as only a layout engine knows its pages; a spreadsheet has a page per sheet,
a presentation one per slide. Tracked insertions are read, deletions aren't; hidden sheets and slides are read.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import (
    Block,
    CellBlock,
    Notice,
    PageBlocks,
    ParagraphBlock,
    ReadDocument,
    TableBlock,
    lines_of,
)
from docplatform.ocr.local.bounds import bounded_number, check_pages
from docplatform.ocr.local.opc import Package
from docplatform.ocr.local.pictures import Pictures
from docplatform.settings import LimitSettings

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_FORM = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"

_PARAGRAPHS = {f"{_TEXT}p": None, f"{_TEXT}h": "sectionHeading"}
_SKIPPED = {
    *(f"{_TEXT}{name}" for name in ("tracked-changes", "sequence-decls", "variable-decls", "user-field-decls")),
    *(f"{_OFFICE}{name}" for name in ("event-listeners", "scripts", "binary-data", "annotation-end")),
    *(f"{_TABLE}{name}" for name in ("tracked-changes", "content-validations", "calculation-settings")),
    *(f"{_DC}{name}" for name in ("creator", "date")),
    f"{_SVG}title",
    f"{_TEXT}note-citation",
}
_SET_ASIDE = {f"{_TEXT}note": "footnote", f"{_OFFICE}annotation": None, f"{_DRAW}frame": None, f"{_DRAW}text-box": None}
"""What stands in the middle of a paragraph but is none of its text: it follows the paragraph, in this role."""
_FORM_VALUES = (f"{_FORM}current-value", f"{_FORM}value", f"{_FORM}label")
_MAX_REPEATED_SPACES = 100


def read_open_document(data: bytes, limits: LimitSettings, pictures: Pictures) -> ReadDocument:
    """Pages of blocks.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED, BOMB or TOO_MANY_PAGES.
    """
    package = Package(data, limits)
    if b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise PermanentError(
            "The OpenDocument file needs a password. Save it without one and send it again.",
            reason=ReasonCode.ENCRYPTED,
        )
    root = package.xml("content.xml")
    body = None if root is None else root.find(f"{_OFFICE}body")
    if body is None:
        raise PermanentError("The OpenDocument file has no content.", reason=ReasonCode.CORRUPT)
    walker = _Walker(package, "", pictures)
    sheets = body.findall(f"{_OFFICE}spreadsheet/{_TABLE}table")
    slides = body.findall(f"{_OFFICE}presentation/{_DRAW}page")
    check_pages(len(sheets or slides), limits, holder="The document", unit="sheets or slides")
    if sheets:
        pages = [_sheet(walker, sheet) for sheet in sheets]
    elif slides:
        pages = [PageBlocks(list(walker.blocks(slide))) for slide in slides]
    else:
        headers, footers = _edges(walker, package.xml("styles.xml"))
        pages = [PageBlocks([*headers, *walker.blocks(body), *footers])]
    count = len(pages) if sheets or slides else None
    return ReadDocument(pages, [*walker.notices, *pictures.notices()], count)


def _sheet(walker: _Walker, sheet: Any) -> PageBlocks:
    name = lines_of(sheet.get(f"{_TABLE}name", ""))
    title = [ParagraphBlock(name, "title")] if name else []
    shapes = (block for holder in sheet.findall(f"{_TABLE}shapes") for block in walker.blocks(holder))
    return PageBlocks([*title, *walker.table(sheet), *shapes])


def _edges(walker: _Walker, styles: Any) -> tuple[list[Block], list[Block]]:
    """Headers and footers of the page styles; the first, left and right page's often say the same."""
    found: dict[str, list[Block]] = {"header": [], "footer": []}
    seen: set[str] = set()
    for element in () if styles is None else styles.iter(f"{_STYLE}*"):
        name = element.tag.removeprefix(_STYLE)
        kind = name[:6]
        if kind not in found or name.endswith("style"):
            continue
        for block in walker.blocks(element, "pageHeader" if kind == "header" else "pageFooter"):
            if repr(block) not in seen:
                seen.add(repr(block))
                found[kind].append(block)
    return found["header"], found["footer"]


class _Walker:
    """Walks one part of a package; objects that lie in it (charts, formulas) are parts below it."""

    def __init__(self, package: Package, folder: str, pictures: Pictures) -> None:
        self.notices: list[Notice] = []
        self._package = package
        self._folder = folder
        self._pictures = pictures

    def blocks(self, container: Any, role: str | None = None) -> Iterator[Block]:
        """Paragraphs and tables of a container, in order, through sections, lists, frames and other wrappers."""
        for child in container:
            if child.tag in _PARAGRAPHS:
                yield from self._paragraph(child, role or _role(child))
            elif child.tag == f"{_TABLE}table":
                yield from self.table(child)
            elif child.tag.startswith(_DRAW):
                yield from self._drawn(child, role)
            elif child.tag not in _SKIPPED:
                yield from _form_control(child) if child.tag.startswith(_FORM) else ()
                yield from self.blocks(child, _SET_ASIDE.get(child.tag) or role)

    def _drawn(self, element: Any, role: str | None) -> Iterator[Block]:
        if element.tag == f"{_DRAW}frame":
            yield from self._frame(element, role)
        elif element.tag in (f"{_DRAW}object", f"{_DRAW}object-ole"):
            yield from self._object(element)
        elif element.tag == f"{_DRAW}image":
            yield from self._pictures.blocks(self._package.read(self._target(element)), _description(element))
        else:
            yield from self.blocks(element, role)

    def table(self, table: Any) -> Iterator[Block]:
        """A table, with empty cells left out; repeated cells with text stand as often as they are shown."""
        cells: list[CellBlock] = []
        beside: list[Block] = []
        row_number = 0
        for row in _rows(table):
            cells += self._row(row, row_number, beside)
            row_number += _repeats(row, "number-rows-repeated")
        if cells:
            top, left = min(cell.row for cell in cells), min(cell.column for cell in cells)
            yield TableBlock([replace(cell, row=cell.row - top, column=cell.column - left) for cell in cells])
        yield from beside

    def _row(self, row: Any, row_number: int, beside: list[Block]) -> Iterator[CellBlock]:
        column = 0
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            repeats = _repeats(cell, "number-columns-repeated")
            blocks = list(self.blocks(cell))
            lines = [line for block in blocks if isinstance(block, ParagraphBlock) for line in block.lines]
            beside += [block for block in blocks if not isinstance(block, ParagraphBlock)]
            lines = lines or lines_of(cell.get(f"{_OFFICE}string-value") or cell.get(f"{_OFFICE}value") or "")
            if lines:
                height, width = (_spans(cell, name) for name in ("number-rows-spanned", "number-columns-spanned"))
                is_header = row.getparent().tag == f"{_TABLE}table-header-rows"
                kind = "columnHeader" if is_header else None
                for place in range(column, column + min(repeats, _MAX_REPEATED_SPACES)):
                    yield CellBlock(row_number, place, lines, height, width, kind)
            column += repeats

    def _paragraph(self, paragraph: Any, role: str | None) -> Iterator[Block]:
        texts: list[str] = []
        aside: list[Any] = []
        _collect(paragraph, texts, aside)
        lines = lines_of("".join(texts))
        if lines:
            yield ParagraphBlock(lines, role)
        for element in aside:
            yield from self.blocks([element], role)

    def _frame(self, frame: Any, role: str | None) -> Iterator[Block]:
        """One thing in several forms, the best first: a chart and its picture, a drawing as SVG and as PNG."""
        shown = [child for child in frame if child.tag != f"{_DRAW}image"]
        has_object = any(child.tag.startswith(f"{_DRAW}object") for child in shown)
        images = [] if has_object else frame.findall(f"{_DRAW}image")[:1]
        yield from self.blocks([*shown, *images], role)

    def _object(self, element: Any) -> Iterator[Block]:
        """A chart, formula or document that lies in this one; of what isn't OpenDocument it is told."""
        yield from self.blocks(element)  # its content may be written right here
        folder = self._target(element)
        root = self._package.xml(posixpath.join(folder, "content.xml")) if folder != self._folder else None
        if root is None:
            if folder and element.tag == f"{_DRAW}object-ole" and self._package.read(folder):
                self.notices.append(Notice("embeddedFiles", f"An embedded file ({folder}) was not read."))
            return
        inner = _Walker(self._package, folder, self._pictures)
        yield from inner.blocks(root)
        if _is_formula(root):
            yield from _formula(root)

    def _target(self, element: Any) -> str:
        """The name in the package of what an element refers to; empty where that lies elsewhere."""
        target = element.get(_XLINK, "")
        if not target or "://" in target:
            return ""
        name = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/")
        return name if name.startswith(self._folder) else ""


def _collect(element: Any, texts: list[str], aside: list[Any]) -> None:
    """The inline text of a paragraph; notes, comments and frames are set aside, to follow it."""
    texts.append(element.text or "")
    for child in element:
        if not isinstance(child.tag, str):
            pass
        elif child.tag in _SET_ASIDE or child.tag.startswith(_DRAW):
            aside.append(child)
        elif child.tag in _WHITE:
            texts.append(_WHITE[child.tag] * min(_MAX_REPEATED_SPACES, bounded_number(child.get(f"{_TEXT}c"), 1)))
        elif child.tag == f"{_TEXT}ruby" or child.tag not in _SKIPPED:
            _collect(child, texts, aside)
        texts.append(child.tail or "")


_WHITE = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}


def _role(paragraph: Any) -> str | None:
    style = paragraph.get(f"{_TEXT}style-name", "")
    return "title" if style == "Title" else _PARAGRAPHS[paragraph.tag]


def _rows(table: Any) -> Iterator[Any]:
    """Rows of a table and of the groups in it, but not of tables in its cells."""
    for child in table:
        if child.tag == f"{_TABLE}table-row":
            yield child
        elif child.tag in (
            f"{_TABLE}table-header-rows",
            f"{_TABLE}table-rows",
            f"{_TABLE}table-row-group",
        ):
            yield from _rows(child)


def _repeats(element: Any, name: str) -> int:
    """How often a row or cell is repeated. Empty ones by the million are usual, so that it isn't bounded here."""
    text = element.get(f"{_TABLE}{name}", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1


def _spans(cell: Any, name: str) -> int:
    return max(1, bounded_number(cell.get(f"{_TABLE}{name}"), 1))


def _form_control(control: Any) -> Iterator[Block]:
    """What a form field shows: what is entered in it, or its label."""
    is_choice = control.tag in (f"{_FORM}radio", f"{_FORM}checkbox")  # their values are codes
    texts = [control.get(name) for name in (_FORM_VALUES[-1:] if is_choice else _FORM_VALUES)]
    for text in dict.fromkeys(text for text in texts if text):
        if lines_of(text):
            yield ParagraphBlock(lines_of(text))


def _description(image: Any) -> str:
    described = image.getparent().find(f"{_SVG}desc")
    return (described.text or "") if described is not None else ""


def _is_formula(root: Any) -> bool:
    return isinstance(root.tag, str) and root.tag.endswith("}math")


def _formula(root: Any) -> Iterator[Block]:
    text = " ".join(part.strip() for part in root.itertext("{*}mi", "{*}mn", "{*}mo", "{*}mtext") if part.strip())
    if text:
        yield ParagraphBlock(lines_of(text))
