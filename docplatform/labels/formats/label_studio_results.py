"""The results of one Label Studio annotation: regions, choices and transcriptions.

Belongs here: from results to labels and back. Doesn't: tasks and files (``label_studio``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from docplatform.documents.offsets import TextOffsets
from docplatform.labels.formats.places import box_of, is_upright, rectangle
from docplatform.labels.json_reader import JsonNode, LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabeledField, LabeledPlace, PlaceUnit

LABEL_KEYS = ("labels", "rectanglelabels", "hypertextlabels", "polygonlabels")
"""Keys of a result's value that hold its labels."""
_DECIMALS = 6
"""Of percent: far below a pixel."""
_SIZES = ("original_width", "original_height")


@dataclass(slots=True)
class Answers:
    """What one annotation says of a document."""

    entities: list[LabeledEntity] = field(default_factory=list)
    fields: list[LabeledField] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    page_sizes: dict[int, tuple[int | float, int | float]] = field(default_factory=dict)

    def labels(self, location: str) -> DocumentLabels:
        """As the labels of a document."""
        pages = max(self.page_sizes, default=0)
        return DocumentLabels(
            location=location,
            classes=tuple(dict.fromkeys(self.classes)),
            entities=tuple(self.entities),
            is_answered=not (self.entities or self.fields or self.classes),
            fields=tuple(self.fields),
            page_sizes=tuple(self.page_sizes.get(page, (0, 0)) for page in range(1, pages + 1)),
        )


def answers_of(results: Iterable[JsonNode], notes: list[str]) -> Answers:
    """The labels that results make up: regions of one ``id`` (rectangle, label, transcription) are one."""
    answers = Answers()
    regions: dict[str, dict[str, Any]] = {}
    places: dict[str, JsonNode] = {}
    for number, node in enumerate(results):
        kind = node.need("type").text()
        value = node.need("value")
        if kind == "choices" and value.get("choices") is not None:
            answers.classes.extend(item.text() for item in value.need("choices").items())
        elif kind in (*LABEL_KEYS, "rectangle", "textarea", "polygon"):
            key = str(node.value.get("id") or f"#{number}")
            merged = regions.setdefault(key, {})
            transcribed = kind == "textarea" or "text" in value.value
            texts = value.value.get("text")
            merged.update({k: v for k, v in value.value.items() if k != "text" or not transcribed})
            if texts is not None and (kind == "textarea" or "text" not in merged):
                merged["text"] = "\n".join(texts) if isinstance(texts, list) else texts
            merged.setdefault("page", int(node.value.get("item_index") or 0) + 1)
            size = (node.value.get(_SIZES[0]), node.value.get(_SIZES[1]))
            if all(size):
                answers.page_sizes[merged["page"]] = size
            places.setdefault(key, node)
        elif kind not in ("relation",):
            notes.append(f"Results of type {kind} are left out: they are no classes, spans or rectangles.")
    for key, region in regions.items():
        _add_region(answers, region, places[key], notes)
    return answers


def _add_region(answers: Answers, region: dict[str, Any], node: JsonNode, notes: list[str]) -> None:
    names = next((region[key] for key in LABEL_KEYS if region.get(key)), None)
    if not names:
        notes.append("Regions without a label are left out.")
        return
    text = region.get("text")
    for name in names:
        if "start" in region and "end" in region and "x" not in region:
            start, end = region["start"], region["end"]
            if not isinstance(start, int) or not isinstance(end, int):
                raise node.error("must have whole numbers for start and end")
            answers.entities.append(LabeledEntity(name, start, end - start, text))
        else:
            size = answers.page_sizes.get(region["page"], (1, 1))
            polygon = _polygon(region, size, node)
            answers.fields.append(
                LabeledField(name, places=(LabeledPlace(region["page"], (polygon,), text, PlaceUnit.PERCENT),))
            )


