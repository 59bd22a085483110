"""Which lake partitions have something to do."""

from collections.abc import Sequence

import dagster as dg

from docplatform.defs.partitions import LAKE_PARTITION, add_missing_partitions
from docplatform.lake.lake import Lake
from docplatform.lake.stages import Stage


def partitions_behind(
    instance: dg.DagsterInstance, lake: Lake, lake_partitions: Sequence[str], stages: Sequence[Stage]
) -> list[str]:
    """Those of the lake partitions with rows pending in a stage, or that Dagster doesn't know as materialized.

    The latter are those that a killed run had committed but not yet announced. Partitions that the instance doesn't
    have yet are added to it.
    """
    from docplatform.lake.incremental import pending_counts

    add_missing_partitions(instance, LAKE_PARTITION, list(lake_partitions))
    behind: set[str] = set()
    for stage in stages:
        materialized = instance.get_materialized_partitions(dg.AssetKey(stage.table.name))
        behind |= set(lake_partitions) - materialized
        behind |= {key for key, count in pending_counts(lake, stage, lake_partitions).items() if count}
    return sorted(behind)
