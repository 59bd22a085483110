import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.text.cleaning import clean


@pytest.mark.parametrize(
    ("content", "cleaned", "why"),
    [
        ("a\r\nb\rc\x0bd\x0ce\u2028f\x85g", "a\nb\nc\nd\ne\nf\ng", "every kind of line end becomes a line feed"),
        ("ﬁnal ① ½\u00a0kg", "final 1 1⁄2 kg", "compatibility characters take their plain form"),
        ("e\u0301te\u0301", "été", "combining marks are composed"),
        ("a\x00b\x07c\u200bd\ufeffe\u202ef", "abcdef", "control, zero-width and directional characters go"),
        ("\ud800x", "x", "half a surrogate pair can't be stored as UTF-8"),
        ("می\u200cخواهم", "می\u200cخواهم", "the non-joiner is part of Persian spelling"),
        ("  a \t b  \n   c  ", "a b\nc", "blanks collapse and lines are trimmed"),
        ("a\n\n\n\n\nb", "a\n\nb", "several empty lines become one"),
        ("the agree-\nment is", "the agreement is", "a word broken at the line's end is joined"),
        ("the agree-  \r\n   ment is", "the agreement is", "whatever blanks stand around the break"),
        ("the agree\u00ad\nment", "the agreement", "a soft hyphen is no character"),
        ("Smith-\nJones", "Smith-\nJones", "a capital may begin a name of its own"),
        ("2024-\n25", "2024-\n25", "numbers are not words"),
        ("a well-\nknown and well-known man", "a well-known and well-known man", "spelled with a hyphen elsewhere"),
        ("Page 1\nACME\ntext\nPage 2\nACME\nmore", "Page 1\nACME\ntext\nPage 2\nACME\nmore", "headers stay"),
        ("", "", "nothing"),
        (" \r\n\t ", "", "nothing but white space"),
    ],
)
def test_text_is_cleaned(content: str, cleaned: str, why: str) -> None:
    assert clean(content) == cleaned, why


@given(st.text())
def test_cleaned_text_is_stable_and_storable(content: str) -> None:
    cleaned = clean(content)
    cleaned.encode("utf-8")
    assert "\r" not in cleaned
    assert "  " not in cleaned
    assert "\n\n\n" not in cleaned
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize(
    "content", ["a" * 300_000, "ab-\n" * 75_000, " " * 300_000, "\u00ad" * 300_000, "-\n" * 150_000]
)
def test_adversarial_texts_are_cleaned_in_linear_time(content: str) -> None:
    assert len(clean(content)) <= len(content)
