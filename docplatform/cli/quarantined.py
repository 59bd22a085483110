"""What ``docplatform quarantine`` knows of one document, and what becomes of documents that it replays.

Belongs here: gathering and wording. Doesn't: arguments (``quarantine``), the entries themselves (``lake.quarantine``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from docplatform.cli.printing import printable
from docplatform.composition import Platform

if TYPE_CHECKING:
    from docplatform.lake.quarantine import QuarantineEntry

BY_HAND = "command-line"
"""``run_id`` of what somebody decided here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a document's bytes lie."""

    path: str
    uri: str
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a document came from."""

    customer: str
    name: str
    source_uri: str
    connector: str
    size: int
    sha256: str
    media_type: str
    arrived_at: datetime
    parent_document_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An entry of the document, with what its code means."""

    stage: str
    scope: str
    state: str
    reason: str
    message: str
    attempts: int
    first_failed_at: datetime
    last_tried_at: datetime
    fingerprint: str
    run_id: str
    note: str | None
    meaning: str
    what_to_do: str
    how_to_replay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is known of one document in quarantine."""

    document_id: str
    lake_partition: str
    provenance: Provenance | None
    """None where the ledger doesn't know it (any more)."""
    bytes: list[Place]
    entries: list[Attempt]

    @classmethod
    def of(cls, platform: Platform, entries: Sequence[QuarantineEntry]) -> Dossier:
        """The dossier of the document that these entries are of."""
        document_id = entries[0].document_id
        document = platform.ledger.document(document_id)
        provenance, paths = None, []
        if document is not None:
            from docplatform.lake.routing import lake_path

            values = {name: getattr(document, name) for name in Provenance.__dataclass_fields__}
            provenance = Provenance(**values)
            paths = [document.blob_path] if document.reason is not None else [document.blob_path, lake_path(document)]
        store = platform.blob_store
        return cls(
            document_id=document_id,
            lake_partition=document.lake_partition if document else entries[0].lake_partition,
            provenance=provenance,
            bytes=[Place(path=path, uri=store.uri(path), exists=store.exists(path)) for path in paths],
            entries=[_attempt(entry) for entry in entries],
        )

    def render(self) -> str:
        """As text, a fact a line."""
        lines = [f"document      {self.document_id}", f"partition     {self.lake_partition}"]
        if self.provenance is not None:
            lines += [
                f"{label:<14}{printable(str(getattr(self.provenance, name)))}"
                for label, name in _LABELS
                if getattr(self.provenance, name) is not None
            ]
        for place in self.bytes:
            lines.append(f"bytes         {printable(place.uri)}{'' if place.exists else '  GONE'}")
        for entry in self.entries:
            where = f"{entry.stage}:{entry.scope}" if entry.scope else entry.stage
            lines += [
                "",
                f"{where}: {entry.reason}, {entry.state}",
                f"  message     {printable(entry.message)}",
                f"  attempts    {entry.attempts}, first {entry.first_failed_at:%Y-%m-%d %H:%M}, "
                f"last {entry.last_tried_at:%Y-%m-%d %H:%M} UTC",
                f"  made by     {printable(entry.fingerprint)}, run {printable(entry.run_id)}",
                *([f"  note        {printable(entry.note)}"] if entry.note else []),
                f"  meaning     {entry.meaning}",
                f"  what to do  {entry.what_to_do}",
                f"  replay      {entry.how_to_replay}",
            ]
        return "\n".join(lines)


_LABELS = (
    ("name", "name"),
    ("customer", "customer"),
    ("source", "source_uri"),
    ("connector", "connector"),
    ("type", "media_type"),
    ("size", "size"),
    ("sha256", "sha256"),
    ("arrived", "arrived_at"),
    ("within", "parent_document_id"),
)


def _attempt(entry: QuarantineEntry) -> Attempt:
    from docplatform.lake.reason_codes import advice

    words = advice(entry.reason)
    return Attempt(
        stage=entry.stage,
        scope=entry.scope,
        state=entry.state.value,
        reason=entry.reason,
        message=entry.message,
        attempts=entry.attempts,
        first_failed_at=entry.first_failed_at,
        last_tried_at=entry.processed_at,
        fingerprint=entry.fingerprint,
        run_id=entry.run_id,
        note=entry.note,
        meaning=words.meaning,
        what_to_do=words.remedy,
        how_to_replay=f"docplatform quarantine replay {entry.document_id[:12]}",
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry that was replayed: as it stands now, and other trouble its document has now."""

    entry: QuarantineEntry
    further: QuarantineEntry | None

    @property
    def is_processed(self) -> bool:
        """Whether nothing keeps the document back any more."""
        from docplatform.lake.quarantine import EntryState

        return self.entry.state is EntryState.RESOLVED and self.further is None

    def render(self) -> str:
        """A line: id, what became of it, name, and why where it failed."""
        from docplatform.lake.quarantine import EntryState

        failed = self.further or self.entry
        parts = [self.entry.document_id[:12], "processed", printable(self.entry.name, 60)]
        if not self.is_processed:
            what = "failed again" if self.further is None else f"failed at {self.further.stage}"
            parts[1] = "not tried" if self.entry.state is EntryState.REPLAYING else what
            parts += [failed.reason, printable(failed.message)]
        return "\t".join(parts)


def replay_entries(
    platform: Platform, entries: Sequence[QuarantineEntry], *, announce: Callable[[str], None]
) -> tuple[list[Outcome], list[str]]:
    """Run a pass for exactly these entries. What became of each, and runs that failed.

    Raises:
        ConfigurationError: a pass is at work on this home.
    """
    if not entries:
        raise click.UsageError("No entry meets these conditions. See: docplatform quarantine list")
    from docplatform.cli.run import only_one
    from docplatform.defs.home_instance import home_instance
    from docplatform.defs.run_pass import Pass
    from docplatform.lake.quarantine import EntryState, mark

    settings = platform.settings
    with only_one(settings.home_path), home_instance(settings.dagster_path) as instance:
        marked = mark(platform.lake, entries, EntryState.REPLAYING, run_id=BY_HAND)
        report = Pass(platform, instance, announce=announce).replay(marked)
    return _outcomes(platform, marked), report.failures


def _outcomes(platform: Platform, replayed: Sequence[QuarantineEntry]) -> list[Outcome]:
    from docplatform.lake.quarantine import EntryState, find_entries

    ids = {entry.document_id for entry in replayed}
    now = {entry.key: entry for entry in find_entries(platform.lake, document_ids=ids)}
    keys = {entry.key for entry in replayed}
    others = {
        entry.document_id: entry for entry in now.values() if entry.key not in keys and entry.state is EntryState.OPEN
    }
    return [Outcome(now[entry.key], others.get(entry.document_id)) for entry in replayed]
