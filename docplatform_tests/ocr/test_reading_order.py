import pytest

from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.layout.paragraphs import paragraphs
from docplatform.ocr.local.layout.pieces import Box, Piece, upright_box
from docplatform.ocr.local.layout.reading_order import in_reading_order


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
