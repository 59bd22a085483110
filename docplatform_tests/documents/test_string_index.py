import json

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.documents.string_index import TextElements, counted_in
from docplatform.documents.vocabulary import StringIndexType
from docplatform_tests.documents.full_result import full_result

_FAMILY = "👨\u200d👩\u200d👧"
_PIECES = [
    "a",
    "é",
    "e\u0301",
    "😀",
    "👍🏽",
    "𝒳",
    "漢",
    "\r\n",
    "\r",
    "\n",
    " ",
    "\ufeff",
    _FAMILY,
    "🇨🇭",
    "각",
    "\u0301",
]
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=20).map("".join) | st.text(max_size=30)
CODE_POINTS, UTF16, ELEMENTS = (
    StringIndexType.UNICODE_CODE_POINT,
    StringIndexType.UTF16_CODE_UNIT,
    StringIndexType.TEXT_ELEMENTS,
)


def _result(content: str, *spans: tuple[int, int], unit: StringIndexType = CODE_POINTS) -> AnalyzeResult:
    found = [{"offset": start, "length": end - start} for start, end in spans]
    raw = {"modelId": "m", "content": content, "stringIndexType": unit.value, "pages": []}
    words = [{"content": "", "span": span, "confidence": 1} for span in found]
    page = {"pageNumber": 1, "spans": found, "words": words}
    return AnalyzeResult.model_validate(raw | {"pages": [page]})


def _spans(result: AnalyzeResult) -> list[tuple[int, int]]:
    spans = [(span.offset, span.end) for span in result.pages[0].spans]
    assert spans == [(word.span.offset, word.span.end) for word in result.pages[0].words]
    return spans


@st.composite
def _texts_with_spans(draw: st.DrawFn, *, on_elements: bool) -> tuple[str, list[tuple[int, int]]]:
    text = draw(_TEXTS)
    bounds = [0, *(match.end() for match in regex.finditer(r"\X", text))] if on_elements else range(len(text) + 1)
    ends = draw(st.lists(st.tuples(st.sampled_from(bounds), st.sampled_from(bounds)), max_size=4))
    return text, [(min(pair), max(pair)) for pair in ends]


@given(_texts_with_spans(on_elements=True), st.sampled_from(StringIndexType), st.sampled_from(StringIndexType))
def test_spans_of_whole_elements_go_to_any_unit_and_back(drawn, first, second):
    text, spans = drawn
    there = counted_in(counted_in(_result(text, *spans), first), second)
    assert there.string_index_type == second
    assert _spans(counted_in(there, CODE_POINTS)) == spans


@given(_texts_with_spans(on_elements=False))
def test_utf16_agrees_with_pythons_own_utf16_and_comes_back(drawn):
    text, spans = drawn
    converted = counted_in(_result(text, *spans), UTF16)
    encoded = text.encode("utf-16-le")
    for (start, end), (first, last) in zip(spans, _spans(converted), strict=True):
        assert encoded[2 * first : 2 * last].decode("utf-16-le") == text[start:end]
    assert _spans(counted_in(converted, CODE_POINTS)) == spans


@given(_texts_with_spans(on_elements=False))
def test_a_span_that_cuts_elements_is_widened_to_whole_ones(drawn):
    text, spans = drawn
    elements = regex.findall(r"\X", text)
    converted = counted_in(_result(text, *spans), ELEMENTS)
    for (start, end), (first, last) in zip(spans, _spans(converted), strict=True):
        before, inside = "".join(elements[:first]), "".join(elements[first:last])
        assert len(before) <= start
        assert text[start:end] in inside
        if end > start:  # and not wider than it must be
            assert len(before) + len(elements[first]) > start
            assert len(before) + len(inside) - len(elements[last - 1]) < end
        else:
            assert first == last


@given(_TEXTS)
def test_elements_are_counted_as_grapheme_clusters(text):
    assert TextElements(text).unit_length == len(regex.findall(r"\X", text))


@pytest.mark.parametrize(
    ("text", "unit", "end"),
    [
        ("a😀b", CODE_POINTS, 3),
        ("a😀b", UTF16, 4),
        (f"a{_FAMILY}b", CODE_POINTS, 7),
        (f"a{_FAMILY}b", UTF16, 10),
        (f"a{_FAMILY}b", ELEMENTS, 3),
        ("e\u0301\r\n", ELEMENTS, 2),
        ("🇨🇭🇫🇷", ELEMENTS, 2),
    ],
)
def test_the_end_of_a_text_in_each_unit(text, unit, end):
    assert _spans(
        counted_in(_result(text, (0, len(text))), unit) if unit is not CODE_POINTS else _result(text, (0, end))
    )
    assert _spans(counted_in(_result(text, (len(text), len(text))), unit)) == [(end, end)]


@pytest.mark.parametrize(
    ("unit", "span", "problem"),
    [
        (UTF16, (2, 4), "inside a character"),
        (UTF16, (0, 2), "inside a character"),
        (UTF16, (0, 5), "outside"),
        (UTF16, (-1, 1), "outside"),
        (ELEMENTS, (0, 4), "outside"),
        (ELEMENTS, (-1, 1), "outside"),
        (ELEMENTS, (2, 1), "outside"),
    ],
)
def test_spans_that_are_none_of_the_text_are_refused(unit, span, problem):
    with pytest.raises(ValueError, match=problem):
        counted_in(_result("a😀b", span, unit=unit), CODE_POINTS)


@pytest.mark.parametrize("unit", [UTF16, ELEMENTS])
@pytest.mark.parametrize("text", ["ab", "a\u0301"])
def test_code_points_outside_the_text_are_refused(text, unit):
    with pytest.raises(ValueError, match="outside"):
        counted_in(_result(text, (1, 3)), unit)


@pytest.mark.parametrize("text", ["plain", "", "e\u0301"])
def test_elements_come_back_as_code_points(text):
    elements = TextElements(text)
    whole = elements.span_to_unit(0, len(text))
    assert elements.span_to_code_points(*whole) == (0, len(text))


def test_a_unit_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="bytes"):
        counted_in(AnalyzeResult(model_id="m", content="", pages=(), string_index_type="bytes"), UTF16)


def test_a_result_in_the_unit_already_is_itself():
    result = _result("a", (0, 1))
    assert counted_in(result, CODE_POINTS) is result


def test_every_span_everywhere_is_converted_and_nothing_else():
    content = f"{_FAMILY}b {_FAMILY}"
    raw = full_result() | {"content": content, "futureKey": {"spans": [{"offset": 0, "length": 2}], "n": 3}}
    ours = counted_in(AnalyzeResult.from_json(json.dumps(raw)), UTF16)
    text = json.dumps(raw).replace('{"offset": 0, "length": 2}', '{"offset": 0, "length": 3}')
    text = text.replace('{"offset": 3, "length": 1}', '{"offset": 5, "length": 1}')
    text = text.replace('{"offset": 0, "length": 4}', '{"offset": 0, "length": 6}')
    expected = json.loads(text) | {"stringIndexType": "utf16CodeUnit"}
    assert json.loads(ours.to_json()) == expected
    assert json.loads(counted_in(ours, CODE_POINTS).to_json()) == raw
