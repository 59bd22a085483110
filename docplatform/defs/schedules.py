"""Schedules: hourly catching up, nightly retraining, daily drift checks, weekly maintenance."""

import dagster as dg

from docplatform.defs.arrival_sensors import LAKE_PARTITION_TAG, is_running
from docplatform.defs.behind import partitions_behind
from docplatform.defs.jobs import drift_job, labels_job, process_job
from docplatform.defs.maintenance import maintenance_job
from docplatform.defs.partitions import model_projects
from docplatform.labels.projects import ProjectStore
from docplatform.lake.lake import Lake
from docplatform.lake.stages import Stage
from docplatform.ledger.ledger import Ledger
from docplatform.ocr.base import DocumentReader
from docplatform.registry.base import CHAMPION, ModelRegistry
from docplatform.settings import AutomationSettings
from docplatform.storage.base import BlobStore
from docplatform.text.base import TextPreprocessor


def build_schedules(automation: AutomationSettings) -> list[dg.ScheduleDefinition]:
    """All schedules, at the times the settings ask for (UTC)."""
    retraining_schedule = dg.ScheduleDefinition(
        name="retraining_schedule",
        job=labels_job,
        cron_schedule=automation.retraining_cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            "Every night: checks all labels anew; retraining_sensor then retrains the projects whose labels, labelled "
            "texts or trainer changed since their last training."
        ),
    )
    maintenance_schedule = dg.ScheduleDefinition(
        name="maintenance_schedule",
        job=maintenance_job,
        cron_schedule=automation.maintenance_cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every Sunday: compacts tables, removes versions that no dataset needs, trims the reading cache.",
    )
    return [_catch_up_schedule(automation), retraining_schedule, _drift_schedule(automation), maintenance_schedule]


def _drift_schedule(automation: AutomationSettings) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="drift_schedule",
        job=drift_job,
        cron_schedule=automation.drift_cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every morning: looks for drift of every champion.",
    )
    def drift_schedule(
        context: dg.ScheduleEvaluationContext,
        projects: dg.ResourceParam[ProjectStore],
        model_registry: dg.ResourceParam[ModelRegistry],
    ) -> list[dg.RunRequest] | dg.SkipReason:
        usable = (project.name for project in projects.load()[0])
        names = [name for name in usable if model_registry.aliased(name, CHAMPION) is not None]
        if not names:
            return dg.SkipReason("no project has a champion")
        known = set(context.instance.get_dynamic_partitions(model_projects.name or ""))
        tick = context.scheduled_execution_time.isoformat()
        return [dg.RunRequest(run_key=f"{name}@{tick}", partition_key=name) for name in names if name in known]

    return drift_schedule


def _catch_up_schedule(automation: AutomationSettings) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="catch_up_schedule",
        job=process_job,
        cron_schedule=automation.catch_up_cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            "Every hour: processes lake partitions that are behind all the same, because a run failed, or because the "
            "reader, the preprocessing, their options or what a project applies to changed."
        ),
    )
    def catch_up_schedule(
        context: dg.ScheduleEvaluationContext,
        blob_store: dg.ResourceParam[BlobStore],
        ledger: dg.ResourceParam[Ledger],
        lake: dg.ResourceParam[Lake],
        document_reader: dg.ResourceParam[DocumentReader],
        text_preprocessor: dg.ResourceParam[TextPreprocessor],
        projects: dg.ResourceParam[ProjectStore],
        model_registry: dg.ResourceParam[ModelRegistry],
    ) -> list[dg.RunRequest] | dg.SkipReason:
        from docplatform.inference.champions import champion_stages
        from docplatform.inference.stages import reading_stages

        if is_running(context.instance, process_job.name):
            return dg.SkipReason("lake partitions are being processed")
        stages: list[Stage] = reading_stages(ledger, blob_store, lake, document_reader, text_preprocessor)
        stages += champion_stages(lake, projects, model_registry)
        behind = partitions_behind(context.instance, lake, ledger.lake_partitions(), stages)
        if not behind:
            return dg.SkipReason("no lake partition is behind")
        tick = context.scheduled_execution_time.isoformat()
        return [
            dg.RunRequest(run_key=f"{key}@{tick}", partition_key=key, tags={LAKE_PARTITION_TAG: key})
            for key in behind[: automation.max_run_requests]
        ]

    return catch_up_schedule
