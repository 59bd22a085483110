"""Rows of the lake's tables to test with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
PARTITION = "acme/pdf/2026-11-20"
PROVENANCE = {"input_hash": "in", "fingerprint": "f1", "run_id": "run", "processed_at": NOW}


def routed_row(number: int, **values: Any) -> dict[str, Any]:
    """A row of ``routed_documents``."""
    return {
        "document_id": f"doc-{number}",
        "lake_partition": PARTITION,
        "parent_document_id": None,
        "customer": "acme",
        "extension": "pdf",
        "media_type": "application/pdf",
        "name": f"name {number}.pdf",
        "source_uri": "file:///x",
        "size": number,
        "lake_path": f"lake/documents/{number}",
        "uri": "file:///y",
        "arrived_at": NOW,
        "content_hash": "c",
        **PROVENANCE,
        **values,
    }


def prediction_row(number: int, project: str = "p", **values: Any) -> dict[str, Any]:
    """A row of ``predictions``."""
    return {
        "document_id": f"doc-{number}",
        "lake_partition": PARTITION,
        "name": f"name {number}.pdf",
        "project": project,
        "kind": "entity_recognition",
        "model_version": 1,
        "category": None,
        "categories": [{"category": "a", "confidence": 0.5}],
        "entities": [{"category": "e", "text": "x", "offset": 1, "length": 1, "confidence": 0.25}],
        "fields": [
            {"name": "f", "content": "x", "value": None, "confidence": 0.5, "spans": [{"offset": 1, "length": 1}]}
        ],
        "documents": "[]",
        "parts": [{"category": "a", "first_page": 1, "last_page": 2, "confidence": 0.5}],
        "confidence": 0.25,
        "abstained": False,
        "needs_review": False,
        "review_reason": None,
        **PROVENANCE,
        **values,
    }
