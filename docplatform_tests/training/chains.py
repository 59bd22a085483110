"""The chain from labels to champion, without Dagster."""

from __future__ import annotations

from docplatform.labels.projects import ModelProject
from docplatform.training.annotations import AnnotationsReport, refresh_annotations
from docplatform.training.candidates import train_candidate
from docplatform.training.datasets import DatasetVersion, freeze_dataset
from docplatform.training.deciding import Decision, decide_champion
from docplatform.training.judging import judge_candidate
from docplatform.training.pending import ProjectState, project_state
from docplatform_tests.homes import Home


def annotate(home: Home, project: ModelProject) -> AnnotationsReport:
    p = home.platform
    return refresh_annotations(project, projects=p.projects, ledger=p.ledger, lake=p.lake, run_id="annotate")


def freeze(home: Home, project: ModelProject) -> DatasetVersion:
    p = home.platform
    return freeze_dataset(project, projects=p.projects, ledger=p.ledger, lake=p.lake, run_id="freeze")


def judge_and_decide(home: Home, project: ModelProject, run_id: str = "decide") -> Decision:
    p = home.platform
    judge_candidate(project, lake=p.lake, registry=p.model_registry, run_id=run_id)
    return decide_champion(project, lake=p.lake, registry=p.model_registry, run_id=run_id)


def train(home: Home, project: ModelProject, run_id: str = "train") -> Decision:
    """The whole chain."""
    annotate(home, project)
    freeze(home, project)
    train_candidate(project, lake=home.platform.lake, registry=home.platform.model_registry, run_id=run_id)
    return judge_and_decide(home, project, run_id)


def state_of(home: Home, project: ModelProject) -> ProjectState:
    p = home.platform
    return project_state(project, projects=p.projects, ledger=p.ledger, lake=p.lake, registry=p.model_registry)
