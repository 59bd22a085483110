"""Which steps of a model project are waiting to be done."""

from __future__ import annotations

from dataclasses import dataclass

from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.lake.lake import Lake
from docplatform.ledger.ledger import Ledger
from docplatform.models.factory import trainer_for
from docplatform.registry.base import ModelRegistry
from docplatform.training.annotations import LabelSource
from docplatform.training.candidates import candidate_for
from docplatform.training.datasets import latest_dataset
from docplatform.training.judging import decision_for


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """Where a project stands. ``needs_training`` is all that a pass asks."""

    project: str
    labeled: int
    """Documents the label file names."""
    arrived: int
    """Of those, the ones that have arrived."""
    source_version: str | None
    """See ``LabelSource.source_version``; None while nothing that could be trained on is there."""
    step: str | None
    """The first asset that is behind: ``labeled_dataset``, ``trained_model``, ``champion_model``; None: up to date."""

    @property
    def needs_training(self) -> bool:
        """Whether the chain from labels to gate has something to do."""
        return self.step is not None


def project_state(
    project: ModelProject, *, projects: ProjectStore, ledger: Ledger, lake: Lake, registry: ModelRegistry
) -> ProjectState:
    """Where a project stands; reads hashes only, no text. Raises ``ConfigurationError`` for a wrong project."""
    source = LabelSource.load(project, projects=projects, ledger=ledger)
    source_version = source.source_version(lake)
    return ProjectState(
        project=project.name,
        labeled=len(source.label_file.documents),
        arrived=len(source.documents),
        source_version=source_version,
        step=_first_step_behind(project, source_version, lake, registry),
    )


def _first_step_behind(
    project: ModelProject, source_version: str | None, lake: Lake, registry: ModelRegistry
) -> str | None:
    if source_version is None:
        return None
    dataset = latest_dataset(lake, project.name)
    if dataset is None or dataset.source_version != source_version:
        return "labeled_dataset"
    candidate = candidate_for(registry, dataset, trainer_for(project).fingerprint)
    if candidate is None:
        return "trained_model"
    if decision_for(lake, project.name, candidate.version, dataset.dataset_version) is None:
        return "champion_model"
    return None


def projects_behind(
    *, projects: ProjectStore, ledger: Ledger, lake: Lake, registry: ModelRegistry
) -> tuple[list[str], list[str]]:
    """The projects whose chain from labels to gate has something to do, and what is wrong with those left out."""
    behind = []
    usable, problems = projects.load()
    for project in usable:
        try:
            state = project_state(project, projects=projects, ledger=ledger, lake=lake, registry=registry)
        except ConfigurationError as error:
            problems.append(str(error))
            continue
        if state.needs_training:
            behind.append(project.name)
    return behind, problems
