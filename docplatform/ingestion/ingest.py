"""One ingestion pass: every connector pulled, bytes landed durably, arrivals entered in the ledger.

Belongs here: the order of things that makes a pass safe to kill, and its report. Doesn't: taking in one file
(``intake``), what becomes of documents afterwards.

The order, per batch: bytes are stored, then made durable, then the arrivals are recorded in one transaction, then the
source is told. Killed anywhere, the next pass finds the files still at the source, stores the same bytes under the same
paths, and the ledger knows the arrivals it has recorded already by their ids.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from docplatform.ingestion.base import Connector, FileChangedError, Problem
from docplatform.ingestion.intake import Intake, Taken
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import ArrivalCounts, Outcome
from docplatform.settings import LimitSettings
from docplatform.storage.base import BlobStore

MAX_BATCH_ARRIVALS = 2_000
"""A batch ends early when its files brought this many arrivals: archives hold thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What one pass took in."""

    files: ArrivalCounts
    """Files from the sources, newly recorded, by what became of them."""
    members: ArrivalCounts
    """Attachments and archive members, newly recorded, by what became of them."""
    repeated: int
    """Arrivals that an earlier pass had recorded before it was stopped: already counted then."""
    bytes: int
    """Size of all newly recorded files from the sources (members are within them)."""
    problems: tuple[Problem, ...]
    """What was left at the sources, and why."""
    lake_partitions: tuple[str, ...]
    """Lake partitions that got new documents, sorted."""
    seconds: float
    """Wall-clock seconds."""

    @property
    def total(self) -> int:
        """All arrivals newly recorded."""
        return self.files.total + self.members.total


@dataclass(slots=True)
class _Tally:
    files: Counter[Outcome] = field(default_factory=Counter)
    members: Counter[Outcome] = field(default_factory=Counter)
    repeated: int = 0
    bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    lake_partitions: set[str] = field(default_factory=set)


def ingest(
    connectors: Sequence[Connector],
    blob_store: BlobStore,
    ledger: Ledger,
    limits: LimitSettings,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    batch: int = 64,
) -> IngestReport:
    """Take in everything that is ready at the sources.

    What can't be read is reported and left at its source. What can't be processed (empty, unsupported, encrypted, a
    bomb, too large) is recorded with its reason, its bytes kept.

    Args:
        connectors: the sources, pulled one after the other.
        blob_store: takes the bytes, at ``raw/<customer>/<first two digits>/<sha256>``.
        ledger: takes the arrivals.
        limits: for one file, and one archive or mail with all that lies in it.
        now: the time of arrival; its UTC date is part of the lake partition.
        batch: files stored before they are recorded together.

    Raises:
        TransientError: a source, the store or the ledger can't be reached; what was recorded before stays so.
        ConfigurationError: one of them refuses us.
    """
    started = time.perf_counter()
    tally = _Tally()
    for connector in connectors:
        _ingest_one(connector, Intake(connector.name, blob_store, ledger, limits, now), ledger, tally, batch)
    return IngestReport(
        files=_counts(tally.files),
        members=_counts(tally.members),
        repeated=tally.repeated,
        bytes=tally.bytes,
        problems=tuple(tally.problems),
        lake_partitions=tuple(sorted(tally.lake_partitions)),
        seconds=time.perf_counter() - started,
    )


def _ingest_one(connector: Connector, intake: Intake, ledger: Ledger, tally: _Tally, batch: int) -> None:
    intake.sweep()
    waiting: list[Taken] = []
    arrivals = 0
    for file in connector.pull():
        try:
            taken = intake.take(file)
        except OSError as error:
            tally.problems.append(Problem(file.source_uri, _words(error)))
            continue
        waiting.append(taken)
        arrivals += len(taken.arrivals)
        if len(waiting) >= batch or arrivals >= MAX_BATCH_ARRIVALS:
            _finish(connector, intake, ledger, waiting, tally)
            waiting, arrivals = [], 0
    if waiting:
        _finish(connector, intake, ledger, waiting, tally)
    tally.problems.extend(connector.problems)


def _finish(connector: Connector, intake: Intake, ledger: Ledger, batch: list[Taken], tally: _Tally) -> None:
    arrivals = [arrival for taken in batch for arrival in taken.arrivals]
    intake.make_durable(arrivals)
    for recorded in ledger.record(arrivals):
        arrival = recorded.arrival
        if recorded.outcome is Outcome.LANDED:
            tally.lake_partitions.add(arrival.lake_partition)
        if not recorded.is_new:
            tally.repeated += 1
        elif arrival.parent_document_id is None:
            tally.files[recorded.outcome] += 1
            tally.bytes += arrival.size
        else:
            tally.members[recorded.outcome] += 1
    connector.acknowledge([taken.file for taken in batch])


def _words(error: OSError) -> str:
    return str(error) if isinstance(error, FileChangedError) else f"couldn't be read: {error.strerror or error}."


def _counts(outcomes: Counter[Outcome]) -> ArrivalCounts:
    return ArrivalCounts(**{outcome.value: outcomes[outcome] for outcome in Outcome})
