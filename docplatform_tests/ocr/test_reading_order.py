import pytest

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.layout.paragraphs import paragraphs
from docplatform.ocr.local.layout.pieces import Box, Piece, mirrored, runs_left, upright_box
from docplatform.ocr.local.layout.reading_order import consecutive_rows, in_reading_order
from docplatform.ocr.local.page_elements import PageElements
from docplatform_tests.ocr.pages import line


def _piece(text: str, left: float, top: float, width: float = 200, height: float = 10) -> Piece:
    return Piece(LineBox([WordBox(word) for word in text.split()]), (left, top, left + width, top + height))


def _texts(pieces: list[Piece]) -> list[str]:
    return [" ".join(word.text for word in piece.line.words) for piece in pieces]


def _columns(top: float, count: int, name: str, width: float = 200) -> list[Piece]:
    """Two columns of prose, row by row."""
    return [
        _piece(f"{name} {side} line {row}", left, top + 14 * row, width)
        for row in range(count)
        for side, left in (("left", 0), ("right", 220))
    ]


def _sides(pieces: list[Piece]) -> list[str]:
    """Name and side of the columns, once for each run."""
    runs = [" ".join(text.split()[:2]) for text in _texts(pieces)]
    return [run for number, run in enumerate(runs) if number == 0 or run != runs[number - 1]]


def test_columns_above_and_below_a_line_across_are_read_apart() -> None:
    across = _piece("A headline across", 0, 100, 420)
    pieces = [*_columns(0, 6, "upper"), across, *_columns(130, 6, "lower")]
    assert _sides(in_reading_order(pieces)) == ["upper left", "upper right", "A headline", "lower left", "lower right"]


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        (_columns(0, 4, "few"), "too few lines for columns"),
        (_columns(0, 8, "narrow", width=60), "a table: columns that lines don't fill"),
        ([_piece("a b c", 5, 14 * row, width=0) for row in range(12)], "no width at all"),
    ],
)
def test_what_only_looks_like_columns_is_read_row_by_row(pieces: list[Piece], why: str) -> None:
    by_row = sorted(pieces, key=lambda piece: (piece.box[1], piece.box[0]))
    assert _texts(in_reading_order(list(reversed(pieces)))) == _texts(by_row), why


def test_nothing_is_in_order() -> None:
    assert in_reading_order([]) == []


@pytest.mark.parametrize(
    ("pieces", "groups"),
    [
        ([_piece("a", 0, 0), _piece("b", 0, 14)], 1),
        ([_piece("a", 0, 0), _piece("b", 0, 40)], 2),
        ([_piece("Title", 0, 0, height=20), _piece("b", 0, 24)], 2),
        ([_piece("a", 0, 0), _piece("b", 120, 14)], 2),
        ([_piece("a", 0, 0), _piece("b", 300, 0)], 2),
    ],
)
def test_lines_that_belong_together_are_a_paragraph(pieces: list[Piece], groups: int) -> None:
    assert len(paragraphs(pieces)) == groups


@pytest.mark.parametrize(
    ("direction", "box"),
    [(0, (10, 20, 30, 25)), (90, (20, 70, 25, 90)), (180, (70, 175, 90, 180)), (270, (175, 10, 180, 30))],
)
def test_turned_boxes_stand_upright_in_their_own_frame(direction: int, box: Box) -> None:
    assert upright_box((10, 20, 30, 25), direction, width=100, height=200) == box


def _prose(name: str, left: float, top: float, count: int, width: float = 100, words: int = 3) -> list[Piece]:
    """A column; its words are its name and a number, so that lines can be told."""
    return [_piece(f"{name}{row} " + "w " * (words - 1), left, top + 14 * row, width) for row in range(count)]


def _names(pieces: list[Piece]) -> list[str]:
    """The columns' names in the order in which they are read, once for each run."""
    names = [piece.line.words[0].text.rstrip("0123456789") for piece in pieces]
    return [name for number, name in enumerate(names) if number == 0 or name != names[number - 1]]


