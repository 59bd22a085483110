"""Azure Language label files (custom NER, single-label and multi-label classification), in and out.

Belongs here: the JSON shapes. Doesn't: whether the labels are right (``doctor``).

Read are the documented format (``projectFileVersion`` 2022-05-01 and later, which Language Studio exports), the shape
that circulates in tutorials (2022-10-01-preview: entities straight below the document, each with its own ``text``,
classes as plain strings), and the preview of November 2021 (``extractors`` with ``extractorName``). Written is the
documented format. Offsets are absolute, also below a region ("this is not relative to the bounding box").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import Split, TaskKind
from docplatform.labels.json_reader import JsonNode, LabelFileError, parse_json
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile, LabelRegion

__all__ = ["LabelFile", "LabelFileError", "parse_label_file", "write_label_file"]

FILE_VERSION = "2022-05-01"
"""The ``projectFileVersion`` written."""

_KINDS = {
    "CustomEntityRecognition": TaskKind.ENTITY_RECOGNITION,
    "CustomSingleLabelClassification": TaskKind.SINGLE_LABEL_CLASSIFICATION,
    "CustomMultiLabelClassification": TaskKind.MULTI_LABEL_CLASSIFICATION,
}
_KIND_NAMES = {kind: name for name, kind in _KINDS.items()}
_BY_LOWER_NAME = {name.lower(): kind for name, kind in _KINDS.items()}
"""Microsoft's own sample has ``CustomMultiLabelClassification`` and ``customMultiLabelClassification`` in one file."""
_MOST_ERRORS = 20


def parse_label_file(data: bytes) -> LabelFile:
    """Parse a label file.

    Raises:
        LabelFileError: (a ``ConfigurationError``) naming every JSON path that is wrong, what stands there and what
            should; or saying why this kind of file can't be taken.
    """
    root = parse_json(data)
    metadata = root.get("metadata") or JsonNode({}, "$.metadata")
    assets = root.get("assets") or root  # the 2021 preview has no assets
    kind = _kind(root, metadata, assets)
    return LabelFile(
        kind=kind,
        name=_optional_text(metadata.get("projectName")),
        language=_optional_text(metadata.get("language")) or "en",
        categories=tuple(_category_names(assets, kind)),
        documents=_documents(assets, kind),
        string_index_type=_string_index_type(root),
        sha256=hashlib.sha256(data).hexdigest(),
        version=_optional_text(root.get("projectFileVersion")),
        description=_optional_text(metadata.get("description")),
        multilingual=bool(metadata.value.get("multilingual", False)),
        container=_optional_text(metadata.get("storageInputContainerName")),
        settings=_settings(metadata),
    )


def _kind(root: JsonNode, metadata: JsonNode, assets: JsonNode) -> TaskKind:
    nodes = [node for node in (metadata.get("projectKind"), assets.get("projectKind")) if node is not None]
    if not nodes and root.get("extractors") is not None:
        return TaskKind.ENTITY_RECOGNITION
    if not nodes:
        raise LabelFileError(
            f"$.metadata has no 'projectKind': say {', '.join(_KINDS)}. (If this is no Azure Language label file, "
            "docplatform can't import it.)"
        )
    kinds = [_BY_LOWER_NAME.get(node.text().lower()) for node in nodes]
    for node, kind in zip(nodes, kinds, strict=True):
        if kind is None:
            raise node.error(f"must be one of {', '.join(_KINDS)}")
    if len(set(kinds)) > 1:
        raise nodes[1].error(f"must be the same as {nodes[0].path} ({nodes[0].value})")
    return next(kind for kind in kinds if kind is not None)


def _string_index_type(root: JsonNode) -> StringIndexType:
    node = root.get("stringIndexType")
    if node is None:
        return StringIndexType.UTF16_CODE_UNIT  # what the service counts where nothing is said
    for unit in StringIndexType:
        if node.text().lower() == unit.value.lower():
            return unit
    raise node.error(
        "must be Utf16CodeUnit (or UnicodeCodePoint). Text elements depend on the Unicode version that counted them "
        "and can't be converted safely: export the project again with stringIndexType=Utf16CodeUnit"
    )


def _settings(metadata: JsonNode) -> dict[str, Any]:
    node = metadata.get("settings")
    if node is None:
        return {}
    if not node.is_object:
        raise node.error("must be an object")
    return dict(node.value)


def _category_names(assets: JsonNode, kind: TaskKind) -> Iterator[str]:
    names = ("entities", "extractors") if kind is TaskKind.ENTITY_RECOGNITION else ("classes", "classifiers")
    node = assets.get(*names)
    for item in node.items() if node is not None else ():
        yield _category(item)


def _category(node: JsonNode) -> str:
    """The category of ``{"category": "X"}``, of the older ``{"extractorName": "X"}``, or of plain ``"X"``."""
    if node.is_object:
        return node.need("category", "extractorName", "classifierName", "name").text()
    return node.text()


