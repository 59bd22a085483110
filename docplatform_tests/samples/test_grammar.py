"""Templates, marks and typing errors."""

from __future__ import annotations

import pytest

from docplatform.documents.predictions import Entity
from docplatform.samples.content import Gap, Row, Rule, Text, marked_lines, paragraphs, printed_text
from docplatform.samples.grammar import choose, expand, mark, mistype, plain, unmark
from docplatform_tests.samples.conftest import seeded


def test_alternatives_are_decided_inside_out() -> None:
    seen = {choose("{a|b{c|d}|}", seeded(seed)) for seed in range(60)}

    assert seen == {"a", "bc", "bd", ""}


def test_slots_are_filled_each_time_anew() -> None:
    numbers = iter("123")

    assert expand("<n>-<n>", seeded(1), {"n": lambda: next(numbers)}) == "1-2"


def test_a_slot_nobody_fills_is_an_error() -> None:
    with pytest.raises(KeyError, match="who"):
        expand("<who>", seeded(1), {})


def test_marks_become_offsets_in_code_points() -> None:
    text, entities = unmark(f"🔥 {mark('A', 'one')} and {mark('B', 'two words')}.")

    assert text == "🔥 one and two words."
    assert entities == (Entity("A", 2, 3, "one"), Entity("B", 10, 9, "two words"))


def test_text_without_marks_stays_as_it_is() -> None:
    assert unmark("nothing here") == ("nothing here", ())


def test_typing_errors_spare_marked_values() -> None:
    original = f"please restart {mark('Server', 'something-long')} before Wednesday evening"

    typed = mistype(original, seeded(2), 1.0)

    assert plain(typed) != plain(original)
    assert unmark(typed)[1][0].text == "something-long"


def test_no_typing_errors_when_none_are_asked_for() -> None:
    assert mistype("please restart everything", seeded(2), 0.0) == "please restart everything"


def test_blocks_print_without_marks_rules_and_empty_lines() -> None:
    blocks = (Text(mark("A", "one")), Gap(), Rule(), Row(("two", "", "three"), (0.0, 0.5, -1.0)))

    assert printed_text(blocks) == "one\ntwo  three"
    assert list(marked_lines(blocks))[1:3] == ["", "-" * 40]


def test_lines_wrap_right_through_marks_and_keep_them() -> None:
    (text,) = (Text("word " * 5 + mark("A", "alpha beta")),)

    lines = "\n".join(marked_lines([text], wrap=30))

    assert unmark(lines)[1][0].text.split() == ["alpha", "beta"]
    assert len(lines.split("\n")) > 1


def test_paragraphs_know_headings_rules_and_gaps() -> None:
    assert paragraphs("# Title\n---\n\nBody") == (Text("Title", size=1.3, bold=True), Rule(), Gap(), Text("Body"))
