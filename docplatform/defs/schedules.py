"""Schedules: nightly retraining, daily drift checks, weekly maintenance."""

import dagster as dg

from docplatform.defs.jobs import drift_job, labels_job
from docplatform.defs.maintenance import maintenance_job
from docplatform.defs.partitions import model_projects
from docplatform.labels.projects import ProjectStore
from docplatform.registry.base import CHAMPION, ModelRegistry
from docplatform.settings import AutomationSettings


def build_schedules(automation: AutomationSettings) -> list[dg.ScheduleDefinition]:
    """All schedules, at the times the settings ask for (UTC)."""

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
        description="Every Sunday: compacts tables and removes versions that no dataset is pinned to.",
    )
    return [retraining_schedule, drift_schedule, maintenance_schedule]
