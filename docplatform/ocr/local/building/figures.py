"""Where the figures of a page stand among its blocks.

Belongs here: what is inside a figure, and before which block it comes. Doesn't: finding figures, writing them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docplatform.ocr.local.blocks import Block, FigureBlock, PageBlocks, ParagraphBlock, TableBlock
from docplatform.ocr.local.building.content import hull


@dataclass(frozen=True, slots=True)
class PlacedFigure:
    """A figure with the paragraphs inside it, its caption not among them."""

    figure: FigureBlock
    members: Sequence[ParagraphBlock]


def placed_figures(page: PageBlocks) -> list[PlacedFigure]:
    """The figures of a page. A paragraph belongs to the first figure around its middle; captions to none.

    Those of tables too, which are written with their table.
    """
    captions = {id(figure.caption) for figure in page.figures}
    captions |= {id(block.caption) for block in page.blocks if isinstance(block, TableBlock) and block.cells}
    free = [block for block in page.blocks if isinstance(block, ParagraphBlock) and id(block) not in captions]
    placed = []
    for figure in page.figures:
        members = [block for block in free if _is_around(figure.polygon, block)]
        taken = {id(block) for block in members}
        free = [block for block in free if id(block) not in taken]
        placed.append(PlacedFigure(figure, members))
    return placed


def with_figures(page: PageBlocks, figures: Sequence[PlacedFigure]) -> list[Block | PlacedFigure]:
    """The blocks of a page with its figures where their caption or first paragraph stood, which they take along.

    A figure without any comes before the first block below it, or last. Captions of tables are left out: they are
    written with their table.
    """
    owners = {id(member): figure for figure in figures for member in figure.members}
    owners |= {id(figure.figure.caption): figure for figure in figures if figure.figure.caption}
    tables = [block for block in page.blocks if isinstance(block, TableBlock) and block.cells]
    left_out = {id(table.caption) for table in tables if table.caption}
    loose = [figure for figure in figures if not figure.members and not figure.figure.caption]
    items: list[Block | PlacedFigure] = []
    written: set[int] = set()
    for block in page.blocks:
        above = [figure for figure in loose if _is_below(block, figure.figure)]
        loose = [figure for figure in loose if figure not in above]
        items += above
        owner = owners.get(id(block))
        if owner is None:
            items += [] if id(block) in left_out else [block]
        elif id(owner) not in written:
            written.add(id(owner))
            items.append(owner)
    return items + loose


def _is_around(polygon: Sequence[float], block: ParagraphBlock) -> bool:
    box = hull(line.polygon for line in block.lines)
    if box is None:
        return False
    x, y = (box[0] + box[2]) / 2, (box[1] + box[5]) / 2
    return min(polygon[::2]) <= x <= max(polygon[::2]) and min(polygon[1::2]) <= y <= max(polygon[1::2])


def _is_below(block: Block, figure: FigureBlock) -> bool:
    """True where a block starts below a figure's middle, in the same column."""
    lines = [line for cell in block.cells for line in cell.lines] if isinstance(block, TableBlock) else block.lines
    box = hull(line.polygon for line in lines)
    if box is None:
        return False
    xs, ys = figure.polygon[::2], figure.polygon[1::2]
    return box[1] >= (min(ys) + max(ys)) / 2 and box[0] < max(xs) and box[2] > min(xs)
