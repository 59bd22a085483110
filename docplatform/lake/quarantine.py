"""The quarantine table: documents that could not be processed, and what a person decides about them.

Belongs here: entries, their states, taking them up again. Doesn't: when a stage puts one there (``incremental``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from docplatform.errors import ReasonCode
from docplatform.lake.lake import Lake
from docplatform.lake.tables import QUARANTINE, RAW_BLOBS
from docplatform.ledger.records import Document

ARRIVAL_FINGERPRINT = "arrival"
"""``fingerprint`` of entries made when a document came in: no engine has tried it."""


class EntryState(StrEnum):
    """What is to become of an entry."""

    OPEN = "open"
    """Waiting for somebody to look at it; not tried again with the same engine on the same input."""
    REPLAYING = "replaying"
    """To be tried again by the next pass of its stage."""
    RESOLVED = "resolved"
    """Processed since."""
    DISMISSED = "dismissed"
    """Somebody decided that it needn't be processed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """One document, or one project's view of it, that a stage could not process. Columns as in the table."""

    document_id: str
    lake_partition: str
    stage: str
    scope: str
    name: str
    reason: str
    message: str
    attempts: int
    state: EntryState
    first_failed_at: datetime
    input_hash: str
    fingerprint: str
    run_id: str
    processed_at: datetime
    note: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Document, stage and scope: what identifies an entry."""
        return self.document_id, self.stage, self.scope

    @property
    def is_settled(self) -> bool:
        """Whether it keeps its document from being tried again: open or dismissed."""
        return self.state in (EntryState.OPEN, EntryState.DISMISSED)

    def in_state(self, state: EntryState, run_id: str, **changes: Any) -> QuarantineEntry:
        """The entry after somebody, or a run, changed its state."""
        return replace(self, state=state, run_id=run_id, processed_at=datetime.now(UTC), **changes)


_NOT_RESOLVED = (EntryState.OPEN, EntryState.REPLAYING, EntryState.DISMISSED)


def entry_from_row(row: dict[str, Any]) -> QuarantineEntry:
    """The entry a row of the table holds."""
    return QuarantineEntry(**row | {"state": EntryState(row["state"])})


def entry_to_row(entry: QuarantineEntry) -> dict[str, Any]:
    """The entry as a row of the table."""
    return asdict(entry) | {"state": entry.state.value, "reason": str(entry.reason)}


def write_entries(lake: Lake, entries: Iterable[QuarantineEntry], run_id: str) -> None:
    """Insert or replace entries in one commit; none: no commit."""
    rows = [entry_to_row(entry) for entry in entries]
    if rows:
        lake.upsert(QUARANTINE, rows, run_id=run_id)


def find_entries(
    lake: Lake,
    *,
    states: Collection[EntryState] | None = None,
    document_ids: Collection[str] | None = None,
    stage: str | None = None,
    scope: str | None = None,
    reason: ReasonCode | str | None = None,
    lake_partitions: Sequence[str] | None = None,
    run_id: str | None = None,
) -> list[QuarantineEntry]:
    """Entries that meet every condition given, the longest failing first."""
    where: dict[str, object] = {}
    if states is not None:
        where["state"] = [state.value for state in states]
    if document_ids is not None:
        where["document_id"] = list(document_ids)
    for column, value in (("stage", stage), ("scope", scope), ("reason", reason), ("run_id", run_id)):
        if value is not None:
            where[column] = str(value)
    rows = lake.read_rows(QUARANTINE, lake_partitions=lake_partitions, where=where)
    return sorted(map(entry_from_row, rows), key=lambda entry: (entry.first_failed_at, entry.document_id))