def _polygon(region: dict[str, Any], size: tuple[float, float], node: JsonNode) -> tuple[int | float, ...]:
    """The corners in percent; a turned rectangle turns in pixels, around its upper left corner."""
    if "points" in region:
        return tuple(number for point in region["points"] for number in point)
    try:
        x, y, width, height = (region[key] for key in ("x", "y", "width", "height"))
    except KeyError as error:
        raise node.error(f"must have {error} in its value") from error
    turned = math.radians(region.get("rotation") or 0)
    if not turned:
        return rectangle(x, y, round(x + width, _DECIMALS), round(y + height, _DECIMALS))
    aspect = size[1] / size[0]
    polygon: list[float] = []
    for across, down in ((0, 0), (width, 0), (width, height), (0, height)):
        right = across * math.cos(turned) - down * aspect * math.sin(turned)
        below = across / aspect * math.sin(turned) + down * math.cos(turned)
        polygon += [round(x + right, _DECIMALS), round(y + below, _DECIMALS)]
    return tuple(polygon)


def results_of(document: DocumentLabels, offsets: TextOffsets | None, notes: list[str]) -> list[dict[str, Any]]:
    """The results that say the labels of a document."""
    results: list[dict[str, Any]] = []
    if document.classes:
        choices = {"choices": list(document.classes)}
        results.append({"from_name": "class", "to_name": "text", "type": "choices", "value": choices})
    for number, entity in enumerate(document.entities):
        start, end = _span(entity, offsets, document.location)
        value = {"start": start, "end": end, "labels": [entity.category]}
        shown = {} if entity.text is None else {"text": entity.text}
        common = {"id": f"s{number}", "from_name": "label", "to_name": "text", "type": "labels"}
        results.append({**common, "value": {**value, **shown}})
    for number, item in enumerate(document.fields):
        results.extend(_field_results(document, item, number, notes))
    return results


def _span(entity: LabeledEntity, offsets: TextOffsets | None, location: str) -> tuple[int, int]:
    try:
        return offsets.span_to_code_points(entity.offset, entity.length) if offsets is not None else (0, 0)
    except ValueError as error:
        raise LabelFileError(f"{location}: {error} Check the labels first (docplatform labels check).") from error


def _field_results(document: DocumentLabels, item: LabeledField, number: int, notes: list[str]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    polygons = [(place, polygon) for place in item.places for polygon in place.polygons]
    if not polygons:
        notes.append("Fields with a value but no place are left out: Label Studio's rectangles have one.")
    if len(polygons) > 1:
        notes.append("Fields that stand in several boxes became a rectangle for each.")
    for index, (place, polygon) in enumerate(polygons):
        size = document.page_sizes[place.page - 1] if place.page <= len(document.page_sizes) else None
        if not is_upright(polygon):
            notes.append("Boxes that aren't upright are written as the upright box around them.")
        left, top, right, bottom = box_of(_percent(polygon, place, size, document.location))
        box = {"x": left, "y": top, "width": round(right - left, _DECIMALS), "height": round(bottom - top, _DECIMALS)}
        common: dict[str, Any] = {"id": f"r{number}-{index}", "to_name": "ocr"}
        if size is not None:
            common |= dict(zip(_SIZES, size, strict=True))
        if place.page > 1:
            common["item_index"] = place.page - 1
        value = {**box, "rotation": 0, "rectanglelabels": [item.name]}
        results.append({**common, "from_name": "label", "type": "rectanglelabels", "value": value})
        text = place.text if place.text is not None else item.value if len(polygons) == 1 else None
        if text is not None:
            transcribed = {**box, "rotation": 0, "text": [text]}
            results.append({**common, "from_name": "transcription", "type": "textarea", "value": transcribed})
    return results


def _percent(
    polygon: tuple[float, ...], place: LabeledPlace, size: tuple[float, float] | None, location: str
) -> list[int | float]:
    if place.unit is PlaceUnit.PERCENT:
        return list(polygon)
    if place.unit is PlaceUnit.FRACTION:
        return [round(number * 100, _DECIMALS) for number in polygon]
    if size is None:
        raise LabelFileError(f"{location}: how large page {place.page} is isn't known")
    return [round(number / size[index % 2] * 100, _DECIMALS) for index, number in enumerate(polygon)]
