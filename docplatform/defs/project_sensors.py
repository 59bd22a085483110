"""Sensors on model projects: labels changed, labels were checked, another version became champion."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from docplatform.defs.arrival_sensors import LAKE_PARTITION_TAG, is_running
from docplatform.defs.handover import TAKEN_OVER, last_handover
from docplatform.defs.jobs import labels_job, predict_job, process_job, retrain_job, retraining_config
from docplatform.defs.partitions import model_projects
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import AppliesTo, ModelProject, ProjectStore
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import CHAMPION, ModelRegistry
from docplatform.settings import AutomationSettings

MODEL_PROJECT_TAG = "docplatform/model_project"
BECAUSE_TAG = "docplatform/because"
"""Tag of retraining runs: why."""


def digest(value: object) -> str:
    """A short stable hash of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def source_versions(projects: ProjectStore, ledger: Ledger, lake: Lake) -> tuple[dict[str, str], list[str]]:
    """What each project's dataset would be made from now, and what is wrong with projects that are left out for it.

    Projects with nothing to train on are left out too.
    """
    from docplatform.training.annotations import LabelSource

    versions = {}
    usable, problems = projects.load()
    for project in usable:
        try:
            version = LabelSource.load(project, projects=projects, ledger=ledger).source_version(lake)
        except ConfigurationError as error:
            problems.append(str(error))
            continue
        if version is not None:
            versions[project.name] = version
    return versions, problems


def watched_labels(projects: ProjectStore, ledger: Ledger, lake: Lake) -> str:
    """A hash that changes with everything labels may depend on; cheap, and changes with more than that."""
    return digest([projects.state(), ledger.last_seq(), lake.version("ocr_text")])


def build_labels_sensor(automation: AutomationSettings) -> dg.SensorDefinition:
    """The sensor that checks labels when they, or the documents they name, changed."""

    @dg.sensor(
        name="labels_sensor",
        job=labels_job,
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Checks all labels when a label file, or a document it names, is new or changed.",
    )
    def labels_sensor(
        context: dg.SensorEvaluationContext,
        projects: dg.ResourceParam[ProjectStore],
        ledger: dg.ResourceParam[Ledger],
        lake: dg.ResourceParam[Lake],
    ) -> dg.SensorResult | dg.SkipReason:
        if is_running(context.instance, labels_job.name) or is_running(context.instance, process_job.name):
            return dg.SkipReason("labels are being checked, or documents they may name are being read")
        state: dict[str, Any] = json.loads(context.cursor or "{}")
        handover = last_handover(context.instance)
        if handover and state.get(TAKEN_OVER) != handover.pass_id:
            state = {**handover.labels, TAKEN_OVER: handover.pass_id}
        watched = watched_labels(projects, ledger, lake)
        if state.get("watched") == watched:
            return dg.SkipReason("no label file and no document has changed")
        versions, problems = source_versions(projects, ledger, lake)
        for problem in problems:
            context.log.warning("a project is left out: %s", problem)
        cursor = json.dumps({**state, "watched": watched, "versions": versions})
        if versions == state.get("versions", {}):
            return dg.SensorResult(skip_reason="no labelled document has changed", cursor=cursor)
        return dg.SensorResult(
            # not a hash of the versions: labels put back to what they were must be checked again
            run_requests=[dg.RunRequest(run_key=watched)],
            dynamic_partitions_requests=[model_projects.build_add_request(sorted(versions))],
            cursor=cursor,
        )

    return labels_sensor


