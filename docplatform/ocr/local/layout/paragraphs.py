"""Paragraphs: lines in reading order, grouped.

Belongs here: which lines continue each other, by place, height and how they begin and end. Doesn't: their order, their
roles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docplatform.ocr.local.blocks import ParagraphBlock
from docplatform.ocr.local.layout.pieces import Piece

_ITEM = re.compile(r"[-–—•·▪●○◦∙*►➢❖✓o]$|\(?(\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]$")
_ENDS = (".", "!", "?", ":", "。", "؟", "…")
_SHORT = 0.75


def paragraphs(pieces: Sequence[Piece]) -> list[ParagraphBlock]:
    """Ordered pieces as paragraphs: close below each other, of like height, overlapping sideways."""
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and _continues(groups[-1][-1], piece) and not _begins_anew(groups[-1], piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [ParagraphBlock([piece.line for piece in group]) for group in groups]


def _continues(above: Piece, below: Piece) -> bool:
    (left, _, right, bottom), (other_left, top, other_right, _) = above.box, below.box
    smaller, larger = sorted((above.height, below.height))
    is_close = -0.6 * smaller <= top - bottom <= 0.8 * smaller and larger <= 1.5 * smaller
    return is_close and abs(left - other_left) < 3 * smaller and left < other_right and other_left < right


def _begins_anew(group: Sequence[Piece], piece: Piece) -> bool:
    """Whether a line below a group opens the next paragraph: an item, an indent, or after a short last line."""
    words = piece.line.words
    if len(words) > 1 and _ITEM.match(words[0].text):
        return True
    if len(group) < 2:
        return False
    above = group[-1]
    if piece.box[0] - above.box[0] > 0.8 * piece.height and above.box[0] - group[0].box[0] < 0.3 * piece.height:
        return True
    if not above.line.words or not above.line.words[-1].text.endswith(_ENDS):
        return False
    left, right = min(other.box[0] for other in group[-3:]), max(other.box[2] for other in group[-3:])
    return above.box[2] - left < _SHORT * (right - left)
