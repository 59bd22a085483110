"""Zone ``monitoring``: drift of champions, and what could not be processed."""

import dagster as dg

from docplatform.defs.assets.inference import predictions
from docplatform.defs.assets.ingest import raw_blobs
from docplatform.defs.assets.models import champion_model
from docplatform.defs.assets.text import ocr_text, preprocessed_text
from docplatform.defs.catalog import project_asset, table_spec
from docplatform.defs.checks import drift_check, schema_check
from docplatform.defs.failures import as_failures
from docplatform.defs.partitions import project_of
from docplatform.defs.previews import drift_metadata
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.registry.base import ModelRegistry

_ALL = dg.AllPartitionMapping()


@dg.asset(
    **project_asset(
        "drift_report",
        group="monitoring",
        kinds={"scikitlearn", "python"},
        driven_by="drift_schedule, every morning",
        checks=[
            dg.AssetCheckSpec(
                "is_without_drift",
                asset="drift_report",
                description="Recent documents and predictions look like what the champion was trained on.",
            )
        ],
    ),
    deps=[champion_model, dg.AssetDep(predictions, partition_mapping=_ALL)],
)
def drift_report(
    context: dg.AssetExecutionContext,
    projects: dg.ResourceParam[ProjectStore],
    lake: dg.ResourceParam[Lake],
    model_registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Whether recent documents and predictions still look like the champion's training data.

    A classifier tries to tell recent from training texts, and population stability indices compare predicted classes
    and confidence.
    """
    from docplatform.training.monitoring import check_drift

    with as_failures():
        check = check_drift(
            project_of(context, projects), lake=lake, registry=model_registry, run_id=context.run.run_id
        )
    return dg.MaterializeResult(
        metadata=drift_metadata(check), check_results=[drift_check(check), schema_check(lake, "drift_report")]
    )


quarantine = table_spec(
    "quarantine",
    group="monitoring",
    deps=[
        raw_blobs,
        dg.AssetDep(ocr_text, partition_mapping=_ALL),
        dg.AssetDep(preprocessed_text, partition_mapping=_ALL),
        dg.AssetDep(predictions, partition_mapping=_ALL),
    ],
    driven_by="every asset that finds a document it can't process",
    description=(
        "Every document, or part of one, that could not be processed: at which stage, why, how often it was tried, and "
        "what to do. Nothing is lost: the bytes stay under `raw/`. Replay with `replay_job`."
    ),
)
