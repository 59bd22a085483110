"""Forgetting a document: what saw it, and models without it.

What is removed is all that training made of it: its labels (rows and entries of label files), its rows in datasets and
the mistakes that show its text, and what champions said of it. The models that saw it are marked: the next retraining
freezes the dataset without it and trains anew. The document's own bytes and text stay in the lake: they are not a
model's; remove them there, by the platform's retention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from docplatform.errors import ConfigurationError
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels, rewrite_labels
from docplatform.lake.lake import Lake
from docplatform.lake.tables import ANNOTATIONS, EVALUATION_ERRORS, LABELED_DATASET, PREDICTIONS, TableSpec
from docplatform.registry.base import ModelRegistry

_REMOVED_FROM = (ANNOTATIONS, LABELED_DATASET, EVALUATION_ERRORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPlan:
    """Everything that saw a document."""

    document_id: str
    names: tuple[str, ...]
    """What label files call it."""
    labels: Mapping[str, int]
    """Project to labels of it."""
    datasets: tuple[tuple[str, str], ...]
    """Project and dataset version that hold it."""
    models: tuple[str, ...]
    """Model ids of versions trained, chosen or judged on those datasets."""
    champions: tuple[str, ...]
    """Those of them that serve."""
    predictions: tuple[str, ...]
    """Projects whose champion predicted it."""

    @property
    def is_unknown(self) -> bool:
        """Whether nothing saw it."""
        return not (self.labels or self.datasets or self.models or self.predictions)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def plan_forget(document_id: str, *, lake: Lake, registry: ModelRegistry) -> ForgetPlan:
    """List every label, dataset, model and prediction that saw a document; changes nothing."""
    where = {"document_id": document_id}
    annotations = lake.read_rows(ANNOTATIONS, where=where, columns=["project", "location"])
    held = lake.read_rows(LABELED_DATASET, where=where, columns=["project", "dataset_version"])
    datasets = sorted({(row["project"], row["dataset_version"]) for row in held})
    models, champions = [], []
    for project in sorted({project for project, _ in datasets}):
        champion = registry.alias_state(project, "champion")
        for version in registry.versions(project):
            if (project, version.dataset_version) in datasets:
                models.append(version.model_id)
                if champion is not None and champion.version == version.version:
                    champions.append(version.model_id)
    labels: dict[str, int] = {}
    for row in annotations:
        labels[row["project"]] = labels.get(row["project"], 0) + 1
    predicted = lake.read_rows(PREDICTIONS, where=where, columns=["project"])
    return ForgetPlan(
        document_id=document_id,
        names=tuple(sorted({row["location"] for row in annotations})),
        labels=labels,
        datasets=tuple(datasets),
        models=tuple(models),
        champions=tuple(champions),
        predictions=tuple(sorted({row["project"] for row in predicted})),
    )


def forget(plan: ForgetPlan, *, lake: Lake, registry: ModelRegistry, projects: ProjectStore, run_id: str) -> ForgetPlan:
    """Do what ``plan_forget`` listed, and give back what is left, which is the marked models alone.

    Label files are written first: whatever dies after that, no later dataset holds the document again. Doing it again
    changes nothing.
    """
    for name in sorted({*plan.labels, *(project for project, _ in plan.datasets)}):
        if name in projects.names():
            _drop_labels(projects, projects.get(name), _names_in(lake, plan, name))
    for model in plan.models:
        project, _, number = model.rpartition(":")
        reason = f"it saw document {plan.document_id[:12]}, which is to be forgotten"
        registry.mark_stale(project, int(number), reason)
    for table in _REMOVED_FROM:
        _remove(lake, table, plan.document_id, run_id)
    _remove(lake, PREDICTIONS, plan.document_id, run_id)
    return plan_forget(plan.document_id, lake=lake, registry=registry)


def _names_in(lake: Lake, plan: ForgetPlan, project: str) -> set[str]:
    where = {"document_id": plan.document_id, "project": project}
    return {row["location"] for row in lake.read_rows(ANNOTATIONS, where=where, columns=["location"])}


def _drop_labels(projects: ProjectStore, project: ModelProject, names: set[str]) -> None:
    data = projects.label_file(project)
    try:
        label_file = parse_labels(data)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"Project {project.name}: its label file can't be parsed, so the document can't be taken out: {error}"
        ) from error
    kept = tuple(document for document in label_file.documents if document.location not in names)
    if len(kept) < len(label_file.documents):
        projects.save(project, rewrite_labels(replace(label_file, documents=kept), data))


def _remove(lake: Lake, table: TableSpec, document_id: str, run_id: str) -> None:
    if lake.read_rows(table, where={"document_id": document_id}, columns=["document_id"]):
        lake.replace(table, [], where={"document_id": document_id}, run_id=run_id)
