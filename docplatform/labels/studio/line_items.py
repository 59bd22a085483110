"""Line items in Label Studio: cells and rows are rectangles there, and rows have no number.

A cell's label is the field's declared name, ``Items/*/Amount``. A rectangle labelled ``Items/*`` frames a row: the
cells whose middle lies in it. Cells outside all frames are rows by their height: those whose middle lies between top
and bottom of a row's first cell belong to it. Rows are numbered from top to bottom, page by page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docplatform.labels.label_file import declared_name

_ROW = "/*"
Region = Mapping[str, Any]


def row_label(category: str) -> str | None:
    """What frames the rows of a cell: ``Items/*`` for ``Items/*/Amount`` and ``Items/0/Amount``; None for others."""
    array, row, _ = declared_name(category).partition(f"{_ROW}/")
    return array + _ROW if row else None


def is_row_label(name: str) -> bool:
    """Whether a label frames rows rather than naming a field."""
    return name.endswith(_ROW)


def with_row_labels(categories: Iterable[str]) -> tuple[str, ...]:
    """The categories, and before the first cell of each array what frames its rows."""
    return tuple(dict.fromkeys(name for each in categories for name in (row_label(each), each) if name))


@dataclass(slots=True)
class _Row:
    page: int
    left: float
    top: float
    right: float
    bottom: float
    cells: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, region: Region) -> _Row:
        value = region["value"]
        right, bottom = value["x"] + value["width"], value["y"] + value["height"]
        return cls(int(region.get("item_index") or 0), value["x"], value["y"], right, bottom)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)

    def is_level_with(self, cell: _Row) -> bool:
        return self.page == cell.page and self.top <= (cell.top + cell.bottom) / 2 <= self.bottom

    def frames(self, cell: _Row) -> bool:
        return self.is_level_with(cell) and self.left <= (cell.left + cell.right) / 2 <= self.right


def number_rows(regions: Sequence[Region]) -> list[tuple[Region, tuple[str, ...]]]:
    """Every labelled rectangle but the rows' frames, with its names, cells' with their row: ``Items/0/Amount``."""
    named = [(region, tuple(region["value"].get("rectanglelabels") or ())) for region in regions]
    arrays = dict.fromkeys(label for _, names in named for name in names if (label := row_label(name)))
    rows = {(array, cell): number for array in arrays for cell, number in _rows(named, array).items()}

    def numbered(index: int, name: str) -> str:
        array = row_label(name)
        return name if array is None else name.replace(_ROW, f"/{rows[array, index]}", 1)

    return [
        (region, kept)
        for index, (region, names) in enumerate(named)
        if (kept := tuple(numbered(index, name) for name in names if not is_row_label(name)))
    ]


def _rows(named: Sequence[tuple[Region, tuple[str, ...]]], array: str) -> dict[int, int]:
    """The row of each cell of an array, by its place among the regions."""
    rows = [_Row.of(region) for region, names in named if array in names]
    cells = {i: _Row.of(region) for i, (region, names) in enumerate(named) if array in map(row_label, names)}
    loose: list[_Row] = []
    for index, cell in sorted(cells.items(), key=lambda item: (item[1].page, item[1].top, item[1].left)):
        framing = [row for row in rows if row.frames(cell)]
        level = [row for row in loose if row.is_level_with(cell)]
        if framing:
            min(framing, key=lambda row: row.area).cells.append(index)
        elif level:
            level[-1].cells.append(index)
        else:
            cell.cells.append(index)
            loose.append(cell)
    ordered = sorted((row for row in (*rows, *loose) if row.cells), key=lambda row: (row.page, row.top, row.left))
    return {cell: number for number, row in enumerate(ordered) for cell in row.cells}
