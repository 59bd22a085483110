"""The figures of a page: its pictures, each with the caption beside it.

Belongs here: which paragraph is a picture's caption. Doesn't: finding pictures (``pdf_pictures``), what lies in them
(``building.figures``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docplatform.documents.elements import Polygon
from docplatform.ocr.local.blocks import Block, FigureBlock, ParagraphBlock
from docplatform.ocr.local.layout.frame import bounds
from docplatform.ocr.local.layout.pieces import Box

_CAPTION = re.compile(
    r"^(fig(ure|ura|uur)?|abb(ildung)?|bild|diagram|chart|photo|scheme)s?\.?\s*[\dIVX]+\b", re.IGNORECASE
)
_NEAR = 2.5
"""Heights of a caption's line between it and its picture."""


def page_figures(pictures: Sequence[Polygon], blocks: Sequence[Block]) -> list[FigureBlock]:
    """A figure for each picture; its caption is the nearest paragraph below, or else above, that begins as one does."""
    if not pictures:
        return []
    captions = [(block, _box(block)) for block in blocks if isinstance(block, ParagraphBlock) and _begins_as_one(block)]
    figures = []
    for picture in pictures:
        place = bounds(picture)
        near = [
            (gap, number) for number, (block, box) in enumerate(captions) if (gap := _gap(place, box, block)) < _NEAR
        ]
        caption = captions.pop(min(near)[1])[0] if near else None
        figures.append(FigureBlock(picture, caption))
    return figures


def _begins_as_one(block: ParagraphBlock) -> bool:
    words = block.lines[0].words[:2] if block.lines else ()
    return bool(_CAPTION.match(" ".join(word.text for word in words)))


def _box(block: ParagraphBlock) -> Box:
    return bounds([number for line in block.lines for number in line.polygon or ()] or (0.0,) * 8)


def _gap(picture: Box, caption: Box, block: ParagraphBlock) -> float:
    """How far a caption is from a picture, in heights of its lines; above counts a little more, beside is infinite."""
    if min(picture[2], caption[2]) <= max(picture[0], caption[0]):
        return float("inf")
    height = max((caption[3] - caption[1]) / max(len(block.lines), 1), 1e-6)
    below, above = caption[1] - picture[3], picture[1] - caption[3]
    if max(below, above) < -height:  # within the picture
        return float("inf")
    return max(below, 0.0) / height if below >= above else max(above, 0.0) / height + 0.5
