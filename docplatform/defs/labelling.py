"""Answers from Label Studio: the job that pulls them, and the sensor that asks whether there are any."""

import json
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import Field

from docplatform.defs.arrival_sensors import is_running
from docplatform.defs.failures import as_failures
from docplatform.errors import ConfigurationError, TransientError
from docplatform.labels.projects import ProjectStore
from docplatform.labels.studio.client import StudioClient
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.settings import AutomationSettings


class PullConfig(dg.Config):
    """Whose answers to pull."""

    projects: list[str] = Field(default=[], description="Names of model projects; empty: all that are in Label Studio.")


@dg.op
def pull_labels(
    context: dg.OpExecutionContext,
    config: PullConfig,
    projects: dg.ResourceParam[ProjectStore],
    ledger: dg.ResourceParam[Ledger],
    lake: dg.ResourceParam[Lake],
    label_studio: dg.ResourceParam[Callable[[], StudioClient]],
) -> None:
    """Bring finished answers into the projects' label files; `labels_sensor` then checks those that changed."""
    from docplatform.training.label_pull import pull_answers

    with as_failures():
        client = label_studio()
        names = config.projects or [p.name for p in projects.load()[0] if projects.studio_link(p) is not None]
        for name in names:
            report = pull_answers(projects.get(name), projects=projects, ledger=ledger, lake=lake, client=client)
            context.log.info(report.summary())
            for finding in report.findings:
                context.log.warning("%s, %s", name, finding)


@dg.job(description="Bring finished answers from Label Studio into the label files of model projects.")
def label_studio_job() -> None:
    """Pull answers."""
    pull_labels()


def studio_states(projects: ProjectStore, client: StudioClient) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What changes on the server when answers do, by project, and what is wrong with projects that are left out.

    Two small requests a project, however many tasks it has.
    """
    from docplatform.training.studio_projects import linked_project

    states, problems = {}, []
    for project in projects.load()[0]:
        try:
            linked = linked_project(project, projects, client)
        except ConfigurationError as error:
            problems.append(str(error))
            continue
        if linked is not None:
            updated = client.last_update(linked.studio.id)
            states[project.name] = {"counts": list(linked.studio.counts), "updated": updated}
    return states, problems


def build_label_studio_sensor(automation: AutomationSettings) -> dg.SensorDefinition:
    """The sensor that pulls answers when some came, changed or went. Off until somebody switches it on."""

    @dg.sensor(
        name="label_studio_sensor",
        job=label_studio_job,
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description=(
            "Brings answers from Label Studio into label files when some are new, changed or gone there. Off by "
            "default: switch it on where people label."
        ),
    )
    def label_studio_sensor(
        context: dg.SensorEvaluationContext,
        projects: dg.ResourceParam[ProjectStore],
        label_studio: dg.ResourceParam[Callable[[], StudioClient]],
    ) -> dg.SensorResult | dg.SkipReason:
        if is_running(context.instance, label_studio_job.name):
            return dg.SkipReason("answers are being pulled")
        try:
            states, problems = studio_states(projects, label_studio())
        except (ConfigurationError, TransientError) as error:  # no server need run while nobody labels
            return dg.SkipReason(str(error))
        for problem in problems:
            context.log.warning("a project is left out: %s", problem)
        known = json.loads(context.cursor or "{}")
        changed = sorted(name for name, state in states.items() if known.get(name) != state)
        if not changed:
            return dg.SkipReason("no answer in Label Studio has changed")
        config = {"ops": {pull_labels.name: {"config": {"projects": changed}}}}
        # without a run key: an answer put back to what it was must be pulled again
        return dg.SensorResult(run_requests=[dg.RunRequest(run_config=config)], cursor=json.dumps(states))

    return label_studio_sensor
