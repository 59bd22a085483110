"""The two dynamic partitions everything is cut by."""

import dagster as dg

LAKE_PARTITION = "lake_partition"
MODEL_PROJECT = "model_project"

lake_partitions = dg.DynamicPartitionsDefinition(name=LAKE_PARTITION)
"""``customer/extension/date``: documents are rows in it, never partitions of their own."""

model_projects = dg.DynamicPartitionsDefinition(name=MODEL_PROJECT)
"""One partition per labelling project."""


def add_missing_partitions(instance: dg.DagsterInstance, partitions_name: str, keys: list[str]) -> list[str]:
    """Add those of ``keys`` that the instance doesn't have yet, and return them."""
    known = set(instance.get_dynamic_partitions(partitions_name))
    missing = sorted(set(keys) - known)
    if missing:
        instance.add_dynamic_partitions(partitions_name, missing)
    return missing
