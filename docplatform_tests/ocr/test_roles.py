from dataclasses import replace

import pytest

from docplatform.ocr.local.blocks import FigureBlock, PageBlocks, ParagraphBlock, paragraph_of, table_of
from docplatform.ocr.local.layout.document import with_roles
from docplatform_tests.ocr.pages import line, text

_BODY = "plain words of a text that goes on and on"


def _block(said: str, top: float, height: float = 10.0, left: float = 50.0) -> ParagraphBlock:
    return ParagraphBlock([line(said, left, top, height)])


def _page(*blocks: ParagraphBlock) -> PageBlocks:
    body = [_block(_BODY, 300 + 15 * row) for row in range(8)]
    above = [block for block in blocks if block.lines[0].polygon[1] < 300]
    return PageBlocks([*above, *body, *(block for block in blocks if block not in above)], 600.0, 800.0, "pixel", 0.0)


def _roles(*pages: PageBlocks) -> list[tuple[str, str]]:
    return [
        (text(block.lines[0].words), block.role)
        for page in with_roles(pages)
        for block in page.blocks
        if isinstance(block, ParagraphBlock) and block.role
    ]


def test_the_largest_text_of_the_first_page_is_the_title() -> None:
    first = _page(_block("Annual Report", 150, 20), _block("Introduction", 270, 13))
    second = _page(_block("Annual Figures", 150, 20))
    assert _roles(first, second) == [
        *[("Annual Report", "title"), ("Introduction", "sectionHeading"), ("Annual Figures", "sectionHeading")]
    ]


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (_block("12.50 € 14.00", 150, 20), "mostly numbers"),
        (_block("large words " * 15, 150, 20), "too long"),
        (_block("ends like a sentence.", 270, 13), "a sentence"),
        (_block("begins in the middle", 270, 13), "no capital"),
        (_block("Hardly larger", 270, 11), "no larger"),
        (_block("3 Apples", 270, 9), "smaller than the text"),
    ],
)
def test_what_is_unclear_has_no_role(block: ParagraphBlock, why: str) -> None:
    assert [role for _, role in _roles(_page(block)) if role != "title"] == [], why


@pytest.mark.parametrize(
    "said", ["1 Introduction", "2.1. Motivation of it", "IV. Results", "§ 3 Payment", "Chapter 2 Law"]
)
def test_a_numbered_line_above_a_text_is_a_heading(said: str) -> None:
    assert _roles(_page(_block(said, 270))) == [(said, "sectionHeading")]


def test_heads_and_feet_come_again_whatever_number_is_in_them() -> None:
    pages = [
        _page(_block("Ada Ltd", 20), _block(f"Draft of {day} May", 20, left=400), _block("confidential", 770))
        for day in (4, 5)
    ]
    assert [role for _, role in _roles(*pages)] == ["pageHeader", "pageHeader", "pageFooter"] * 2


def test_what_stands_at_an_edge_once_is_no_head() -> None:
    assert _roles(_page(_block("Ada Ltd", 20)), _page(_block("Bob Ltd", 20))) == []
    assert _roles(_page(_block("same words", 20), _block("same words", 20, left=400))) == []


@pytest.mark.parametrize(
    ("numbers", "roles"),
    [
        (["1", "2"], ["pageNumber", "pageNumber"]),
        (["- 3 -", "- 4 -"], ["pageNumber", "pageNumber"]),
        (["iv", "v"], ["pageNumber", "pageNumber"]),
        (["Seite 1 von 3"], ["pageNumber"]),
        (["Page 7"], ["pageNumber"]),
        (["7"], []),
        (["2026-05"], []),
    ],
)
def test_page_numbers_are_told_by_their_form_or_by_coming_again(numbers: list[str], roles: list[str]) -> None:
    assert [role for _, role in _roles(*(_page(_block(number, 770, left=300)) for number in numbers))] == roles


def test_small_text_with_a_mark_below_the_text_is_a_footnote() -> None:
    note, small = _block("* of the year before, as agreed", 640, 8), _block("small words without any mark", 660, 8)
    assert _roles(_page(note, small)) == [("* of the year before, as agreed", "footnote")]
    above = _block("* small words above the rest", 560, 8)
    assert _roles(_page(above, _block(_BODY, 600))) == []


def test_roles_of_the_format_and_pages_without_geometry_stay() -> None:
    plain = PageBlocks([paragraph_of("Title", "title"), table_of([["a"]])])
    given = _page(replace(_block("Big words", 150, 20), role="sectionHeading"))
    turned = replace(_page(_block("Annual Report", 150, 20)), angle=90.0)
    assert with_roles([plain]) == [plain]
    assert _roles(given) == [("Big words", "sectionHeading")]
    assert _roles(turned) == []


def test_a_word_broken_over_two_lines_doesn_t_make_its_line_a_heading() -> None:
    broken = line("Some words of a text and a half-", 50, 270)
    tall = broken._replace(polygon=(50, 270, 200, 270, 200, 295, 50, 295))
    assert _roles(_page(ParagraphBlock([tall]))) == []


def test_a_caption_has_no_role_however_large_it_is():
    caption = _block("Figure 1 Sales of the Year", 320, 20.0)
    page = replace(_page(caption), figures=[FigureBlock((50, 100, 90, 100, 90, 310, 50, 310), caption)])
    assert _roles(_page(caption)) == [("Figure 1 Sales of the Year", "title")]
    assert _roles(page) == []
    assert any(block is caption for block in with_roles([page])[0].blocks)
