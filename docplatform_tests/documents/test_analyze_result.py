import json
from pathlib import Path

import pytest

from docplatform.documents.analyze_result import AnalyzeResult, Field, Page, Span, Word
from docplatform.errors import PermanentError, ReasonCode

_AZURE_RESULTS = Path(__file__).parents[3] / "shared" / "data" / "azure_results" / "layout_2024-11-30"
_MINIMAL = {
    "apiVersion": "2024-11-30",
    "modelId": "m",
    "stringIndexType": "unicodeCodePoint",
    "content": "",
    "pages": [],
}


def _round_trip(raw: object) -> object:
    return json.loads(AnalyzeResult.from_json(json.dumps(raw)).to_json())


def _canonical(raw: object) -> str:
    return json.dumps(raw, sort_keys=True)


@pytest.mark.skipif(not _AZURE_RESULTS.is_dir(), reason="needs ../shared/data beside the checkout")
def test_a_result_of_the_service_survives_a_round_trip_byte_for_byte():
    files = sorted(_AZURE_RESULTS.glob("*.ocr.json"))
    assert files
    for file in files:
        raw = json.loads(file.read_text("utf-8"))["analyzeResult"]
        assert _canonical(_round_trip(raw)) == _canonical(raw)


@pytest.mark.parametrize(
    "addition",
    [
        {"futureKey": {"deep": [1, {"x": "y"}]}},
        {"pages": [{"pageNumber": 1, "spans": [], "width": 11, "height": 8.5, "layers": ["a"]}]},
        {"styles": []},
        {
            "tables": [
                {"rowCount": 1, "columnCount": 1, "cells": [], "spans": [], "caption": {"content": "c", "spans": []}}
            ]
        },
        {"keyValuePairs": [{"key": {"content": "k", "spans": []}, "confidence": 1}]},
        {"documents": [{"docType": "d", "spans": [], "confidence": 0.5, "fields": {"a b": {"type": "string"}}}]},
        {"warnings": [{"code": "c", "message": "m"}]},
    ],
    ids=lambda addition: next(iter(addition)),
)
def test_everything_given_survives_and_nothing_is_added(addition):
    raw = _MINIMAL | addition
    assert _canonical(_round_trip(raw)) == _canonical(raw)


def test_integers_stay_integers_and_floats_floats():
    raw = _MINIMAL | {"pages": [{"pageNumber": 1, "spans": [], "width": 11, "height": 8.0}]}
    text = AnalyzeResult.from_json(json.dumps(raw)).to_json()
    assert '"width":11,' in text
    assert '"height":8.0' in text


def test_nulls_are_dropped():
    raw = _MINIMAL | {"contentFormat": None, "pages": [{"pageNumber": 1, "spans": [], "unit": None}]}
    assert "null" not in AnalyzeResult.from_json(json.dumps(raw)).to_json()


def test_defaults_that_the_format_requires_are_written():
    raw = json.loads(AnalyzeResult(model_id="m", content="", pages=()).to_json())
    assert raw == _MINIMAL


def test_typed_field_values_nest():
    raw = {
        "type": "array",
        "valueArray": [
            {"type": "object", "valueObject": {"total": {"type": "currency", "valueCurrency": {"amount": 12.5}}}},
            {"type": "address", "valueAddress": {"city": "Bern", "postalCode": "3000"}},
        ],
    }
    field = Field.model_validate(raw)
    assert field.value_array is not None
    first = field.value_array[0].value_object
    assert first is not None
    assert first["total"].value_currency is not None
    assert first["total"].value_currency.amount == 12.5
    assert field.model_dump(by_alias=True, exclude_unset=True, mode="json") == raw


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "text"),
        ('{"content": 3}', "content"),
        (json.dumps(_MINIMAL | {"pages": [{"spans": []}]}), "pages/0/pageNumber"),
    ],
)
def test_what_is_not_a_result_is_refused_with_the_place_named(text, problem):
    with pytest.raises(PermanentError, match=problem) as caught:
        AnalyzeResult.from_json(text)
    assert caught.value.reason is ReasonCode.CORRUPT


def _result(**overrides: object) -> AnalyzeResult:
    words = (
        Word(content="ab", span=Span(offset=0, length=2), confidence=1),
        Word(content="c", span=Span(offset=3, length=1), confidence=0.5),
    )
    page = Page(page_number=1, spans=(Span(offset=0, length=4),), words=words)
    return AnalyzeResult.model_validate({"model_id": "m", "content": "ab c", "pages": (page,)} | overrides)


def test_text_of_spans():
    result = _result()
    assert result.text_of(*(word.span for word in result.pages[0].words)) == "ab c"


def test_text_of_refuses_offsets_that_are_not_code_points():
    with pytest.raises(ValueError, match="utf16CodeUnit"):
        _result(string_index_type="utf16CodeUnit").text_of(Span(offset=0, length=1))


def test_word_count_and_mean_confidence():
    assert (_result().word_count, _result().mean_confidence) == (2, 0.75)
    assert AnalyzeResult(model_id="m", content="", pages=()).mean_confidence is None
