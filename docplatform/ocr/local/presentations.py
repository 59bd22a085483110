"""pptx: a page per slide with shapes, groups, tables, charts, diagrams, speaker notes and comments.

Belongs here: PresentationML to blocks. Doesn't: ppt (``legacy``), the package itself (``opc``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import Block, PageBlocks, ParagraphBlock, ReadDocument, lines_of
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.opc import A, Package, chart_blocks, drawing_blocks, drawing_table, embedded_notices
from docplatform.ocr.local.opc_pictures import picture_blocks
from docplatform.ocr.local.pictures import Pictures
from docplatform.settings import LimitSettings

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PLACED_BY_MASTER = {"sldNum", "dt", "hdr"}
_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"


def read_pptx(data: bytes, limits: LimitSettings, pictures: Pictures) -> ReadDocument:
    """A page per slide, hidden ones too, in the order they are shown.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED, BOMB or TOO_MANY_PAGES.
    """
    package = Package(data, limits)
    main = package.main_part("ppt/presentation.xml")
    root = package.xml(main)
    if root is None:
        raise PermanentError("The presentation has no main part.", reason=ReasonCode.CORRUPT)
    targets = {relationship.id: relationship.target for relationship in package.related(main)}
    slides = [targets.get(slide.get(f"{_R}id", ""), "") for slide in root.iter(f"{_P}sldId")]
    check_pages(len(slides), limits, holder="The presentation", unit="slides")
    notices = [notice for name in slides for notice in embedded_notices(package.related(name))]
    pages = [PageBlocks(list(_slide(package, name, pictures))) for name in slides]
    return ReadDocument(pages, [*notices, *pictures.notices()], len(slides))


def _slide(package: Package, name: str, pictures: Pictures) -> Iterator[Block]:
    root = package.xml(name)
    if root is None:
        return
    related = package.related(name)
    targets = {relationship.id: relationship.target for relationship in related}
    yield from _shapes(root, package, targets)
    yield from picture_blocks(package, name, root, pictures)
    for kind in ("notesSlide", "comments"):
        for relationship in related:
            part = package.xml(relationship.target) if relationship.kind == kind else None
            if part is not None:
                yield from _shapes(part, package, {}) if kind == "notesSlide" else _comments(part)


def _shapes(container: Any, package: Package, targets: dict[str, str]) -> Iterator[Block]:
    for shape in container:
        if shape.tag == f"{_P}sp":
            yield from _text_shape(shape)
        elif shape.tag == f"{_P}graphicFrame":
            yield from _graphic(shape, package, targets)
        elif shape.tag == _ALTERNATE:
            yield from _shapes(shape[:1], package, targets)
        else:
            yield from _shapes(shape, package, targets)


def _text_shape(shape: Any) -> Iterator[Block]:
    placeholder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    kind = "" if placeholder is None else placeholder.get("type", "")
    if kind in _PLACED_BY_MASTER:
        return
    role = "title" if kind in ("title", "ctrTitle") else "pageFooter" if kind == "ftr" else None
    yield from drawing_blocks(shape, role)


def _graphic(frame: Any, package: Package, targets: dict[str, str]) -> Iterator[Block]:
    for table in frame.iter(f"{A}tbl"):
        yield drawing_table(table)
    for reference in frame.iter("{*}chart"):
        chart = package.xml(targets.get(reference.get(f"{_R}id", ""), ""))
        yield from () if chart is None else chart_blocks(chart)
    for reference in frame.iter("{*}relIds"):
        diagram = package.xml(targets.get(reference.get(f"{_R}dm", ""), ""))
        yield from () if diagram is None else drawing_blocks(diagram)


def _comments(root: Any) -> Iterator[Block]:
    for text in (element.text for element in root.iter(f"{_P}text")):
        yield ParagraphBlock(lines_of(text or ""))
    yield from drawing_blocks(root)
