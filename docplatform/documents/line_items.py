"""Line items: names of their cells, and fields as Document Intelligence nests them.

Belongs here: what the name of a cell says, and a document's values as objects and arrays of them. Doesn't: finding
values (``models``), or which rows are the same (``evaluation``).

A cell is named ``Items/0/Amount``: array, row from 0, column. ``Table/First/Amount`` is a cell of a table whose rows
have names: an object of objects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from docplatform.documents.elements import Span
from docplatform.documents.fields import Field
from docplatform.documents.predictions import FieldValue

_ROW = re.compile(r"/(\d+)(?=/)")
_VALUES = {
    "string": "value_string",
    "date": "value_date",
    "number": "value_number",
    "selectionMark": "value_selection_mark",
}


def column_of(name: str) -> str:
    """``Items/*/Amount`` for the cell ``Items/0/Amount``; any other name itself."""
    return _ROW.sub("/*", name)


def is_column(name: str) -> bool:
    """Whether a name of ``column_of`` is a column of line items."""
    return "/*/" in name


def row_of(name: str) -> int:
    """The row of a cell; 0 for any other field."""
    found = _ROW.search(name)
    return int(found[1]) if found else 0


def cell_of(column: str, row: int) -> str:
    """``Items/0/Amount`` for ``Items/*/Amount`` and 0; any other name itself."""
    return column.replace("/*/", f"/{row}/")


def fields_object(values: Sequence[FieldValue]) -> dict[str, Field]:
    """Values by name; line items as an array of objects."""
    root: dict[str, Any] = {}
    leaves = {value.name for value in values}
    for value in values:
        *holders, last = value.name.split("/")
        if any("/".join(holders[:count]) in leaves for count in range(1, len(holders) + 1)):
            holders, last = [], value.name  # a field named as an object is, too
        node = root
        for name in holders:
            node = node.setdefault(name, {})
        node[last] = _leaf(value)
    return {_key(name): _nested(node) for name, node in root.items()}


def _nested(node: Field | dict[str, Any]) -> Field:
    if isinstance(node, Field):
        return node
    if all(name.isdecimal() for name in node):
        return Field(type="array", value_array=tuple(_nested(node[name]) for name in sorted(node, key=int)))
    return Field(type="object", value_object={_key(name): _nested(inner) for name, inner in node.items()})


def _leaf(value: FieldValue) -> Field:
    spans = tuple(Span(offset=offset, length=length) for offset, length in value.spans)
    leaf = Field(type=value.type, content=value.content, spans=spans, confidence=value.confidence_score)
    if value.value is None:
        return leaf
    number = float(value.value) if value.type == "number" else None
    return leaf.model_copy(update={_VALUES[value.type]: value.value if number is None else number})


def _key(component: str) -> str:
    return component.replace("~1", "/").replace("~0", "~")
