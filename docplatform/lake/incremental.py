"""The one incremental mechanism: every partitioned table is filled by ``run_stage``.

Belongs here: handing pending rows to a stage, committing what comes back, the account of a pass. Doesn't: what is
pending (``pending``), what a stage does with a row.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from docplatform.errors import PermanentError, ReasonCode, TransientError
from docplatform.lake.lake import Lake
from docplatform.lake.pending import Plan, StageContractError, Standing, pending_counts, plan, scope_key
from docplatform.lake.quarantine import EntryState, QuarantineEntry, write_entries
from docplatform.lake.stages import Failed, Made, Row, Stage, StageProgress, StageReport

__all__ = ["StageContractError", "pending_counts", "run_stage"]

Progress = Callable[[StageProgress], None]
"""Called after each commit."""


def run_stage(
    lake: Lake,
    stage: Stage,
    lake_partitions: Sequence[str],
    *,
    run_id: str,
    document_ids: Collection[str] = (),
    commit_every_rows: int = 256,
    commit_every_seconds: float = 15.0,
    on_progress: Progress | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, StageReport]:
    """Process what is pending in these lake partitions; a report for each.

    All partitions' rows go through one call of ``stage.process``, so that its workers stay busy. Outcomes are
    committed in chunks: a crash loses at most the last chunk's work, never a document, and a pass after it takes up
    the rest. A pass with nothing pending commits nothing. What a stage with a scope (a project) made of documents that
    its upstream no longer names is removed first.

    Args:
        lake: Where the stage's table lies.
        stage: What to run.
        lake_partitions: Whose upstream rows.
        run_id: Stands in every row and commit.
        document_ids: Process exactly these, done or quarantined before or not; empty: all that is pending.
        commit_every_rows: Most outcomes in one commit.
        commit_every_seconds: Outcomes older than this are committed with the next one.
        on_progress: Called after each commit.
        clock: Seconds, for tests.

    Raises:
        TransientError: rows failed in a way that trying again may mend. Everything else is committed by then.
        StageContractError: the stage, or the account, doesn't add up. A bug.
    """
    keys = list(dict.fromkeys(lake_partitions))
    planned = plan(lake, stage, keys, document_ids)
    account = _Account(planned, keys)
    for key, stale in planned.stale.items():
        if stale:
            account.reports[key].version = _remove_stale(lake, stage, key, stale, planned, run_id)
            account.reports[key].removed = len(stale)
    work = _Work(lake, stage, planned, account, run_id, clock, on_progress)
    if work.todo:
        work.run(commit_every_rows, commit_every_seconds)
    account.check(stage)
    if work.transient:
        _raise_transient(stage, work)
    return account.reports


def _remove_stale(
    lake: Lake, stage: Stage, lake_partition: str, stale: Sequence[str], planned: Plan, run_id: str
) -> int:
    """Remove these documents' rows, and settle their quarantine; the table's version."""
    entries = [entry for each in stale if (entry := planned.entries.get(each)) and entry.state is EntryState.OPEN]
    write_entries(lake, [entry.in_state(EntryState.RESOLVED, run_id) for entry in entries], run_id)
    return lake.remove(stage.table, stale, where={"lake_partition": lake_partition, **stage.scope}, run_id=run_id)


@dataclass
class _Account:
    """The reports of a pass, and the proof that they add up."""

    planned: Plan
    keys: Sequence[str]
    reports: dict[str, StageReport] = field(init=False)

    def __post_init__(self) -> None:
        self.reports = {key: StageReport(key) for key in self.keys}
        for key in self.keys:
            report = self.reports[key]
            for row in self.planned.upstream[key]:
                self._count(report, row["document_id"])

    def _count(self, report: StageReport, document_id: str) -> None:
        standing = self.planned.standing[document_id]
        report.upstream += 1
        report.current += standing is Standing.CURRENT
        report.waiting += standing is Standing.WAITING
        if standing is Standing.QUARANTINED:
            self.quarantined(report, self.planned.entries[document_id].reason)

    @staticmethod
    def quarantined(report: StageReport, reason: str) -> None:
        report.quarantined += 1
        report.reasons[reason] = report.reasons.get(reason, 0) + 1

    def check(self, stage: Stage) -> None:
        for report in self.reports.values():
            counted = report.current + report.made + report.quarantined + report.waiting
            if report.upstream != counted or sum(report.reasons.values()) != report.quarantined:
                raise StageContractError(f"{stage.table.name}: the account of a pass doesn't add up: {report}")


@dataclass(frozen=True, slots=True)
class _Given:
    """A row handed to the stage, and the partition it is of."""

    row: Row
    lake_partition: str


class _Work:
    """One pass: hands out rows, collects outcomes, commits them."""

    def __init__(
        self,
        lake: Lake,
        stage: Stage,
        planned: Plan,
        account: _Account,
        run_id: str,
        clock: Callable[[], float],
        on_progress: Progress | None,
    ) -> None:
        self._lake, self._stage, self._planned, self._account = lake, stage, planned, account
        self._run_id, self._clock, self._on_progress = run_id, clock, on_progress
        # A stage's properties may cost (hashing options, say) and must not change within a pass.
        self._fingerprint, self._scope = stage.fingerprint, dict(stage.scope)
        self._open: dict[str, _Given] = {}
        self._chunk: list[tuple[_Given, Made | Failed]] = []
        self._done = 0
        self._counts: Counter[str] = Counter()
        self._began = clock()
        self.transient: list[tuple[_Given, Failed]] = []
        self.todo = [
            _Given(row, key)
            for key, rows in planned.upstream.items()
            for row in rows
            if planned.standing[row["document_id"]] is Standing.PENDING
        ]

    def run(self, every_rows: int, every_seconds: float) -> None:
        last_outcome = last_commit = self._clock()
        try:
            for outcome in self._stage.process(self._hand_out()):
                given = self._take(outcome)
                now = self._clock()
                self._report(given).seconds += now - last_outcome
                if len(self._chunk) >= every_rows or now - last_commit >= every_seconds:
                    self._commit()
                    last_commit = self._clock()
                last_outcome = self._clock()
        except StageContractError:
            raise
        except BaseException:
            self._commit()  # what is done is done, even where the run is cancelled: reading it was the expensive part
            raise
        self._check_complete()
        self._commit()

    def _hand_out(self) -> Iterator[Row]:
        for given in self.todo:
            self._open[given.row["document_id"]] = given
            yield given.row

    def _take(self, outcome: Made | Failed) -> _Given:
        given = self._open.pop(outcome.document_id, None)
        if given is None:
            raise StageContractError(
                f"Stage {self._stage.table.name} returned an outcome for {outcome.document_id!r}, which it wasn't "
                "given, or has returned one for already."
            )
        self._chunk.append((given, outcome))
        return given

    def _check_complete(self) -> None:
        missing = len(self.todo) - self._done - len(self._chunk)
        if missing:
            example = next(iter(self._open), "a row it never asked for")
            raise StageContractError(
                f"Stage {self._stage.table.name} returned no outcome for {missing} of {len(self.todo)} rows, "
                f"like {example!r}."
            )

    def _commit(self) -> None:
        """Write the chunk: quarantine first, then rows.

        A crash between the two leaves documents whose entries are resolved and whose rows aren't there: pending, so
        the next pass makes them. The other way round an entry would stay open for a document that is done.
        """
        if not self._chunk:
            return
        started = self._clock()
        rows, failures, table = self._sorted_out()
        counts = {given.row["document_id"]: made.counts for given, made in self._chunk if isinstance(made, Made)}
        write_entries(self._lake, [*self._resolved(rows), *self._entries(failures)], self._run_id)
        version = self._lake.upsert(self._stage.table, table, run_id=self._run_id) if rows else None
        self._settle(rows, failures, version, self._clock() - started)
        for given in rows:
            taken = counts[given.row["document_id"]]
            self._report(given).counts.update(taken)
            self._counts.update(taken)
        self._done += len(self._chunk)
        self._chunk.clear()
        if self._on_progress is not None:
            progress = StageProgress(
                done=self._done,
                total=len(self.todo),
                counts=dict(self._counts),
                seconds=self._clock() - self._began,
            )
            self._on_progress(progress)

    def _sorted_out(self) -> tuple[list[_Given], list[tuple[_Given, Failed]], Any]:
        """The chunk as rows that were made, with their table, and failures; a row that doesn't fit its table is one."""
        from docplatform.lake.arrow import RowError, rows_to_table

        made = [(given, self._row(given, outcome)) for given, outcome in self._chunk if isinstance(outcome, Made)]
        failures = [(given, outcome) for given, outcome in self._chunk if isinstance(outcome, Failed)]
        try:
            table = rows_to_table(self._stage.table, [row for _, row in made])
        except RowError:
            fitting = []
            for given, row in made:
                misfit = _misfit(self._stage, row)
                if misfit is None:
                    fitting.append((given, row))
                else:
                    failures.append((given, misfit))
            made = fitting
            table = rows_to_table(self._stage.table, [row for _, row in made])
        return [given for given, _ in made], failures, table

    def _row(self, given: _Given, made: Made) -> dict[str, Any]:
        return {
            **made.values,
            "document_id": made.document_id,
            "lake_partition": given.lake_partition,
            **self._scope,
            "input_hash": given.row["input_hash"],
            "fingerprint": self._fingerprint,
            "run_id": self._run_id,
            "processed_at": datetime.now(UTC),
        }

    def _resolved(self, made: Sequence[_Given]) -> Iterator[QuarantineEntry]:
        for given in made:
            entry = self._planned.entries.get(given.row["document_id"])
            if entry is not None and entry.state is not EntryState.RESOLVED:
                yield entry.in_state(EntryState.RESOLVED, self._run_id)

    def _entries(self, failures: Sequence[tuple[_Given, Failed]]) -> Iterator[QuarantineEntry]:
        for given, failed in failures:
            if not failed.is_transient:
                yield self._entry(given, failed)

    def _entry(self, given: _Given, failed: Failed) -> QuarantineEntry:
        now = datetime.now(UTC)
        earlier = self._planned.entries.get(failed.document_id)
        if earlier is not None and earlier.state is EntryState.RESOLVED:
            earlier = None  # that trouble is over, this is a new one
        return QuarantineEntry(
            document_id=failed.document_id,
            lake_partition=given.lake_partition,
            stage=self._stage.table.name,
            scope=scope_key(self._stage),
            name=given.row["name"],
            reason=str(failed.reason),
            message=failed.message,
            attempts=earlier.attempts + 1 if earlier else 1,
            state=EntryState.OPEN,
            first_failed_at=earlier.first_failed_at if earlier else now,
            input_hash=given.row["input_hash"],
            fingerprint=self._fingerprint,
            run_id=self._run_id,
            processed_at=now,
        )

    def _settle(
        self,
        made: Sequence[_Given],
        failures: Sequence[tuple[_Given, Failed]],
        version: int | None,
        seconds: float,
    ) -> None:
        """Enter a committed chunk in the account."""
        for given in made:
            report = self._report(given)
            report.made += 1
            report.version = version
        for given, failed in failures:
            report = self._report(given)
            if failed.is_transient:
                report.waiting += 1
                self.transient.append((given, failed))
            else:
                report.failed += 1
                self._account.quarantined(report, str(failed.reason))
        for given, _ in self._chunk:
            self._report(given).seconds += seconds / len(self._chunk)

    def _report(self, given: _Given) -> StageReport:
        return self._account.reports[given.lake_partition]


def _misfit(stage: Stage, row: dict[str, Any]) -> Failed | None:
    """What a row that can't be stored fails with: one bad document must not keep the others from being committed."""
    from docplatform.lake.arrow import rows_to_table

    try:
        rows_to_table(stage.table, [row])
    except PermanentError as error:
        message = f"What {stage.table.name} made of it doesn't fit the table: {error}"
        return Failed(document_id=row["document_id"], reason=ReasonCode.ENGINE_ERROR, message=message)
    return None


def _raise_transient(stage: Stage, work: _Work) -> None:
    given, failed = work.transient[0]
    raise TransientError(
        f"{len(work.transient)} of {len(work.todo)} documents of {stage.table.name} failed in a way that trying again "
        f"may mend; the rest is committed. First: {given.row['name']!r} ({failed.document_id}): {failed.message}"
    )
