"""Sections: the hierarchy that titles and headings make of a document.

Belongs here: levels of headings, and which element is in which section. Doesn't: finding headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from docplatform.ocr.local.building.content import Extent, Json, span

FURNITURE = ("pageHeader", "pageFooter", "pageNumber")
"""Roles of paragraphs that belong to the page and to no section."""

_NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element of the document's flow.

    ``level`` is a heading's, 0 for what isn't one; ``pointer`` is None for what belongs to the page and no section.
    """

    pointer: str | None
    extent: Extent
    level: int = 0


@dataclass(slots=True)
class _Section:
    level: int
    elements: list[str] = field(default_factory=list)
    spans: list[list[int]] = field(default_factory=list)
    is_open: bool = False

    def cover(self, extent: Extent) -> None:
        if extent[0] == extent[1]:
            return
        if self.is_open:
            self.spans[-1][1] = extent[1]
        else:
            self.spans.append(list(extent))
            self.is_open = True


def heading_level(role: str | None, text: str) -> int:
    """1 for a title, 2 for a section heading, one more for each further number in front (``2.1``); 0 for text."""
    if role == "title":
        return 1
    if role != "sectionHeading":
        return 0
    number = _NUMBER.match(text)
    return min(_DEEPEST, 2 + (number.group(1).count(".") if number else 0))


def sections(leaves: Sequence[Leaf]) -> list[Json]:
    """The sections, the whole document first. None for a document without elements.

    The span of a section reaches from its first element to its last; page headers and footers in between part it.
    """
    found = [_Section(0)]
    path = [found[0]]
    for leaf in sorted(leaves, key=lambda leaf: leaf.extent[0]):
        if leaf.pointer is None:
            for section in path:
                section.is_open = False
            continue
        if leaf.level:
            while path[-1].level >= leaf.level:
                path.pop().is_open = False
            path[-1].elements.append(f"/sections/{len(found)}")
            found.append(_Section(leaf.level))
            path.append(found[-1])
        path[-1].elements.append(leaf.pointer)
        for section in path:
            section.cover(leaf.extent)
    if not found[0].elements:
        return []
    return [
        {"spans": [span((start, end)) for start, end in section.spans], "elements": section.elements}
        for section in found
    ]
