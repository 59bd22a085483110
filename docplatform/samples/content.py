"""A document before it has a format: blocks of text, and what is true about them.

Belongs here: what kinds of document hand to formats. Doesn't: wording (a module per kind), rendering (one per format).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from docplatform.samples.grammar import plain
from docplatform.samples.truth import Kind


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or a line. It may hold marks (see ``grammar``). ``align`` is ``left``, ``right`` or ``center``."""

    text: str
    size: float = 1.0
    """Relative to the page's text size."""
    bold: bool = False
    align: str = "left"
    label: str = ""
    """The beginning of the text that names what follows it, if something does."""
    lines_named: int = 0
    """How many of the next texts the label names; 0: what follows it in this one."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells side by side. ``stops`` are their edges as shares of the text width: left, or right where negative."""

    cells: tuple[str, ...]
    stops: tuple[float, ...]
    bold: bool = False
    labels: tuple[int, ...] = ()
    """Which cells name the next one."""
    is_head: bool = False
    """Every cell names the one below it in the next row."""
    rows_named: int = 1
    """In how many of the next rows, for a head."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty space, in lines."""

    lines: float = 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the text width."""


@dataclass(frozen=True, slots=True)
class PageBreak:
    """The rest goes on a new page."""


Block = Text | Row | Gap | Rule | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One document without a format."""

    kind: Kind
    template: str
    held_out: bool
    blocks: tuple[Block, ...]
    fields: dict[str, str] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    items: tuple[tuple[str, ...], ...] = ()
    """A table with its head, for spreadsheets and csv."""
    is_slip: bool = False
    """Printed on a till roll instead of A4."""


def marked_lines(blocks: Iterable[Block], wrap: int | None = None) -> Iterator[str]:
    """The lines of a text file, marks still in them; paragraphs wrapped at ``wrap`` columns if given."""
    for block in blocks:
        match block:
            case Text(text=text):
                for line in text.split("\n"):
                    yield from (
                        textwrap.wrap(line, wrap, break_long_words=False, break_on_hyphens=False) if wrap else [line]
                    )
            case Row(cells=cells):
                yield "  ".join(cell for cell in cells if cell)
            case Gap() | PageBreak():
                yield ""
            case Rule():
                yield "-" * 40


def printed_text(blocks: Iterable[Block]) -> str:
    """What the blocks say in reading order, a line each, without marks, rules and empty lines."""
    said = (block for block in blocks if isinstance(block, Text | Row))
    return plain("\n".join(line for line in marked_lines(said) if line))


def printed_pairs(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """Every label the blocks print, with the value that it names."""
    said = [block for block in blocks if isinstance(block, Text | Row)]
    for number, block in enumerate(said):
        if isinstance(block, Row):
            below = [other for other in said[number + 1 : number + 1 + block.rows_named] if isinstance(other, Row)]
            yield from _row_pairs(block, below)
        elif block.label:
            named = [
                other.text for other in said[number + 1 : number + 1 + block.lines_named] if isinstance(other, Text)
            ]
            yield block.label, " ".join(named) or plain(block.text).removeprefix(block.label).strip()


def _row_pairs(row: Row, below: Sequence[Row]) -> Iterator[tuple[str, str]]:
    yield from ((row.cells[number], row.cells[number + 1]) for number in row.labels)
    for cell in row.cells:
        label, colon, value = cell.partition(": ")
        if colon:
            yield f"{label}:", value
    if row.is_head and below:
        values = zip(*(other.cells for other in below), strict=True)
        yield from ((head, " ".join(value)) for head, value in zip(row.cells, values, strict=True))


def paragraphs(text: str) -> tuple[Block, ...]:
    """Blocks of a text: an empty line becomes a gap, ``# `` a heading, ``---`` a rule."""
    blocks: list[Block] = []
    for line in text.strip("\n").split("\n"):
        if not line.strip():
            blocks.append(Gap())
        elif line.startswith("# "):
            blocks.append(Text(line[2:], size=1.3, bold=True))
        elif line == "---":
            blocks.append(Rule())
        else:
            blocks.append(Text(line))
    return tuple(blocks)
