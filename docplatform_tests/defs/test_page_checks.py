"""Checks of pages: they can fail, name who made them fail, and cost no result."""

from __future__ import annotations

from typing import Any

import pytest

from docplatform.defs.page_checks import PAGE_CHECKS, page_checks
from docplatform.defs.previews import progress_line
from docplatform.lake.stages import StageProgress
from docplatform_tests.homes import Home


@pytest.fixture
def checked(home: Home):
    """Documents read as pages say; the checks' results by name."""
    home.add({"acme/a.txt": "one", "acme/b_*.txt": "two", "beta/c.txt": "three"})

    def check(name: str, partition: str | None = None, **pages: Any) -> dict[str, Any]:
        rows = [row for row in home.rows("ocr_text") if row["name"] == name]
        home.platform.lake.upsert("ocr_text", [row | pages for row in rows], run_id="r")
        partitions = home.platform.ledger.lake_partitions()
        chosen = [key for key in partitions if key.startswith(partition or "")]
        return {result.check_name: result for result in page_checks(home.platform.lake, chosen)}

    return check


def values(result: Any) -> dict[str, Any]:
    return {name: value.value for name, value in result.metadata.items()}


def test_pages_that_are_all_accounted_for_pass(checked):
    found = checked("a.txt", page_count=5, file_page_count=7, unread_pages=[3, 6])
    assert set(found) == set(PAGE_CHECKS)
    pages = found["has_all_pages"]
    assert pages.passed
    assert values(pages) == {
        "pages in the files": 9, "pages read": 7, "pages named as unread": 2, "documents without a page count": 0,
        "wrong": "none",
    }  # fmt: skip
    text = found["has_text_where_ink_is"]
    assert not text.passed
    assert text.severity.value == "WARN"
    assert "a.txt: pages 3, 6" in values(text)["unread"]
    assert values(text)["documents with ink without text pages"] == 0


@pytest.mark.parametrize(
    "pages",
    [
        {"page_count": 5, "file_page_count": 7, "unread_pages": [3]},
        {"page_count": 5, "file_page_count": 4, "unread_pages": []},
        {"page_count": 1, "file_page_count": 2, "unread_pages": None},
    ],
)
def test_a_page_that_is_lost_or_made_up_fails_and_names_its_document(checked, pages):
    result = checked("b_*.txt", **pages)["has_all_pages"]
    assert not result.passed
    assert result.severity.value == "ERROR"
    assert r"b\_\*.txt: " in values(result)["wrong"], "shown as it is"
    assert f"{pages['file_page_count']} pages in the file" in values(result)["wrong"]


def test_other_partitions_are_not_looked_at(checked):
    assert not checked("c.txt", file_page_count=9)["has_all_pages"].passed
    assert checked("c.txt", "acme/", file_page_count=9)["has_all_pages"].passed


def test_ink_without_text_is_named(checked):
    result = checked("c.txt", textless_pages=[2])["has_text_where_ink_is"]
    assert not result.passed
    assert "c.txt: page 2" in values(result)["ink without text"]


def test_rows_of_before_pages_were_counted_are_told_and_pass(checked):
    found = checked("a.txt", file_page_count=None, unread_pages=None, textless_pages=None)
    assert all(result.passed for result in found.values())
    assert values(found["has_all_pages"])["documents without a page count"] == 1


@pytest.mark.parametrize(
    ("counts", "seconds", "line"),
    [
        ({}, 3.0, "t: 2 of 5 documents"),
        ({"pages": 9, "pages from cache": 4}, 3.0, "t: 2 of 5 documents; 9 pages; 4 pages from cache; 3.0 pages/s"),
        ({"pages": 9, "pages from cache": 0}, 0.0, "t: 2 of 5 documents; 9 pages"),
    ],
)
def test_progress_tells_pages_where_there_are_any(counts, seconds, line):
    assert progress_line("t", StageProgress(done=2, total=5, counts=counts, seconds=seconds)) == line
