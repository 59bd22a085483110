import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents.analyze_result import Span
from docplatform.documents.spans import Utf16Offsets

_TEXTS = st.text(alphabet=st.sampled_from("aé\r\n中\U0001f600\U0001d11e"), max_size=40)


@given(_TEXTS, st.data())
def test_offsets_agree_with_python_s_own_utf16(text, data):
    place = data.draw(st.integers(0, len(text)))
    units = len(text[:place].encode("utf-16-le")) // 2
    offsets = Utf16Offsets(text)
    assert offsets.to_utf16(place) == units
    assert offsets.to_code_point(units) == place
    assert offsets.unit_length == len(text.encode("utf-16-le")) // 2


@given(_TEXTS, st.data())
def test_spans_survive_there_and_back(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Span(offset=start, length=end - start)
    offsets = Utf16Offsets(text)
    assert offsets.span_to_code_points(offsets.span_to_utf16(span)) == span


@pytest.mark.parametrize(("unit_offset", "problem"), [(2, "inside a character"), (-1, "outside"), (5, "outside")])
def test_wrong_utf16_offsets_are_refused(unit_offset, problem):
    with pytest.raises(ValueError, match=problem):
        Utf16Offsets("a\U0001f600b").to_code_point(unit_offset)


@pytest.mark.parametrize("offset", [-1, 4])
def test_wrong_code_point_offsets_are_refused(offset):
    with pytest.raises(ValueError, match="outside"):
        Utf16Offsets("abc").to_utf16(offset)
