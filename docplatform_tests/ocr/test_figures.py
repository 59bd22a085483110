from __future__ import annotations

import pytest

from docplatform.ocr.local.blocks import LineBox, ParagraphBlock, WordBox
from docplatform.ocr.local.layout.figures import page_figures
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements

PICTURE = (1.0, 2.0, 5.0, 2.0, 5.0, 4.0, 1.0, 4.0)


def _line(text: str, left: float, top: float, width: float = 3.0, height: float = 0.2) -> LineBox:
    polygon = (left, top, left + width, top, left + width, top + height, left, top + height)
    words = text.split()
    step = width / len(words)
    boxes = [
        WordBox(word, (x, top, x + 0.9 * step, top, x + 0.9 * step, top + height, x, top + height))
        for word, x in ((word, left + number * step) for number, word in enumerate(words))
    ]
    return LineBox(boxes, polygon)


def _paragraph(text: str, left: float, top: float) -> ParagraphBlock:
    return ParagraphBlock([_line(text, left, top)])


@pytest.mark.parametrize(
    ("text", "left", "top", "is_caption", "why"),
    [
        ("Figure 3: Turnover by year", 1.2, 4.1, True, "below"),
        ("Fig. 3 Turnover", 1.2, 1.7, True, "above"),
        ("Abbildung 1 Umsatz", 1.2, 4.2, True, "German"),
        ("Figures are given in thousands", 1.2, 4.1, False, "no number"),
        ("Turnover by year", 1.2, 4.1, False, "ordinary text"),
        ("Figure 3: Turnover", 1.2, 6.0, False, "too far below"),
        ("Figure 3: Turnover", 5.5, 4.1, False, "in another column"),
        ("Figure 3: Turnover", 1.2, 3.0, False, "words within the picture"),
    ],
)
def test_a_caption_stands_beside_its_picture_and_begins_as_captions_do(text, left, top, is_caption, why):
    paragraph = _paragraph(text, left, top)
    (figure,) = page_figures([PICTURE], [paragraph])
    assert (figure.caption is paragraph) is is_caption, why


def test_a_caption_belongs_to_one_picture_and_below_comes_before_above():
    lower = tuple(number + (2.6 if place % 2 else 0.0) for place, number in enumerate(PICTURE))
    between, last = _paragraph("Figure 1 Upper", 1.0, 4.1), _paragraph("Figure 2 Lower", 1.0, 6.7)
    assert [figure.caption for figure in page_figures([PICTURE, lower], [between, last])] == [between, last]


def test_a_page_hands_on_its_pictures_as_figures():
    lines = [_line("Some text above the picture", 1.0, 1.0), _line("Figure 1: A picture", 1.0, 4.1)]
    page = arrange(PageElements(lines, 8.5, 11.0, "inch", pictures=[PICTURE]))
    (figure,) = page.figures
    assert figure.polygon == PICTURE
    assert figure.caption in page.blocks


def test_a_page_without_pictures_has_no_figures():
    assert arrange(PageElements([_line("Figure 1: none", 1.0, 4.1)], 8.5, 11.0, "inch")).figures == []
