"""Which model projects are to be trained, and why, or why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.lake.lake import Lake
from docplatform.lake.tables import DRIFT_REPORT
from docplatform.ledger.ledger import Ledger
from docplatform.models.factory import trainer_for
from docplatform.registry.base import CHAMPION, ModelRegistry, ModelVersion
from docplatform.training.annotations import LabelSource
from docplatform.training.candidates import candidate_for
from docplatform.training.datasets import DatasetVersion, latest_dataset
from docplatform.training.deciding import decision_for
from docplatform.training.reviewing import needs_thresholds


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
    """The first asset that is behind: ``labeled_dataset``, ``trained_model``, ``model_evaluation``, ``champion_model``;
    None: up to date."""
    reason: str
    """Why it is to be trained, or why not, in a sentence."""
    drifted: bool = False
    """The step is training the same labels again, because drift was found since."""

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
    step, reason, drifted = _first_step_behind(project, source_version, lake, registry)
    return ProjectState(
        project=project.name,
        labeled=len(source.label_file.documents),
        arrived=len(source.documents),
        source_version=source_version,
        step=step,
        reason=reason,
        drifted=drifted,
    )


Step = tuple[str | None, str, bool]


def _first_step_behind(project: ModelProject, source_version: str | None, lake: Lake, registry: ModelRegistry) -> Step:
    if source_version is None:
        return None, "no labelled document has arrived and been read yet", False
    dataset = latest_dataset(lake, project.name)
    if dataset is None:
        return "labeled_dataset", "it was never trained", False
    if dataset.source_version != source_version:
        return "labeled_dataset", "labels, labelled texts or the project's training options changed", False
    candidate = candidate_for(registry, dataset, trainer_for(project).fingerprint)
    if candidate is None:
        return "trained_model", "the trainer, or its options, changed", False
    if candidate.stale:
        return "trained_model", f"version {candidate.version} must not serve on: {candidate.stale}", False
    decided = decision_for(lake, project.name, candidate.version, dataset.dataset_version)
    if decided is None:
        return "champion_model", f"the gate hasn't decided on version {candidate.version} yet", False
    if needs_thresholds(project, candidate):
        return "model_evaluation", "abstention.target_precision changed", False
    return _after_drift(project, dataset, decided, lake, registry)


def _after_drift(
    project: ModelProject, dataset: DatasetVersion, decided: dict[str, Any], lake: Lake, registry: ModelRegistry
) -> Step:
    champion = registry.aliased(project.name, CHAMPION)
    alarms = drift_alarms(lake, champion) if champion else []
    current = f"labels, texts and trainer are those of dataset {dataset.dataset_version[:12]}"
    if not alarms:
        return None, f"nothing changed: {current}, and no drift was found", False
    first = alarms[0]
    when = f"{first['checked_at']:%Y-%m-%d %H:%M}"
    if decided["decided_at"] < first["checked_at"]:
        return "trained_model", f"drift was found on {when} and it wasn't trained since: {first['reason']}", True
    return (
        None,
        f"drift was found on {when} and it was trained since; {current}, so training again would give the same model: "
        "label documents of the review queue",
        False,
    )


def drift_alarms(lake: Lake, champion: ModelVersion) -> list[dict[str, Any]]:
    """The drift reports with an alarm about a champion, oldest first; none where the last report has no alarm."""
    where = {"project": champion.project, "model_version": champion.version}
    rows = sorted(lake.read_rows(DRIFT_REPORT, where=where), key=lambda row: row["checked_at"])
    return [row for row in rows if row["alarm"]] if rows and rows[-1]["alarm"] else []


def project_states(
    *, projects: ProjectStore, ledger: Ledger, lake: Lake, registry: ModelRegistry
) -> tuple[list[ProjectState], list[str]]:
    """Where every project stands, and what is wrong with those left out."""
    states = []
    usable, problems = projects.load()
    for project in usable:
        try:
            states.append(project_state(project, projects=projects, ledger=ledger, lake=lake, registry=registry))
        except ConfigurationError as error:
            problems.append(str(error))
    return states, problems


def to_train(states: Iterable[ProjectState]) -> list[ProjectState]:
    """Those whose chain from labels to gate has something to do."""
    return [state for state in states if state.needs_training]
