"""Labels and predictions as values of the ``entities`` and ``categories`` column types, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from docplatform.documents.predictions import Category, Entity


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
