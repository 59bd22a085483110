"""What the UI shows: documents' text as text, whatever it holds."""

from __future__ import annotations

import dagster as dg
import pytest

from docplatform.defs.previews import PREVIEW_CHARACTERS, markdown_table, partition_metadata, plain
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


def test_addresses_are_links():
    table = markdown_table(["uri"], [{"uri": "file:///home/a%20(1).pdf"}])
    assert table.splitlines()[2] == "| [open](<file:///home/a%20(1).pdf>) |"


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
    assert (metadata[key]["seconds"], metadata[key]["dagster/row_count"]) == (0.75, 8)
    assert metadata[key]["preview"].value.count("\n") == 2 + 5 - 1
    assert isinstance(metadata[key]["table"], dg.UrlMetadataValue)
    assert metadata["nobody/txt/2026-11-20"]["preview"].value == "no rows"
