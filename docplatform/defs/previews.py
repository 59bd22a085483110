"""What the UI shows of a materialization: counts, previews of text, plots, links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import dagster as dg

if TYPE_CHECKING:
    from docplatform.ingestion.ingest import IngestReport
    from docplatform.lake.lake import Lake
    from docplatform.lake.stages import StageProgress, StageReport
    from docplatform.ledger.records import ArrivalCounts
    from docplatform.registry.base import ModelVersion
    from docplatform.storage.base import BlobStore
    from docplatform.training.annotations import AnnotationsReport
    from docplatform.training.datasets import DatasetVersion
    from docplatform.training.monitoring import DriftCheck


Metadata = dict[str, Any]

PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 160
"""Most characters of a cell."""
_NARROW = 90
_INLINE_CHARACTERS = 1_000
"""Markdown from this length on is hidden behind "[Show Markdown]" (dagster-webserver 1.13)."""
_QUARANTINE_ROWS = 20
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|!#~$&]")
_PREVIEWED = {
    "routed_documents": ("name", "media_type", "size", "uri"),
    "ocr_text": ("name", "page_count", "word_count", "quality", "confidence", "content"),
    "preprocessed_text": ("name", "language", "key_phrases", "summary"),
    "predictions": ("name", "project", "category", "entities", "confidence"),
}


def arrivals_metadata(report: IngestReport, counts: ArrivalCounts, lake: Lake) -> Metadata:
    """What one ingestion pass took in, and what there is in all."""
    return {
        "dagster/row_count": counts.total,
        "taken in": report.total,
        "landed": counts.landed,
        "duplicates": counts.duplicate,
        "quarantined": counts.quarantined,
        "left in the sources": bullets(map(str, report.problems)),
        "table": place(lake.uri("raw_blobs")),
    }


def place(uri: str) -> dg.MetadataValue[Any]:
    """Where something is: a link, or a path to copy for files of this machine. Browsers don't follow file links."""
    return dg.MetadataValue.path(_local_path(uri)) if _is_local(uri) else dg.MetadataValue.url(uri)


def _is_local(uri: str) -> bool:
    return uri.startswith("file://")


def _local_path(uri: str) -> str:
    return unquote(urlsplit(uri).path)


def partition_metadata(lake: Lake, table: str, reports: Mapping[str, Sequence[StageReport]]) -> dict[str, Metadata]:
    """Metadata for every lake partition of a run: what was done, how many rows there are, and the first of them."""
    counts = lake.row_counts(table)
    total = sum(counts.values())
    previews = _previews(lake, table, [key for key in reports if counts.get(key)])
    return {
        key: {
            "dagster/row_count": total,
            "dagster/partition_row_count": counts.get(key, 0),
            "made in this run": sum(report.made for report in done),
            "up to date before": sum(report.current for report in done),
            "quarantined": sum(report.quarantined for report in done),
            "seconds": round(sum(report.seconds for report in done), 2),
            **({"removed": removed} if (removed := sum(report.removed for report in done)) else {}),
            **_counts(done),
            "preview": dg.MetadataValue.md(previews.get(key, "no rows")),
            "table": place(lake.uri(table)),
        }
        for key, done in reports.items()
    }


def _counts(reports: Iterable[StageReport]) -> Metadata:
    total: Counter[str] = Counter()
    for report in reports:
        total.update(report.counts)  # unlike a sum of counters this keeps zeros, which say something too
    return dict(total)


def progress_line(table: str, progress: StageProgress) -> str:
    """One line for a run's log: documents done of all, and what they took.

    >>> progress_line("ocr_text", StageProgress(done=20, total=50, counts={"pages": 60, "from cache": 0}, seconds=30))
    'ocr_text: 20 of 50 documents; 60 pages; 2.0 pages/s'
    """
    parts = [f"{table}: {progress.done} of {progress.total} documents"]
    parts += [f"{count} {name}" for name, count in progress.counts.items() if count]
    pages = progress.counts.get("pages", 0)
    if pages and progress.seconds:
        parts.append(f"{pages / progress.seconds:.1f} pages/s")
    return "; ".join(parts)


def _previews(lake: Lake, table: str, partitions: list[str]) -> dict[str, str]:
    columns = _PREVIEWED[table]
    shown: dict[str, list[str]] = {}
    for row in lake.read_rows(table, lake_partitions=partitions, columns=["lake_partition", "document_id"]):
        found_ids = shown.setdefault(row["lake_partition"], [])
        if len(found_ids) < PREVIEW_ROWS:
            found_ids.append(row["document_id"])
    rows = lake.read_rows(  # texts of these few only: a partition may hold gigabytes of them
        table,
        lake_partitions=partitions,
        where={"document_id": [key for keys in shown.values() for key in keys]},
        columns=["lake_partition", *columns],
    )
    by_partition: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found = by_partition.setdefault(row["lake_partition"], [])
        if len(found) < PREVIEW_ROWS:
            found.append(row)
    return {key: _inline_table(columns, found) for key, found in by_partition.items()}


