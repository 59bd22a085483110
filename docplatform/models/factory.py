"""Which trainer a project gets."""

from __future__ import annotations

from typing import Protocol

from docplatform.documents.predictions import TaskKind
from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject
from docplatform.models.base import Trainer, TrainerOptions
from docplatform.models.search import NOT_KEPT, SearchStore


class _FromOptions(Protocol):
    def __call__(self, given: TrainerOptions, searches: SearchStore, /) -> Trainer: ...


def trainer_for(project: ModelProject, searches: SearchStore = NOT_KEPT) -> Trainer:
    """The trainer of a project.

    Args:
        project: Whose kind and ``trainer`` options are looked at.
        searches: Where hyperparameter searches are kept, for who trains; default: nowhere.

    Raises:
        ConfigurationError: where there is no such backend, or its options are wrong; the message says what there is.
    """
    if project.backend != "local":
        raise ConfigurationError(
            f"Project {project.name}: there is no model backend {project.backend!r}. Set `backend: local`."
        )
    try:
        return _local(project.kind, project.trainer)(project.trainer, searches)
    except ConfigurationError as error:
        raise ConfigurationError(f"Project {project.name}: {error}") from error


def _local(kind: TaskKind, given: TrainerOptions) -> _FromOptions:
    if kind is TaskKind.SINGLE_LABEL_CLASSIFICATION and given.get("engine") == "transformer":
        from docplatform.models.local.transformer import TransformerTrainer

        return TransformerTrainer.from_options
    if kind is TaskKind.SINGLE_LABEL_CLASSIFICATION:
        from docplatform.models.local.single_label import SingleLabelTrainer

        return SingleLabelTrainer.from_options
    if kind is TaskKind.MULTI_LABEL_CLASSIFICATION:
        from docplatform.models.local.multi_label import MultiLabelTrainer

        return MultiLabelTrainer.from_options
    if kind is TaskKind.DOCUMENT_CLASSIFICATION:
        from docplatform.models.local.document_classes import DocumentClassTrainer

        return lambda given, _searches: DocumentClassTrainer.from_options(given)
    if kind is TaskKind.FIELD_EXTRACTION:
        from docplatform.models.local.fields import FieldTrainer

        return FieldTrainer.from_options
    from docplatform.models.local.entities import EntityTrainer

    return EntityTrainer.from_options
