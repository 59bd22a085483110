"""What the Dagster UI shows of every asset: zone, kinds, owner, column schema."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from docplatform.defs.checks import ALL_DOCUMENTS, ALL_DOCUMENTS_CHECK, SCHEMA, SCHEMA_CHECK
from docplatform.defs.partitions import lake_partitions, model_projects
from docplatform.lake.tables import TABLES, Column, TableSpec

# Beta in the pinned Dagster, stable in what we use of it, and nothing that the people who run docplatform can act on.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)

OWNERS = ["team:document-platform"]
CODE_VERSION = "1"
_SHOWN_TYPES = {"entities": "array<entity>", "categories": "array<category>"}
"""Column types of ours by a name that the UI knows as an array."""

Lineage = Mapping[str, Sequence[tuple[str, str]]]
"""Column to the columns ``(asset, column)`` it is made from."""


def table_schema(spec: TableSpec, lineage: Lineage | None = None) -> dg.TableSchema:
    """A table's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=_SHOWN_TYPES.get(column.type, column.type),
                description=_description(column, (lineage or {}).get(column.name, ())),
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=spec.key == (column.name,)),
            )
            for column in spec.columns
        ]
    )


def _description(column: Column, sources: Sequence[tuple[str, str]]) -> str:
    """What the column is and what it is made from: the open-source UI draws no lineage of columns."""
    made_from = ", ".join(f"`{asset}.{name}`" for asset, name in sources)
    return f"{column.description} Made from {made_from}." if sources else column.description


def table_asset(
    name: str, *, group: str, kinds: set[str], driven_by: str, lineage: Lineage | None = None
) -> dict[str, Any]:
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
            "dagster/column_schema": table_schema(TABLES[name], lineage),
            "driven_by": driven_by,
        },
    }


def stage_asset(
    name: str,
    *,
    group: str,
    kinds: set[str],
    lineage: Lineage | None = None,
    checks: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What every asset partitioned by lake partition passes to ``@dg.asset``; ``checks`` are those it alone has."""
    driven_by = "lake_partition_sensor, for every lake partition with new documents"
    arguments = table_asset(name, group=group, kinds=kinds, driven_by=driven_by, lineage=lineage)
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
            *(dg.AssetCheckSpec(check, asset=name, description=text) for check, text in (checks or {}).items()),
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
