"""Pages with tables whose cells are known exactly: fully or partly ruled, with three rules, with none.

Belongs here: placing a table's cells, rules and the prose around it. Doesn't: what it says (``table_content``), drawing
(``pdf``, ``scan``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from docplatform.samples import values, words
from docplatform.samples.layout import A4, Measure, Page, Run
from docplatform.samples.table_content import TableCell, TableContent, TableOptions, random_table


class TableStyle(StrEnum):
    """How a table is ruled."""

    GRID = "grid"
    """Around every cell."""
    OPEN_GRID = "open_grid"
    """As ``GRID``, without its left and right sides."""
    COLUMNS = "columns"
    """Between columns, around the whole and below the head; none between rows."""
    ROWS = "rows"
    """Below every row; none between columns."""
    BOOK = "book"
    """Above and below the head and at the end."""
    HEAD = "head"
    """Below the head only."""
    PLAIN = "plain"
    """None at all."""


RULED = (TableStyle.GRID, TableStyle.OPEN_GRID, TableStyle.COLUMNS)
UNRULED = (TableStyle.ROWS, TableStyle.BOOK, TableStyle.HEAD, TableStyle.PLAIN)


@dataclass(slots=True)
class TablePage:
    """A page and the tables on it."""

    page: Page
    tables: list[tuple[TableCell, ...]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """The lines outside of tables."""


def table_page(rng: random.Random, style: TableStyle, options: TableOptions, measure: Measure) -> TablePage:
    """One A4 page with a table or two, prose above, between and below them."""
    done = TablePage(Page(A4.width, float(A4.height or 0), A4.margin))
    writer = _Writer(rng, done, measure)
    writer.prose(rng.choice((1, 2, 4)))
    plain_heads = replace(options, grouped_head=0.0)  # rules between columns would run through the upper heading
    for number in range(rng.choice((1, 1, 2))):
        is_grid = style in (TableStyle.GRID, TableStyle.OPEN_GRID)
        content = random_table(rng, options if style is not TableStyle.COLUMNS else plain_heads, is_ruled=is_grid)
        if number and writer.room < 22.0 * content.rows:
            break
        writer.table(content, style)
        writer.prose(rng.choice((1, 2)))
    return done


class _Writer:
    """Writes downwards on a page."""

    def __init__(self, rng: random.Random, done: TablePage, measure: Measure) -> None:
        self._rng, self._done, self._measure = rng, done, measure
        self._y = done.page.margin
        self._size = rng.choice((8.0, 9.0, 10.0, 11.0))

    @property
    def room(self) -> float:
        """Points that are left."""
        return self._done.page.height - self._done.page.margin - self._y

    def prose(self, sentences: int) -> None:
        """A paragraph over the text width, with a gap around it."""
        page = self._done.page
        text = " ".join(_sentence(self._rng) for _ in range(sentences))
        self._y += 2 * self._size
        for line in _wrapped(text, page.width - 2 * page.margin, self._size, False, self._measure):
            if self.room < 2 * self._size:
                return
            self._y += 1.3 * self._size
            page.runs.append(Run(page.margin, self._y, line, self._size, False))
            self._done.texts.append(line)
        self._y += 2 * self._size

    def table(self, content: TableContent, style: TableStyle) -> None:
        """A table as wide as it needs or as the text."""
        rng, size = self._rng, self._size
        pad = max(rng.uniform(0.45, 1.2) * size, 1.3 * self._measure(" ", size, False))
        widths = self._widths(content, pad)
        if rng.random() < 0.4:
            spare = (self._done.page.width - 2 * self._done.page.margin - sum(widths)) / len(widths)
            widths = [width + max(0.0, spare) for width in widths]
        xs = [self._done.page.margin]
        for width in widths:
            xs.append(xs[-1] + width)
        leading = rng.uniform(1.12, 1.3) * size
        gap = rng.uniform(0.15, 0.7) * size
        lines = {id(cell): self._lines(cell, xs, pad) for cell in content.cells}
        ys = [self._y]
        for row in range(content.rows):
            own = [len(lines[id(cell)]) for cell in content.cells if cell.row == row and cell.row_span == 1]
            ys.append(ys[-1] + max([1, *own]) * leading + 2 * gap)
        if self._done.tables and ys[-1] > self._done.page.height - self._done.page.margin:
            return  # no room for another one
        self._print(content, lines, xs, ys, _Spacing(pad, leading, gap))
        head = 1 + max(cell.row for cell in content.cells if cell.is_head)
        self._done.page.strokes += _rules(content, style, xs, ys, head)
        self._done.tables.append(content.cells)
        self._y = ys[-1]

    def _widths(self, content: TableContent, pad: float) -> list[float]:
        """Of the columns: as wide as their texts, within the page; narrower where texts wrap."""
        size = self._size
        widths = []
        for number, kind in enumerate(content.kinds):
            texts = [c for c in content.cells if c.column == number and c.column_span == 1]
            needed = max(self._measure(c.text, size, c.is_head) for c in texts)
            word = max(self._measure(word, size, c.is_head) for c in texts for word in c.text.split() or [""])
            widths.append((max(word, 0.6 * needed) if kind == "text" and content.wraps else needed) + 2 * pad + 1)
        free = self._done.page.width - 2 * self._done.page.margin
        wide = [number for number, kind in enumerate(content.kinds) if kind == "text"]
        over = max(0.0, sum(widths) - free) / len(wide)
        return [width - over if number in wide else width for number, width in enumerate(widths)]

    def _lines(self, cell: TableCell, xs: list[float], pad: float) -> list[str]:
        width = xs[cell.column + cell.column_span] - xs[cell.column] - 2 * pad + 0.5
        return _wrapped(cell.text, width, self._size, cell.is_head, self._measure)

    def _print(
        self, content: TableContent, lines: dict[int, list[str]], xs: list[float], ys: list[float], spacing: _Spacing
    ) -> None:
        aligns = [
            "left" if kind == "text" else self._rng.choice(("right", "right", "left", "center"))
            for kind in content.kinds
        ]
        for cell in content.cells:
            align = "center" if cell.column_span > 1 else aligns[cell.column]
            left, right = xs[cell.column] + spacing.pad, xs[cell.column + cell.column_span] - spacing.pad
            y = ys[cell.row] + spacing.gap - 0.25 * self._size
            for line in lines[id(cell)]:
                y += spacing.leading
                spare = right - left - self._measure(line, self._size, cell.is_head)
                x = left + {"left": 0.0, "right": spare, "center": spare / 2}[align]
                self._done.page.runs.append(Run(x, y, line, self._size, cell.is_head))


@dataclass(frozen=True, slots=True)
class _Spacing:
    """Points beside, between and above the lines of a cell."""

    pad: float
    leading: float
    gap: float


def _sentence(rng: random.Random) -> str:
    """Running text about nothing much."""
    who, what, where = values.firm(rng), rng.choice(words.GOODS).lower(), rng.choice(words.TOWNS)
    return rng.choice(
        (
            f"Last week {who} ordered {what} for its branch in {where}, and nobody was told.",
            f"The list shows what {who} had in stock when the shop at {where} was closed.",
            f"As agreed with {values.person(rng)}, {what} is kept in {where} until further notice.",
            f"See our letter of {rng.randint(1, 28)} May about {what}.",
        )
    )


def _wrapped(text: str, width: float, size: float, bold: bool, measure: Measure) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and measure(f"{lines[-1]} {word}", size, bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _rules(
    content: TableContent, style: TableStyle, xs: list[float], ys: list[float], head: int
) -> list[tuple[float, float, float, float]]:
    """From point to point."""
    left, right, top, bottom = xs[0], xs[-1], ys[0], ys[-1]
    across = {
        TableStyle.COLUMNS: [top, ys[head], bottom],
        TableStyle.ROWS: ys[1:],
        TableStyle.BOOK: [top, ys[head], bottom],
        TableStyle.HEAD: [ys[head]],
    }
    if style in (TableStyle.GRID, TableStyle.OPEN_GRID):
        return _grid(content, xs, ys, is_open=style is TableStyle.OPEN_GRID)
    rules = [(left, y, right, y) for y in across.get(style, [])]
    return rules + ([(x, top, x, bottom) for x in xs] if style is TableStyle.COLUMNS else [])


def _grid(
    content: TableContent, xs: list[float], ys: list[float], *, is_open: bool
) -> list[tuple[float, float, float, float]]:
    """The sides of every cell; without the outer upright ones where ``is_open``."""
    rules = [(xs[0], ys[0], xs[-1], ys[0])]
    for cell in content.cells:
        left, right = xs[cell.column], xs[cell.column + cell.column_span]
        top, bottom = ys[cell.row], ys[cell.row + cell.row_span]
        rules.append((left, bottom, right, bottom))
        rules += [(x, top, x, bottom) for x in (left, right) if not is_open or xs[0] < x < xs[-1]]
    return sorted(set(rules))


def prose_columns_page(rng: random.Random, measure: Measure, columns: int = 2) -> TablePage:
    """A page without a table that looks a little like one: prose in columns below an address and a list of facts."""
    page = Page(A4.width, float(A4.height or 0), A4.margin)
    size = 9.5
    facts = (
        ("Name:", values.person(rng)),
        ("Firm:", values.firm(rng)),
        ("Reference:", values.reference(rng, "####-@@")),
    )
    y = page.margin
    for (name, value), address in zip(facts, (*values.address(rng), values.firm(rng)), strict=True):
        y += 1.4 * size
        page.runs += [Run(x, y, text, size, False) for x, text in ((56.0, address), (320.0, name), (400.0, value))]
    edges = [page.margin + number * (page.width - 2 * page.margin + 18) / columns for number in range(columns + 1)]
    for left, right in pairwise(edges):
        text = " ".join(_sentence(rng) for _ in range(40))
        for number, line in enumerate(_wrapped(text, right - left - 18, size, False, measure)[:40]):
            page.runs.append(Run(left, y + 40 + number * 1.25 * size, line, size, False))
    return TablePage(page, [], [run.text for run in page.runs])
