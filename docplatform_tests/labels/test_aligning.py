"""Where a value stands in a text."""

from __future__ import annotations

import pytest

from docplatform.labels.aligning import AlignedText, alike, choose

TEXT = "ACME Sdn. Bhd.\n12 Long\nRoad, Town\nTAX 1.00\nTOTAL RM9.00 (inc)\nCASH 19.00\n:selected: Paid"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ACME Sdn. Bhd.", [["ACME Sdn. Bhd."]]),
        ("acme  sdn. bhd.", [["ACME Sdn. Bhd."]]),
        ("ACME SDN BHD", [["ACME Sdn. Bhd"]]),
        ("12 Long Road, Town", [["12 Long", "Road, Town"]]),
        ("12 LONG ROAD TOWN", [["12 Long", "Road, Town"]]),
        ("12 Long TAX 1.00", [["12 Long", "TAX 1.00"]]),
        ("9.00", [["9.00"]]),
        ("00", []),
        ("9", []),
        ("Roa", []),
        ("selected", [[":selected:"]]),
        ("", []),
        ("nowhere", []),
    ],
)
def test_a_value_is_found_in_its_form_and_in_whole_words(value: str, found: list[list[str]]) -> None:
    occurrences = AlignedText(TEXT).occurrences(value)
    assert [[TEXT[start:end] for start, end in spans] for spans in occurrences] == found


def test_the_closest_text_is_named() -> None:
    closest = AlignedText(TEXT).closest("TOTAL RM8.00")
    assert closest is not None
    likeness, (start, end) = closest
    assert TEXT[start:end] == "TOTAL RM9.00"
    assert 0.5 < likeness < 1
    assert AlignedText("").closest("x") is None
    assert alike("A-B c", "abc") == 1.0


def test_the_place_is_taken_that_is_most_like_in_the_other_documents() -> None:
    clear = [AlignedText(f"Tax {n}.10\nTotal {n}.55\nCash 50.00") for n in range(1, 6)]
    values = [f"{n}.55" for n in range(1, 6)]
    unclear = AlignedText("Tax 0.70\nCash 7.00\nTotal 7.00\nRounded 7.00")
    found = [text.occurrences(value) for text, value in zip([*clear, unclear], [*values, "7.00"], strict=True)]
    chosen = choose(list(zip([*clear, unclear], found, strict=True)))
    start = found[-1][chosen[-1]][0][0]
    assert unclear.text[:start].endswith("Total ")


def test_without_other_documents_the_first_place_is_taken() -> None:
    text = AlignedText("x 1 x 1")
    assert choose([(text, text.occurrences("1"))]) == [0]


def test_a_number_at_the_end_of_the_line_before_is_another_one() -> None:
    text = AlignedText("12-3456\n23-567\n1,5")
    assert text.occurrences("23-567") == [((8, 14),)]
    assert text.occurrences("5") == []
