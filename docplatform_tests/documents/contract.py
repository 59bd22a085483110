"""The service's own schema of an ``AnalyzeResult``, and what is wrong with a result by it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

_FILE = Path(__file__).parents[3] / "shared" / "contracts" / "documentintelligence-2024-11-30.derived.openapi.json"
_REFERENCE = "#/components/schemas/"

HAS_CONTRACT = _FILE.is_file()
OURS = {
    "DocumentPage": {
        "quality": {
            "type": "object",
            "properties": {
                "grade": {"enum": ["POOR", "FAIR", "GOOD", "EXCELLENT"]},
                "reasons": {"type": "array", "items": {"type": "string"}},
                "measures": {"type": "object", "additionalProperties": {"type": "number"}},
            },
            "required": ["grade", "reasons"],
            "additionalProperties": False,
        }
    }
}
"""Keys that docplatform adds to the service's, by schema."""

needs_contract = pytest.mark.skipif(not HAS_CONTRACT, reason="needs ../shared/contracts beside the checkout")


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """``AnalyzeResult`` and every schema it refers to, by name."""
    every = json.loads(_FILE.read_text("utf-8"))["components"]["schemas"]
    found: dict[str, dict[str, Any]] = {}
    pending = ["AnalyzeResult"]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = every[name]
            pending += [reference.removeprefix(_REFERENCE) for reference in _references(every[name])]
    return found


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for item in schema:
            yield from _references(item)


@cache
def _validator(*, is_strict: bool) -> Draft202012Validator:
    components = {
        name: _closed(schema, OURS.get(name, {})) if is_strict else schema for name, schema in schemas().items()
    }
    root = {"$ref": f"{_REFERENCE}AnalyzeResult", "components": {"schemas": components}}
    return Draft202012Validator(root, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _closed(schema: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """A schema that refuses unknown keys and values: what the service may add, docplatform must not invent."""
    closed = copy.deepcopy(schema) | {"additionalProperties": False}
    for name, found in closed["properties"].items():
        if "anyOf" in found:
            closed["properties"][name] = found["anyOf"][0]
    closed["properties"].update(ours)
    return closed


def violations(raw: object, *, is_strict: bool = True) -> list[str]:
    """What is wrong with a result; strictly, values and keys the service doesn't document are wrong too."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in _validator(is_strict=is_strict).iter_errors(raw)
    ]
