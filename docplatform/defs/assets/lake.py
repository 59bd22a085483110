"""Zone ``lake``: documents routed into lake partitions."""

import dagster as dg

from docplatform.defs.assets.ingest import raw_blobs
from docplatform.defs.catalog import stage_asset
from docplatform.defs.materializing import StageConfig, materialize_stages
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.storage.base import BlobStore


@dg.asset(
    **stage_asset("routed_documents", group="lake", kinds={"python"}),
    deps=[raw_blobs],
)
def routed_documents(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    ledger: dg.ResourceParam[Ledger],
    blob_store: dg.ResourceParam[BlobStore],
    lake: dg.ResourceParam[Lake],
) -> dg.MaterializeResult:
    """The documents of one lake partition, placed at `customer=…/extension=…/date=…/` and listed as rows.

    The extension comes from the content, never from the name; the date is the day of arrival (UTC).
    """
    from docplatform.inference.stages import RoutingStage

    return materialize_stages(context, config, lake, [RoutingStage(ledger, blob_store)])
