"""Labels and predictions as values of the lake's own column types (``entities``, ``categories``, …), and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from docplatform.documents.document_text import WordBox
from docplatform.documents.fields import AnalyzedDocument
from docplatform.documents.line_items import fields_object
from docplatform.documents.predictions import Category, DocumentPart, Entity, FieldValue, Prediction


def entities_value(entities: Iterable[Entity]) -> list[dict[str, Any]]:
    """Entities as an ``entities`` column holds them."""
    return [
        {
            "category": e.category,
            "text": e.text,
            "offset": e.offset,
            "length": e.length,
            "confidence": e.confidence_score,
        }
        for e in entities
    ]


def entities_from(value: Iterable[Mapping[str, Any]]) -> tuple[Entity, ...]:
    """The entities in an ``entities`` column's value."""
    return tuple(Entity(e["category"], e["offset"], e["length"], e["text"], e["confidence"]) for e in value)


def categories_value(categories: Iterable[Category]) -> list[dict[str, Any]]:
    """Classes as a ``categories`` column holds them."""
    return [{"category": c.category, "confidence": c.confidence_score} for c in categories]


def categories_from(value: Iterable[Mapping[str, Any]]) -> tuple[Category, ...]:
    """The classes in a ``categories`` column's value."""
    return tuple(Category(c["category"], c["confidence"]) for c in value)


def fields_value(fields: Iterable[FieldValue]) -> list[dict[str, Any]]:
    """Field values as a ``fields`` column holds them."""
    return [
        {
            "name": f.name,
            "content": f.content,
            "value": f.value,
            "confidence": f.confidence_score,
            "spans": [{"offset": offset, "length": length} for offset, length in f.spans],
        }
        for f in fields
    ]


def documents_value(project: str, predictions: Iterable[Prediction]) -> str | None:
    """What was extracted from each document of a file, as ``documents`` of ``predictions`` holds it; None: nothing."""
    found = [
        AnalyzedDocument(doc_type=project, spans=(), fields=fields_object(p.fields), confidence=p.confidence_score)
        for p in predictions
        if p.fields
    ]
    told = [json.loads(d.model_dump_json(by_alias=True, exclude_unset=True, exclude_none=True)) for d in found]
    return json.dumps(told, ensure_ascii=False) if told else None


def fields_from(value: Iterable[Mapping[str, Any]]) -> tuple[FieldValue, ...]:
    """The field values in a ``fields`` column's value."""
    return tuple(
        FieldValue(
            f["name"],
            f["content"],
            tuple((span["offset"], span["length"]) for span in f["spans"]),
            f["value"],
            f["confidence"],
        )
        for f in value
    )


def parts_value(parts: Iterable[DocumentPart]) -> list[dict[str, Any]]:
    """Documents of a packet as a ``parts`` column holds them."""
    return [
        {
            "category": p.category,
            "first_page": p.first_page,
            "last_page": p.last_page,
            "confidence": p.confidence_score,
        }
        for p in parts
    ]


def parts_from(value: Iterable[Mapping[str, Any]]) -> tuple[DocumentPart, ...]:
    """The documents in a ``parts`` column's value."""
    return tuple(DocumentPart(p["category"], p["first_page"], p["last_page"], p["confidence"]) for p in value)


def words_value(words: Iterable[WordBox]) -> list[dict[str, Any]]:
    """Places of words as a ``words`` column holds them."""
    return [word._asdict() for word in words]


def words_from(value: Iterable[Mapping[str, Any]]) -> tuple[WordBox, ...]:
    """The places in a ``words`` column's value."""
    return tuple(WordBox(**word) for word in value)
