"""What a home holds, in numbers, and whether they add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from docplatform.composition import Platform
from docplatform.labels.projects import ModelProject
from docplatform.registry.base import CHAMPION


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalSummary:
    """What became of arrivals. ``arrived == read + duplicates + quarantined + pending``."""

    arrived: int
    read: int
    duplicates: int
    quarantined: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionSummary:
    """One lake partition. ``documents == read + quarantined + pending``."""

    lake_partition: str
    documents: int
    read: int
    quarantined: int
    pages: int
    recognized_pages: int
    """Page images that OCR went over when these documents were last read."""
    cached_pages: int
    """Page images whose text the cache knew already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSummary:
    """One model project."""

    project: str
    kind: str
    champion: int | None
    decision: str
    """The gate's last reason."""
    f1: float | None
    """Micro F1 of the newest candidate on its frozen test split."""
    label_f1: dict[str, float]
    predictions: int
    drift: str
    """The last drift report's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A home in numbers."""

    arrivals: ArrivalSummary
    """Files dropped."""
    members: ArrivalSummary
    """Attachments and archive members unpacked from them."""
    partitions: list[PartitionSummary]
    quarantine: dict[str, int]
    """Reason code to open entries."""
    projects: list[ProjectSummary]
    problems: list[str] = field(default_factory=list)
    """Every count that doesn't add up, in words."""


_AVERAGES = ("macro avg", "weighted avg")

_ARRIVALS = """
    SELECT parent_document_id IS NOT NULL AS member,
           count(*) AS arrived,
           count(*) FILTER (outcome = 'duplicate') AS duplicates,
           count(*) FILTER (outcome = 'landed' AND o.document_id IS NOT NULL) AS "read",
           count(*) FILTER (outcome = 'quarantined'
                            OR outcome = 'landed' AND o.document_id IS NULL AND q.document_id IS NOT NULL)
               AS quarantined
    FROM raw_blobs r
    LEFT JOIN (SELECT DISTINCT document_id FROM ocr_text) o USING (document_id)
    LEFT JOIN (SELECT DISTINCT document_id FROM quarantine WHERE state IN ('open', 'dismissed')
               AND stage IN ('routed_documents', 'ocr_text')) q USING (document_id)
    GROUP BY 1
"""

_PARTITIONS = """
    SELECT r.lake_partition, count(*) AS documents, count(o.document_id) AS "read",
           count(q.document_id) FILTER (o.document_id IS NULL) AS quarantined,
           coalesce(sum(o.page_count), 0)::BIGINT AS pages,
           coalesce(sum(o.recognized_pages), 0)::BIGINT AS recognized_pages,
           coalesce(sum(o.cached_pages), 0)::BIGINT AS cached_pages
    FROM routed_documents r
    LEFT JOIN (SELECT document_id, page_count, recognized_pages, cached_pages FROM ocr_text) o USING (document_id)
    LEFT JOIN (SELECT document_id FROM quarantine WHERE stage = 'ocr_text' AND state IN ('open', 'dismissed')) q
           USING (document_id)
    GROUP BY 1 ORDER BY 1
"""

_STAGES = """
    WITH failed AS (SELECT stage, document_id FROM quarantine WHERE state IN ('open', 'dismissed'))
    SELECT (SELECT count(*) FROM raw_blobs WHERE outcome = 'landed') AS landed,
           (SELECT count(*) FROM routed_documents) AS routed,
           (SELECT count(*) FROM ocr_text) AS "read",
           (SELECT count(*) FROM preprocessed_text) AS preprocessed,
           (SELECT count(*) FROM failed ANTI JOIN routed_documents USING (document_id)
            WHERE stage = 'routed_documents') AS not_routed,
           (SELECT count(*) FROM failed ANTI JOIN ocr_text USING (document_id)
            WHERE stage = 'ocr_text') AS not_read,
           (SELECT count(*) FROM failed ANTI JOIN preprocessed_text USING (document_id)
            WHERE stage = 'preprocessed_text') AS not_preprocessed
"""
"""A document that a later engine failed on keeps the row of the earlier one: it counts as done."""


def summarize(platform: Platform) -> Summary:
    """Count everything there is in the home, and compare the counts that must agree."""
    arrivals, members = _arrivals(platform)
    partitions = [PartitionSummary(**row) for row in platform.lake.sql(_PARTITIONS).to_pylist()]
    quarantine = {
        row["reason"]: row["entries"]
        for row in platform.lake.sql(
            "SELECT reason, count(*) AS entries FROM quarantine WHERE state = 'open' GROUP BY 1 ORDER BY 2 DESC, 1"
        ).to_pylist()
    }
    return Summary(
        arrivals=arrivals,
        members=members,
        partitions=partitions,
        quarantine=quarantine,
        projects=[_project(platform, project) for project in platform.projects.load()[0]],
        problems=_problems(platform, arrivals, members, partitions),
    )


