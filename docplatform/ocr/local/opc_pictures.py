"""Pictures in docx, xlsx and pptx files: what is drawn on them, and what their authors say they show.

Belongs here: finding them in drawing markup. Doesn't: recognising them (``pictures``), text of drawings (``opc``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docplatform.ocr.local.blocks import Block, ParagraphBlock, lines_of
from docplatform.ocr.local.opc import A, Package
from docplatform.ocr.local.pictures import Pictures

_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_VML = "{urn:schemas-microsoft-com:vml}"


def picture_blocks(package: Package, name: str, root: Any, pictures: Pictures) -> Iterator[Block]:
    """The pictures and descriptions that a part (``name``, with its root element) holds, in its order."""
    targets = {relationship.id: relationship.target for relationship in package.related(name)}
    described: set[str] = set()
    for element in root.iter("{*}docPr", "{*}cNvPr", f"{A}blip", f"{_VML}shape", f"{_VML}imagedata"):
        text = (element.get("descr") or element.get("alt") or "").strip()
        if text and text not in described:
            described.add(text)
            yield ParagraphBlock(lines_of(text))
        target = targets.get(element.get(f"{_RELATED}embed") or element.get(f"{_RELATED}id") or "")
        if target is not None and element.tag in (f"{A}blip", f"{_VML}imagedata"):
            yield from pictures.blocks(package.read(target))
