"""What the Dagster UI shows of every asset: zone, kinds, owner, column schema."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from docplatform.defs.checks import ALL_DOCUMENTS, ALL_DOCUMENTS_CHECK, SCHEMA, SCHEMA_CHECK
from docplatform.defs.partitions import lake_partitions, model_projects
from docplatform.lake.tables import TABLES, TableSpec

OWNERS = ["team:document-platform"]
CODE_VERSION = "1"


def table_schema(spec: TableSpec) -> dg.TableSchema:
    """A table's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=spec.key == (column.name,)),
            )
            for column in spec.columns
        ]
    )


def table_asset(name: str, *, group: str, kinds: set[str], driven_by: str) -> dict[str, Any]:
    """What every asset that fills the table of its name passes to ``@dg.asset``.

    ``driven_by`` says in words what materializes it, for the people who run the platform.
    """
    return {
        "name": name,
        "group_name": group,
        "owners": OWNERS,
        "kinds": {"deltalake", *kinds},
        "code_version": CODE_VERSION,
        "metadata": {
            "dagster/table_name": name,
            "dagster/column_schema": table_schema(TABLES[name]),
            "driven_by": driven_by,
        },
    }


def stage_asset(
    name: str, *, group: str, kinds: set[str], lineage: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> dict[str, Any]:
    """What every asset partitioned by lake partition passes to ``@dg.asset``.

    ``lineage`` says for a column which columns ``(asset, column)`` it is made from.
    """
    driven_by = "lake_partition_sensor, for every lake partition with new documents"
    arguments = table_asset(name, group=group, kinds=kinds, driven_by=driven_by)
    if lineage:
        arguments["metadata"]["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [dg.TableColumnDep(asset_key=asset, column_name=source) for asset, source in sources]
                for column, sources in lineage.items()
            }
        )
    return {
        **arguments,
        "partitions_def": lake_partitions,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "check_specs": [
            dg.AssetCheckSpec(ALL_DOCUMENTS_CHECK, asset=name, description=ALL_DOCUMENTS),
            dg.AssetCheckSpec(SCHEMA_CHECK, asset=name, description=SCHEMA),
        ],
    }


def project_asset(
    name: str,
    *,
    group: str,
    kinds: set[str],
    driven_by: str = "labels_sensor when labels change, retraining_schedule every night",
    checks: Sequence[dg.AssetCheckSpec] = (),
) -> dict[str, Any]:
    """What every asset partitioned by model project passes to ``@dg.asset``."""
    return {
        **table_asset(name, group=group, kinds=kinds, driven_by=driven_by),
        "partitions_def": model_projects,
        "check_specs": [*checks, dg.AssetCheckSpec(SCHEMA_CHECK, asset=name, description=SCHEMA)],
    }


def table_spec(
    name: str, *, group: str, deps: Sequence[dg.AssetsDefinition | dg.AssetDep], driven_by: str, description: str
) -> dg.AssetSpec:
    """A table that no asset of its own fills, so that lineage shows it."""
    arguments = table_asset(name, group=group, kinds=set(), driven_by=driven_by)
    arguments["key"] = arguments.pop("name")
    return dg.AssetSpec(**arguments, deps=deps, description=description)