def open_entries(
    lake: Lake,
    *,
    document_ids: Collection[str] | None = None,
    stage: str | None = None,
    reason: ReasonCode | str | None = None,
    lake_partitions: Sequence[str] | None = None,
    older_than_days: float | None = None,
) -> list[QuarantineEntry]:
    """Open entries, the longest failing first."""
    entries = find_entries(
        lake,
        states=(EntryState.OPEN,),
        document_ids=document_ids,
        stage=stage,
        reason=reason,
        lake_partitions=lake_partitions,
    )
    if older_than_days is None:
        return entries
    newest = datetime.now(UTC) - timedelta(days=older_than_days)
    return [entry for entry in entries if entry.first_failed_at < newest]


def counts_by_reason(
    lake: Lake, *, states: Collection[EntryState] = (EntryState.OPEN,), stage: str | None = None
) -> dict[str, int]:
    """Entries by reason code, the most frequent first."""
    entries = find_entries(lake, states=states, stage=stage)
    return dict(Counter(entry.reason for entry in entries).most_common())


def quarantine_at_arrival(lake: Lake, documents: Sequence[Document], *, run_id: str) -> int:
    """Enter documents that the ledger quarantined (those with a reason); the number that were not there yet.

    Entries that are there stay as they are: somebody may have dismissed them.
    """
    refused = {document.document_id: document for document in documents if document.reason is not None}
    known = {entry.document_id for entry in find_entries(lake, document_ids=refused, stage=RAW_BLOBS.name, scope="")}
    new = [_arrival_entry(document, run_id) for key, document in refused.items() if key not in known]
    write_entries(lake, new, run_id)
    return len(new)


def resolve_at_arrival(lake: Lake, document_ids: Collection[str], *, run_id: str) -> int:
    """Close the entries of documents that were refused at arrival and have landed since; the number of them."""
    found = find_entries(lake, states=_NOT_RESOLVED, stage=RAW_BLOBS.name, scope="")
    landed = set(document_ids)
    resolved = [entry.in_state(EntryState.RESOLVED, run_id) for entry in found if entry.document_id in landed]
    write_entries(lake, resolved, run_id)
    return len(resolved)


def replay(
    lake: Lake,
    *,
    run_id: str,
    document_ids: Collection[str] | None = None,
    stage: str | None = None,
    reason: ReasonCode | str | None = None,
    lake_partitions: Sequence[str] | None = None,
) -> list[QuarantineEntry]:
    """Have entries that meet the conditions tried again by their stages' next pass; those are returned.

    Open ones, and those that a replay left before it came to them; where documents are named, dismissed ones too.
    """
    states = (EntryState.OPEN, EntryState.REPLAYING) if document_ids is None else _NOT_RESOLVED
    found = find_entries(
        lake,
        states=states,
        document_ids=document_ids,
        stage=stage,
        reason=reason,
        lake_partitions=lake_partitions,
    )
    return mark(lake, found, EntryState.REPLAYING, run_id=run_id)


def dismiss(lake: Lake, entries: Sequence[QuarantineEntry], *, note: str, run_id: str) -> list[QuarantineEntry]:
    """Decide that these needn't be processed, and keep why; they are returned as they stand now."""
    return mark(lake, entries, EntryState.DISMISSED, run_id=run_id, note=note)


def mark(
    lake: Lake, entries: Sequence[QuarantineEntry], state: EntryState, *, run_id: str, note: str | None = None
) -> list[QuarantineEntry]:
    """Put exactly these entries in a state, in one commit; they are returned as they stand now."""
    marked = [entry.in_state(state, run_id, note=note or entry.note) for entry in entries]
    write_entries(lake, marked, run_id)
    return marked


def _arrival_entry(document: Document, run_id: str) -> QuarantineEntry:
    return QuarantineEntry(
        document_id=document.document_id,
        lake_partition=document.lake_partition,
        stage=RAW_BLOBS.name,
        scope="",
        name=document.name,
        reason=str(document.reason),
        message=document.message or f"Quarantined when it came in: {document.reason}.",
        attempts=1,
        state=EntryState.OPEN,
        first_failed_at=document.arrived_at,
        input_hash=document.sha256,
        fingerprint=ARRIVAL_FINGERPRINT,
        run_id=run_id,
        processed_at=datetime.now(UTC),
    )
