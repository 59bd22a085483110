"""Sensors on arrivals: is there something in the sources, is there something in the ledger.

A sensor only asks "is there anything new since my cursor?" and requests runs; runs do the work. A tick costs the same
however much was processed before: the cursor is one number, and what one tick looks at is bounded.
"""

from collections.abc import Sequence

import dagster as dg

from docplatform.defs.handover import last_handover
from docplatform.defs.jobs import ingest_job, process_job
from docplatform.defs.partitions import lake_partitions
from docplatform.ingestion.base import Connector
from docplatform.ledger.ledger import Ledger
from docplatform.settings import AutomationSettings

LAKE_PARTITION_TAG = "docplatform/lake_partition"
"""Tag of runs about one lake partition; dagster.yaml lets only one of the same value run at a time."""

DOCUMENTS_PER_TICK = 2_000
"""Most new documents the lake-partition sensor looks at in a tick (an indexed range of the ledger)."""

IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def partition_requests(found: Sequence[tuple[str, int]]) -> list[dg.RunRequest]:
    """A run per lake partition; the run key names the newest document, so that a tick repeated asks nothing new."""
    return [
        dg.RunRequest(run_key=f"{key}@{seq}", partition_key=key, tags={LAKE_PARTITION_TAG: key}) for key, seq in found
    ]


def is_running(instance: dg.DagsterInstance, job_name: str) -> bool:
    """Whether a run of this job is queued or running."""
    filters = dg.RunsFilter(job_name=job_name, statuses=IN_PROGRESS)
    return bool(instance.get_run_ids(filters, limit=1))


def build_landing_sensor(automation: AutomationSettings) -> dg.SensorDefinition:
    """The sensor that takes files in."""

    @dg.sensor(
        name="landing_sensor",
        job=ingest_job,
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Takes in files as soon as a finished one lies in the landing folder.",
    )
    def landing_sensor(
        context: dg.SensorEvaluationContext,
        connectors: dg.ResourceParam[tuple[Connector, ...]],
        ledger: dg.ResourceParam[Ledger],
    ) -> dg.SensorResult | dg.SkipReason:
        if is_running(context.instance, ingest_job.name):
            return dg.SkipReason("an ingestion pass is running")
        # a pass that was killed may have taken in what it never brought into the lake
        if not ledger.unexported(1) and not any(connector.has_ready() for connector in connectors):
            return dg.SkipReason("nothing finished lies in the sources")
        return dg.SensorResult(run_requests=[dg.RunRequest()])

    return landing_sensor


def build_lake_partition_sensor(automation: AutomationSettings) -> dg.SensorDefinition:
    """The sensor that processes lake partitions with new documents."""

    @dg.sensor(
        name="lake_partition_sensor",
        job=process_job,
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Routes, reads, preprocesses and predicts every lake partition with documents it has not seen.",
    )
    def lake_partition_sensor(
        context: dg.SensorEvaluationContext, ledger: dg.ResourceParam[Ledger]
    ) -> dg.SensorResult | dg.SkipReason:
        handover = last_handover(context.instance)
        seen = max(int(context.cursor or 0), handover.ledger_seq if handover else 0)
        scan = ledger.lake_partitions_after(seen, DOCUMENTS_PER_TICK)
        found = sorted(scan, key=lambda item: item[1])[: automation.max_run_requests]
        if not found:
            return dg.SkipReason("no document has arrived since the last tick")
        return dg.SensorResult(
            run_requests=partition_requests(found),
            dynamic_partitions_requests=[lake_partitions.build_add_request([key for key, _ in found])],
            cursor=str(found[-1][1]),
        )

    return lake_partition_sensor
