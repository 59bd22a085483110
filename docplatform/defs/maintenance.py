"""The maintenance job: compact and vacuum every table, keeping the versions that datasets are pinned to."""

import dagster as dg
from pydantic import Field

from docplatform.defs.failures import as_failures
from docplatform.errors import ConfigurationError
from docplatform.lake.lake import Lake
from docplatform.settings import Settings


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


@dg.job(
    name="maintenance_job",
    executor_def=dg.in_process_executor,
    description="Compact all tables and remove old versions that no dataset is pinned to.",
)
def maintenance_job() -> None:
    """One op for all tables: it is a matter of seconds."""
    maintain_tables()
