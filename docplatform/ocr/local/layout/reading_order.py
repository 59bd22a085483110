"""Reading order: pieces of lines found anywhere on a page, put in the order a person reads them.

Belongs here: rows, and the order of rows and columns; geometry only, for text layers and OCR alike. Doesn't: finding
the pieces, telling columns (``columns``), grouping lines (``paragraphs``).

Rows from top to bottom, left to right, except where a page is set in columns of prose: then column by column, between
what runs across them. Rows are kept where two blocks only look like columns (labels beside values, tables).
Text that runs from right to left is arranged in a mirrored frame (``page``), so that left means where lines start.
"""

from __future__ import annotations

from collections.abc import Sequence

from docplatform.ocr.local.layout.columns import parted
from docplatform.ocr.local.layout.pieces import Piece

_MAX_DEPTH = 12  # cuts above each other: pages of a newspaper have five or six


def in_reading_order(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces in reading order."""
    return ordered_parts(column_parts(pieces))


def ordered_parts(parts: Sequence[Sequence[Piece]]) -> list[Piece]:
    """The pieces of ``column_parts`` in reading order."""
    return [piece for part in parts for row in rows(part) for piece in row]


def column_parts(pieces: Sequence[Piece], depth: int = 0) -> list[Sequence[Piece]]:
    """The pieces in parts to be read one after the other, each of which is no more set in columns of prose."""
    parts = parted(pieces) if depth < _MAX_DEPTH else None
    return [pieces] if parts is None else [leaf for part in parts for leaf in column_parts(part, depth + 1)]


def rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces whose heights overlap by more than half stand in one row."""
    found: list[list[Piece]] = []
    top = bottom = 0.0
    for piece in sorted(pieces, key=lambda piece: (piece.box[1] + piece.box[3], piece.box[0])):
        overlap = min(bottom, piece.box[3]) - max(top, piece.box[1])
        if found and overlap > 0.5 * min(bottom - top, piece.height):
            found[-1].append(piece)
        else:
            found.append([piece])
            top, bottom = piece.box[1], piece.box[3]
    return [sorted(row, key=lambda piece: piece.box[0]) if len(row) > 1 else row for row in found]


def consecutive_rows(ordered: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces in reading order by row; unlike ``rows``, never with a piece of another column."""
    found: list[list[Piece]] = []
    for piece in ordered:
        if found:
            before = found[-1][-1].box
            overlap = min(before[3], piece.box[3]) - max(before[1], piece.box[1])
            if piece.box[0] > before[0] and overlap > 0.5 * min(before[3] - before[1], piece.height):
                found[-1].append(piece)
                continue
        found.append([piece])
    return found
