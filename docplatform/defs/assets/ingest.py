"""Zone ``ingest``: where documents come from, and everything that arrived."""

import dagster as dg
from pydantic import Field

from docplatform.defs.catalog import CODE_VERSION, OWNERS, table_asset
from docplatform.defs.checks import SCHEMA, SCHEMA_CHECK, count_check, old_quarantine_check, schema_check
from docplatform.defs.failures import as_failures
from docplatform.defs.partitions import LAKE_PARTITION, MODEL_PROJECT, add_missing_partitions
from docplatform.defs.previews import arrivals_metadata, quarantine_event
from docplatform.ingestion.base import Connector
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.settings import LimitSettings, Settings
from docplatform.storage.base import BlobStore


class ArrivalConfig(dg.Config):
    """Whether to take in what lies in the sources, or to judge anew what was refused."""

    replay: bool = Field(
        default=False, description="Judge documents anew that were refused at arrival, and take nothing in."
    )
    document_ids: list[str] = Field(default=[], description="With replay: only these. Empty: all that are open.")


def replay_refused(
    context: dg.AssetExecutionContext,
    config: ArrivalConfig,
    lake: Lake,
    ledger: Ledger,
    blob_store: BlobStore,
    limits: LimitSettings,
) -> None:
    """Judge what the run is to replay, and what a killed one left."""
    from docplatform.ingestion.replaying import replay_arrivals
    from docplatform.lake.quarantine import replay

    run_id = context.run.run_id
    if config.replay:
        replay(lake, stage="raw_blobs", document_ids=config.document_ids or None, run_id=run_id)
    done = replay_arrivals(ledger, lake, blob_store, limits, run_id=run_id)
    if done.replayed:
        context.log.info(
            "%d refused documents judged anew: %d go on, %d don't", done.replayed, done.resolved, done.refused
        )


landing = dg.AssetSpec(
    ["sources", "landing"],
    group_name="ingest",
    owners=OWNERS,
    kinds={"file"},
    code_version=CODE_VERSION,
    description=(
        "The folder `landing/<customer>/…` in the home. **Drop files here**: each is taken in once it has not changed "
        "for a few seconds, and leaves the folder only when its bytes and its ledger row are safe."
    ),
    metadata={"driven_by": "people and other systems; docplatform only watches it"},
)


@dg.asset(
    **table_asset(
        "raw_blobs",
        group="ingest",
        kinds={"python"},
        driven_by="landing_sensor, whenever a finished file lies in the landing folder",
    ),
    deps=[landing],
    check_specs=[
        dg.AssetCheckSpec(
            "has_consistent_counts",
            asset="raw_blobs",
            description="Arrivals in the ledger = landed + duplicates + quarantined = rows of this table.",
        ),
        dg.AssetCheckSpec(SCHEMA_CHECK, asset="raw_blobs", description=SCHEMA),
        dg.AssetCheckSpec(
            "has_no_old_quarantine",
            asset="raw_blobs",
            description="No document has waited in quarantine for longer than the settings allow; names the oldest.",
        ),
    ],
)
def raw_blobs(
    context: dg.AssetExecutionContext,
    config: ArrivalConfig,
    connectors: dg.ResourceParam[tuple[Connector, ...]],
    blob_store: dg.ResourceParam[BlobStore],
    ledger: dg.ResourceParam[Ledger],
    lake: dg.ResourceParam[Lake],
    projects: dg.ResourceParam[ProjectStore],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """Every file, attachment and archive member that ever arrived.

    Bytes are landed durably under `raw/`, hashed, recognised by content, de-duplicated per customer and entered in
    the ledger. Each run takes in what lies in the sources now and announces the lake partitions it found; one that
    replays judges documents anew that were refused, and takes nothing in.
    """
    from docplatform.ingestion.ingest import ingest
    from docplatform.ingestion.publishing import publish_arrivals

    with as_failures():
        replay_refused(context, config, lake, ledger, blob_store, settings.limits)
        report = ingest(() if config.replay else connectors, blob_store, ledger, settings.limits)
        for problem in report.problems:
            context.log.warning("left in the landing folder: %s", problem)
        published = publish_arrivals(ledger, lake, blob_store, projects, run_id=context.run.run_id)
        for unusable in published.problems:
            context.log.warning("a label file that makes no model project: %s", unusable)
    added = add_missing_partitions(context.instance, LAKE_PARTITION, ledger.lake_partitions())
    add_missing_partitions(context.instance, MODEL_PROJECT, projects.names())
    context.log.info("%d arrivals taken in, %d new lake partitions", published.arrivals, len(added))
    context.log_event(quarantine_event(lake))
    counts = ledger.arrival_counts()
    rows = sum(lake.row_counts("raw_blobs").values())
    return dg.MaterializeResult(
        metadata=arrivals_metadata(report, counts, lake),
        check_results=[
            count_check("has_consistent_counts", {"arrivals in the ledger": counts.total, "rows of the table": rows}),
            schema_check(lake, "raw_blobs"),
            old_quarantine_check(lake, settings.automation.quarantine_days),
        ],
    )
