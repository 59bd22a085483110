import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from docplatform.ocr.local.image_marks import find_marks, image_marks
from docplatform.ocr.local.layout import marks
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements, Rule
from docplatform_tests.ocr.pages import box, line, page, pairs

_LINES = [line("some text", 200, 40, 24)]


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (400, 300), 255)
    return image, ImageDraw.Draw(image)


def _drawn(state: str, *, side: int = 24, skew: float = 0.0) -> Image.Image:
    image, draw = _sheet()
    draw.rectangle((100, 40, 100 + side, 40 + side), outline=0, width=2)
    if state == "crossed":
        draw.line((104, 44, 96 + side, 36 + side), fill=0, width=2)
        draw.line((104, 36 + side, 96 + side, 44), fill=0, width=2)
    elif state == "ticked":
        draw.line((105, 52, 111, 58, 120, 45), fill=0, width=3)
    return image.rotate(skew, Image.Resampling.BILINEAR, fillcolor=255)


@pytest.mark.parametrize("skew", [0.0, 0.7])
@pytest.mark.parametrize(("state", "is_selected"), [("empty", False), ("crossed", True), ("ticked", True)])
def test_boxes_are_found_with_their_state(state: str, is_selected: bool, skew: float) -> None:
    found = image_marks(np.asarray(_drawn(state, skew=skew)), _LINES)
    assert [mark.is_selected for mark in found] == [is_selected]
    left, top, right, bottom = (found[0].polygon[number] for number in (0, 1, 4, 5))
    assert abs(left - 100) < 5 > abs(right - 125)
    assert abs(top - 40) < 5 > abs(bottom - 65)


@pytest.mark.parametrize("side", [6, 90])
def test_squares_much_smaller_or_larger_than_text_are_no_boxes(side: int) -> None:
    assert image_marks(np.asarray(_drawn("empty", side=side)), _LINES) == []


def test_letters_bullets_and_cells_are_no_boxes() -> None:
    image, draw = _sheet()
    draw.text((10, 40), "DOB HOUSE EU 8 O D B", fill=0, font=ImageFont.load_default(28))
    draw.rectangle((20, 100, 44, 124), fill=0)
    for column in range(6):
        draw.rectangle((20 + 24 * column, 160, 44 + 24 * column, 184), outline=0, width=2)
    assert image_marks(np.asarray(image), _LINES) == []


def test_a_box_that_is_neither_empty_nor_filled_in_is_left_out() -> None:
    image = _drawn("empty")
    ImageDraw.Draw(image).rectangle((109, 49, 111, 52), fill=0)
    assert image_marks(np.asarray(image), _LINES) == []


def test_without_text_nothing_tells_how_large_a_box_is() -> None:
    assert image_marks(np.asarray(_drawn("empty")), []) == []


def test_what_is_found_becomes_part_of_the_page() -> None:
    elements = PageElements(_LINES, 400, 300, "pixel")
    found = find_marks(np.asarray(_drawn("crossed")), elements)
    assert [mark.is_selected for mark in found.marks] == [True]
    assert find_marks(np.full((300, 400), 255, np.uint8), elements) is elements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("☐ Yes ☒ No", [("Yes", "unselected"), ("No", "selected")]),
        ("[x] by post", [("by post", "selected")]),
        ("[ ] by post", [("] by post", "unselected")]),
        ("☑Paid", []),
        ("[a] note", []),
    ],
)
def test_characters_that_are_boxes_are_marks_and_their_words_labels(text: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(page((text, 10, 10))) == expected


def test_a_mark_found_on_the_image_is_not_told_again_by_its_character() -> None:
    elements = PageElements([line("☐ Yes", 10, 10)], 600, 800, "pixel")
    once = arrange(elements).marks
    again = arrange(PageElements(elements.lines, 600, 800, "pixel", marks=once))
    assert len(once) == len(again.marks) == 1


def test_labels_before_their_marks_are_theirs_where_a_mark_ends_the_row() -> None:
    assert pairs(page(("Wall ☐ Rotary ☑", 10, 10))) == [("Wall", "unselected"), ("Rotary", "selected")]


def test_a_label_ends_at_the_next_mark_or_at_a_wide_gap() -> None:
    found = image_marks(np.asarray(_drawn("empty")), _LINES)
    lines = [line("per week", 130, 45), line("far away", 330, 45)]
    assert pairs(arrange(PageElements(lines, 400, 300, "pixel", marks=found))) == [("per week", "unselected")]


def _square(left: float, top: float, side: float) -> list[Rule]:
    right, bottom = left + side, top + side
    return [
        *(Rule(left, y, right, y) for y in (top, bottom)),
        *(Rule(x, top, x, bottom) for x in (left, right)),
    ]


def test_squares_of_rules_are_marks_and_a_cross_in_them_selects() -> None:
    found = page(
        *[("Yes", 30, 10), ("x", 12, 40), ("No", 30, 40)],
        rules=(*_square(10, 10, 10), *_square(10, 40, 10), *_square(300, 10, 80), Rule(0, 700, 300, 700)),
    )
    assert [mark.is_selected for mark in found.marks] == [False, True]
    assert found.marks[0].polygon == box(10, 10, 10, 10)
    assert ("Yes", "unselected") in pairs(found)


@pytest.mark.parametrize(
    "rules",
    [
        _square(10, 10, 10)[:3],
        [Rule(10, 10, 20, 10), Rule(10, 26, 20, 26), Rule(10, 10, 10, 26), Rule(20, 10, 20, 26)],
        [Rule(10, 10, 20, 10), Rule(40, 20, 50, 20), Rule(10, 10, 10, 20), Rule(20, 10, 20, 20)],
        [rule for number in range(60) for rule in _square(10 * number, 10, 10)] * 2,
    ],
    ids=["three sides", "no square", "sides apart", "too many"],
)
def test_other_rules_are_no_marks(rules: list[Rule]) -> None:
    assert page(("Yes", 30, 10), ("No", 30, 40), rules=tuple(rules)).marks == []


def test_a_pattern_of_boxes_is_no_page_of_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_MAX_MARKS", 2)
    assert len(page(("☐ ☐ ☐ ☐", 10, 10)).marks) == 2
