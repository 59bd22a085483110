"""Zone ``labels``: what people said about documents, and datasets made of it."""

import dagster as dg

from docplatform.defs.assets.text import ocr_text, preprocessed_text
from docplatform.defs.catalog import project_asset, table_asset
from docplatform.defs.checks import SCHEMA, SCHEMA_CHECK, label_check, schema_check
from docplatform.defs.failures import as_failures
from docplatform.defs.partitions import MODEL_PROJECT, add_missing_partitions, project_of
from docplatform.defs.previews import annotations_metadata, dataset_metadata
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger

_ALL = dg.AllPartitionMapping()


@dg.asset(
    **table_asset(
        "annotations",
        group="labels",
        kinds={"python"},
        driven_by="labels_sensor, when a label file or the documents it names change",
    ),
    deps=[dg.AssetDep(ocr_text, partition_mapping=_ALL)],
    check_specs=[
        dg.AssetCheckSpec(
            "has_no_label_errors",
            asset="annotations",
            description=(
                "Every project can be used, and every label lies on the text it declares; each that doesn't is named "
                "with its repair."
            ),
        ),
        dg.AssetCheckSpec(SCHEMA_CHECK, asset="annotations", description=SCHEMA),
    ],
)
def annotations(
    context: dg.AssetExecutionContext,
    projects: dg.ResourceParam[ProjectStore],
    ledger: dg.ResourceParam[Ledger],
    lake: dg.ResourceParam[Lake],
) -> dg.MaterializeResult:
    """All labels of all model projects in one table, checked against the text that was really read.

    Offsets count Unicode code points of a text named by its hash. Import a label file with `docplatform labels
    import`, or drop it into the landing folder beside its documents.
    """
    from docplatform.training.annotations import refresh_all_annotations

    with as_failures():
        reports, problems = refresh_all_annotations(
            projects=projects, ledger=ledger, lake=lake, run_id=context.run.run_id
        )
    for problem in problems:
        context.log.error("a project is left out: %s", problem)
    add_missing_partitions(context.instance, MODEL_PROJECT, [report.project for report in reports])
    return dg.MaterializeResult(
        metadata=annotations_metadata(reports),
        check_results=[label_check(reports, problems), schema_check(lake, "annotations")],
    )


@dg.asset(
    **project_asset("labeled_dataset", group="labels", kinds={"python"}),
    deps=[
        annotations,
        dg.AssetDep(ocr_text, partition_mapping=_ALL),
        dg.AssetDep(preprocessed_text, partition_mapping=_ALL),
    ],
)
def labeled_dataset(
    context: dg.AssetExecutionContext,
    projects: dg.ResourceParam[ProjectStore],
    ledger: dg.ResourceParam[Ledger],
    lake: dg.ResourceParam[Lake],
) -> dg.MaterializeResult:
    """The frozen dataset of a model project: labels, texts and their train / validation / test split.

    Its version is a hash of all of it, pinned to the table versions it was made from. The split is stratified, stable
    when documents are added, and honours the one the label file declares.
    """
    from docplatform.training.datasets import freeze_dataset

    with as_failures():
        project = project_of(context, projects)
        dataset = freeze_dataset(project, projects=projects, ledger=ledger, lake=lake, run_id=context.run.run_id)
    return dg.MaterializeResult(
        metadata=dataset_metadata(dataset, lake), check_results=[schema_check(lake, "labeled_dataset")]
    )
