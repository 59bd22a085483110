import numpy as np
import pytest

from docplatform.ocr.local.pdf_words import HYPHEN, is_printed_twice, word_extents


def _words(text):
    extents = word_extents(text)
    return [text[start : last + 1] for start, last in zip(extents.starts, extents.lasts, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \r\n ", []),
        ("one two\u00a0three\u3000four", ["one", "two", "three", "four"]),
        (f"exam{HYPHEN}ple of {HYPHEN} it", [f"exam{HYPHEN}", "ple", "of", HYPHEN, "it"]),
        ("请付款 EUR 12 元整", ["请", "付", "款", "EUR", "12", "元", "整"]),
        ("a漢b", ["a", "漢", "b"]),
        ("한국어 문서", ["한국어", "문서"]),
        ("a😀b \U00020000c", ["a😀b", "\U00020000c"]),
    ],
)
def test_words_end_at_spaces_after_hyphens_and_around_han(text, expected):
    assert _words(text) == expected


def test_lines_start_behind_breaks_and_hyphens():
    extents = word_extents(f"\r\none two\r\nthree fo{HYPHEN}ur 付款")
    assert extents.starts_line.tolist() == [False, False, True, False, True, False, False]
    assert extents.is_joined.tolist() == [False, False, False, False, True, False, True]


def _boxes(*places):
    return np.array([(x, y, x + 30, y + 12) for x, y in places], float)


@pytest.mark.parametrize(
    ("texts", "places", "expected"),
    [
        (["bold", "bold"], [(10, 10), (10.4, 10)], [False, True]),
        (["shadow", "shadow"], [(11.9, 11.9), (12.9, 12.9)], [False, True]),  # in different cells of most grids
        (["thrice", "thrice", "thrice"], [(10, 10)] * 3, [False, True, True]),
        (["one", "two"], [(10, 10), (10, 10)], [False, False]),
        (["row", "row"], [(10, 10), (10, 24)], [False, False]),
        (["row", "row"], [(10, 10), (45, 10)], [False, False]),
        (["far", "far"], [(1e30, 10), (-1e30, 10)], [False, False]),
        ([], [], []),
    ],
)
def test_what_is_printed_twice_at_a_place_is_one_word(texts, places, expected):
    boxes = _boxes(*places) if places else np.zeros((0, 4))
    assert is_printed_twice(texts, boxes).tolist() == expected
