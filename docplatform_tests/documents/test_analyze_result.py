import copy
import json
import pickle
from pathlib import Path

import pytest

from docplatform.documents.analyze_result import AnalyzeResult, Field, Page, Span, Word
from docplatform.errors import PermanentError, ReasonCode
from docplatform_tests.documents.contract import violations
from docplatform_tests.documents.full_result import full_result

_SHARED = Path(__file__).parents[3] / "shared"
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


@pytest.mark.skipif(not _SHARED.is_dir(), reason="needs ../shared beside the checkout")
def test_results_of_the_service_survive_a_round_trip_byte_for_byte_and_fit_its_schema():
    files = sorted((_SHARED / "data" / "azure_results").rglob("*.json"))
    files += sorted((_SHARED / "contracts" / "examples").glob("*.json"))
    results = [_analyze_result(json.loads(file.read_text("utf-8"))) for file in files]
    found = [raw for raw in results if raw]
    assert len(found) >= 2
    for raw in found:
        assert _canonical(_round_trip(raw)) == _canonical(raw)
        assert violations(raw) == []


def _analyze_result(raw: object) -> object:
    """The AnalyzeResult of API 2024-11-30 in an answer of the service: other files lie beside them."""
    while isinstance(raw, dict) and raw.get("apiVersion") != "2024-11-30":
        raw = next((raw[key] for key in ("analyzeResult", "responses", "200", "body") if key in raw), None)
    return raw if isinstance(raw, dict) and "pages" in raw else None


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


def _deferred() -> AnalyzeResult:
    return AnalyzeResult.deferred(AnalyzeResult.from_json(json.dumps(full_result())).to_json())


@pytest.mark.parametrize(
    "look",
    [
        lambda result: result.pages,
        lambda result: result.model_copy(update={"model_id": "m"}),
        lambda result: result == AnalyzeResult(model_id="m", content="", pages=()),
        repr,
        copy.deepcopy,
        pickle.dumps,
        lambda result: result.model_dump(),
        lambda result: result.word_count,
        vars,
    ],
)
def test_a_deferred_result_is_read_when_it_is_looked_at_in_any_way(look):
    result = _deferred()
    look(result)
    assert type(result) is AnalyzeResult
    assert result == AnalyzeResult.from_json(json.dumps(full_result()))


def test_a_deferred_result_gives_its_json_back_unread():
    result = _deferred()
    text = result.to_json()
    assert json.loads(text) == full_result()
    assert type(result) is not AnalyzeResult
    assert isinstance(result, AnalyzeResult)
    assert result.content == "ab c"
    assert result.to_json() == text


def test_a_deferred_result_compares_copies_and_pickles_as_any_other():
    read = AnalyzeResult.from_json(json.dumps(full_result()))
    assert _deferred() == read
    assert read == _deferred()
    assert pickle.loads(pickle.dumps(_deferred())) == read  # noqa: S301 - our own bytes
    for copied in (copy.copy(_deferred()), copy.deepcopy(_deferred())):
        assert type(copied) is AnalyzeResult
        assert copied == read


def test_a_changed_copy_of_a_deferred_result_has_a_json_of_its_own():
    changed = _deferred().model_copy(update={"model_id": "other"})
    assert json.loads(changed.to_json())["modelId"] == "other"


def test_a_deferred_result_that_is_no_result_says_so_when_looked_at():
    with pytest.raises(PermanentError, match="content"):
        _ = AnalyzeResult.deferred("{}").content


@pytest.mark.parametrize("change", [{"content": 3}, {"pages": [{"pageNumber": "1", "spans": []}]}])
def test_values_are_not_made_to_fit(change):
    with pytest.raises(PermanentError):
        AnalyzeResult.from_json(json.dumps(_MINIMAL | change))
