"""Zone ``models``: candidates, their scores, and which of them serves."""

import dagster as dg
from pydantic import Field

from docplatform.defs.assets.labels import labeled_dataset
from docplatform.defs.catalog import CODE_VERSION, OWNERS, project_asset
from docplatform.defs.checks import f1_check, schema_check
from docplatform.defs.failures import as_failures
from docplatform.defs.model_previews import decision_metadata, judgement_metadata
from docplatform.defs.partitions import model_projects, project_of
from docplatform.defs.previews import model_metadata
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.models.search import SearchStore
from docplatform.registry.base import ModelRegistry
from docplatform.settings import Settings
from docplatform.storage.base import BlobStore

_DRIVEN_BY = "labels_sensor when labels change, retraining_schedule every night"


class TrainingConfig(dg.Config):
    """How to train."""

    retrain: bool = Field(
        default=False, description="Train even where the same trainer has trained on the same dataset before."
    )


@dg.asset(
    name="trained_model",
    group_name="models",
    owners=OWNERS,
    kinds={"scikitlearn", "python"},
    code_version=CODE_VERSION,
    partitions_def=model_projects,
    metadata={"driven_by": _DRIVEN_BY},
    deps=[labeled_dataset],
)
def trained_model(
    context: dg.AssetExecutionContext,
    config: TrainingConfig,
    projects: dg.ResourceParam[ProjectStore],
    lake: dg.ResourceParam[Lake],
    model_registry: dg.ResourceParam[ModelRegistry],
    blob_store: dg.ResourceParam[BlobStore],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """The candidate trained on the newest dataset of a project, as a numbered version in the registry.

    A version is a folder with weights, metadata and a checksum. Training is deterministic, so the same dataset and
    trainer options are the same model and are not trained twice (`retrain: true` in the launchpad does).
    """
    from docplatform.training.candidates import train_candidate

    with as_failures():
        project = project_of(context, projects)
        version = train_candidate(
            project,
            lake=lake,
            registry=model_registry,
            run_id=context.run.run_id,
            retrain=config.retrain,
            searches=SearchStore(settings.home_path / "searches", context.log.info),
        )
    return dg.MaterializeResult(
        metadata=model_metadata(version, blob_store, reused=version.run_id != context.run.run_id)
    )


class EvaluationConfig(dg.Config):
    """How to evaluate."""

    learning_curve: bool = Field(
        default=False,
        description=(
            "Also train on 20, 40, 60, 80 and 100 % of the examples, to tell how many more each label needs; as "
            "`evaluation.learning_curve` in the project does every time."
        ),
    )


@dg.asset(
    **project_asset("model_evaluation", group="models", kinds={"scikitlearn", "python"}, driven_by=_DRIVEN_BY),
    deps=[trained_model],
)
def model_evaluation(
    context: dg.AssetExecutionContext,
    config: EvaluationConfig,
    projects: dg.ResourceParam[ProjectStore],
    lake: dg.ResourceParam[Lake],
    model_registry: dg.ResourceParam[ModelRegistry],
    ledger: dg.ResourceParam[Ledger],
) -> dg.MaterializeResult:
    """The candidate's scores on the frozen test split, beside the champion's.

    A project with hardly a test document is cross-validated. Per label with intervals, confusion, reliability, slices
    (table `evaluation_slices`) and the examples it got wrong (table `evaluation_errors`); and the next documents worth
    labelling, those that `labels push` would hand over.
    """
    from docplatform.training.advice import labeling_advice
    from docplatform.training.choosing import DocumentChooser
    from docplatform.training.judging import judge_candidate
    from docplatform.training.learning import draw_learning_curve

    with as_failures():
        project, run_id = project_of(context, projects), context.run.run_id
        judgement = judge_candidate(project, lake=lake, registry=model_registry, run_id=run_id)
        wanted = config.learning_curve or project.evaluation.learning_curve
        curve = draw_learning_curve(project, lake=lake, run_id=run_id) if wanted else ()
        advice = labeling_advice(project, DocumentChooser(projects, ledger, lake, model_registry))
    return dg.MaterializeResult(
        metadata=judgement_metadata(project, judgement, advice, curve),
        check_results=[schema_check(lake, "model_evaluation")],
    )


@dg.asset(
    **project_asset(
        "champion_model",
        group="models",
        kinds={"python"},
        driven_by=_DRIVEN_BY,
        checks=[
            dg.AssetCheckSpec(
                "f1_above_threshold",
                asset="champion_model",
                description="The newest candidate passed the project's gate.",
            )
        ],
    ),
    deps=[model_evaluation],
)
def champion_model(
    context: dg.AssetExecutionContext,
    projects: dg.ResourceParam[ProjectStore],
    lake: dg.ResourceParam[Lake],
    model_registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Which version serves, and why.

    The gate promotes the candidate if its F1 reaches the project's threshold (0.80 unless the project says
    otherwise) and it is not worse than the champion, beyond chance or by the score; what can't be told apart is
    inconclusive. A pinned champion stays. Every decision, by hand too, is a row.
    """
    from docplatform.training.deciding import decide_champion

    with as_failures():
        project = project_of(context, projects)
        decision = decide_champion(project, lake=lake, registry=model_registry, run_id=context.run.run_id)
    return dg.MaterializeResult(
        metadata=decision_metadata(decision, model_registry),
        check_results=[f1_check(decision), schema_check(lake, "champion_model")],
    )
