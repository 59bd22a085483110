"""Label trees of Document Intelligence 2024-11-30: ``fieldLabels`` with ``valueArray`` and ``valueObject``.

Belongs here: from the tree to fields by name and back. Doesn't: files and schemas (``studio``, ``studio_schema``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from docplatform.labels.formats.studio_schema import escaped, unescaped
from docplatform.labels.json_reader import JsonNode, LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabeledField, LabeledPlace, PlaceUnit

_INNER = ("valueArray", "valueObject")
_LEAF = ("content", "boundingRegions")


def fields_of_tree(tree: JsonNode) -> tuple[tuple[LabeledField, ...], dict[str, Any]]:
    """The fields of a tree, and what else its inner nodes say, by their name. Raises ``LabelFileError``."""
    nodes: dict[str, Any] = {}
    return tuple(_walk(tree, "", nodes)), nodes


def _walk(children: JsonNode, before: str, nodes: dict[str, Any]) -> Iterator[LabeledField]:
    if not children.is_object:
        raise children.error("must be an object")
    for key, value in children.value.items():
        yield from _node(JsonNode(value, f"{children.path}.{key}"), f"{before}{escaped(key)}", nodes)


def _node(node: JsonNode, name: str, nodes: dict[str, Any]) -> Iterator[LabeledField]:
    array, inner = node.get("valueArray"), node.get("valueObject")
    if array is None and inner is None:
        yield _leaf(node, name)
        return
    nodes[name] = {key: value for key, value in node.value.items() if key not in _INNER}
    for index, item in enumerate(array.items() if array is not None else ()):
        yield from _node(item, f"{name}/{index}", nodes)
    if inner is not None:
        yield from _walk(inner, f"{name}/", nodes)


def _leaf(node: JsonNode, name: str) -> LabeledField:
    content = node.get("content")
    regions = node.get("boundingRegions")
    places = tuple(
        LabeledPlace(region.need("pageNumber").integer(), (tuple(region.need("polygon").value),), unit=PlaceUnit.PAGE)
        for region in (regions.items() if regions is not None else ())
    )
    extras = {key: value for key, value in node.value.items() if key not in _LEAF}
    return LabeledField(name, value=None if content is None else str(content.value), places=places, extras=extras)


def tree_of_fields(document: DocumentLabels) -> dict[str, Any]:
    """The tree of a document's fields."""
    kept: Mapping[str, Any] = document.extras.get("nodes", {})
    root: dict[str, Any] = {}
    for name in kept:
        _inner(root, name.split("/"), kept)
    for field in document.fields:
        components = field.name.split("/")
        parent = _inner(root, components[:-1], kept) if len(components) > 1 else root
        _put(parent, components[-1], _leaf_json(field, document))
    return root


def _inner(root: dict[str, Any], components: list[str], kept: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    """What holds the children of the node that ``components`` name; made where it isn't there."""
    holder: dict[str, Any] | list[Any] = root
    for index, component in enumerate(components):
        name = "/".join(components[: index + 1])
        following = components[index + 1] if index + 1 < len(components) else ""
        node = _get(holder, component)
        if node is None:
            is_array = kept.get(name, {}).get("type", "array" if following.isdigit() else "object") == "array"
            default = {"type": "array" if is_array else "object", "kind": "confirmed"}
            node = {**kept.get(name, default), "valueArray" if is_array else "valueObject": [] if is_array else {}}
            _put(holder, component, node)
        holder = node["valueArray"] if "valueArray" in node else node["valueObject"]
    return holder


def _get(holder: dict[str, Any] | list[Any], component: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(unescaped(component))
    return holder[int(component)] if int(component) < len(holder) else None


def _put(holder: dict[str, Any] | list[Any], component: str, node: dict[str, Any]) -> None:
    if isinstance(holder, dict):
        holder[unescaped(component)] = node
        return
    while len(holder) <= int(component):  # a row without a label stands between
        holder.append({"type": "object", "kind": "confirmed", "valueObject": {}})
    holder[int(component)] = node


def _leaf_json(field: LabeledField, document: DocumentLabels) -> dict[str, Any]:
    default = {"type": "string", "kind": "confirmed", "spans": [], "metadata": {}}
    leaf: dict[str, Any] = dict(field.extras if "type" in field.extras else default)
    if field.declared is not None:
        leaf["content"] = field.declared
    if field.places:
        leaf["boundingRegions"] = [
            {"pageNumber": place.page, "polygon": _in_page_unit(polygon, place, document)}
            for place in field.places
            for polygon in place.polygons
        ]
    return leaf


def _in_page_unit(polygon: tuple[float, ...], place: LabeledPlace, document: DocumentLabels) -> list[float]:
    if place.unit is PlaceUnit.PAGE:
        return list(polygon)
    if place.page > len(document.page_sizes):
        raise LabelFileError(f"{document.location}: how large page {place.page} is isn't known")
    size = document.page_sizes[place.page - 1]
    scale = 100 if place.unit is PlaceUnit.PERCENT else 1
    return [number / scale * size[index % 2] for index, number in enumerate(polygon)]
