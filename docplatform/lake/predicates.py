"""Conditions on rows, as the SQL that deltalake takes.

Belongs here: literals, IN lists, the condition that names exactly the rows with given keys. Doesn't: running them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

MAX_VALUES = 1_000
"""Values in one condition. Parsing goes one level deeper per value: 50,000 overflowed the stack and took the process
down (deltalake 1.6.6), 1,000 take 60 ms."""
MAX_GROUPS = 64
"""Alternatives in one condition."""


def literal(value: object) -> str:
    """A value as SQL. Raises ``TypeError`` for one of a type that no key or filter column has."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        instant = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"arrow_cast('{instant}Z', 'Timestamp(Microsecond, Some(\"UTC\"))')"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"{value!r} can't stand in a condition on a table")


def is_one_of(column: str, values: Collection[object]) -> str:
    """``column`` equals one of ``values`` (at least one)."""
    if len(values) == 1:
        return f"{column} = {literal(next(iter(values)))}"
    return f"{column} IN ({', '.join(map(literal, values))})"


def equals_all(where: Mapping[str, object]) -> str:
    """Every column equals its value."""
    return " AND ".join(f"{column} = {literal(value)}" for column, value in where.items())


def rows_with(keys: Sequence[Mapping[str, Any]]) -> str | None:
    """A condition that holds for exactly the rows with one of these keys, None where it would grow too long.

    Keys alike in all columns but one are named together: ``(stage = 'a' AND id IN (…)) OR (stage = 'b' AND …)``.
    """
    if len(keys) > MAX_VALUES:
        return None
    columns = list(keys[0])
    wide = max(columns, key=lambda column: len({key[column] for key in keys}))
    others = [column for column in columns if column != wide]
    groups: dict[tuple[object, ...], dict[object, None]] = {}
    for key in keys:
        groups.setdefault(tuple(key[column] for column in others), {})[key[wide]] = None
    if len(groups) > MAX_GROUPS:
        return None
    return " OR ".join(
        "(" + " AND ".join([*_equal(others, shared), is_one_of(wide, list(values))]) + ")"
        for shared, values in groups.items()
    )


def _equal(columns: Sequence[str], values: Sequence[object]) -> list[str]:
    return [f"{column} = {literal(value)}" for column, value in zip(columns, values, strict=True)]
