"""COCO object detection: categories are fields, annotations are their boxes in pixels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.formats.places import box_of, is_upright, places_of_spans, rectangle
from docplatform.labels.json_reader import JsonNode, LabelFileError, parse_json
from docplatform.labels.label_file import (
    DocumentLabels,
    LabeledField,
    LabeledPlace,
    LabelFile,
    PlaceUnit,
    declared_name,
)
from docplatform.labels.readings import Reading

_DECIMALS = 4
"""Of pixels: a box is a corner and a size in COCO, two corners here, and sums of fractions aren't exact."""
_TEXT = ("text", "transcription", "caption")
_OWN = {"image_id", "category_id", "bbox", *_TEXT}


class Coco:
    """COCO JSON. A document is an image; one of several pages has an image per page, with ``page`` saying which."""

    name = "coco"
    description = "COCO object detection: fields by their boxes in pixels, with 'text' where an annotation has it"

    def sniff(self, files: LabelFiles) -> bool:
        """A JSON file with ``images``, ``annotations`` and ``categories``."""
        return len(_candidates(files)) == 1

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:  # noqa: ARG002
        """Parse the one file; every annotation is a field."""
        names = _candidates(files) or [name for name in files if len(files) == 1]
        if len(names) != 1:
            raise LabelFileError(f"There should be one COCO file; there are {len(names)}. Name it.")
        root = parse_json(files[names[0]])
        categories = {n.need("id").integer(): n.need("name").text() for n in root.need("categories").items()}
        pages: dict[int, tuple[str, int]] = {}
        documents: dict[str, DocumentLabels] = {}
        for node in root.need("images").items():
            location, page = _add_image(node, documents)
            pages[node.need("id").integer()] = (location, page)
        fields: dict[str, list[LabeledField]] = {location: [] for location in documents}
        for node in root.need("annotations").items():
            image = pages.get(node.need("image_id").integer())
            category = categories.get(node.need("category_id").integer())
            if image is None or category is None:
                raise node.error("must have the image_id of an image and the category_id of a category")
            fields[image[0]].append(_field(node, category, image[1]))
        label_file = LabelFile(
            kind=TaskKind.FIELD_EXTRACTION,
            name="",
            language="en",
            categories=tuple(categories.values()),
            documents=tuple(replace(d, fields=tuple(fields[d.location])) for d in documents.values()),
            string_index_type=StringIndexType.UNICODE_CODE_POINT,
            extras={
                "categories": {str(n.value["id"]): n.value for n in root.need("categories").items()},
                **{key: root.value[key] for key in ("info", "licenses") if key in root.value},
            },
        )
        absent = [location for location in documents if location not in files]
        notes = (f"{len(absent)} of {len(documents)} images aren't there ({absent[0]} …).",) if absent else ()
        return ParsedLabels(label_file=label_file, notes=notes)

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write ``annotations.json``: an image per page, an annotation per box."""
        if label_file.kind not in (TaskKind.FIELD_EXTRACTION, TaskKind.ENTITY_RECOGNITION):
            raise LabelFileError(f"COCO files hold boxes, not {label_file.kind.value}.")
        writer = _Writer(label_file, readings)
        for document in label_file.documents:
            writer.add(document)
        content = json.dumps(writer.content(), ensure_ascii=False, indent=1) + "\n"
        return WrittenLabels(files={"annotations.json": content.encode()}, notes=writer.notes())


def _candidates(files: LabelFiles) -> list[str]:
    names = [
        name for name in files if name.lower().endswith(".json") and not name.endswith((".labels.json", ".ocr.json"))
    ]
    return [
        name
        for name in names[:50]
        if all(key in files[name] for key in (b'"images"', b'"annotations"', b'"categories"'))
    ]


def _add_image(node: JsonNode, documents: dict[str, DocumentLabels]) -> tuple[str, int]:
    location = node.need("file_name").text()
    number = node.get("page")
    page = 1 if number is None else number.integer()
    size = (node.need("width").value, node.need("height").value)
    extras = {k: v for k, v in node.value.items() if k not in ("file_name", "page", "width", "height")}
    document = documents.get(location, DocumentLabels(location=location))
    sizes = [*document.page_sizes, *[(0, 0)] * (page - len(document.page_sizes))]
    sizes[page - 1] = size
    pages = {**document.extras.get("pages", {}), str(page): extras}
    documents[location] = replace(document, page_sizes=tuple(sizes), extras={"pages": pages})
    return location, page


def _field(node: JsonNode, category: str, page: int) -> LabeledField:
    box = node.need("bbox").value
    if not isinstance(box, list) or len(box) != 4:
        raise node.need("bbox").error("must be [x, y, width, height]")
    x, y, width, height = box
    polygon = rectangle(x, y, _rounded(x + width), _rounded(y + height))
    attributes = node.get("attributes")
    found = node.get(*_TEXT) or (attributes.get(*_TEXT) if attributes is not None and attributes.is_object else None)
    extras = {key: value for key, value in node.value.items() if key not in _OWN}
    place = LabeledPlace(page, (polygon,), None if found is None else str(found.value), PlaceUnit.PAGE)
    return LabeledField(category, places=(place,), extras=extras)


def _rounded(number: float) -> int | float:
    rounded = round(number, _DECIMALS)
    return int(rounded) if isinstance(rounded, float) and rounded.is_integer() else rounded


class _Writer:
    def __init__(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> None:
        self._file = label_file
        self._readings = readings
        kept = label_file.extras.get("categories", {})
        self._categories: dict[str, dict[str, Any]] = {item["name"]: item for item in kept.values()}
        names = [*label_file.categories, *(declared_name(n) for d in label_file.documents for n in d.names)]
        for name in names:
            self._category(name)
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._lost: list[str] = []
        self._divided = self._without_place = self._turned = 0

    def _category(self, name: str) -> int:
        if name not in self._categories:
            taken = [item["id"] for item in self._categories.values()]
            self._categories[name] = {"id": max(taken, default=0) + 1, "name": name, "supercategory": ""}
        return int(self._categories[name]["id"])

    def add(self, document: DocumentLabels) -> None:
        reading = self._readings.get(document.location)
        placed, lost = places_of_spans(document, self._file.string_index_type, reading)
        self._lost.extend(lost)
        sizes = document.page_sizes or (reading.page_sizes if reading is not None else ())
        if not sizes:
            raise LabelFileError(f"{document.location}: COCO files say how large images are, and that isn't known here")
        kept = document.extras.get("pages", {})
        images: list[int] = []
        for number, (width, height) in enumerate(sizes, 1):
            extras = kept.get(str(number), {})
            image = {
                "id": len(self._images) + 1,
                **extras,
                "file_name": document.location,
                "width": width,
                "height": height,
            }
            self._images.append(image | ({"page": number} if len(sizes) > 1 else {}))
            images.append(image["id"])
        for field in placed.fields:
            self._add_field(field, sizes, images)

    def _add_field(self, field: LabeledField, sizes: Any, images: list[int]) -> None:
        self._without_place += not field.places
        polygons = [(place, polygon) for place in field.places for polygon in place.polygons]
        self._divided += len(polygons) > 1
        for place, polygon in polygons:
            self._turned += not is_upright(polygon)
            left, top, right, bottom = box_of(_in_pixels(polygon, place.unit, sizes[place.page - 1]))
            box = [left, top, _rounded(right - left), _rounded(bottom - top)]
            annotation: dict[str, Any] = {
                "id": len(self._annotations) + 1,
                "area": _rounded(box[2] * box[3]),
                "iscrowd": 0,
                **(field.extras if "iscrowd" in field.extras or "id" in field.extras else {}),
                "image_id": images[place.page - 1],
                "category_id": self._category(declared_name(field.name)),
                "bbox": box,
            }
            text = place.text if place.text is not None else field.value if len(polygons) == 1 else None
            self._annotations.append(annotation if text is None else {**annotation, "text": text})

    def content(self) -> dict[str, Any]:
        kept = {key: value for key, value in self._file.extras.items() if key in ("info", "licenses")}
        categories = sorted(self._categories.values(), key=lambda item: item["id"])
        return {**kept, "images": self._images, "annotations": self._annotations, "categories": categories}

    def notes(self) -> tuple[str, ...]:
        counted = (
            (self._without_place, "fields have a value but no place: left out, COCO holds boxes only."),
            (self._divided, "fields stand in several boxes: each became an annotation of its own."),
            (self._turned, "boxes aren't upright: the upright box around each was written."),
        )
        return (*self._lost, *(f"{count} {what}" for count, what in counted if count))


def _in_pixels(polygon: tuple[float, ...], unit: PlaceUnit, size: tuple[float, float]) -> list[int | float]:
    if unit is PlaceUnit.PAGE:
        return list(polygon)
    scale = 100 if unit is PlaceUnit.PERCENT else 1
    return [_rounded(number / scale * size[index % 2]) for index, number in enumerate(polygon)]
