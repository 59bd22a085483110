"""A stage to test the incremental mechanism with: behaves as its ``verdicts`` say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from docplatform.errors import ReasonCode
from docplatform.lake.stages import Failed, Made, Row
from docplatform.lake.tables import PREDICTIONS, TableSpec

GOOD, BAD, BUSY, MISFIT = "good", "bad", "busy", "misfit"


@dataclass
class FakeStage:
    """Fills ``predictions``. ``documents`` maps lake partition to document ids."""

    documents: dict[str, list[str]] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    """By document id; GOOD unless said."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Input hash by document id."""
    fingerprint: str = "f1"
    scope: Mapping[str, str] = field(default_factory=lambda: {"project": "p"})
    table: TableSpec = PREDICTIONS
    processed: list[str] = field(default_factory=list)
    calls: int = 0

    def upstream(self, lake_partition: str) -> Iterable[Row]:
        for document_id in self.documents.get(lake_partition, []):
            input_hash = self.inputs.get(document_id, "in")
            yield {"document_id": document_id, "input_hash": input_hash, "name": f"{document_id}.pdf"}

    def process(self, rows: Iterator[Row]) -> Iterator[Made | Failed]:
        self.calls += 1
        for row in rows:
            self.processed.append(row["document_id"])
            yield self.outcome(row["document_id"], row["name"])

    def outcome(self, document_id: str, name: str) -> Made | Failed:
        verdict = self.verdicts.get(document_id, GOOD)
        if verdict == BAD:
            return Failed(document_id=document_id, reason=ReasonCode.CORRUPT, message="broken")
        if verdict == BUSY:
            return Failed(
                document_id=document_id, reason=ReasonCode.ENGINE_ERROR, message="service busy", is_transient=True
            )
        return Made(document_id=document_id, values=made_values(name, "x" if verdict == MISFIT else 0.5))


def made_values(name: str, confidence: Any = 0.5) -> dict[str, Any]:
    """The stage's own columns of ``predictions``."""
    return {
        "name": name,
        "kind": "entity_recognition",
        "model_version": 1,
        "category": None,
        "categories": [],
        "entities": [],
        "confidence": confidence,
        "abstained": False,
    }
