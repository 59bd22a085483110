"""Checks of ``ocr_text`` about pages, from its small columns: no result is parsed.

Belongs here: whether every page is accounted for, and which need a person's eye. Doesn't: checks of whole documents
(``checks``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from docplatform.defs.previews import bullets

if TYPE_CHECKING:
    from docplatform.lake.lake import Lake

ALL_PAGES_CHECK = "has_all_pages"
TEXT_CHECK = "has_text_where_ink_is"
PAGE_CHECKS = {
    ALL_PAGES_CHECK: "Pages in the files = pages read + pages named as unread, in every lake partition of the run.",
    TEXT_CHECK: "No page was left unread, and none has ink and no text: those that do need a person's eye.",
}
"""Names of the checks that ``page_checks`` makes, and what they say."""

_COLUMNS = ["name", "lake_partition", "page_count", "file_page_count", "unread_pages", "textless_pages"]
_MOST_NAMED = 50


def page_checks(lake: Lake, lake_partitions: Sequence[str]) -> list[dg.AssetCheckResult]:
    """Both checks over all documents of these lake partitions."""
    rows = lake.read_rows("ocr_text", lake_partitions=lake_partitions, columns=_COLUMNS)
    rows.sort(key=lambda row: (row["lake_partition"], row["name"]))
    return [_all_pages(rows), _text(rows)]


def _all_pages(rows: Sequence[dict[str, Any]]) -> dg.AssetCheckResult:
    counted = [row for row in rows if row["file_page_count"] is not None]
    wrong = [
        f"{_where(row)}: {row['file_page_count']} pages in the file, {row['page_count']} read, {_unread(row)} unread"
        for row in counted
        if row["file_page_count"] != row["page_count"] + _unread(row)
    ]
    return dg.AssetCheckResult(
        check_name=ALL_PAGES_CHECK,
        passed=not wrong,
        metadata={
            "pages in the files": sum(row["file_page_count"] for row in counted),
            "pages read": sum(row["page_count"] for row in counted),
            "pages named as unread": sum(_unread(row) for row in counted),
            "documents without a page count": len(rows) - len(counted),
            "wrong": bullets(wrong[:_MOST_NAMED]),
        },
    )


def _text(rows: Sequence[dict[str, Any]]) -> dg.AssetCheckResult:
    found = {
        what: [f"{_where(row)}: {_pages(row[column])}" for row in rows if row[column]]
        for what, column in (("unread", "unread_pages"), ("ink without text", "textless_pages"))
    }
    return dg.AssetCheckResult(
        check_name=TEXT_CHECK,
        passed=not any(found.values()),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            **{f"documents with {what} pages": len(lines) for what, lines in found.items()},
            **{what: bullets(lines[:_MOST_NAMED]) for what, lines in found.items()},
        },
    )


def _where(row: dict[str, Any]) -> str:
    return f"{row['lake_partition']} {row['name']}"


def _unread(row: dict[str, Any]) -> int:
    return len(row["unread_pages"] or ())


def _pages(numbers: Sequence[int]) -> str:
    return f"page {numbers[0]}" if len(numbers) == 1 else f"pages {', '.join(map(str, numbers))}"
