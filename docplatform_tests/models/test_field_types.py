from __future__ import annotations

import pytest

from docplatform.models.local.field_types import FieldType, ValueReader


@pytest.mark.parametrize(
    ("contents", "field_type"),
    [
        ([], FieldType.STRING),
        (["Ash Ltd", "Birch & Co"], FieldType.STRING),
        (["12/03/2018", "1 Mar 2019", "March 3, 2020", "2020-02-01"], FieldType.DATE),
        (["1,200.50", "$ 7", "EUR 1.200,50", "(3.00)"], FieldType.NUMBER),
        ([":selected:", ":unselected:"], FieldType.SELECTION_MARK),
        (["12-1234567", "A 7 B 9"], FieldType.STRING),
    ],
)
def test_the_type_is_told_by_the_labelled_values(contents: list[str], field_type: FieldType) -> None:
    assert ValueReader.of(contents).field_type is field_type


@pytest.mark.parametrize(
    ("field_type", "content", "value"),
    [
        (FieldType.DATE, "20/04/2018", "2018-04-20"),
        (FieldType.DATE, "2018.04.20", "2018-04-20"),
        (FieldType.DATE, "20-APR-18", "2018-04-20"),
        (FieldType.DATE, "April 20th, 2018", "2018-04-20"),
        (FieldType.DATE, "20 foo 2018", None),
        (FieldType.DATE, "31/02/2018", None),
        (FieldType.DATE, "soon", None),
        (FieldType.NUMBER, "RM 1,234.50", "1234.50"),
        (FieldType.NUMBER, "1.234,50", "1234.50"),
        (FieldType.NUMBER, "10.000", "10000"),
        (FieldType.NUMBER, "0.125", "0.125"),
        (FieldType.NUMBER, "-3", "-3"),
        (FieldType.NUMBER, "(12.30)", "-12.30"),
        (FieldType.NUMBER, "5 and 6", None),
        (FieldType.SELECTION_MARK, ":selected:", "selected"),
        (FieldType.SELECTION_MARK, "x", None),
        (FieldType.STRING, "two\n lines", "two lines"),
    ],
)
def test_a_content_is_read_in_the_fields_type_or_not_at_all(
    field_type: FieldType, content: str, value: str | None
) -> None:
    assert ValueReader(field_type).read(content) == value


def test_dates_are_month_first_where_a_labelled_one_can_only_be_so() -> None:
    reader = ValueReader.of(["03/20/2018", "03/04/2018"])
    assert not reader.day_first
    assert reader.read("03/04/2018") == "2018-03-04"
    assert ValueReader.of(["20/03/2018", "21/03/2018", "03/20/2018"]).day_first  # one misread label turns no other
    assert ValueReader.of(["03/04/2018"]).read("03/04/2018") == "2018-04-03"
