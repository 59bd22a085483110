"""Asset checks, made in the asset's own step: each needs what the asset just did, and a step of its own costs more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from docplatform.defs.previews import bullets, plain
from docplatform.lake.tables import TABLES

if TYPE_CHECKING:
    from docplatform.lake.lake import Lake
    from docplatform.lake.quarantine import QuarantineEntry
    from docplatform.lake.stages import StageReport
    from docplatform.training.annotations import AnnotationsReport
    from docplatform.training.deciding import Decision
    from docplatform.training.monitoring import DriftCheck

ALL_DOCUMENTS_CHECK = "has_all_documents"
ALL_DOCUMENTS = "Documents in = rows out + quarantined, in every lake partition of the run: nothing got lost."
OLDEST_SHOWN = 20
SCHEMA_CHECK = "has_declared_schema"
SCHEMA = "The table has exactly the columns and types that docs/tables.md promises."


def all_documents_check(reports: Iterable[StageReport]) -> dg.AssetCheckResult:
    """Passes where nothing is left over: what came in is a row or in quarantine."""
    reports = list(reports)
    waiting = [f"{report.lake_partition}: {report.waiting}" for report in reports if report.waiting]
    return dg.AssetCheckResult(
        check_name=ALL_DOCUMENTS_CHECK,
        passed=not waiting,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "documents in": sum(report.upstream for report in reports),
            "rows": sum(report.current + report.made for report in reports),
            "quarantined": sum(report.quarantined for report in reports),
            "waiting": sum(report.waiting for report in reports),
            "waiting in": bullets(waiting),
        },
    )


def schema_check(lake: Lake, table: str) -> dg.AssetCheckResult:
    """Passes where the table's columns and types are those that ``lake.tables`` promises."""
    differences = lake.schema_differences(TABLES[table])
    return dg.AssetCheckResult(
        check_name=SCHEMA_CHECK, passed=not differences, metadata={"differences": bullets(differences)}
    )


def count_check(name: str, counts: Mapping[str, int]) -> dg.AssetCheckResult:
    """Passes where all counts are the same number."""
    return dg.AssetCheckResult(check_name=name, passed=len(set(counts.values())) == 1, metadata=dict(counts))


def label_check(reports: Sequence[AnnotationsReport], problems: Sequence[str]) -> dg.AssetCheckResult:
    """Passes where every project can be used and none's labels have errors; shows each error with its repair.

    ``problems`` are projects that are wrong as a whole.
    """
    errors = {report.project: report.report.errors for report in reports if report.report.errors}
    lines = [f"**unusable**: {plain(problem)}" for problem in problems] + [
        f"**{project}** {plain(finding.location or '')}: {plain(finding.render())}"
        for project, findings in errors.items()
        for finding in findings[:50]
    ]
    return dg.AssetCheckResult(
        check_name="has_no_label_errors",
        passed=not errors and not problems,
        severity=dg.AssetCheckSeverity.ERROR if problems else dg.AssetCheckSeverity.WARN,
        metadata={
            "unusable projects": len(problems),
            "errors": sum(len(findings) for findings in errors.values()),
            "findings": dg.MetadataValue.md("\n\n".join(lines) or "none"),
        },
    )


def f1_check(decision: Decision) -> dg.AssetCheckResult:
    """Passes where the gate let the candidate serve."""
    return dg.AssetCheckResult(
        check_name="f1_above_threshold",
        passed=decision.promoted,
        severity=dg.AssetCheckSeverity.WARN,
        description=decision.reason,
    )


def drift_check(check: DriftCheck | None) -> dg.AssetCheckResult:
    """Passes where there is no drift alarm, or no champion to watch."""
    return dg.AssetCheckResult(
        check_name="is_without_drift",
        passed=check is None or not check.report.alarm,
        severity=dg.AssetCheckSeverity.WARN,
        description=check.report.reason if check else "No champion yet: nothing to watch.",
    )


def old_quarantine_check(lake: Lake, days: int) -> dg.AssetCheckResult:
    """Passes where no quarantine entry has been open for more than ``days``; names the oldest, old or not."""
    from docplatform.lake.quarantine import open_entries

    entries, now = open_entries(lake), datetime.now(UTC)
    ages = [(now - entry.first_failed_at).total_seconds() / 86_400 for entry in entries]
    old = sum(age > days for age in ages)
    oldest = [_waiting(entry, age) for entry, age in zip(entries[:OLDEST_SHOWN], ages, strict=False)]
    reasons = Counter(entry.reason for entry in entries).most_common()
    return dg.AssetCheckResult(
        check_name="has_no_old_quarantine",
        passed=not old,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{old} of {len(entries)} open entries have waited for more than {days} days.",
        metadata={
            "older than days": days,
            "old": old,
            "open": len(entries),
            "oldest": dg.MetadataValue.md("\n".join(oldest) or "none"),
            "reasons": bullets(f"{reason}: {count}" for reason, count in reasons),
        },
    )


def _waiting(entry: QuarantineEntry, days: float) -> str:
    """One open entry: which, why, since when, what to do."""
    from docplatform.lake.reason_codes import advice

    name, message = (
        plain(text if len(text) <= most else text[:most] + "…")
        for text, most in ((entry.name, 120), (entry.message, 300))
    )
    return (
        f"- {name} (`{entry.document_id[:12]}`, {entry.reason}, {entry.stage}, {days:.0f} days): {message} "
        f"**What to do:** {advice(entry.reason).remedy}"
    )
