"""Which trainer a project gets."""

from __future__ import annotations

from typing import Protocol

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject
from docplatform.models.base import Trainer, TrainerOptions
from docplatform.models.search import NOT_KEPT, SearchStore

LOCAL_KINDS = (
    TaskKind.SINGLE_LABEL_CLASSIFICATION,
    TaskKind.MULTI_LABEL_CLASSIFICATION,
    TaskKind.ENTITY_RECOGNITION,
)
"""The tasks that local trainers exist for."""


class _FromOptions(Protocol):
    def __call__(self, given: TrainerOptions, searches: SearchStore) -> Trainer: ...


def trainer_for(project: ModelProject, searches: SearchStore = NOT_KEPT) -> Trainer:
    """The trainer of a project.

    Args:
        project: Whose kind and ``trainer`` options are looked at.
        searches: Where hyperparameter searches are kept, for who trains; default: nowhere.

    Raises:
        ConfigurationError: where no backend trains its kind, or its options are wrong; the message says what there is.
    """
    if project.backend != "local":
        raise ConfigurationError(
            f"Project {project.name}: there is no model backend {project.backend!r}. Set `backend: local`."
        )
    if project.kind not in LOCAL_KINDS:
        raise ConfigurationError(
            f"Project {project.name}: the local backend doesn't train {project.kind.value}. "
            f"It trains {', '.join(LOCAL_KINDS)}."
        )
    try:
        return _local(project.kind)(project.trainer, searches)
    except ConfigurationError as error:
        raise ConfigurationError(f"Project {project.name}: {error}") from error


def _local(kind: TaskKind) -> _FromOptions:
    if kind is TaskKind.SINGLE_LABEL_CLASSIFICATION:
        from docplatform.models.local.single_label import SingleLabelTrainer

        return SingleLabelTrainer.from_options
    if kind is TaskKind.MULTI_LABEL_CLASSIFICATION:
        from docplatform.models.local.multi_label import MultiLabelTrainer

        return MultiLabelTrainer.from_options
    from docplatform.models.local.entities import EntityTrainer

    return EntityTrainer.from_options
