"""epub: a page per chapter, in the order of the spine.

Belongs here: finding the chapters of an e-book. Doesn't: their markup (``html``), other packages.

EPUB 3.3. Chapters that the spine leaves out follow at the end: some writers forget notes there.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from docplatform.documents.decoding import decode
from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import Block, Notice, PageBlocks, ReadDocument
from docplatform.ocr.local.bounds import check_pages
from docplatform.ocr.local.html import html_blocks
from docplatform.ocr.local.opc import Package
from docplatform.ocr.local.pictures import Pictures
from docplatform.ocr.local.plain_text import damage_notices
from docplatform.settings import LimitSettings

_CONTAINER = "META-INF/container.xml"
_MARKUP = re.compile(r"\.(?:x?html?|xml)$", re.IGNORECASE)
_PICTURE = re.compile(rb"""<(?:img|image)\b[^>]{0,1000}?(?:src|href)\s*=\s*["']([^"'>]{1,1000})["']""", re.IGNORECASE)


def read_epub(data: bytes, limits: LimitSettings, pictures: Pictures) -> ReadDocument:
    """A page per chapter; the book's title, authors and so on stand on none, as readers don't show them.

    Raises:
        PermanentError: CORRUPT, ENCRYPTED, BOMB or TOO_MANY_PAGES.
    """
    package = Package(data, limits)
    chapters = _chapters(package)
    if not chapters:
        raise PermanentError("The e-book has no chapters. Ask its sender for it again.", reason=ReasonCode.CORRUPT)
    check_pages(len(chapters), limits, holder="The e-book", unit="chapters")
    _check_rights(package, chapters)
    notices: list[Notice] = []
    pages = [PageBlocks(list(_chapter(package, name, pictures, notices))) for name in chapters]
    return ReadDocument(pages, [*notices, *pictures.notices()])


def _chapter(package: Package, name: str, pictures: Pictures, notices: list[Notice]) -> Iterator[Block]:
    data = package.read(name)
    decoded = decode(data) if data.strip() else None
    if decoded is not None:
        notices += damage_notices(decoded)
        yield from html_blocks(decoded.text, with_title=False)  # the title of each is the book's, and not shown
    for match in _PICTURE.finditer(data):
        target = unquote(match.group(1).decode("utf-8", "replace").split("#")[0])
        yield from pictures.blocks(package.read(_joined(name, target)))


def _chapters(package: Package) -> list[str]:
    """Names of the parts with text: those of the spine, in its order, then others that the manifest lists."""
    container = package.xml(_CONTAINER)
    roots = [] if container is None else [element.get("full-path", "") for element in container.iter("{*}rootfile")]
    ordered: list[str] = []
    for name in roots:
        book = package.xml(name)
        ordered += [] if book is None else _listed(book, name)
    return [name for name in dict.fromkeys(ordered) if package.has(name)] or sorted(
        name for name in package.names() if _MARKUP.search(name) and not name.lower().startswith("meta-inf/")
    )


def _listed(book: Any, name: str) -> Iterable[str]:
    items = {
        item.get("id"): _joined(name, unquote(item.get("href", "")))
        for item in book.iter("{*}item")
        if "html" in item.get("media-type", "") and "nav" not in item.get("properties", "").split()
    }
    spine = [items.get(reference.get("idref")) for reference in book.iter("{*}itemref")]
    return [*(part for part in spine if part), *items.values()]


def _joined(base: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), target)).lstrip("/")


def _check_rights(package: Package, chapters: list[str]) -> None:
    """Books with rights management have their chapters encrypted; fonts may be garbled, which doesn't matter."""
    root = package.xml("META-INF/encryption.xml")
    references = () if root is None else root.iter("{*}CipherReference")
    encrypted = {unquote(reference.get("URI", "")) for reference in references}
    if encrypted & set(chapters):
        raise PermanentError(
            "The e-book is protected (its chapters are encrypted). Ask for it without protection.",
            reason=ReasonCode.ENCRYPTED,
        )
