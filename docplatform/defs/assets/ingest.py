"""Zone ``ingest``: where documents come from, and everything that arrived."""

import dagster as dg

from docplatform.defs.catalog import CODE_VERSION, OWNERS, table_asset
from docplatform.defs.checks import SCHEMA_CHECK, count_check, schema_check
from docplatform.defs.failures import as_failures
from docplatform.defs.partitions import LAKE_PARTITION, add_missing_partitions
from docplatform.defs.previews import arrivals_metadata
from docplatform.ingestion.base import Connector
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.settings import Settings
from docplatform.storage.base import BlobStore

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
        dg.AssetCheckSpec(SCHEMA_CHECK, asset="raw_blobs", description="The table has exactly the columns promised."),
    ],
)
def raw_blobs(
    context: dg.AssetExecutionContext,
    connectors: dg.ResourceParam[tuple[Connector, ...]],
    blob_store: dg.ResourceParam[BlobStore],
    ledger: dg.ResourceParam[Ledger],
    lake: dg.ResourceParam[Lake],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """Every file, attachment and archive member that ever arrived.

    Bytes are landed durably under `raw/`, hashed, recognised by content, de-duplicated per customer and entered in
    the ledger. Each run takes in what lies in the sources now and announces the lake partitions it found.
    """
    from docplatform.ingestion.ingest import ingest
    from docplatform.ingestion.publishing import publish_arrivals

    with as_failures():
        report = ingest(connectors, blob_store, ledger, settings.limits)
        for problem in report.problems:
            context.log.warning("left in the landing folder: %s", problem)
        published = publish_arrivals(ledger, lake, run_id=context.run_id)
    added = add_missing_partitions(context.instance, LAKE_PARTITION, ledger.lake_partitions())
    context.log.info("%d arrivals taken in, %d new lake partitions", published, len(added))
    counts = ledger.arrival_counts()
    rows = sum(lake.row_counts("raw_blobs").values())
    return dg.MaterializeResult(
        metadata=arrivals_metadata(report, counts, lake),
        check_results=[
            count_check("has_consistent_counts", {"arrivals in the ledger": counts.total, "rows of the table": rows}),
            schema_check(lake, "raw_blobs"),
        ],
    )
