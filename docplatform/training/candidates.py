"""Training a candidate on a project's frozen dataset, and entering it in the registry."""

from __future__ import annotations

import tempfile
from pathlib import Path

from docplatform import __version__
from docplatform.documents.predictions import Split
from docplatform.errors import PermanentError
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.models.base import HasChosenEngine, Model
from docplatform.models.factory import trainer_for
from docplatform.models.search import NOT_KEPT, SearchStore
from docplatform.registry.base import ModelRegistry, ModelVersion, checksum, files_below
from docplatform.training.datasets import DatasetVersion, latest_dataset, load_examples
from docplatform.training.unlabeled import with_project_texts


def require_dataset(lake: Lake, project: str) -> DatasetVersion:
    """The project's newest dataset. Raises ``PermanentError`` where none was frozen yet."""
    dataset = latest_dataset(lake, project)
    if dataset is None:
        raise PermanentError(f"Project {project} has no frozen dataset yet: materialize `labeled_dataset` first.")
    return dataset


def candidate_for(registry: ModelRegistry, dataset: DatasetVersion, fingerprint: str) -> ModelVersion | None:
    """The newest version trained on this dataset by a trainer with this fingerprint, if there is one."""
    for version in reversed(registry.versions(dataset.project)):
        if version.dataset_version == dataset.dataset_version and version.trainer_fingerprint == fingerprint:
            return version
    return None


def train_candidate(
    project: ModelProject,
    *,
    lake: Lake,
    registry: ModelRegistry,
    run_id: str,
    retrain: bool = False,
    searches: SearchStore = NOT_KEPT,
) -> ModelVersion:
    """The candidate for the project's newest dataset: trained now, unless the same training was done before.

    Training is deterministic, so a version with the same dataset and trainer fingerprint is the same model, but for
    what it learned from unlabelled texts; ``retrain`` trains all the same, and makes another version only where the
    files come out different.

    Raises:
        PermanentError: no dataset yet, or the labels can't be learned from.
        ConfigurationError: the project's trainer options are wrong.
    """
    trainer = trainer_for(project, searches)
    dataset = require_dataset(lake, project.name)
    existing = candidate_for(registry, dataset, trainer.fingerprint)
    if existing is not None and not retrain and not existing.stale:
        return existing
    examples = load_examples(lake, project.name, dataset.dataset_version)
    model = with_project_texts(trainer, project, lake, dataset).train(
        [example for example in examples if example.split is Split.TRAIN],
        [example for example in examples if example.split is Split.VALIDATION],
    )
    with tempfile.TemporaryDirectory(prefix="docplatform-model-") as folder:
        model.save(Path(folder))
        if existing is not None and not existing.stale and checksum(files_below(Path(folder))) == existing.checksum:
            return existing
        return registry.register(
            project=project.name,
            folder=Path(folder),
            kind=project.kind.value,
            labels=model.labels,
            dataset_version=dataset.dataset_version,
            trainer_fingerprint=trainer.fingerprint,
            run_id=run_id,
            lineage={
                "source_version": dataset.source_version,
                "label_set": dataset.label_set,
                "code_version": __version__,
                **_engine_choice(model),
            },
        )


def _engine_choice(model: Model) -> dict[str, str]:
    return {"engine_choice": model.engine_choice} if isinstance(model, HasChosenEngine) and model.engine_choice else {}
