"""Prebuilt against custom: the same scores side by side, and which of the two to use.

The rule of thumb is Microsoft's decision framework: where a prebuilt capability reaches 80 % of what is needed, use it,
since it needs no labels and no training. What is needed is the F1 that the project's gate asks of the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from docplatform.documents.predictions import Category, Entity, LabeledExample, Prediction
from docplatform.errors import ConfigurationError
from docplatform.evaluation.metrics import Evaluation, evaluate
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import PREBUILT_COMPARISON
from docplatform.text.prebuilt import capabilities, find, is_known, is_language
from docplatform.training.scores import Scored

ENOUGH = 0.80
"""Share of what is needed from which on prebuilt is recommended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrebuiltScore:
    """One label, found by a prebuilt capability and by the custom model."""

    label: str
    capability: str
    prebuilt_f1: float
    custom_f1: float
    support: int
    recommendation: str


def compare_prebuilt(
    project: ModelProject, test: Sequence[LabeledExample], custom: Evaluation, scored: Scored, lake: Lake
) -> tuple[PrebuiltScore, ...]:
    """Score the capabilities that the project's ``prebuilt`` names on the test split, and write them down.

    Raises:
        ConfigurationError: it names one that doesn't exist; the message lists those that do.
    """
    unknown = sorted({name for name in project.prebuilt.values() if not is_known(name)})
    if unknown:
        raise ConfigurationError(
            f"Project {project.name}: prebuilt names {', '.join(unknown)}; there are: {', '.join(capabilities())}."
        )
    scores = prebuilt_scores(project, test, custom) if project.prebuilt else ()
    rows = [
        {
            **scored.keys,
            "label": one.label,
            "capability": one.capability,
            "prebuilt_f1": one.prebuilt_f1,
            "custom_f1": one.custom_f1,
            "support": one.support,
            "recommendation": one.recommendation,
            "run_id": scored.run_id,
        }
        for one in scores
    ]
    if rows or load_prebuilt(lake, scored.keys):
        lake.replace(PREBUILT_COMPARISON, rows, where=scored.keys, run_id=scored.run_id)
    return scores


def load_prebuilt(lake: Lake, keys: Mapping[str, Any]) -> tuple[PrebuiltScore, ...]:
    """What ``compare_prebuilt`` wrote about a version on a dataset, by label."""
    rows = lake.read_rows(PREBUILT_COMPARISON, where=keys)
    names = [field.name for field in fields(PrebuiltScore)]
    return tuple(PrebuiltScore(**{n: row[n] for n in names}) for row in sorted(rows, key=lambda row: row["label"]))


def prebuilt_scores(
    project: ModelProject, test: Sequence[LabeledExample], custom: Evaluation
) -> tuple[PrebuiltScore, ...]:
    """The mapped labels' scores, by label."""
    evaluation = evaluate(project.kind, test, [_found(project, example) for example in test])
    scores = []
    for label, capability in sorted(project.prebuilt.items()):
        prebuilt, own = evaluation.label(label), custom.label(label)
        prebuilt_f1, custom_f1 = (score.f1 if score else 0.0 for score in (prebuilt, own))
        support = own.support if own else 0
        needed = project.gate.min_label_f1.get(label, project.gate.min_f1)
        words = _recommendation(label, capability, prebuilt_f1, custom_f1, needed, support)
        scores.append(
            PrebuiltScore(
                label=label,
                capability=capability,
                prebuilt_f1=prebuilt_f1,
                custom_f1=custom_f1,
                support=support,
                recommendation=words,
            )
        )
    return tuple(scores)


def _found(project: ModelProject, example: LabeledExample) -> Prediction:
    if not project.kind.labels_spans:
        matching = [label for label, name in sorted(project.prebuilt.items()) if is_language(name, example.text)]
        return Prediction(categories=tuple(Category(label) for label in matching), confidence_score=1.0)
    spans = [
        Entity(label, offset, length, example.text[offset : offset + length])
        for label, name in sorted(project.prebuilt.items())
        if not name.startswith("Language")
        for offset, length in find(name, example.text)
    ]
    return Prediction(entities=tuple(spans), confidence_score=1.0)


def _recommendation(
    label: str, capability: str, prebuilt_f1: float, custom_f1: float, needed: float, support: int
) -> str:
    if not support:
        return f"{label} isn't in the test split: nothing can be compared."
    share = prebuilt_f1 / needed if needed else 1.0
    numbers = f"F1 {prebuilt_f1:.2f} is {share:.0%} of the {needed:.2f} needed; custom {custom_f1:.2f}"
    if share >= ENOUGH:
        return f"Use prebuilt {capability} for {label}: {numbers}."
    return f"Use the custom model for {label}: prebuilt {capability} with {numbers}."
