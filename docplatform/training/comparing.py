"""Comparing two registered versions on the newest dataset's test split."""

from __future__ import annotations

from docplatform.documents.predictions import Split
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.evaluation.comparison import Comparison, compare
from docplatform.evaluation.metrics import document_counts
from docplatform.inference.champions import load_model
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.registry.base import ModelRegistry
from docplatform.training.candidates import require_dataset
from docplatform.training.datasets import load_examples


def compare_versions(
    project: ModelProject, first: int, second: int, *, lake: Lake, registry: ModelRegistry
) -> Comparison:
    """Compare version ``first`` with ``second``; writes nothing.

    Raises:
        ConfigurationError: there is no such version.
        PermanentError: no dataset, or an empty test split.
    """
    dataset = require_dataset(lake, project.name)
    test = load_examples(lake, project.name, dataset.dataset_version, [Split.TEST])
    if not test:
        raise PermanentError(f"The test split of {project.name} is empty: label more documents.")
    counts = []
    for number in (first, second):
        try:
            model = load_model(project, number, registry)
        except KeyError:
            raise ConfigurationError(f"Project {project.name} has no version {number}.") from None
        counts.append(document_counts(project.kind, test, model.predict([example.document for example in test])))
    return compare(*counts)