def build_retraining_sensor(automation: AutomationSettings) -> dg.SensorDefinition:
    """The sensor that retrains the projects whose checked labels differ from what they were trained on."""

    @dg.run_status_sensor(
        name="retraining_sensor",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[labels_job],
        request_job=retrain_job,
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "After labels were checked: retrains the projects whose labels, labelled texts or trainer changed, or "
            "whose champion drifted; its log says why, and why not, for each."
        ),
    )
    def retraining_sensor(
        context: dg.RunStatusSensorContext,
        projects: dg.ResourceParam[ProjectStore],
        ledger: dg.ResourceParam[Ledger],
        lake: dg.ResourceParam[Lake],
        model_registry: dg.ResourceParam[ModelRegistry],
    ) -> dg.SensorResult:
        from docplatform.training.pending import project_states, to_train

        states, problems = project_states(projects=projects, ledger=ledger, lake=lake, registry=model_registry)
        for problem in problems:
            context.log.warning("a project is left out: %s", problem)
        for state in states:
            decision = "is trained" if state.needs_training else "is not trained"
            context.log.info("project %s %s: %s", state.project, decision, state.reason)
        wanted = to_train(states)
        requests = [
            dg.RunRequest(
                run_key=f"{state.project}@{context.dagster_run.run_id}",
                partition_key=state.project,
                tags={MODEL_PROJECT_TAG: state.project, BECAUSE_TAG: state.reason},
                run_config=retraining_config(state.drifted),
            )
            for state in wanted
        ]
        names = [state.project for state in wanted]
        return dg.SensorResult(
            run_requests=requests, dynamic_partitions_requests=[model_projects.build_add_request(names)]
        )

    return retraining_sensor


def current_champions(projects: Sequence[ModelProject], registry: ModelRegistry) -> dict[str, int]:
    """Project to the version that serves; those that have none are left out."""
    aliased = {project.name: registry.aliased(project.name, CHAMPION) for project in projects}
    return {name: version.version for name, version in aliased.items() if version is not None}


def next_sweep(
    state: Mapping[str, Any],
    champions: Mapping[str, int],
    applies_to: Mapping[str, AppliesTo],
    lake_partitions: Sequence[str],
    limit: int,
) -> tuple[list[str], dict[str, Any]]:
    """Which lake partitions to predict next after champions changed, and the state to go on from.

    A sweep goes through all partitions in key order, ``limit`` of them a tick, towards the champions it began with;
    ``state`` holds those (``to``), the last key done (``after``) and the champions swept before (``done``).
    """
    done: Mapping[str, int] = state.get("done", {})
    target: Mapping[str, int] = state.get("to") or champions
    changed = [name for name, version in target.items() if done.get(name) != version and name in applies_to]
    if not changed:
        return [], {"done": dict(target)}
    after = state.get("after", "") if state.get("to") else ""
    keys = [
        key
        for key in sorted(lake_partitions)
        if key > after and any(applies_to[name].includes(*key.split("/")[:2]) for name in changed)
    ]
    if len(keys) > limit:
        return keys[:limit], {"done": dict(done), "to": dict(target), "after": keys[limit - 1]}
    return keys, {"done": dict(target)}


def build_champion_sensor(automation: AutomationSettings) -> dg.SensorDefinition:
    """The sensor that predicts again when another version serves."""

    @dg.sensor(
        name="champion_sensor",
        job=predict_job,
        minimum_interval_seconds=automation.sensor_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Predicts the documents a project applies to again when another version became its champion.",
    )
    def champion_sensor(
        context: dg.SensorEvaluationContext,
        projects: dg.ResourceParam[ProjectStore],
        model_registry: dg.ResourceParam[ModelRegistry],
        ledger: dg.ResourceParam[Ledger],
    ) -> dg.SensorResult | dg.SkipReason:
        state: dict[str, Any] = json.loads(context.cursor or "{}")
        handover = last_handover(context.instance)
        if handover and state.get(TAKEN_OVER) != handover.pass_id:
            state = {"done": handover.champions, TAKEN_OVER: handover.pass_id}
        usable = projects.load()[0]
        champions = current_champions(usable, model_registry)
        if "to" not in state and champions == state.get("done", {}):
            return dg.SkipReason("no project has another champion")
        applies_to = {project.name: project.applies_to for project in usable if project.name in champions}
        keys, new_state = next_sweep(
            state, champions, applies_to, ledger.lake_partitions(), automation.max_run_requests
        )
        # with how often each changed: a champion put back must be swept for as well
        changes = {name: len(model_registry.alias_history(name, CHAMPION)) for name in champions}
        suffix = digest([new_state.get("to") or new_state["done"], changes])
        requests = [
            dg.RunRequest(run_key=f"{key}@{suffix}", partition_key=key, tags={LAKE_PARTITION_TAG: key}) for key in keys
        ]
        if TAKEN_OVER in state:
            new_state[TAKEN_OVER] = state[TAKEN_OVER]
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(new_state))

    return champion_sensor
