"""Which predictions a person has to look at: the thresholds for it. Which documents those are: ``choosing``.

Thresholds are found on predictions of training and validation examples by models that hadn't seen them (the final model
has seen both), in ``abstention.folds`` parts; near-duplicates stay in one part. The test split isn't touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from docplatform.documents.predictions import LabeledExample, Split
from docplatform.errors import PermanentError
from docplatform.evaluation.abstention import ALL_LABELS, NEVER, review_thresholds
from docplatform.evaluation.items import Assertion, assertions
from docplatform.labels.projects import ModelProject
from docplatform.models.base import Trainer
from docplatform.registry.base import ModelRegistry, ModelVersion
from docplatform.training.cross_validation import held_out_predictions

ABSTENTION = "abstention"
"""Key in a version's metrics: the precision asked for, and what was found."""


def record_review_thresholds(
    project: ModelProject,
    version: ModelVersion,
    trainer: Callable[[], Trainer],
    examples: Sequence[LabeledExample],
    registry: ModelRegistry,
) -> None:
    """Find and store the thresholds that the project's ``abstention.target_precision`` asks for.

    Nothing is done where they were found for the same target before; without a target they are removed.
    """
    target = project.abstention.target_precision
    current = registry.version(project.name, version.version)
    known: dict[str, Any] = current.metrics.get(ABSTENTION, {})
    asked = {"target_precision": target, "folds": project.abstention.folds}
    if target is None:
        if current.thresholds:
            registry.record_thresholds(project.name, version.version, {})
        return
    if current.thresholds and {name: known.get(name) for name in asked} == asked:
        return
    found = review_thresholds(held_out_assertions(project, trainer(), examples), target, version.labels)
    registry.record_thresholds(project.name, version.version, {one.label: one.threshold for one in found})
    details = {**asked, "labels": [asdict(one) for one in found]}
    registry.record_metrics(project.name, version.version, {**current.metrics, ABSTENTION: details})


def review_everything(project: ModelProject, version: ModelVersion, registry: ModelRegistry) -> None:
    """Let a person look at all that a version asserts, where a precision is asked for and wasn't shown for it.

    Thresholds are found with the project's present trainer; of a champion from another one nothing can be shown.
    """
    current = registry.version(project.name, version.version)
    if project.abstention.target_precision is None or not needs_thresholds(project, current):
        return
    registry.record_thresholds(project.name, version.version, {ALL_LABELS: NEVER})
    details = {"target_precision": project.abstention.target_precision, "folds": project.abstention.folds}
    registry.record_metrics(project.name, version.version, {**current.metrics, ABSTENTION: {**details, "labels": []}})


def needs_thresholds(project: ModelProject, version: ModelVersion) -> bool:
    """Whether the thresholds that a version has aren't those the project asks for."""
    target = project.abstention.target_precision
    if target is None:
        return bool(version.thresholds)
    known: dict[str, Any] = version.metrics.get(ABSTENTION, {})
    return known.get("target_precision") != target or known.get("folds") != project.abstention.folds


def held_out_assertions(project: ModelProject, trainer: Trainer, examples: Sequence[LabeledExample]) -> list[Assertion]:
    """What models assert of examples they haven't seen, over all but the test split."""
    usable = [example for example in examples if example.split is not Split.TEST]
    try:
        predictions = held_out_predictions(usable, project.abstention.folds, lambda: trainer)
    except PermanentError:  # so few that no part can be learned from: nothing is shown, and all labels get reviewed
        return []
    shown = [(e, p) for e, p in zip(usable, predictions, strict=True) if p is not None]
    return [one for example, prediction in shown for one in assertions(project.kind, example, prediction)]


def describe_thresholds(version: ModelVersion) -> str:
    """What a version's thresholds are, in words; empty where it has none."""
    words = []
    for label, threshold in sorted(version.thresholds.items()):
        name = "others" if label == ALL_LABELS else label
        words.append(f"{name}: always reviewed" if threshold >= NEVER else f"{name}: below {threshold:.2f}")
    return ", ".join(words)
