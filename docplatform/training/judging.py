"""Judging candidates on the frozen test split, and the gate that makes one of them champion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docplatform.documents.predictions import Split
from docplatform.errors import PermanentError
from docplatform.evaluation.gate import Thresholds, decide
from docplatform.evaluation.metrics import Evaluation, evaluate
from docplatform.inference.champions import load_model
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import CHAMPION_MODEL, EVALUATION_ERRORS, MODEL_EVALUATION
from docplatform.models.factory import trainer_for
from docplatform.registry.base import CHAMPION, ModelRegistry, ModelVersion
from docplatform.training.candidates import candidate_for, require_dataset
from docplatform.training.datasets import DatasetVersion, load_examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A candidate's scores beside the champion's, on the same frozen test split."""

    dataset: DatasetVersion
    candidate: ModelVersion
    candidate_evaluation: Evaluation
    champion: ModelVersion | None
    """The champion at the time, None where there was none or the candidate serves already."""
    champion_evaluation: Evaluation | None


def newest_candidate(project: ModelProject, registry: ModelRegistry, dataset: DatasetVersion) -> ModelVersion:
    """The newest version that the project's trainer made of the dataset. Raises ``PermanentError``: there is none."""
    candidate = candidate_for(registry, dataset, trainer_for(project).fingerprint)
    if candidate is None:
        raise PermanentError(
            f"Project {project.name} has no model that its trainer made of its newest dataset: materialize "
            "`trained_model`."
        )
    return candidate


def judge_candidate(project: ModelProject, *, lake: Lake, registry: ModelRegistry, run_id: str) -> Judgement:
    """Score the newest candidate, and the champion beside it, on the newest dataset's test split; write both down.

    Raises ``PermanentError`` where there is no dataset or no candidate yet.
    """
    dataset = require_dataset(lake, project.name)
    candidate = newest_candidate(project, registry, dataset)
    champion = registry.aliased(project.name, CHAMPION)
    examples = load_examples(lake, project.name, dataset.dataset_version, [Split.TEST])
    for version in {v.version: v for v in (candidate, champion) if v is not None}.values():
        predictions = load_model(project, version.version, registry).predict([example.document for example in examples])
        evaluation = evaluate(project.kind, examples, predictions)
        _write(lake, version, dataset, evaluation, run_id)
        scores = {**version.metrics, dataset.dataset_version: evaluation.to_dict()}
        registry.record_metrics(project.name, version.version, scores)
    return load_judgement(project, lake=lake, registry=registry)


def load_judgement(project: ModelProject, *, lake: Lake, registry: ModelRegistry) -> Judgement:
    """What ``judge_candidate`` found last. Raises ``PermanentError`` where the newest candidate wasn't judged yet."""
    dataset = require_dataset(lake, project.name)
    candidate = newest_candidate(project, registry, dataset)
    champion = registry.aliased(project.name, CHAMPION)
    other = champion if champion is not None and champion.version != candidate.version else None
    try:
        return Judgement(
            dataset=dataset,
            candidate=candidate,
            candidate_evaluation=Evaluation.from_dict(candidate.metrics[dataset.dataset_version]),
            champion=other,
            champion_evaluation=Evaluation.from_dict(other.metrics[dataset.dataset_version]) if other else None,
        )
    except KeyError as error:
        raise PermanentError(
            f"Project {project.name}: version {candidate.version} was not judged on its newest dataset yet: "
            "materialize `model_evaluation`."
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the gate decided."""

    project: str
    candidate_version: int
    champion_version: int | None
    """The version that serves after the decision, None where none does."""
    promoted: bool
    reason: str


def decide_champion(project: ModelProject, *, lake: Lake, registry: ModelRegistry, run_id: str) -> Decision:
    """Let the gate decide on the newest candidate, point the champion alias, and write the reason down.

    Raises ``PermanentError`` where the newest candidate wasn't judged yet.
    """
    judgement = load_judgement(project, lake=lake, registry=registry)
    candidate = judgement.candidate
    gate = decide(
        judgement.candidate_evaluation,
        judgement.champion_evaluation,
        Thresholds(project.gate.min_f1, project.gate.max_regression, project.gate.min_label_f1),
    )
    current, reason = registry.aliased(project.name, CHAMPION), gate.reason
    if current is not None and current.version == candidate.version:
        reason = f"Version {current.version} serves already. {gate.reason}" if gate.promoted else gate.reason
    elif gate.promoted:
        registry.set_alias(project.name, CHAMPION, candidate.version, reason=reason, run_id=run_id)
        current = candidate
    decision = Decision(
        project=project.name,
        candidate_version=candidate.version,
        champion_version=current.version if current else None,
        promoted=gate.promoted,
        reason=reason,
    )
    lake.upsert(CHAMPION_MODEL, [_decision_row(decision, judgement, run_id)], run_id=run_id)
    return decision


def decision_for(lake: Lake, project: str, candidate_version: int, dataset_version: str) -> dict[str, Any] | None:
    """The gate's row about a candidate on a dataset, None where it hasn't decided yet."""
    where = {"project": project, "candidate_version": candidate_version, "dataset_version": dataset_version}
    rows = lake.read_rows(CHAMPION_MODEL, where=where)
    return rows[0] if rows else None


def _decision_row(decision: Decision, judgement: Judgement, run_id: str) -> dict[str, Any]:
    other = judgement.champion_evaluation
    return {
        "project": decision.project,
        "candidate_version": decision.candidate_version,
        "champion_version": decision.champion_version,
        "promoted": decision.promoted,
        "reason": decision.reason,
        "candidate_f1": judgement.candidate_evaluation.micro.f1,
        "champion_f1": other.micro.f1 if other else None,
        "dataset_version": judgement.dataset.dataset_version,
        "decided_at": datetime.now(UTC),
        "run_id": run_id,
    }


def _write(lake: Lake, version: ModelVersion, dataset: DatasetVersion, evaluation: Evaluation, run_id: str) -> None:
    keys = {
        "project": version.project,
        "model_version": version.version,
        "dataset_version": dataset.dataset_version,
    }
    scores = [
        {
            **keys,
            "label": score.label,
            "precision": score.precision,
            "recall": score.recall,
            "f1": score.f1,
            "support": score.support,
            "evaluated_at": datetime.now(UTC),
            "run_id": run_id,
        }
        for score in (*evaluation.labels, evaluation.micro, evaluation.macro)
    ]
    errors = {
        (error.document_id, error.expected, error.predicted): {
            **keys,
            "document_id": error.document_id,
            "expected": error.expected,
            "predicted": error.predicted,
            "context": error.context,
            "run_id": run_id,
        }
        for error in evaluation.errors
    }
    lake.replace(MODEL_EVALUATION, scores, where=keys, run_id=run_id)
    lake.replace(EVALUATION_ERRORS, list(errors.values()), where=keys, run_id=run_id)
