"""Running stages for the partitions of a Dagster run, and telling what they did."""

from collections.abc import Callable, Sequence

import dagster as dg
from pydantic import Field

from docplatform.defs.checks import all_documents_check, schema_check
from docplatform.defs.failures import as_failures
from docplatform.defs.previews import partition_metadata, progress_line, quarantine_event
from docplatform.errors import ConfigurationError, DocPlatformError, PermanentError, TransientError
from docplatform.lake.lake import Lake
from docplatform.lake.stages import Stage, StageReport


class StageConfig(dg.Config):
    """What to process besides what is pending."""

    document_ids: list[str] = Field(
        default=[],
        description="Process exactly these documents of the partition, done before or not. Empty: all that is pending.",
    )
    replay: bool = Field(
        default=False,
        description="Try the partition's open quarantine entries again, those of document_ids or all; nothing else.",
    )


def materialize_stages(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    lake: Lake,
    stages: Sequence[Stage],
    more_checks: Callable[[Sequence[str]], Sequence[dg.AssetCheckResult]] = lambda _: (),
) -> dg.MaterializeResult:
    """Run the stages of one asset over the run's lake partitions; one materialization per partition.

    ``more_checks`` makes the checks that only this asset has, of those partitions, when all is committed.
    """
    from docplatform.lake.incremental import run_stage

    table = context.asset_key.path[-1]
    partitions = list(context.partition_keys)
    reports: list[StageReport] = []
    with as_failures():
        asked = _replayed(context, config, lake, table) if config.replay else config.document_ids
        errors: list[DocPlatformError] = []
        for stage in stages if asked or not config.replay else ():
            try:
                done = run_stage(
                    lake,
                    stage,
                    partitions,
                    run_id=context.run.run_id,
                    document_ids=asked,
                    on_progress=lambda progress: context.log.info(progress_line(table, progress)),
                )
            except (PermanentError, ConfigurationError, TransientError) as error:
                errors.append(error)  # one project's model that can't be loaded doesn't stop the others'
                continue
            reports.extend(done.values())
        if errors:
            raise _gravest(errors)
    _tell(context, lake, table, reports)
    if config.replay or any(report.failed for report in reports):
        context.log_event(quarantine_event(lake))
    check = all_documents_check([] if asked else reports)
    return dg.MaterializeResult(check_results=[check, schema_check(lake, table), *more_checks(partitions)])


def _replayed(context: dg.AssetExecutionContext, config: StageConfig, lake: Lake, table: str) -> list[str]:
    """Mark this stage's entries as replaying. They, and those that an earlier stage of this run has taken up."""
    from docplatform.lake.quarantine import find_entries, replay

    run_id, partitions = context.run.run_id, list(context.partition_keys)
    replay(lake, stage=table, lake_partitions=partitions, document_ids=config.document_ids or None, run_id=run_id)
    return sorted({entry.document_id for entry in find_entries(lake, lake_partitions=partitions, run_id=run_id)})


def _gravest(errors: Sequence[DocPlatformError]) -> DocPlatformError:
    """The error to end the run with: one that a retry may mend comes first, since the retry meets the others again."""
    return next((error for error in errors if isinstance(error, TransientError)), errors[0])


def _tell(context: dg.AssetExecutionContext, lake: Lake, table: str, reports: Sequence[StageReport]) -> None:
    """Log what was done and attach each partition's metadata to its materialization."""
    by_partition: dict[str, list[StageReport]] = {key: [] for key in context.partition_keys}
    for report in reports:
        by_partition[report.lake_partition].append(report)
        if report.failed:
            reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
            there = f"{report.failed} documents of {report.lake_partition} went into quarantine"
            context.log.warning("%s: %s; there in all: %s", table, there, reasons)
    metadata = partition_metadata(lake, table, by_partition)
    for key, values in metadata.items():
        context.add_asset_metadata(values, asset_key=context.asset_key, partition_key=key)
