"""Judging documents anew that were refused when they came in.

Belongs here: replaying quarantine entries of the stage ``raw_blobs``. Doesn't: entries of later stages, which
``lake.incremental`` takes up; deciding which entries to replay.

Killed anywhere, the next pass does it again and nothing is entered twice: a document judged anew keeps its arrival's
id, and what is unpacked from it gets the ids it would have had at first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from docplatform.errors import ReasonCode
from docplatform.ingestion.intake import Intake
from docplatform.lake.lake import Lake
from docplatform.lake.quarantine import EntryState, QuarantineEntry, find_entries, write_entries
from docplatform.lake.tables import RAW_BLOBS
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Arrival
from docplatform.settings import LimitSettings
from docplatform.storage.base import BlobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What became of entries that were replayed. ``replayed == resolved + refused``."""

    replayed: int = 0
    resolved: int = 0
    """Documents that go on now."""
    refused: int = 0
    """Documents that still can't; their entries are open, with what is wrong now."""


def replay_arrivals(
    ledger: Ledger, lake: Lake, blob_store: BlobStore, limits: LimitSettings, *, run_id: str
) -> ReplayReport:
    """Judge the documents of all entries anew that are marked as replaying at arrival.

    Those that go on now, and what is unpacked from them, are in the ledger afterwards as if they had at first, to be
    published next.

    Raises ``TransientError`` where lake, ledger or store can't be reached; what was judged before stays so.
    """
    entries = find_entries(lake, states=[EntryState.REPLAYING], stage=RAW_BLOBS.name, scope="")
    wanted = {entry.document_id for entry in entries}
    missing: set[str] = set()
    for root, documents in _roots(ledger, wanted):
        intake = Intake(root.connector, blob_store, ledger, limits, lambda: datetime.now(UTC))
        try:
            arrivals = _of(intake.retake(root), documents)
        except FileNotFoundError:
            missing |= documents
            continue
        intake.make_durable(arrivals)
        ledger.readmit(arrivals)
    settled = [_settled(ledger, entry, entry.document_id in missing, run_id) for entry in entries]
    write_entries(lake, settled, run_id)
    resolved = sum(entry.state is EntryState.RESOLVED for entry in settled)
    return ReplayReport(replayed=len(entries), resolved=resolved, refused=len(entries) - resolved)


def _roots(ledger: Ledger, document_ids: Collection[str]) -> list[tuple[Arrival, set[str]]]:
    """The files that brought these documents, as members or by themselves, and which of the documents each brought.

    A member is judged by its container, not by its bytes alone: they don't tell a link from a text.
    """
    found: dict[str, tuple[Arrival, set[str]]] = {}
    carried = {document_id: {document_id} for document_id in document_ids}
    while carried:
        above: dict[str, set[str]] = {}
        for recorded in ledger.arrivals_of(carried):
            arrival = recorded.arrival
            brought = carried[arrival.document_id]
            if arrival.parent_document_id is None:
                found.setdefault(arrival.arrival_id, (arrival, set()))[1].update(brought)
            else:
                above.setdefault(arrival.parent_document_id, set()).update(brought)
        carried = above
    return list(found.values())


def _of(arrivals: Iterable[Arrival], document_ids: Collection[str]) -> list[Arrival]:
    """Those of these documents, and of what lies in them; parents come first."""
    kept, ids = [], set(document_ids)
    for arrival in arrivals:
        if arrival.document_id in ids or arrival.parent_document_id in ids:
            ids.add(arrival.document_id)
            kept.append(arrival)
    return kept


def _settled(ledger: Ledger, entry: QuarantineEntry, is_missing: bool, run_id: str) -> QuarantineEntry:
    """The entry after its document was judged anew."""
    document = ledger.document(entry.document_id)
    if document is not None and document.reason is None:
        return entry.in_state(EntryState.RESOLVED, run_id)
    reason, message = entry.reason, entry.message
    if is_missing or document is None:
        where = f" at {document.blob_path}" if document else ""
        reason = ReasonCode.MISSING.value
        message = f"Its bytes are not{where} any more: restore them there, then replay it; or send the file again."
    elif document.reason is not None:
        reason, message = document.reason.value, document.message or message
    return entry.in_state(EntryState.OPEN, run_id, reason=reason, message=message, attempts=entry.attempts + 1)
