"""Random tables with their exact cells: headings of one or two levels, figures, wrapped texts, merged and empty cells.

Belongs here: what a table says. Doesn't: where it stands and how it is ruled (``table_pages``).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from docplatform.samples import values, words


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """One cell as printed; rows and columns count from 0."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    is_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """How hard a table is. Chances are 0 to 1."""

    rows: tuple[int, int] = (3, 14)
    columns: tuple[int, int] = (3, 6)
    empty: float = 0.08
    """Chance that a cell other than the first of its row is empty."""
    wrapped: float = 0.5
    """Chance that the column of texts is so narrow that some are wrapped."""
    grouped_head: float = 0.2
    """Chance of a heading of two levels, the upper one across several columns."""
    merged_rows: float = 0.15
    """Chance of cells that run down several rows; only where rules show it."""
    total: float = 0.25
    """Chance of a last row that sums up."""


@dataclass(frozen=True, slots=True)
class TableContent:
    """A table's cells and what its columns hold: ``text`` or ``figure``. Empty cells have an empty text."""

    cells: tuple[TableCell, ...]
    kinds: tuple[str, ...]
    wraps: bool

    @property
    def rows(self) -> int:
        """How many there are."""
        return max(cell.row + cell.row_span for cell in self.cells)


_Maker = Callable[[random.Random], str]
_TEXTS: dict[str, _Maker] = {
    "Description": lambda rng: rng.choice(words.GOODS),
    "Item": lambda rng: rng.choice(words.SHOP_GOODS),
    "Customer": values.firm,
    "Contact": values.person,
    "Town": lambda rng: rng.choice(words.TOWNS),
    "Remarks": lambda rng: " ".join(rng.choice(words.GOODS).split(",")[0] for _ in range(rng.randint(1, 3))),
}
_FIGURES: dict[str, _Maker] = {
    "Qty": lambda rng: str(rng.randint(1, 250)),
    "Units": lambda rng: f"{rng.randint(1, 9999):,}",
    "Price": lambda rng: f"{rng.uniform(0.5, 999):,.2f}",
    "Amount": lambda rng: f"{rng.uniform(5, 99_999):,.2f}",
    "Net EUR": lambda rng: f"€ {rng.uniform(5, 9_999):,.2f}",
    "Change": lambda rng: f"{rng.uniform(-20, 20):+.1f}%",
    "Date": lambda rng: f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(2019, 2026)}",
    "Rate": lambda rng: f"{rng.choice((0, 7, 10, 19, 20, 21))}%",
    "Balance": lambda rng: f"({rng.uniform(5, 999):.2f})" if rng.random() < 0.3 else f"{rng.uniform(5, 9_999):,.2f}",
}
_CODES: dict[str, _Maker] = {
    "No.": lambda rng: str(rng.randint(1, 99)),
    "Code": lambda rng: values.reference(rng, "@@-####"),
    "Ref.": lambda rng: values.reference(rng, "######"),
}
_GROUPS = ("This year", "Last year", "Delivered", "Ordered", "Budget and actual")


def random_table(rng: random.Random, options: TableOptions, *, is_ruled: bool) -> TableContent:
    """A table. Cells that run down several rows come only where ``is_ruled``."""
    makers = _columns(rng, rng.randint(*options.columns))
    count = rng.randint(*options.rows)
    cells = _head(rng, list(makers), options)
    first = max(cell.row + cell.row_span for cell in cells)
    kinds = tuple("text" if name in _TEXTS else "figure" for name in makers)
    for row in range(first, first + count):
        for column, maker in enumerate(makers.values()):
            text = "" if column and rng.random() < options.empty else maker(rng)
            cells.append(TableCell(row=row, column=column, text=text))
    if is_ruled and count >= 4 and rng.random() < options.merged_rows:
        cells = _merged_rows(rng, cells, first, count)
    if rng.random() < options.total:
        cells += _total(rng, list(makers.values()), kinds, first + count)
    return TableContent(tuple(cells), kinds, rng.random() < options.wrapped)


def _columns(rng: random.Random, count: int) -> dict[str, _Maker]:
    """Names of columns with makers of their values: maybe a code, texts, then figures."""
    texts = rng.sample(sorted(_TEXTS), 1 if count < 4 or rng.random() < 0.6 else 2)
    codes = rng.sample(sorted(_CODES), 1) if count > 3 and rng.random() < 0.4 else []
    figures = rng.sample(sorted(_FIGURES), count - len(texts) - len(codes))
    return {name: (_TEXTS | _FIGURES | _CODES)[name] for name in (*codes, *texts, *figures)}


def _head(rng: random.Random, names: list[str], options: TableOptions) -> list[TableCell]:
    if len(names) < 4 or rng.random() >= options.grouped_head:
        return [TableCell(row=0, column=number, text=name, is_head=True) for number, name in enumerate(names)]
    start = len(names) - rng.randint(2, len(names) - 2)
    cells = [
        TableCell(row=0, column=start, text=rng.choice(_GROUPS), column_span=len(names) - start, is_head=True),
        *(TableCell(row=0, column=number, text="", is_head=True) for number in range(start)),
    ]
    return cells + [TableCell(row=1, column=number, text=name, is_head=True) for number, name in enumerate(names)]


def _merged_rows(rng: random.Random, cells: list[TableCell], first: int, count: int) -> list[TableCell]:
    """The first column's cells run down two or three rows each, as far as that comes out even."""
    span = rng.choice((2, 3))
    last = first + count // span * span
    kept = [c for c in cells if c.column or not first <= c.row < last or (c.row - first) % span == 0]
    return [
        TableCell(row=c.row, column=0, text=c.text, row_span=span) if c.column == 0 and first <= c.row < last else c
        for c in kept
    ]


def _total(rng: random.Random, makers: list[_Maker], kinds: tuple[str, ...], row: int) -> list[TableCell]:
    label = next(number for number, kind in enumerate(kinds) if kind == "text")
    texts = ["" for _ in kinds]
    texts[label] = rng.choice(("Total", "Sum", "Grand total"))
    texts[-1] = makers[-1](rng)
    return [TableCell(row=row, column=number, text=text) for number, text in enumerate(texts)]
