"""Which predictions a person has to look at: the thresholds for it. Which documents those are: ``choosing``.

Thresholds are found on predictions of training and validation examples by models that hadn't seen them (the final model
has seen both), in ``abstention.folds`` parts; near-duplicates stay in one part. The test split isn't touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from docplatform.documents.predictions import LabeledExample, Split
from docplatform.errors import PermanentError
from docplatform.evaluation.abstention import ALL_LABELS, NEVER, review_thresholds
from docplatform.evaluation.items import Assertion, assertions
from docplatform.labels.near_duplicates import groups, near_duplicates
from docplatform.labels.projects import ModelProject
from docplatform.labels.splits import normalized_hash
from docplatform.models.base import Trainer
from docplatform.registry.base import ModelRegistry, ModelVersion

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
    placed = _in_folds(usable, project.abstention.folds)
    found: list[Assertion] = []
    for fold in range(project.abstention.folds):
        held_out = [example for example, place in placed if place == fold]
        others = [example for example, place in placed if place != fold]
        if not held_out or not others:
            continue
        try:
            model = trainer.train(others, [])
        except (
            PermanentError
        ):  # so few that a part can't be learned from: it shows nothing, and its labels get reviewed
            continue
        predictions = model.predict([example.document for example in held_out])
        for example, prediction in zip(held_out, predictions, strict=True):
            found += assertions(project.kind, example, prediction)
    return found


def _in_folds(examples: Sequence[LabeledExample], folds: int) -> list[tuple[LabeledExample, int]]:
    """Each example with its part: dealt in the order of their texts' hashes, near-duplicates together."""
    keyed = sorted(((normalized_hash(e.text), e.document_id, e) for e in examples), key=lambda one: one[:2])
    ordered = [example for _, _, example in keyed]
    pairs = [(one, other) for one, other, _ in near_duplicates([example.text for example in ordered])]
    pairs += [(i, i + 1) for i, (one, other) in enumerate(pairwise(keyed)) if one[0] == other[0]]
    firsts = groups(len(ordered), pairs)
    numbers = {first: number for number, first in enumerate(dict.fromkeys(firsts))}
    return [(example, numbers[first] % folds) for example, first in zip(ordered, firsts, strict=True)]


def describe_thresholds(version: ModelVersion) -> str:
    """What a version's thresholds are, in words; empty where it has none."""
    words = []
    for label, threshold in sorted(version.thresholds.items()):
        name = "others" if label == ALL_LABELS else label
        words.append(f"{name}: always reviewed" if threshold >= NEVER else f"{name}: below {threshold:.2f}")
    return ", ".join(words)
