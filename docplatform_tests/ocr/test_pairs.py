import pytest

from docplatform.ocr.local.blocks import CellBlock, TableBlock
from docplatform.ocr.local.layout import pairs as layout_pairs
from docplatform.ocr.local.layout.label_words import is_amount, is_filler, is_label, looks_like_label, names_amount
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.layout.pairs import boxed_pairs
from docplatform.ocr.local.page_elements import PageElements, Rule
from docplatform_tests.ocr.pages import Placed, line, page, pairs, text


@pytest.mark.parametrize(
    ("lines", "expected", "why"),
    [
        ([("Date: 4 May 2026", 10, 10)], [("Date:", "4 May 2026")], "in one line"),
        ([("Name:", 10, 10), ("Ada Byron", 120, 10)], [("Name:", "Ada Byron")], "beside it"),
        ([("Name ：", 10, 10), ("Ada", 120, 10)], [("Name ：", "Ada")], "a wide colon, written apart"),
        ([("Ship to:", 10, 10), ("12 High Street", 10, 24)], [("Ship to:", "12 High Street")], "below it"),
        ([("Agency:", 10, 20), ("Blue Ltd", 60, 8)], [("Agency:", "Blue Ltd")], "typed a little higher"),
        (
            [("Nature of order:", 10, 10), ("as agreed by Ann", 80, 24), ("on 4 May", 80, 38)],
            [("Nature of order:", "as agreed by Ann on 4 May")],
            "below it and further in, on two lines",
        ),
        (
            [("Date: 4 May 2026 Time: 10:30", 10, 10)],
            [("Date:", "4 May 2026"), ("Time:", "10:30")],
            "two labels in a line",
        ),
        (
            [("Buyer:", 10, 10), ("Red Ltd", 60, 10), ("No.", 300, 10), ("R-77", 400, 10)],
            [("Buyer:", "Red Ltd"), ("No.", "R-77")],
            "a known noun beside a label with a colon",
        ),
        ([("Subtotal", 300, 10), ("$10.00", 400, 10)], [("Subtotal", "$10.00")], "a known noun beside its amount"),
        (
            [("Invoice ID", 10, 10), ("Issued", 200, 10), ("R-77", 10, 24), ("4 May 2026", 200, 24)],
            [("Invoice ID", "R-77"), ("Issued", "4 May 2026")],
            "nouns above one row of values",
        ),
        (
            [
                *[("Payee", 10, 10), ("Red Ltd", 150, 10), ("Reference", 10, 30), ("R-77", 150, 30)],
                *[("Maker", 10, 50), ("MK nine", 150, 50)],
            ],
            [("Reference", "R-77"), ("Payee", "Red Ltd"), ("Maker", "MK nine")],
            "a list of labels, one of them known",
        ),
        (
            [("Summary: the quick brown fox jumps over the lazy", 10, 10), ("dog and runs", 10, 24)],
            [("Summary:", "the quick brown fox jumps over the lazy dog and runs")],
            "a full line goes on below the label",
        ),
        ([("Signed: ______", 10, 10)], [("Signed:", "")], "a line to write on is no value"),
    ],
)
def test_labels_name_values(lines: list[Placed], expected: list[tuple[str, str]], why: str) -> None:
    assert pairs(page(*lines)) == expected, why


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([("See https: //example.org", 10, 10)], "an address"),
        ([("at 10: sharp", 10, 10)], "a number with a colon"),
        ([("as follows: three things", 10, 10)], "the end of a sentence"),
        ([("Birthday card", 10, 10), ("5.73", 200, 10)], "goods with their price"),
        ([("Delivery charge", 10, 10), ("3", 150, 10), ("$2.00", 250, 10), ("$6.00", 350, 10)], "a row of a table"),
        (
            [
                *[("Date", 10, 10), ("Amount", 200, 10), ("4 May", 10, 24), ("7.10", 200, 24)],
                *[("5 May", 10, 38), ("8.20", 200, 38)],
            ],
            "the head of a table",
        ),
        ([("Quantity", 10, 10), ("Price", 200, 10), ("3", 10, 24), ("7.10", 200, 24)], "a table of one row"),
        ([("Karen Giddens", 10, 10), ("Vanessa Oakley", 150, 10)] * 3, "two columns of names"),
        ([("To:", 10, 10), ("Date", 100, 10)], "a label beside a label"),
        ([("Tipping Paper:", 10, 10), ("Suppliers", 10, 24)], "a heading above a label"),
        ([("Some words of a text", 10, 10), ("go on here", 10, 24)], "a text"),
        ([("From", 10, 10), ("To", 200, 10), ("Red Ltd", 10, 24), ("Blue Ltd", 200, 24)], "names below, not values"),
    ],
)
def test_what_only_looks_like_a_label_names_nothing(lines: list[Placed], why: str) -> None:
    assert pairs(page(*lines)) == [], why


def test_a_value_ends_where_the_next_label_stands_beside_it() -> None:
    lines = [("Number: R-77", 10, 10), ("Date:", 10, 24), ("4 May 2026", 50, 22)]
    assert pairs(page(*lines)) == [("Number:", "R-77"), ("Date:", "4 May 2026")]