def _inline_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """As many of the rows as the UI shows without a click, one at least."""
    tables = (markdown_table(columns, rows[:count], width=_NARROW) for count in range(len(rows), 0, -1))
    fitting = (table for table in tables if len(table) < _INLINE_CHARACTERS)
    return next(fitting, markdown_table(columns, rows[:1], width=_NARROW))


def markdown_table(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, width: int = PREVIEW_CHARACTERS
) -> str:
    """Rows as a Markdown table, values cut at ``width`` and shown as they are: no Markdown of a document's works.

    A column ``uri`` becomes a link, or a path of this machine.
    """
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(_cell(column, row[column], width) for column in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(column: str, value: object, width: int) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list):
        value = ", ".join(
            f"{item['category']}: {item['text']}" if isinstance(item, dict) else str(item) for item in value
        )
    text = " ".join(str("" if value is None else value).split())
    if column == "uri":
        return plain(_local_path(text)) if _is_local(text) else f"[open](<{text}>)"
    return plain(text if len(text) <= width else text[: width - 1] + "…")


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is: somebody's document must not draw tables, links or images."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))


def quarantine_event(lake: Lake) -> dg.AssetMaterialization:
    """What is in quarantine now, told by the assets that put documents there: no asset of its own fills that table."""
    from docplatform.lake.quarantine import open_entries

    entries = open_entries(lake)
    reasons = [
        {"reason": reason, "documents": count} for reason, count in Counter(e.reason for e in entries).most_common()
    ]
    latest = [
        {"name": e.name, "lake partition": e.lake_partition, "stage": e.stage, "reason": e.reason, "message": e.message}
        for e in entries[::-1][:_QUARANTINE_ROWS]
    ]
    columns = ["name", "lake partition", "stage", "reason", "message"]
    metadata: Metadata = {
        "dagster/row_count": sum(lake.row_counts("quarantine").values()),
        "open": len(entries),
        "reasons": dg.MetadataValue.md(markdown_table(["reason", "documents"], reasons) if reasons else "none"),
        "latest": dg.MetadataValue.md(markdown_table(columns, latest) if latest else "none"),
        "table": place(lake.uri("quarantine")),
    }
    return dg.AssetMaterialization("quarantine", metadata=metadata)


def bullets(texts: Iterable[str]) -> dg.MarkdownMetadataValue:
    """A list of texts, shown as they are."""
    return dg.MetadataValue.md("\n".join(f"- {plain(text)}" for text in texts) or "none")


def annotations_metadata(reports: Sequence[AnnotationsReport]) -> Metadata:
    """Per project: labels, documents, what is missing and what is wrong."""
    rows = [
        {
            "project": report.project,
            "labels": report.labels,
            "documents": report.documents,
            "not arrived or unreadable": len(report.missing),
            "errors": len(report.report.errors),
            "warnings": len(report.report.warnings),
        }
        for report in reports
    ]
    columns = ["project", "labels", "documents", "not arrived or unreadable", "errors", "warnings"]
    return {
        "dagster/row_count": sum(report.labels for report in reports),
        "projects": dg.MetadataValue.md(markdown_table(columns, rows)),
    }


def dataset_metadata(dataset: DatasetVersion, lake: Lake) -> Metadata:
    """A frozen dataset's size and pins."""
    return {
        "dagster/row_count": dataset.count,
        "dataset version": dataset.dataset_version,
        "train": dataset.train_count,
        "validation": dataset.validation_count,
        "test": dataset.test_count,
        "pinned to": f"annotations v{dataset.annotations_version}, {dataset.text_table} v{dataset.text_version}",
        "table": place(lake.uri("labeled_dataset")),
    }


def model_metadata(version: ModelVersion, blob_store: BlobStore, *, reused: bool) -> Metadata:
    """What a registered version is."""
    return {
        "model id": version.model_id,
        "trained in this run": not reused,
        "labels": ", ".join(version.labels),
        "dataset version": version.dataset_version,
        "trainer": version.trainer_fingerprint,
        **engine_metadata(version),
        "checksum": version.checksum,
        "files": place(blob_store.uri(f"models/{version.project}/versions/{version.version}")),
    }


def engine_metadata(version: ModelVersion) -> Metadata:
    """Which engine `engine: auto` chose for a version and why, where it had that to decide."""
    choice = version.lineage.get("engine_choice")
    return {"engine": choice} if choice else {}


def drift_metadata(check: DriftCheck | None) -> Metadata:
    """What the drift check measured."""
    if check is None:
        return {"reason": "no champion yet"}
    report = check.report
    measures = {
        "domain AUC": report.domain_auc,
        "domain z": report.domain_z,
        "unseen words AUC": report.unseen_words_auc,
        "unseen words z": report.unseen_words_z,
        "prediction PSI": report.prediction_psi,
        "confidence PSI": report.confidence_psi,
        "confidence distance": report.confidence_distance,
        "mean confidence": report.mean_confidence,
    }
    return {
        "champion": check.champion.model_id,
        "alarm": report.alarm,
        "reason": report.reason,
        "training texts": report.reference_count,
        "recent documents": report.current_count,
        **{name: rounded(value) for name, value in measures.items() if value is not None},
    }


def rounded(value: float) -> float:
    """To as many digits as mean something with the hundreds of examples a test split has."""
    return round(value, 4)