@pytest.mark.parametrize(
    ("pieces", "order", "why"),
    [
        ([*_prose("a", 0, 0, 9), *_prose("b", 120, 0, 9), *_prose("c", 240, 0, 9)], "abc", "three columns"),
        (
            [*_prose("a", 0, 0, 9), *_prose("b", 120, 0, 9), *_prose("c", 240, 0, 9), *_prose("d", 360, 0, 9)],
            "abcd",
            "four columns",
        ),
        (
            [
                *[*_prose("a", 0, 0, 12), _piece("H is across two", 120, 0, 220, 20)],
                *[*_prose("b", 120, 30, 9), *_prose("c", 240, 30, 9)],
            ],
            "aHbc",
            "a column beside a headline over two",
        ),
        ([*_prose("a", 0, 0, 30, 300), *_prose("b", 320, 100, 6, 90)], "ab", "a sidebar at the right, further down"),
        ([*_prose("a", 0, 0, 9, 60, words=2), *_prose("b", 80, 0, 20, 300)], "ab", "a sidebar of two words a line"),
        (
            [
                *[*_prose("t", 0, 0, 6, 220, 8), *_prose("a", 0, 90, 9), *_prose("b", 120, 90, 9)],
                *_prose("z", 0, 220, 6, 220, 8),
            ],
            "tabz",
            "a text across above and below",
        ),
        (
            [
                *[_piece("h head", 0, 0, 40), _piece("i right", 150, 0, 40)],
                *[*_prose("a", 0, 30, 9), *_prose("b", 120, 30, 9)],
                *[_piece("f foot", 0, 180, 40), _piece("g 7", 200, 180, 10)],
            ],
            "hiabfg",
            "running head and foot of two ends",
        ),
        (
            [*_prose("a", 0, 0, 6), *_prose("b", 120, 0, 6), *_prose("c", 0, 200, 6), *_prose("d", 120, 200, 6)],
            "abcd",
            "white across both columns",
        ),
    ],
)
def test_columns_are_read_one_after_the_other(pieces: list[Piece], order: str, why: str) -> None:
    shuffled = sorted(pieces, key=lambda piece: piece.line.words[0].text[::-1])
    assert "".join(_names(in_reading_order(shuffled))) == order, why


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ([("Full name", 45), ("Place of birth", 70), ("Age", 15)] * 3, [("Ada Byron King", 70)] * 9, "uneven labels"),
        ([("Rod length", 90)] * 9, [("mm", 10)] * 9, "values of one word"),
    ],
)
def test_labels_and_values_stay_in_rows(left: list[tuple[str, int]], right: list[tuple[str, int]], why: str) -> None:
    sides = [
        _piece(text, x, 14 * row, width)
        for x, side in ((0, left), (100, right))
        for row, (text, width) in enumerate(side)
    ]
    assert in_reading_order(sides) == sorted(sides, key=lambda piece: (piece.box[1], piece.box[0])), why


def test_widely_spaced_columns_are_a_form() -> None:
    sides = [_piece("three words here", x, 40 * row, 90) for row in range(9) for x in (0, 100)]
    assert in_reading_order(list(reversed(sides))) == sides


def test_columns_of_a_script_without_spaces_are_columns() -> None:
    sides = [_piece("這是一段沒有空格的文字" + str(row), x, 14 * row, 100) for x in (0, 120) for row in range(9)]
    assert in_reading_order(sorted(sides, key=lambda piece: piece.box[1])) == sides


def test_columns_that_run_left_are_read_from_the_right() -> None:
    right = [_piece(f"עברית שלום עולם {row}", 120, 14 * row, 100) for row in range(9)]
    left = [_piece(f"שלום עולם עברית {row}", 0, 14 * row, 100) for row in range(9)]
    assert runs_left([*left, *right])
    assert [piece.line for piece in in_reading_order(mirrored([*left, *right]))] == [p.line for p in [*right, *left]]


def test_rows_of_one_column_are_never_joined_with_another_s() -> None:
    ordered = in_reading_order([*_prose("a", 0, 0, 6), *_prose("b", 120, 0, 6)])
    assert [len(row) for row in consecutive_rows(ordered)] == [1] * 12
    assert [len(row) for row in consecutive_rows([_piece("a", 0, 0, 20), _piece("b", 30, 0, 20)])] == [2]


@pytest.mark.parametrize(
    ("pieces", "groups", "why"),
    [
        ([_piece("• one thing", 0, 0), _piece("• another thing", 0, 14)], 2, "items"),
        ([_piece("1. one thing", 0, 0), _piece("it goes on", 12, 14)], 1, "an item goes on further in"),
        (
            [_piece("text of one", 0, 0), _piece("paragraph", 0, 14), _piece("the next", 15, 28), _piece("on", 0, 42)],
            2,
            "an indent",
        ),
        (
            [_piece("text of one", 0, 0), _piece("its end.", 0, 14, 60), _piece("the next", 0, 28)],
            2,
            "a short last line",
        ),
        ([_piece("text of one", 0, 0), _piece("its middle", 0, 14, 60), _piece("goes on", 0, 28)], 1, "no end"),
    ],
)
def test_paragraphs_begin_anew(pieces: list[Piece], groups: int, why: str) -> None:
    assert len(paragraphs(pieces)) == groups, why


def _arranged(reverse: int) -> list[str]:
    upright = [line(f"upright line {row}", 50, 100 + 20 * row) for row in range(6)]
    turned = [line(f"turned line {row}", 50, 30 + 20 * row) for row in range(reverse)]
    turned = [LineBox(box.words, (*box.polygon[4:], *box.polygon[:4])) for box in turned if box.polygon]
    blocks = arrange(PageElements([*upright, *turned], 600, 800, "pixel")).blocks
    return [box.words[0].text for block in blocks for box in block.lines]


def test_a_line_whose_direction_was_mistaken_stays_where_it_is() -> None:
    assert _arranged(reverse=1)[0] == "turned"


def test_many_lines_the_other_way_round_are_a_text_of_their_own() -> None:
    assert _arranged(reverse=3)[0] == "upright"
