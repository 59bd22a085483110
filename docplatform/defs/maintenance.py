"""The maintenance job: compact and vacuum every table, keeping what datasets are pinned to; trim the reading cache."""

import dagster as dg
from pydantic import Field

from docplatform.defs.failures import as_failures
from docplatform.errors import ConfigurationError
from docplatform.lake.lake import Lake
from docplatform.settings import Settings
from docplatform.storage.base import BlobStore


class MaintenanceConfig(dg.Config):
    """What to maintain."""

    tables: list[str] = Field(default=[], description="Names of tables; empty: all.")


@dg.op
def maintain_tables(
    context: dg.OpExecutionContext,
    config: MaintenanceConfig,
    lake: dg.ResourceParam[Lake],
    settings: dg.ResourceParam[Settings],
) -> None:
    """Compact small files and remove versions older than the settings say, unless a dataset needs them."""
    from docplatform.lake.tables import TABLES
    from docplatform.training.datasets import pinned_versions

    unknown = sorted(set(config.tables) - set(TABLES))
    with as_failures():
        if unknown:
            raise ConfigurationError(f"There is no table {', '.join(unknown)}. There are: {', '.join(TABLES)}.")
        pinned = pinned_versions(lake)
        for name in config.tables or list(TABLES):
            report = lake.maintain(
                name, keep_versions=sorted(pinned.get(name, ())), retention_hours=settings.automation.vacuum_hours
            )
            context.log.info("%s: %s", name, report)


@dg.op
def trim_reading_cache(
    context: dg.OpExecutionContext, blob_store: dg.ResourceParam[BlobStore], settings: dg.ResourceParam[Settings]
) -> None:
    """Remove the oldest of what was recognised until the cache is no larger than the settings say."""
    from docplatform.ocr.result_cache import trim_cache

    with as_failures():
        report = trim_cache(blob_store, settings.reading.cache_max_bytes)
    context.log.info("reading cache: %s", report)
    context.add_output_metadata(
        {
            "entries": report.kept.entries,
            "bytes": report.kept.bytes,
            "removed entries": report.removed.entries,
            "removed bytes": report.removed.bytes,
        }
    )


@dg.job(
    name="maintenance_job",
    executor_def=dg.in_process_executor,
    description=(
        "Compact all tables, remove old versions that no dataset is pinned to, and trim the reading cache to its cap."
    ),
)
def maintenance_job() -> None:
    """One op for all tables, one for the cache: it is a matter of seconds."""
    maintain_tables()
    trim_reading_cache()
