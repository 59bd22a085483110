"""Putting the code location together."""

from collections.abc import Mapping

import dagster as dg

from docplatform.composition import Platform
from docplatform.defs import jobs
from docplatform.defs.alerts import build_failure_sensor
from docplatform.defs.arrival_sensors import build_lake_partition_sensor, build_landing_sensor
from docplatform.defs.assets import inference, ingest, labels, lake, models, monitoring, text
from docplatform.defs.labelling import build_label_studio_sensor, label_studio_job
from docplatform.defs.maintenance import maintenance_job
from docplatform.defs.project_sensors import build_champion_sensor, build_labels_sensor, build_retraining_sensor
from docplatform.defs.resources import build_resources
from docplatform.defs.schedules import build_schedules
from docplatform.settings import Settings

ASSETS = [
    ingest.landing,
    ingest.raw_blobs,
    lake.routed_documents,
    text.ocr_text,
    text.preprocessed_text,
    labels.annotations,
    labels.labeled_dataset,
    models.trained_model,
    models.model_evaluation,
    models.champion_model,
    inference.predictions,
    monitoring.drift_report,
    monitoring.quarantine,
]


def build_defs(settings: Settings, resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """The code location for these settings; needs no credentials and no network, and opens nothing.

    ``resource_overrides`` replaces capabilities by plain objects: fakes in tests, a warm reader in one long pass.
    """
    automation = settings.automation
    return dg.Definitions(
        assets=ASSETS,
        jobs=[*jobs.ASSET_JOBS, maintenance_job, label_studio_job],
        sensors=[
            build_landing_sensor(automation),
            build_lake_partition_sensor(automation),
            build_labels_sensor(automation),
            build_retraining_sensor(automation),
            build_champion_sensor(automation),
            build_label_studio_sensor(automation),
            build_failure_sensor(automation, settings.alerts),
        ],
        schedules=build_schedules(automation),
        resources=build_resources(Platform(settings), resource_overrides or {}),
        executor=dg.in_process_executor,
    )