def _arrivals(platform: Platform) -> tuple[ArrivalSummary, ArrivalSummary]:
    found = {row.pop("member"): row for row in platform.lake.sql(_ARRIVALS).to_pylist()}
    none = {"arrived": 0, "duplicates": 0, "read": 0, "quarantined": 0}
    summaries = []
    for member in (False, True):
        counts: dict[str, int] = found.get(member, none)
        done = counts["read"] + counts["duplicates"] + counts["quarantined"]
        summaries.append(ArrivalSummary(**counts, pending=counts["arrived"] - done))
    return summaries[0], summaries[1]


def _problems(
    platform: Platform, arrivals: ArrivalSummary, members: ArrivalSummary, partitions: Sequence[PartitionSummary]
) -> list[str]:
    problems = []
    for what, summary, is_member in (("files dropped", arrivals, False), ("members unpacked", members, True)):
        counted = platform.ledger.arrival_counts(members=is_member).total
        if counted != summary.arrived:
            problems.append(f"{what}: {counted} in the ledger, {summary.arrived} in raw_blobs")
        if summary.pending:
            problems.append(
                f"{what}: {summary.arrived} != {summary.read} read + {summary.duplicates} duplicates + "
                f"{summary.quarantined} quarantined"
            )
    stages = platform.lake.sql(_STAGES).to_pylist()[0]
    for name, upstream, done, failed in (
        ("routed_documents", "landed", "routed", "not_routed"),
        ("ocr_text", "routed", "read", "not_read"),
        ("preprocessed_text", "read", "preprocessed", "not_preprocessed"),
    ):
        if stages[upstream] != stages[done] + stages[failed]:
            problems.append(f"{name}: {stages[upstream]} in, {stages[done]} rows and {stages[failed]} quarantined out")
    problems += [
        f"{p.lake_partition}: {p.documents} documents, {p.read} read, {p.quarantined} quarantined"
        for p in partitions
        if p.documents != p.read + p.quarantined
    ]
    return problems


def _project(platform: Platform, project: ModelProject) -> ProjectSummary:
    name = project.name
    champion = platform.model_registry.aliased(name, CHAMPION)
    decisions = platform.lake.read_rows("champion_model", where={"project": name})
    decision: dict[str, Any] = max(decisions, key=lambda row: row["decided_at"], default={})
    scores = platform.lake.read_rows(
        "model_evaluation",
        where={
            "project": name,
            "model_version": decision.get("candidate_version", -1),
            "dataset_version": decision.get("dataset_version", ""),
        },
    )
    drift = platform.lake.read_rows("drift_report", where={"project": name})
    latest: dict[str, Any] = max(drift, key=lambda row: row["checked_at"], default={})
    by_label = {row["label"]: row["f1"] for row in scores}
    predictions = platform.lake.read_rows("predictions", where={"project": name}, columns=["document_id"])
    return ProjectSummary(
        project=name,
        kind=project.kind.value,
        champion=champion.version if champion else None,
        decision=decision.get("reason", "not trained yet"),
        f1=by_label.pop("micro avg", None),
        label_f1={label: f1 for label, f1 in sorted(by_label.items()) if label not in _AVERAGES},
        predictions=len(predictions),
        drift=latest.get("reason", "not checked yet"),
    )


def render(summary: Summary) -> str:
    """The summary for a terminal."""
    lines = [
        "",
        f"{'lake partition':<34}{'documents':>10}{'read':>7}{'quarantined':>13}{'pages':>7}{'OCR':>7}{'cached':>8}",
    ]
    lines += [
        f"{p.lake_partition:<34}{p.documents:>10}{p.read:>7}{p.quarantined:>13}{p.pages:>7}"
        f"{p.recognized_pages:>7}{p.cached_pages:>8}"
        for p in summary.partitions
    ]
    lines += [
        "",
        *(_arrival_line(*item) for item in (("files dropped", summary.arrivals), ("unpacked", summary.members))),
    ]
    reasons = ", ".join(f"{count} {reason}" for reason, count in summary.quarantine.items())
    lines.append(f"open quarantine: {reasons or 'none'}")
    for project in summary.projects:
        lines += ["", *_project_lines(project)]
    return "\n".join(lines)


def _arrival_line(name: str, arrivals: ArrivalSummary) -> str:
    pending = f" + {arrivals.pending} pending" if arrivals.pending else ""
    return (
        f"{name}: {arrivals.arrived} = {arrivals.read} read + {arrivals.duplicates} duplicates + "
        f"{arrivals.quarantined} quarantined{pending}"
    )


def _project_lines(project: ProjectSummary) -> list[str]:
    champion = f"version {project.champion}" if project.champion else "none"
    f1 = f"{project.f1:.3f}" if project.f1 is not None else "-"
    labels = "  ".join(f"{label} {score:.2f}" for label, score in project.label_f1.items())
    return [
        f"{project.project} ({project.kind}): F1 {f1}, champion {champion}, {project.predictions} predictions",
        f"  labels: {labels or '-'}",
        f"  gate:   {project.decision}",
        f"  drift:  {project.drift}",
    ]
