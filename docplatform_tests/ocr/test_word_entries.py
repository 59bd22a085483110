import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from docplatform.ocr.local.building.word_entries import words_json

_NUMBERS = st.floats(-1e6, 1e6) | st.integers(0, 5_000)
_POLYGONS = st.none() | st.lists(_NUMBERS, min_size=8, max_size=8).map(tuple)
_WORDS = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1), _POLYGONS, st.integers(0, 1 << 40), st.floats(0, 1)
)


def _entry(text, polygon, offset, confidence):
    where = {"polygon": polygon} if polygon else {}
    return {"content": text, **where, "span": {"offset": offset, "length": len(text)}, "confidence": confidence}


@given(st.lists(_WORDS, max_size=5))
def test_words_are_written_as_a_json_library_writes_them(words):
    assert words_json(words) == to_json([_entry(*word) for word in words])


def test_quotes_brackets_and_line_ends_within_words_stay_what_they_are():
    texts = ['"],["', "\\", "a\nb\tc\x00", "[[1,2]]", "\U0001f600", "%s", "{0}"]
    read = json.loads(words_json([(text, (1.0,) * 8, 0, 0.5) for text in texts]))
    assert [word["content"] for word in read] == texts
    assert [word["span"]["length"] for word in read] == [len(text) for text in texts]
