"""Predicting on parts of packets: which pages of a file a project applies to, and what is said about them together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from docplatform.documents.document_text import DocumentText, cut_to_pages
from docplatform.documents.predictions import Category, Prediction
from docplatform.lake.lake import Lake
from docplatform.lake.stages import Row
from docplatform.lake.tables import PREDICTIONS

PageRange = tuple[int, int]
"""First and last page, from 1."""


def routed(lake: Lake, lake_partition: str, classifier: str, classes: frozenset[str], rows: Iterable[Row]) -> list[Row]:
    """Of rows of a partition's documents, those that a project's champion put in one of these classes.

    Rows of packets are restricted to the pages that are.
    """
    predictions = lake.read_rows(
        PREDICTIONS,
        lake_partitions=[lake_partition],
        where={"project": classifier},
        columns=["document_id", "categories", "parts"],
    )
    pages = members(predictions, classes)
    return [restricted(row, pages[row["document_id"]]) for row in rows if row["document_id"] in pages]


def members(predictions: Iterable[Row], classes: frozenset[str]) -> dict[str, list[PageRange]]:
    """The documents that are of one of these classes, each with its pages that are; none: the whole document.

    Args:
        predictions: Rows of ``predictions`` of one classifying project: ``document_id``, ``categories``, ``parts``.
        classes: Names of classes.
    """
    found = {}
    for row in predictions:
        if classes & {category["category"] for category in row["categories"]}:
            parts = row["parts"] or []
            pages = [(part["first_page"], part["last_page"]) for part in parts if part["category"] in classes]
            found[row["document_id"]] = pages if len(parts) > 1 else []
    return found


def restricted(row: Row, pages: Sequence[PageRange]) -> Row:
    """The row of a document, to be predicted on these pages alone. Other pages make it another input."""
    if not pages:
        return row
    told = hashlib.sha256(f"{row['input_hash']} {list(pages)}".encode()).hexdigest()
    return {**row, "pages": list(pages), "input_hash": told}


def cut(document: DocumentText, row: Row) -> list[DocumentText]:
    """The documents a row stands for: itself, or those of its pages that it is restricted to."""
    return [cut_to_pages(document, first, last) for first, last in row.get("pages", ())] or [document]


def joined(predictions: Sequence[Prediction]) -> Prediction:
    """What is said about a packet, from what is said about its documents: a field occurs once in each of them."""
    if len(predictions) == 1:
        return predictions[0]
    asserted = [p for p in predictions if not p.abstained]
    least: dict[str, Category] = {}
    for prediction in asserted:
        for category in prediction.categories:
            least[category.category] = min(category, least.get(category.category, category), key=_confidence)
    found = [p for p in asserted if p.categories or p.entities or p.fields]
    return Prediction(
        categories=tuple(sorted(least.values(), key=_confidence, reverse=True)),
        entities=tuple(entity for prediction in asserted for entity in prediction.entities),
        confidence_score=min((prediction.confidence_score for prediction in found), default=0.0),
        abstained=not asserted,
        fields=tuple(field for prediction in asserted for field in prediction.fields),
    )


def _confidence(category: Category) -> float:
    return category.confidence_score
