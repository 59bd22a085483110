"""The model holds all that the service's schema has; the schema refuses what is damaged."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from docplatform.documents import analyze_result, elements, fields, vocabulary
from docplatform.documents.analyze_result import AnalyzeResult
from docplatform_tests.documents.contract import OURS, needs_contract, schemas, violations
from docplatform_tests.documents.full_result import full_result

pytestmark = needs_contract

_NAMES = {
    "AnalyzeResult": analyze_result.AnalyzeResult,
    "DocumentIntelligenceWarning": analyze_result.Warning,
    "BoundingRegion": elements.BoundingRegion,
    "AnalyzedDocument": fields.AnalyzedDocument,
    "DocumentField": fields.Field,
    "CurrencyValue": fields.CurrencyValue,
    "AddressValue": fields.AddressValue,
}
_WRITTEN_ALWAYS = {"apiVersion", "stringIndexType"}
"""Required by the schema, with a default in the model: ``to_json`` writes them whatever was given."""


def _model(schema: str) -> type[elements.Element]:
    return _NAMES.get(schema) or getattr(elements, schema.removeprefix("Document"))


def _by_alias(model: type[elements.Element]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def test_every_property_of_every_schema_is_modelled_and_as_optional_as_there_and_no_other_but_ours():
    assert len(schemas()) == 25
    for name, schema in schemas().items():
        found = _by_alias(_model(name))
        assert found.keys() == schema["properties"].keys() | OURS.get(name, {}).keys(), name
        required = {alias for alias, info in found.items() if info.is_required()}
        assert required == set(schema.get("required", ())) - _WRITTEN_ALWAYS, name


def _documented_values() -> dict[frozenset[str], str]:
    return {
        frozenset(found["anyOf"][0]["enum"]): f"{name}.{key}"
        for name, schema in schemas().items()
        for key, found in schema["properties"].items()
        if "anyOf" in found
    }


def test_every_documented_value_has_its_name():
    named = {
        frozenset(member.value for member in enum): enum.__name__
        for enum in vars(vocabulary).values()
        if isinstance(enum, type) and issubclass(enum, vocabulary.StrEnum) and enum is not vocabulary.StrEnum
    }
    assert named.keys() == _documented_values().keys()


def test_a_result_with_everything_fits_and_comes_back_as_it_was():
    raw = full_result()
    assert violations(raw) == []
    result = AnalyzeResult.from_json(json.dumps(raw))
    assert json.loads(result.to_json()) == raw
    assert _extras(result) == []


def test_the_result_with_everything_has_everything():
    missing = {name: set(schema["properties"]) for name, schema in schemas().items()}
    for name, found, _ in _objects(full_result(), "AnalyzeResult", ()):
        missing[name] -= found.keys()
    assert {name: keys for name, keys in missing.items() if keys} == {}


def _extras(model: elements.Element) -> list[str]:
    """Keys that were kept but not modelled."""
    found = list(model.model_extra or ())
    pending: list[object] = list(dict(model).values())
    while pending:
        value = pending.pop()
        if isinstance(value, elements.Element):
            found += _extras(value)
        elif isinstance(value, dict):
            pending += value.values()
        elif isinstance(value, tuple):
            pending += value
    return found


def _objects(raw: Any, schema: str, path: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any], tuple[Any, ...]]]:
    """Every object in a result with its schema's name and its path."""
    yield schema, raw, path
    for key, found in schemas()[schema]["properties"].items():
        if key in raw:
            yield from _children(raw[key], found, (*path, key))


def _children(value: Any, schema: dict[str, Any], path: tuple[Any, ...]) -> Iterator[Any]:
    if "$ref" in schema:
        yield from _objects(value, schema["$ref"].rsplit("/", 1)[1], path)
    elif schema.get("type") == "array":
        for index, item in enumerate(value):
            yield from _children(item, schema["items"], (*path, index))
    elif "additionalProperties" in schema:
        for key, item in value.items():
            yield from _children(item, schema["additionalProperties"], (*path, key))


_WRONG = {"string": 3, "integer": 1.5, "number": "1", "boolean": "yes", "array": {}, "object": []}


def _damages() -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """What can be wrong with each property of each schema, once: the kind of damage, where, and what stands there."""
    seen: set[tuple[str, str]] = set()
    for schema, raw, path in _objects(full_result(), "AnalyzeResult", ()):
        new = {key for key in raw if (schema, key) not in seen}
        seen |= {(schema, key) for key in raw}
        yield from _damages_of(schema, {key: raw[key] for key in raw if key in new}, path)


def _damages_of(schema: str, raw: dict[str, Any], path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    for key in raw.keys() & set(schemas()[schema].get("required", ())):
        yield "missing", (*path, key), None
    if raw:
        yield "unknown key", (*path, "extra"), 1
    for key, found in schemas()[schema]["properties"].items():
        place = (*path, key)
        if key not in raw:
            continue
        yield "nested", place, [raw[key]] if not isinstance(raw[key], list) else {"value": raw[key]}
        if "anyOf" in found:
            yield "unknown value", place, "noSuchValue"
        kind = "object" if "$ref" in found else found["anyOf"][0]["type"] if "anyOf" in found else found["type"]
        yield "wrong type", place, _WRONG[kind]
        if kind == "array" and raw[key]:
            yield "wrong item", place, [*raw[key], None]
        if found.get("format") == "date":
            yield "no date", place, "30.11.2024"


def _damaged(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The result with one thing wrong, without the parts that have nothing to do with it: checking takes its time."""
    kept = {*schemas()["AnalyzeResult"]["required"], place[0]}
    raw = {key: copy.deepcopy(value) for key, value in full_result().items() if key in kept}
    if place[0] != "pages":
        raw["pages"] = []
    parent: Any = raw
    for part in place[:-1]:
        parent = parent[part]
    if value is None:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return raw


def test_every_damage_at_every_place_is_refused():
    damages = list(_damages())
    assert [(kind, place) for kind, place, value in damages if not violations(_damaged(place, value))] == []
    kinds = {kind for kind, _, _ in damages}
    assert kinds == {"missing", "unknown key", "nested", "unknown value", "wrong type", "wrong item", "no date"}
    assert len(damages) > 400


def test_what_the_service_may_add_is_refused_only_strictly():
    for kind, place, value in _damages():
        if kind in ("unknown key", "unknown value"):
            assert violations(_damaged(place, value), is_strict=False) == []


@pytest.mark.parametrize("kind", ["missing", "wrong type", "nested"])
def test_the_model_refuses_what_the_schema_refuses(kind):
    checked = 0
    for found, place, value in _damages():
        if found != kind or (kind == "missing" and place[-1] in _WRITTEN_ALWAYS):
            continue
        checked += 1
        with pytest.raises(analyze_result.PermanentError):
            AnalyzeResult.from_json(json.dumps(_damaged(place, value)))
    assert checked > 50
