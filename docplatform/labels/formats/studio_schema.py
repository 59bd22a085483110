"""``fields.json`` of Document Intelligence Studio: which fields a project declares.

Belongs here: both generations' schemas, from and to names of categories. Doesn't: the labels themselves (``studio``).

A category is a field's key; a column of a table with rows as they come is ``Items/*/Amount``, a cell of a fixed table
``Table/Row/Column``. Slashes and tildes within a key are escaped as JSON Pointer does (``~1``, ``~0``), as the Studio's
own label files have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docplatform.labels.json_reader import JsonNode

FIRST_SCHEMA = "https://schema.cognitiveservices.azure.com/formrecognizer/2021-03-01/fields.json"
SECOND_SCHEMA = "https://schema.ai.azure.com/documentintelligence/2024-11-30/fields.json"


def escaped(key: str) -> str:
    """A key as a component of a name."""
    return key.replace("~", "~0").replace("/", "~1")


def unescaped(component: str) -> str:
    """The key of a component."""
    return component.replace("~1", "/").replace("~0", "~")


def categories(schema: JsonNode) -> tuple[str, ...]:
    """The categories that a ``fields.json`` of either generation declares. Raises ``LabelFileError``."""
    second = schema.get("fieldSchema")
    found = _first_generation(schema) if second is None else _properties(second, schema, "")
    return tuple(dict.fromkeys(found))


def _first_generation(schema: JsonNode) -> Iterator[str]:
    definitions = schema.get("definitions")
    for field in schema.need("fields").items():
        key = escaped(field.need("fieldKey").text())
        kind = field.get("fieldType")
        if kind is not None and kind.value == "array":
            yield from (f"{key}/*/{column}" for column in _columns(definitions, field.need("itemType")))
        elif kind is not None and kind.value == "object":
            for row in field.need("fields").items():
                name = escaped(row.need("fieldKey").text())
                yield from (f"{key}/{name}/{column}" for column in _columns(definitions, row.need("fieldType")))
        else:
            yield key


def _columns(definitions: JsonNode | None, kind: JsonNode) -> list[str]:
    definition = definitions.value.get(kind.text()) if definitions is not None else None
    if definition is None:
        raise kind.error("must be one of the definitions")
    node = JsonNode(definition, f"$.definitions.{kind.text()}")
    return [escaped(column.need("fieldKey").text()) for column in node.need("fields").items()]


def _properties(properties: JsonNode, schema: JsonNode, before: str) -> Iterator[str]:
    if not properties.is_object:
        raise properties.error("must be an object")
    for key, value in properties.value.items():
        node = _resolved(JsonNode(value, f"{properties.path}.{key}"), schema)
        name = f"{before}{escaped(key)}"
        inner = node.get("properties")
        items = node.get("items")
        if items is not None:
            inner, name = _resolved(items, schema).get("properties"), f"{name}/*"
        if inner is None:
            yield name
        else:
            yield from _properties(inner, schema, f"{name}/")


def _resolved(node: JsonNode, schema: JsonNode) -> JsonNode:
    reference = node.get("$ref")
    if reference is None:
        return node
    definitions = schema.get("definitions")
    name = reference.text().rsplit("/", 1)[-1]
    if definitions is None or name not in definitions.value:
        raise reference.error("must be one of the definitions")
    return JsonNode(definitions.value[name], f"$.definitions.{name}")


def first_schema(names: Iterable[str]) -> dict[str, Any]:
    """A ``fields.json`` (2021-03-01) for categories that came from elsewhere; every value is a string."""
    fields: dict[str, dict[str, Any]] = {}
    definitions: dict[str, Any] = {}
    for name in names:
        components = name.split("/")
        key = unescaped(components[0])
        if len(components) == 1:
            fields.setdefault(name, _plain(key))
            continue
        kind = f"{key}_object"
        definition = definitions.setdefault(
            kind, {"fieldKey": kind, "fieldType": "object", "fieldFormat": "not-specified", "fields": []}
        )
        _add(definition["fields"], _plain(unescaped("/".join(components[2:]) or components[1])))
        if components[1] == "*":
            array = {"fieldKey": key, "fieldType": "array", "fieldFormat": "not-specified", "itemType": kind}
            fields.setdefault(components[0], array)
        else:
            table = {"fieldKey": key, "fieldType": "object", "fieldFormat": "not-specified", "fields": []}
            _add(
                fields.setdefault(components[0], table).setdefault("fields", []),
                {**_plain(unescaped(components[1])), "fieldType": kind},
            )
    return {"$schema": FIRST_SCHEMA, "fields": list(fields.values()), "definitions": definitions}


def second_schema(names: Iterable[str]) -> dict[str, Any]:
    """The same in the generation of 2024-11-30."""
    root: dict[str, Any] = {}
    for name in names:
        properties, components = root, name.split("/")
        for index, component in enumerate(components[:-1]):
            if component == "*":
                continue
            is_array = components[index + 1] == "*"
            node = properties.setdefault(unescaped(component), {"type": "array" if is_array else "object"})
            if is_array:
                node = node.setdefault("items", {"type": "object"})
            properties = node.setdefault("properties", {})
        properties.setdefault(unescaped(components[-1]), {"type": "string"})
    return {"$schema": SECOND_SCHEMA, "docType": "document", "fieldSchema": root}


def _plain(key: str) -> dict[str, Any]:
    return {"fieldKey": key, "fieldType": "string", "fieldFormat": "not-specified"}


def _add(fields: list[dict[str, Any]], field: Mapping[str, Any]) -> None:
    if all(known["fieldKey"] != field["fieldKey"] for known in fields):
        fields.append(dict(field))
