"""The champions, as stages: one per project that has one."""

from __future__ import annotations

from functools import partial

from docplatform.inference.stages import PredictionStage
from docplatform.labels.projects import ModelProject, ProjectStore, prediction_order
from docplatform.lake.lake import Lake
from docplatform.models.base import Model
from docplatform.models.factory import trainer_for
from docplatform.registry.base import CHAMPION, ModelRegistry


def load_model(project: ModelProject, version: int, registry: ModelRegistry) -> Model:
    """A registered version, ready to predict. Raises ``PermanentError`` where its files aren't what was registered."""
    return trainer_for(project).load(registry.fetch(project.name, version))


def champion_stages(lake: Lake, projects: ProjectStore, registry: ModelRegistry) -> list[PredictionStage]:
    """A prediction stage for every project with a champion, each after those whose classes it needs.

    A model is loaded when its stage has a first text to predict. Projects whose YAML is wrong are left out: a check of
    the asset ``annotations`` names them, and the others go on.
    """
    stages = []
    for project in prediction_order(projects.load()[0]):
        champion = registry.aliased(project.name, CHAMPION)
        if champion is not None:
            load = partial(load_model, project, champion.version, registry)
            stages.append(PredictionStage(lake, project, champion.version, load, thresholds=champion.thresholds))
    return stages