def test_an_address_takes_the_lines_below_it() -> None:
    lines = [("Bill to: Red Ltd", 10, 10), ("12 High Street", 55, 24), ("Oldtown", 55, 38), ("Date: 4 May", 10, 52)]
    assert pairs(page(*lines)) == [("Bill to:", "Red Ltd 12 High Street Oldtown"), ("Date:", "4 May")]


def test_a_value_right_of_its_label_in_a_script_that_runs_left_stands_left_of_it() -> None:
    elements = PageElements([line("תאריך:", 300, 10), line("2026", 200, 10), line("עברית", 300, 60)], 600, 800, "pixel")
    assert pairs(arrange(elements)) == [("תאריך:", "2026")]


def test_a_text_with_a_colon_is_surer_than_one_without() -> None:
    colon, noun = page(("Total: 5.00", 10, 10)), page(("Total", 10, 10), ("5.00", 100, 10))
    assert colon.pairs[0].confidence > noun.pairs[0].confidence


def test_words_of_pairs_are_those_of_the_blocks() -> None:
    found = page(*[(f"Total {word}", 10, 20 * row) for row, word in enumerate("abc")], ("Date: 4 May", 10, 90))
    words = [id(word) for block in found.blocks for line in block.lines for word in line.words]
    assert all(id(word) in words for pair in found.pairs for word in [*pair.key, *pair.value])


def test_pairs_of_turned_text_are_found_in_its_own_frame() -> None:
    def turned(numbers: tuple[float, ...]) -> tuple[float, ...]:  # clockwise by a quarter
        return tuple(n for x, y in zip(numbers[::2], numbers[1::2], strict=True) for n in (800 - y, x))

    upright = [line("Name:", 10, 10), line("Ada", 120, 10)]
    lines = [
        type(box)([type(w)(w.text, turned(w.polygon)) for w in box.words], turned(box.polygon))  # type: ignore[arg-type]
        for box in upright
    ]
    assert pairs(arrange(PageElements(lines, 800, 600, "pixel", direction=90))) == [("Name:", "Ada")]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Invoice no.", True),
        ("Rechnungsnummer", True),
        ("VAT 19%", True),
        ("Date of birth", True),
        ("Green tea", False),
        ("Room 12", False),
        ("a name that is much too long for one", False),
        ("", False),
        ("--", False),
    ],
)
def test_labels_are_told_by_their_nouns(text: str, label: bool) -> None:
    assert is_label(text.split()) is label


def test_words_around_labels_are_told_apart() -> None:
    assert names_amount(["Total", "due"])
    assert not names_amount(["Date"])
    assert [is_amount(text.split()) for text in ("€ 1,250.00", "12.50", "EUR 3.10", "12", "4.5.2026")] == [
        *(True, True, True, False, False)
    ]
    assert is_filler("....")
    assert not is_filler("4")
    assert looks_like_label(["Glue", "Roller"])
    assert not looks_like_label(["It", "works."])


def _box(row: int, *lines: str) -> CellBlock:
    return CellBlock(row, 0, [line(said, 10, 10 + 14 * number) for number, said in enumerate(lines)])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Account number:", "64564A"], [("Account number:", "64564A")]),
        (["Name", "Ada Byron", "12 High Street"], [("Name", "Ada Byron 12 High Street")]),
        (["Name"], []),
        (["Name", "____"], []),
        (["Name", "Address"], []),
        (["Translation, per page", "Network cable"], []),
        (["Quantity", "4"], []),
        (["Remarks", "word " * 20], []),
    ],
)
def test_a_label_at_the_top_of_a_box_names_what_is_below_it(lines: list[str], expected: list[tuple[str, str]]) -> None:
    found = list(boxed_pairs([TableBlock([_box(0, *lines), _box(1, "other")])]))
    assert [(text(pair.key), text(pair.value)) for pair in found] == expected


def test_boxes_of_rules_are_paired_once() -> None:
    rules = [
        *(Rule(10, y, 310, y) for y in (10, 60, 110)),
        *(Rule(x, 10, x, 110) for x in (10, 160, 310)),
    ]
    lines = [("Name", 15, 14), ("Ada", 15, 30), ("Date", 165, 14), ("4 May", 165, 30)]
    lines += [("City", 15, 64), ("Oldtown", 15, 80), ("Phone", 165, 64), ("555 12", 165, 80)]
    assert sorted(pairs(page(*lines, rules=tuple(rules)))) == [
        *[("City", "Oldtown"), ("Date", "4 May"), ("Name", "Ada"), ("Phone", "555 12")]
    ]


def test_a_page_of_very_many_texts_is_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout_pairs, "_MAX_PIECES", 3)
    assert pairs(page(("Date: 4 May", 10, 10), ("Time: 10:30", 10, 40))) != []
    assert pairs(page(*[("Date: 4 May", 10 + 90 * column, 10) for column in range(4)])) == []
