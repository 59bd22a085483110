"""The two dynamic partitions everything is cut by."""

import dagster as dg

from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject, ProjectStore

LAKE_PARTITION = "lake_partition"
MODEL_PROJECT = "model_project"

lake_partitions = dg.DynamicPartitionsDefinition(name=LAKE_PARTITION)
"""``customer/extension/date``: documents are rows in it, never partitions of their own."""

model_projects = dg.DynamicPartitionsDefinition(name=MODEL_PROJECT)
"""One partition per labelling project."""


def project_of(context: dg.AssetExecutionContext, projects: ProjectStore) -> ModelProject:
    """The project of the run's partition. Raises ``ConfigurationError`` where it is wrong, or gone."""
    name = context.partition_key
    try:
        return projects.get(name)
    except KeyError as error:
        raise ConfigurationError(
            f"There is no projects/{name}.yaml any more: put it back, or delete its partition of {MODEL_PROJECT}."
        ) from error


def add_missing_partitions(instance: dg.DagsterInstance, partitions_name: str, keys: list[str]) -> list[str]:
    """Add those of ``keys`` that the instance doesn't have yet, and return them."""
    known = set(instance.get_dynamic_partitions(partitions_name))
    missing = sorted(set(keys) - known)
    if missing:
        instance.add_dynamic_partitions(partitions_name, missing)
    return missing
