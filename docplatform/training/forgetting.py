"""Forgetting a document: what saw it, and models without it.

What is removed is all that training made of it: its labels (rows and entries of label files), its rows in datasets and
the mistakes that show its text (rows, and the scores that versions keep), and what champions said of it. The models
that saw it are marked: the next retraining freezes the dataset without it and trains anew. The document's own bytes and
text stay: they are not a model's, and ``erasing`` removes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from docplatform.errors import ConfigurationError
from docplatform.labels.label_file import LabelFile
from docplatform.labels.projects import ModelProject, ProjectStore
from docplatform.labels.stored import parse_labels, rewrite_labels
from docplatform.lake.lake import Lake
from docplatform.lake.tables import ANNOTATIONS, EVALUATION_ERRORS, LABELED_DATASET, PREDICTIONS, TableSpec
from docplatform.ledger.ledger import Ledger
from docplatform.registry.base import ModelRegistry

_REMOVED_FROM = (ANNOTATIONS, LABELED_DATASET, EVALUATION_ERRORS, PREDICTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPlan:
    """Everything that saw a document."""

    document_id: str
    names: Mapping[str, tuple[str, ...]]
    """Project to what its label file calls it."""
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
        return not (self.names or self.labels or self.datasets or self.models or self.predictions)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def plan_forget(
    document_id: str, *, lake: Lake, registry: ModelRegistry, projects: ProjectStore, ledger: Ledger
) -> ForgetPlan:
    """List every label, dataset, model and prediction that saw a document; changes nothing.

    Raises:
        ConfigurationError: a project or its label file is wrong: it can't be told whether it names the document.
    """
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
        names=_names(document_id, annotations, projects, ledger),
        labels=labels,
        datasets=tuple(datasets),
        models=tuple(models),
        champions=tuple(champions),
        predictions=tuple(sorted({row["project"] for row in predicted})),
    )


def forget(plan: ForgetPlan, *, lake: Lake, registry: ModelRegistry, projects: ProjectStore, run_id: str) -> None:
    """Do what ``plan_forget`` listed. The marked models are left.

    Label files are written first: whatever dies after that, no later dataset holds the document again. Doing it again
    changes nothing.
    """
    for name, locations in plan.names.items():
        _drop_labels(projects, projects.get(name), set(locations))
    for model in plan.models:
        project, _, number = model.rpartition(":")
        reason = f"it saw document {plan.document_id[:12]}, which is to be forgotten"
        registry.mark_stale(project, int(number), reason)
        metrics = registry.version(project, int(number)).metrics
        registry.record_metrics(project, int(number), _without_mistakes(metrics, plan.document_id))
    for table in _REMOVED_FROM:
        _remove(lake, table, plan.document_id, run_id)


def _names(
    document_id: str, annotations: Sequence[Mapping[str, Any]], projects: ProjectStore, ledger: Ledger
) -> dict[str, tuple[str, ...]]:
    """Project to the names in its label file that mean the document, or gave the labels that there are of it."""
    found = {}
    for project in map(projects.get, projects.names()):
        listed = [document.location for document in _label_file(projects, project).documents]
        meant = ledger.find_documents(project.customer, listed)
        names = {name for name, document in meant.items() if document.document_id == document_id}
        names |= {row["location"] for row in annotations if row["project"] == project.name}
        if names:
            found[project.name] = tuple(sorted(names))
    return found


def _label_file(projects: ProjectStore, project: ModelProject) -> LabelFile:
    try:
        return parse_labels(projects.label_file(project))
    except ConfigurationError as error:
        raise ConfigurationError(
            f"Project {project.name}: its label file can't be parsed, so the document can't be taken out: {error}"
        ) from error


def _without_mistakes(metrics: Mapping[str, Any], document_id: str) -> dict[str, Any]:
    """A version's metrics without the examples that show the document; how many mistakes there were stays."""

    def cleaned(value: Any) -> Any:
        if not isinstance(value, Mapping) or "errors" not in value:
            return value
        return {**value, "errors": [error for error in value["errors"] if error["document_id"] != document_id]}

    return {name: cleaned(value) for name, value in metrics.items()}


def _drop_labels(projects: ProjectStore, project: ModelProject, names: set[str]) -> None:
    data, label_file = projects.label_file(project), _label_file(projects, project)
    kept = tuple(document for document in label_file.documents if document.location not in names)
    if len(kept) < len(label_file.documents):
        projects.save_labels(project, rewrite_labels(replace(label_file, documents=kept), data))


def _remove(lake: Lake, table: TableSpec, document_id: str, run_id: str) -> None:
    if lake.read_rows(table, where={"document_id": document_id}, columns=["document_id"]):
        lake.replace(table, [], where={"document_id": document_id}, run_id=run_id)