def _documents(assets: JsonNode, kind: TaskKind) -> tuple[DocumentLabels, ...]:
    """Every document; errors are collected, so that a person mends a file once."""
    documents: list[DocumentLabels] = []
    errors: list[str] = []
    for node in assets.need("documents").items():
        try:
            documents.append(_document(node, kind))
        except LabelFileError as error:
            errors.append(str(error))
    if errors:
        more = f" (and {len(errors) - _MOST_ERRORS} more)" if len(errors) > _MOST_ERRORS else ""
        raise LabelFileError("; ".join(errors[:_MOST_ERRORS]) + more)
    return tuple(documents)


def _document(node: JsonNode, kind: TaskKind) -> DocumentLabels:
    location = node.need("location", "document").text()  # "document" in the shape that tutorials show
    language = _optional_text(node.get("language", "culture")) or None
    split = _declared_split(node.get("dataset"))
    if kind is not TaskKind.ENTITY_RECOGNITION:
        classes = tuple(_classes(node))
        return DocumentLabels(location=location, language=language, declared_split=split, classes=classes)
    regions: list[LabelRegion] = []
    entities: list[LabeledEntity] = []
    labels = node.get("entities", "extractors", "labels")
    for item in labels.items() if labels is not None else ():
        if item.get("labels", "regionOffset", "regionLength") is None:
            entities.append(_entity(item, 0))  # the tutorials' shape: no region between document and entity
            continue
        inner = item.get("labels")
        entities.extend(_entity(label, len(regions)) for label in (inner.items() if inner is not None else ()))
        regions.append(LabelRegion(_optional_integer(item, "regionOffset"), _optional_integer(item, "regionLength")))
    return DocumentLabels(
        location=location,
        language=language,
        declared_split=split,
        entities=tuple(entities),
        regions=tuple(regions),
    )


def _classes(node: JsonNode) -> Iterator[str]:
    single = node.get("class")
    if single is not None:
        yield _category(single)
    several = node.get("classes", "classifiers")
    for item in several.items() if several is not None else ():
        yield _category(item)


def _entity(node: JsonNode, region: int) -> LabeledEntity:
    text = node.get("text")
    return LabeledEntity(
        category=_category(node),
        offset=node.need("offset").integer(),
        length=node.need("length").integer(),
        text=None if text is None else text.text(),
        region=region,
    )


def _declared_split(node: JsonNode | None) -> Split | None:
    name = _optional_text(node).lower()
    if node is None or not name:
        return None
    if name not in {"train", "test"}:
        raise node.error("must be Train or Test (or left out)")
    return Split(name)


def _optional_text(node: JsonNode | None) -> str:
    if node is None:
        return ""
    if not isinstance(node.value, str):
        raise node.error("must be a text")
    return node.value.strip()


def _optional_integer(node: JsonNode, name: str) -> int:
    value = node.get(name)
    return 0 if value is None else value.integer()


def write_label_file(label_file: LabelFile, *, with_text: bool = True) -> bytes:
    """Write the documented format as UTF-8 JSON.

    What is written parses back equal, but for ``sha256``, ``version``, and the regions of labels that had none.

    Args:
        label_file: the labels; offsets are written in its own unit. The service itself takes Utf16CodeUnit only.
        with_text: write declared texts too. The service's schema has no such field; our doctor and people use it.
    """
    kind = _KIND_NAMES.get(label_file.kind)
    if kind is None:
        raise LabelFileError(f"Azure Language has no label file for {label_file.kind.value} projects")
    declared = "entities" if label_file.kind is TaskKind.ENTITY_RECOGNITION else "classes"
    content = {
        "projectFileVersion": FILE_VERSION,
        "stringIndexType": label_file.string_index_type.value,
        "metadata": {
            "projectName": label_file.name,
            "storageInputContainerName": label_file.container,
            "projectKind": kind,
            "description": label_file.description,
            "language": label_file.language,
            "multilingual": label_file.multilingual,
            "settings": label_file.settings,
        },
        "assets": {
            "projectKind": kind,
            declared: [{"category": category} for category in label_file.categories],
            "documents": [_document_json(item, label_file.kind, with_text) for item in label_file.documents],
        },
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _document_json(document: DocumentLabels, kind: TaskKind, with_text: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"location": document.location}
    if document.language:
        result["language"] = document.language
    if document.declared_split:
        result["dataset"] = document.declared_split.value.capitalize()
    if kind is TaskKind.ENTITY_RECOGNITION:
        result["entities"] = _regions_json(document, with_text)
    elif kind is TaskKind.MULTI_LABEL_CLASSIFICATION or len(document.classes) > 1:
        result["classes"] = [{"category": name} for name in document.classes]
    elif document.classes:
        result["class"] = {"category": document.classes[0]}
    return result


def _regions_json(document: DocumentLabels, with_text: bool) -> list[dict[str, Any]]:
    """Entities below their regions; where the labels came without, one region up to the last label's end."""
    regions = document.regions or (LabelRegion(0, max((e.offset + e.length for e in document.entities), default=0)),)
    return [
        {
            "regionOffset": region.offset,
            "regionLength": region.length,
            "labels": [_entity_json(e, with_text) for e in document.entities if e.region == index],
        }
        for index, region in enumerate(regions)
    ]


def _entity_json(entity: LabeledEntity, with_text: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"category": entity.category, "offset": entity.offset, "length": entity.length}
    if with_text and entity.text is not None:
        result["text"] = entity.text
    return result
