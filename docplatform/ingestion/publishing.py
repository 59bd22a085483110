"""From the ledger to the lake: arrivals as rows of ``raw_blobs``, refused ones in quarantine, label files as projects.

Belongs here: bringing over what the ledger has recorded and nobody was told of yet. At least once, by keys that make it
exactly once in effect: killed anywhere, the next pass brings the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docplatform.documents import media_types
from docplatform.errors import ConfigurationError
from docplatform.labels.importing import plan_import
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.lake.lake import Lake
from docplatform.lake.quarantine import quarantine_at_arrival, resolve_at_arrival
from docplatform.lake.tables import RAW_BLOBS
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Document, Outcome, RecordedArrival
from docplatform.storage.base import BlobStore

BATCH_ARRIVALS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was brought over."""

    arrivals: int
    projects: tuple[str, ...]
    """Model projects made or updated from label files that arrived."""
    problems: tuple[str, ...]
    """Label files that arrived but make no project, and why."""


def publish_arrivals(
    ledger: Ledger, lake: Lake, blob_store: BlobStore, projects: ProjectStore, *, run_id: str
) -> Published:
    """Bring every arrival that the ledger has recorded since into the lake.

    Raises ``TransientError`` where lake, ledger or store can't be reached; what was brought over before stays so.
    """
    count = 0
    imported: list[str] = []
    problems: list[str] = []
    while recorded := ledger.unexported(BATCH_ARRIVALS):
        lake.upsert(RAW_BLOBS, [_row(item) for item in recorded], run_id=run_id)
        refused = [item for item in recorded if item.outcome is Outcome.QUARANTINED]
        quarantine_at_arrival(lake, _documents(ledger, refused), run_id=run_id)
        landed = [item.arrival.document_id for item in recorded if item.outcome is Outcome.LANDED]
        resolve_at_arrival(lake, landed, run_id=run_id)
        for item in recorded:
            if item.outcome is Outcome.LANDED and item.arrival.media_type == media_types.LABELS.mime:
                try:
                    imported.append(_import(item, ledger, blob_store, projects).name)
                except ConfigurationError as error:
                    problems.append(f"{item.arrival.name} of {item.arrival.customer}: {error}")
        ledger.mark_exported([item.arrival.arrival_id for item in recorded])
        count += len(recorded)
    return Published(arrivals=count, projects=tuple(imported), problems=tuple(problems))


def _row(recorded: RecordedArrival) -> dict[str, Any]:
    arrival = recorded.arrival
    return {
        **{
            name: getattr(arrival, name)
            for name in (column.name for column in RAW_BLOBS.columns)
            if name not in ("outcome", "reason")
        },
        "outcome": recorded.outcome.value,
        "reason": arrival.reason.value if arrival.reason else None,
    }


def _documents(ledger: Ledger, recorded: Sequence[RecordedArrival]) -> list[Document]:
    found = (ledger.document(item.arrival.document_id) for item in recorded)
    return [document for document in found if document is not None]


def _import(recorded: RecordedArrival, ledger: Ledger, blob_store: BlobStore, projects: ProjectStore) -> ModelProject:
    """Make or update the project of a label file that arrived. Labels are checked when annotations are built."""
    arrival = recorded.arrival
    names = set(projects.names())

    def read_document(location: str) -> bytes | None:
        document = ledger.find_documents(arrival.customer, [location]).get(location)
        try:
            return None if document is None else blob_store.get(document.blob_path)
        except FileNotFoundError:
            return None

    plan = plan_import(
        blob_store.get(arrival.blob_path),
        customer=arrival.customer,
        read_document=read_document,
        existing=lambda name: projects.get(name) if name in names else None,
    )
    projects.save(plan.project, plan.data)
    return plan.project
