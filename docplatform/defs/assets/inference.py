"""Zone ``inference``: what the champions say."""

import dagster as dg

from docplatform.defs.assets.models import champion_model
from docplatform.defs.assets.text import ocr_text, preprocessed_text
from docplatform.defs.catalog import stage_asset
from docplatform.defs.materializing import StageConfig, materialize_stages
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.registry.base import ModelRegistry

_TEXTS = [("ocr_text", "content"), ("preprocessed_text", "cleaned"), ("preprocessed_text", "lemmas")]


@dg.asset(
    **stage_asset(
        "predictions",
        group="inference",
        kinds={"scikitlearn", "python"},
        lineage=dict.fromkeys(("category", "categories", "entities", "confidence"), _TEXTS),
    ),
    deps=[
        ocr_text,
        preprocessed_text,
        dg.AssetDep(champion_model, partition_mapping=dg.AllPartitionMapping()),
    ],
)
def predictions(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    lake: dg.ResourceParam[Lake],
    projects: dg.ResourceParam[ProjectStore],
    model_registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """What each project's champion says of every document it applies to.

    Classes or entities with confidence, whether it abstained, and which model version spoke. A new champion
    predicts anew; nothing else does.
    """
    from docplatform.inference.champions import champion_stages

    stages = champion_stages(lake, projects, model_registry)
    return materialize_stages(context, config, lake, stages)
