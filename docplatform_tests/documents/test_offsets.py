import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents.offsets import StringIndexType, TextOffsets

PIECES = ["a", "é", "e\u0301", "😀", "𝒳", "漢", "\r\n", "\n", " ", "\ufeff", "👨\u200d👩"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
UTF16 = StringIndexType.UTF16_CODE_UNIT


@given(TEXTS, st.data())
def test_spans_go_to_code_points_and_back_in_both_units(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    for unit in StringIndexType:
        offsets = TextOffsets(text, unit)
        assert offsets.span_to_code_points(*offsets.span_to_unit(start, end)) == (start, end)
    assert TextOffsets(text, StringIndexType.UNICODE_CODE_POINT).span_to_unit(start, end) == (start, end - start)


@given(TEXTS, st.data())
def test_utf16_offsets_agree_with_pythons_own_utf16(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    units = len(text[:place].encode("utf-16-le")) // 2
    offsets = TextOffsets(text, UTF16)
    assert offsets.to_unit(place) == units
    assert offsets.to_code_point(units) == place
    assert offsets.unit_length == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("unit", list(StringIndexType))
@pytest.mark.parametrize("offset", [-1, 4])
def test_offsets_outside_the_text_are_refused(unit: StringIndexType, offset: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        TextOffsets("abc", unit).to_code_point(offset)
    with pytest.raises(ValueError, match="outside"):
        TextOffsets("abc", unit).to_unit(offset)


@pytest.mark.parametrize(("offset", "problem"), [(2, "inside a character"), (-1, "outside"), (5, "ends at 4")])
def test_wrong_utf16_offsets_are_refused(offset: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        TextOffsets("a😀b", UTF16).to_code_point(offset)
