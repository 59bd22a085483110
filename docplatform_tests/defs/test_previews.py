"""What the UI shows: documents' text as text, whatever it holds."""

from __future__ import annotations

import dagster as dg
import pytest

from docplatform.defs.previews import (
    PREVIEW_CHARACTERS,
    markdown_table,
    partition_metadata,
    place,
    plain,
    quarantine_event,
)
from docplatform.lake.stages import StageReport


@pytest.mark.parametrize(
    ("why", "value", "cell"),
    [
        ("nothing is nothing", None, ""),
        ("floats are short", 0.123456, "0.123"),
        ("numbers", 12, "12"),
        ("pipes would end the cell", "a | b", r"a \| b"),
        ("lines would end the row", "one\r\ntwo\n\n\tthree", "one two three"),
        ("lists", ["key", "phrase | x"], r"key, phrase \| x"),
        ("entities", [{"category": "Lender", "text": "A|B"}], r"Lender: A\|B"),
        ("images would be fetched", "![x](http://tracker/p.png)", r"\!\[x\](http://tracker/p.png)"),
        ("markup would be drawn", "<img src=x> **bold** `code`", r"\<img src=x\> \*\*bold\*\* \`code\`"),
        ("backslashes would escape the pipe's", "\\|", r"\\\|"),
        (
            "content that begins like an address is no link",
            "https://example.com and more",
            "https://example.com and more",
        ),
        ("white space only", " \n ", ""),
    ],
)
def test_a_cell_shows_its_value_as_it_is(why, value, cell):
    assert markdown_table(["content"], [{"content": value}]).splitlines()[2] == f"| {cell} |", why


def test_long_values_are_cut():
    row = markdown_table(["content"], [{"content": "word " * 1_000}]).splitlines()[2]
    assert len(row) == PREVIEW_CHARACTERS + len("|  |")
    assert row.endswith("… |")


def test_a_value_of_just_that_length_is_not_cut():
    assert "…" not in markdown_table(["content"], [{"content": "x" * PREVIEW_CHARACTERS}])


@pytest.mark.parametrize(
    ("why", "uri", "cell"),
    [
        ("browsers open these", "https://store/a%20(1).pdf", "[open](<https://store/a%20(1).pdf>)"),
        ("browsers don't follow these, people copy them", "file:///home/a%20(1).pdf", "/home/a (1).pdf"),
        ("however long", f"file:///home/{'x' * 500}.pdf", f"/home/{'x' * 500}.pdf"),
    ],
)
def test_addresses_are_links_or_paths(why, uri, cell):
    assert markdown_table(["uri"], [{"uri": uri}]).splitlines()[2] == f"| {cell} |", why


@pytest.mark.parametrize(
    ("uri", "value"),
    [
        ("file:///home/my%20lake/tables", dg.MetadataValue.path("/home/my lake/tables")),
        ("https://store/lake/tables", dg.MetadataValue.url("https://store/lake/tables")),
    ],
)
def test_a_place_is_a_link_only_where_a_browser_follows_it(uri, value):
    assert place(uri) == value


def test_a_table_has_a_head_and_as_many_cells_as_columns_in_each_row():
    lines = markdown_table(["a", "b"], [{"a": "1|1", "b": "2"}, {"a": "3", "b": "4"}]).splitlines()
    assert lines[:2] == ["| a | b |", "| --- | --- |"]
    assert [line.replace(r"\|", "").count("|") for line in lines] == [3, 3, 3, 3]


def test_plain_text_is_one_line():
    assert plain("a\n# b") == r"a \# b"


def test_metadata_sums_several_stages_and_shows_the_first_rows(home):
    home.add({f"acme/{n}.txt": f"text {n}" for n in range(8)})
    (key,) = home.platform.ledger.lake_partitions()
    done = [StageReport(key, made=2, current=1, quarantined=1, seconds=0.5), StageReport(key, made=3, seconds=0.25)]
    metadata = partition_metadata(home.platform.lake, "ocr_text", {key: done, "nobody/txt/2026-11-20": []})
    assert metadata[key]["made in this run"] == 5
    assert metadata[key]["seconds"] == 0.75
    assert metadata[key]["preview"].value.count("\n") == 2 + 5 - 1
    assert isinstance(metadata[key]["table"], dg.PathMetadataValue)
    assert metadata["nobody/txt/2026-11-20"]["preview"].value == "no rows"


def test_row_counts_are_of_the_partition_and_of_the_table(home):
    home.add({"acme/a.txt": "a", "acme/b.txt": "b", "beta/c.txt": "c"})
    acme, beta = home.platform.ledger.lake_partitions()
    metadata = partition_metadata(home.platform.lake, "ocr_text", {acme: [], beta: []})
    assert [metadata[key]["dagster/partition_row_count"] for key in (acme, beta)] == [2, 1]
    assert [metadata[key]["dagster/row_count"] for key in (acme, beta)] == [3, 3]


def test_a_preview_is_short_enough_to_be_shown_without_a_click(home):
    home.add({f"acme/{'long-' * 30}{n}.txt": f"{n} " + "word | " * 500 for n in range(5)})
    (key,) = home.platform.ledger.lake_partitions()
    preview = partition_metadata(home.platform.lake, "ocr_text", {key: []})[key]["preview"].value
    assert len(preview) < 1_000, "the UI hides Markdown from this length on"
    assert preview.count("\n") >= 2


def test_quarantine_is_told_with_its_reasons_and_latest_entries(home):
    home.add({"acme/a.txt": "fine", "acme/b|d.txt": "!corrupt", "acme/c.txt": "!corrupt x", "acme/d.txt": "!empty"})
    event = quarantine_event(home.platform.lake)
    assert event.asset_key == dg.AssetKey("quarantine")
    assert (event.metadata["open"].value, event.metadata["dagster/row_count"].value) == (3, 3)
    assert event.metadata["reasons"].value.splitlines()[2:] == ["| corrupt | 2 |", "| empty | 1 |"]
    assert r"| b\|d.txt |" in event.metadata["latest"].value
    assert "refused as empty" in event.metadata["latest"].value


def test_an_empty_quarantine_is_told_too(home):
    event = quarantine_event(home.platform.lake)
    assert (event.metadata["open"].value, event.metadata["latest"].value) == (0, "none")
