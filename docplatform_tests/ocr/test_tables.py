"""Tables of pages: grids of rules, rules across, aligned text, and what only looks like a table."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docplatform.ocr.local.blocks import LineBox, TableBlock, WordBox
from docplatform.ocr.local.layout import tables
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements, Rule


def _line(text, left, top, width=None, height=10):
    """Words beside each other, each letter 5 wide, 3 between words."""
    words, x = [], left
    for word in text.split():
        right = x + 5 * len(word)
        words.append(WordBox(word, (x, top, right, top, right, top + height, x, top + height)))
        x = right + 3
    right = words[-1].polygon[2]
    return LineBox(words, (left, top, right, top, right, top + height, left, top + height))


def _texts(cell):
    return "/".join(" ".join(word.text for word in line.words) for line in cell.lines)


def _grid(table):
    """Texts by row and column; ``None`` where another cell reaches."""
    rows = [[None] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells:
        rows[cell.row][cell.column] = _texts(cell)
    return rows


def _blocks(lines, rules=(), **options):
    return arrange(PageElements(lines, 600, 800, "pixel", rules=rules, **options)).blocks


def _tables(lines, rules=(), **options):
    return [block for block in _blocks(lines, rules, **options) if isinstance(block, TableBlock)]


def _box_rules(xs, ys, without=()):
    """Every side of every cell between xs and ys, but for those named (x or y, number of line and step)."""
    level = [("y", n, s, Rule(a, y, b, y)) for n, y in enumerate(ys) for s, (a, b) in enumerate(pairwise(xs))]
    upright = [("x", n, s, Rule(x, a, x, b)) for n, x in enumerate(xs) for s, (a, b) in enumerate(pairwise(ys))]
    return [rule for axis, number, step, rule in level + upright if (axis, number, step) not in without]


def _name(row, column):
    return f"{'abc'[row]} {'xyz'[column]}"


_PROSE = [_line("words of running text in a box", 110, top) for top in (110, 140, 170)]
_XS, _YS = (100, 200, 300, 400), (100, 130, 160, 190)
_CELLS = [_line(_name(row, column), _XS[column] + 10, _YS[row] + 10) for row in range(3) for column in range(3)]


class TestGrids:
    def test_cells_stand_between_rules_with_their_polygons(self):
        (table,) = _tables(_CELLS, _box_rules(_XS, _YS))
        assert _grid(table) == [[_name(row, column) for column in range(3)] for row in range(3)]
        assert table.polygon == (100, 100, 400, 100, 400, 190, 100, 190)
        assert table.cells[4].polygon == (200, 130, 300, 130, 300, 160, 200, 160)

    def test_lines_in_a_table_stand_in_no_paragraph_and_it_is_read_in_its_place(self):
        lines = [_line("Above it", 100, 50), *_CELLS, _line("Below it", 100, 250)]
        kinds = [type(block).__name__ for block in _blocks(lines, _box_rules(_XS, _YS))]
        assert kinds == ["ParagraphBlock", "TableBlock", "ParagraphBlock"]

    @pytest.mark.parametrize(
        ("without", "spans"),
        [
            ([("x", 1, 0)], {(0, 0): (1, 2)}),
            ([("y", 1, 0)], {(0, 0): (2, 1)}),
            ([("x", 1, 0), ("x", 1, 1), ("y", 1, 0), ("y", 1, 1)], {(0, 0): (2, 2)}),
            ([("y", 2, 2), ("x", 2, 0)], {(1, 2): (2, 1), (0, 1): (1, 2)}),
        ],
    )
    def test_cells_without_a_rule_between_them_are_one(self, without, spans):
        (table,) = _tables(_CELLS, _box_rules(_XS, _YS, without))
        found = {(c.row, c.column): (c.row_span, c.column_span) for c in table.cells}
        assert {place: span for place, span in found.items() if span != (1, 1)} == spans

    def test_empty_cells_keep_their_place(self):
        (table,) = _tables(_CELLS[:4] + _CELLS[5:], _box_rules(_XS, _YS))
        assert _grid(table)[1] == ["b x", "", "b z"]

    def test_a_table_open_at_its_sides_ends_where_its_rules_do(self):
        sides = [("x", number, step) for number in (0, 3) for step in range(3)]
        (table,) = _tables(_CELLS, _box_rules(_XS, _YS, sides))
        assert (table.row_count, table.column_count) == (3, 3)

    def test_a_line_through_several_cells_is_parted_and_what_is_outside_goes_on(self):
        lines = [
            *_CELLS[3:],
            _line("one two three four five six seven eight nine ten eleven twelve thirteen", 110, 110),
        ]
        blocks = _blocks(lines, _box_rules(_XS, _YS))
        (table,) = (block for block in blocks if isinstance(block, TableBlock))
        assert _grid(table)[0] == ["one two three four", "five six seven eight", "nine ten eleven twelve"]
        assert [_texts(block) for block in blocks if block is not table] == ["thirteen"]

    def test_lines_of_one_cell_stay_lines(self):
        (table,) = _tables([*_CELLS, _line("more", 110, 121, height=8)], _box_rules(_XS, _YS))
        assert _grid(table)[0][0] == "a x/more"

    def test_turned_text_in_a_cell_is_in_the_cell(self):
        turned = LineBox(
            [WordBox("up", (115, 155, 115, 135, 125, 135, 125, 155))], (115, 155, 115, 135, 125, 135, 125, 155)
        )
        (table,) = _tables([*_CELLS[:3], *_CELLS[4:], turned], _box_rules(_XS, _YS))
        assert _grid(table)[1][0] == "up"

    def test_a_skewed_table_is_found_and_its_polygons_are_skewed(self):
        from docplatform.ocr.local.layout.frame import turned

        lines = [
            LineBox(
                [WordBox(w.text, tuple(turned(w.polygon, 2.0))) for w in line.words], tuple(turned(line.polygon, 2.0))
            )
            for line in _CELLS
        ]
        rules = [Rule(*turned((r.x1, r.y1, r.x2, r.y2), 2.0)) for r in _box_rules(_XS, _YS)]
        (table,) = _tables(lines, rules, skew=2.0)
        assert _grid(table)[2] == ["c x", "c y", "c z"]
        assert table.polygon[:4] == tuple(round(number) for number in turned((100, 100, 400, 100), 2.0))

    @pytest.mark.parametrize(
        ("lines", "rules", "why"),
        [
            (_PROSE, _box_rules((100, 400), (100, 190)), "a frame"),
            (_PROSE, _box_rules((100, 400), _YS), "boxes below each other"),
            (_CELLS[:3], _box_rules(_XS, (100, 190)), "boxes beside each other"),
            (_CELLS[:1], _box_rules(_XS, _YS), "a chart or a grid to draw in: hardly any text"),
            ([], _box_rules(_XS, _YS), "no text"),
        ],
    )
    def test_other_boxes_are_no_tables(self, lines, rules, why):
        assert _tables(lines, rules) == [], why

    def test_a_grid_of_thousands_of_rules_is_a_drawing(self):
        rules = _box_rules(range(0, 600, 5), range(0, 600, 5))
        assert _tables([_line("nothing", 100, 100)], rules) == []

    def test_rows_of_figures_without_rules_between_them_are_rows(self):
        lines = [
            _line(text, _XS[c] + 10, 105 + 14 * r)
            for r in range(6)
            for c, text in enumerate((f"a{r}x name", f"{r}1", f"{r}.50"))
        ]
        rules = _box_rules(_XS, (100, 200))
        head = [_line(text, _XS[c] + 10, 85) for c, text in enumerate(("Name", "Count", "Price"))]
        (table,) = _tables([*head, *lines], [*rules, *_box_rules(_XS, (80, 100))])
        assert [row[1] for row in _grid(table)] == ["Count", *(f"{r}1" for r in range(6))]
        assert {cell.row for cell in table.cells if cell.kind == "columnHeader"} == {0}


_ROWS = [
    ("Copy paper", "2", "4.50"),
    ("Desk lamp", "1", "30.00"),
    ("Green tea", "12", "3.20"),
    ("Hex key set", "3", "9.99"),
]


def _aligned(rows, top=100, step=16, stops=(50, 300, 400)):
    return [_line(text, stops[c], top + step * r) for r, row in enumerate(rows) for c, text in enumerate(row) if text]


class TestAlignedText:
    def test_columns_and_rows_of_white_space_are_a_table_with_its_head(self):
        (table,) = _tables(_aligned([("Item", "Qty", "Price"), *_ROWS]))
        assert _grid(table) == [["Item", "Qty", "Price"], *map(list, _ROWS)]
        assert {cell.kind for cell in table.cells if cell.row == 0} == {"columnHeader"}

    def test_an_empty_cell_keeps_its_place(self):
        (table,) = _tables(_aligned([*_ROWS[:2], ("Gift wrap", "", "1.00"), *_ROWS[2:]]))
        assert _grid(table)[2] == ["Gift wrap", "", "1.00"]

    def test_a_wrapped_text_is_one_cell(self):
        rows = [("Item", "Qty", "Price"), ("Filter coffee from", "2", "4.50"), ("Guatemala", "", ""), *_ROWS]
        (table,) = _tables(_aligned(rows))
        assert _grid(table)[1] == ["Filter coffee from/Guatemala", "2", "4.50"]

    def test_rows_that_stand_apart_tell_the_lines_of_a_cell(self):
        lines = [*_aligned([("Item", "Qty", "Price")])]
        for number, (name, count, price) in enumerate(_ROWS):
            top = 130 + 40 * number
            lines += [
                _line(name, 50, top),
                _line("second", 50, top + 11),
                _line(count, 300, top),
                _line(price, 400, top),
            ]
        (table,) = _tables(lines)
        assert _grid(table)[1:] == [[f"{name}/second", count, price] for name, count, price in _ROWS]

    def test_a_head_above_some_columns_is_a_row_of_its_own(self):
        lines = [_line("This very year", 320, 84), *_aligned([("Item", "Qty", "Price"), *_ROWS])]
        (table,) = _tables(lines)
        assert _grid(table)[0][1] == "This very year"
        assert table.cells[1].column_span == 2

    def test_prose_above_and_below_stays_out(self):
        prose = [
            _line("some words of running text that go on from one side to the other side of it", 50, y)
            for y in (84, 184)
        ]
        blocks = _blocks([prose[0], *_aligned([("Item", "Qty", "Price"), *_ROWS]), prose[1]])
        assert [type(block).__name__ for block in blocks] == ["ParagraphBlock", "TableBlock", "ParagraphBlock"]

    def test_two_columns_need_headings_and_figures(self):
        pairs = [(name, price) for name, _, price in _ROWS]
        (table,) = _tables(_aligned([("Item", "Price"), *pairs]))
        assert table.column_count == 2
        assert _tables(_aligned(pairs)) == []

    @pytest.mark.parametrize("count", [2, 3])
    def test_rules_across_make_a_table_of_texts(self, count):
        rows = [
            ("Name", "Town", "Post"),
            ("Ann Bo", "Bern", "Clerk"),
            ("Cy Dee", "Rome", "Cook"),
            ("Ed Fox", "Oslo", "Smith"),
        ]
        ys = (96, 114, 162)[-count:]
        (table,) = _tables(_aligned(rows), [Rule(40, y, 480, y) for y in ys])
        assert _grid(table) == [list(row) for row in rows]

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            (
                [("Name:", "Ann", "12"), ("Town:", "Bern", "13"), ("Post:", "Clerk", "14"), ("Age:", "40", "5")],
                "labels",
            ),
            (
                [
                    ("Ann Bo", "Cy Dee", "Ed Fox"),
                    ("1 Mill Lane", "2 Kiln Row", "3 Lime Walk"),
                    ("Bern", "Rome", "Oslo"),
                ],
                "addresses",
            ),
            ([("one", "two", "three"), ("1", "2", "3")], "two rows"),
            ([("Total", "5.00"), ("Tax", "1.00"), ("Cash", "10.00"), ("Change", "5.00"), ("Tip", "1.00")], "a receipt"),
            ([("a b c d e f", "g h i j k l", "m n o p q r")] * 8, "prose in three columns"),
        ],
    )
    def test_what_only_looks_like_a_table_is_none(self, rows, why):
        assert _tables(_aligned(rows)) == [], why


def test_a_page_of_more_pieces_than_tables_have_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(tables, "_MAX_NUMBERS", 5)
    assert _tables(_CELLS, _box_rules(_XS, _YS)) == []


_NUMBERS = st.integers(0, 40)


@st.composite
def _pages(draw):
    lines = []
    for number in range(draw(st.integers(0, 25))):
        words = draw(st.integers(1, 5))
        text = " ".join(
            draw(st.sampled_from(("12", "3.50", "word", "Name:", "a"))) + f"_{number}_{n}" for n in range(words)
        )
        lines.append(_line(text, 15 * draw(_NUMBERS), 20 * draw(_NUMBERS)))
    rules = []
    for _ in range(draw(st.integers(0, 14))):
        a, b, at = (15 * draw(_NUMBERS) for _ in range(3))
        rules.append(Rule(a, at, b, at) if draw(st.booleans()) else Rule(at, a, at, b))
    return lines, rules


@settings(max_examples=150, deadline=None)
@given(page=_pages(), skew=st.sampled_from((0.0, 1.5)))
def test_every_word_is_in_exactly_one_place_and_cells_fill_their_table(page, skew):
    lines, rules = page
    blocks = _blocks(lines, rules, skew=skew)
    found = []
    for block in blocks:
        for place in block.cells if isinstance(block, TableBlock) else [block]:
            found += [word.text for line in place.lines for word in line.words]
        if isinstance(block, TableBlock):
            taken = Counter(
                (row, column)
                for cell in block.cells
                for row in range(cell.row, cell.row + cell.row_span)
                for column in range(cell.column, cell.column + cell.column_span)
            )
            assert set(taken.values()) == {1}
            assert len(taken) == block.row_count * block.column_count
    assert sorted(found) == sorted(word.text for line in lines for word in line.words)
