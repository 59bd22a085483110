"""Rows by their keys."""

from __future__ import annotations

from typing import Any

from docplatform.lake.tables import (
    PREDICTIONS,
    TableSpec,
)

OTHER = "acme/png/2026-11-20"


def by_key(rows: list[dict[str, Any]], spec: TableSpec = PREDICTIONS) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in spec.key))
