"""Which version serves: the gate's decisions, and those a person makes by hand.

Every decision is a change of the ``champion`` alias with its reason, where it changes anything, and a row of
``champion_model`` with the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docplatform.evaluation.gate import GateAnswer, GateDecision, Thresholds, decide
from docplatform.labels.projects import ModelProject
from docplatform.lake.lake import Lake
from docplatform.lake.tables import CHAMPION_MODEL
from docplatform.registry.base import CHAMPION, AliasAction, AliasChange, ModelRegistry, ModelVersion
from docplatform.training.judging import Judgement, load_judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a version."""

    project: str
    candidate_version: int
    champion_version: int | None
    """The version that serves after the decision, None where none does."""
    promoted: bool
    """Gate: whether the candidate may serve; by hand: whether the version serves now."""
    reason: str
    former_version: int | None = None
    """The version that served before."""
    answer: str = ""
    """The gate's; empty for decisions by hand."""
    action: AliasAction = AliasAction.GATE
    is_pinned: bool = False


def decide_champion(project: ModelProject, *, lake: Lake, registry: ModelRegistry, run_id: str) -> Decision:
    """Let the gate decide on the newest candidate, point the champion alias, and write the reason down.

    A pinned champion stays, whatever the gate says. Raises ``PermanentError`` where the newest candidate wasn't judged
    yet.
    """
    judgement = load_judgement(project, lake=lake, registry=registry)
    candidate, gate = judgement.candidate, _ask(project, judgement)
    former = registry.aliased(project.name, CHAMPION)
    state = registry.alias_state(project.name, CHAMPION)
    current, reason = former, gate.reason
    is_pinned = former is not None and state is not None and state.is_pinned
    if current is not None and current.version == candidate.version:
        reason = f"Version {current.version} serves already. {gate.reason}" if gate.promoted else gate.reason
    elif gate.promoted and is_pinned and current is not None and state is not None:
        reason = f"Not promoted: version {current.version} is pinned ({state.reason}). Else: {gate.reason}"
        gate = GateDecision(GateAnswer.NOT_PROMOTED, reason)
    elif gate.promoted:
        registry.set_alias(project.name, CHAMPION, candidate.version, reason=reason, run_id=run_id)
        current = candidate
    decision = Decision(
        project=project.name,
        candidate_version=candidate.version,
        champion_version=current.version if current else None,
        promoted=gate.promoted,
        reason=reason,
        former_version=former.version if former else None,
        answer=gate.answer.value,
        is_pinned=is_pinned,
    )
    where = {
        "project": project.name,
        "candidate_version": candidate.version,
        "dataset_version": judgement.dataset.dataset_version,
        "action": AliasAction.GATE.value,
    }
    lake.replace(CHAMPION_MODEL, [_gate_row(decision, judgement, run_id)], where=where, run_id=run_id)
    return decision


def decision_for(lake: Lake, project: str, candidate_version: int, dataset_version: str) -> dict[str, Any] | None:
    """The gate's row about a candidate on a dataset, None where it hasn't decided yet."""
    where = {"project": project, "candidate_version": candidate_version, "dataset_version": dataset_version}
    by_gate = [row for row in lake.read_rows(CHAMPION_MODEL, where=where) if row["action"] in (None, AliasAction.GATE)]
    return max(by_gate, key=lambda row: row["decided_at"], default=None)


def record_by_hand(lake: Lake, change: AliasChange, version: ModelVersion, former: ModelVersion | None) -> Decision:
    """Write a decision made by hand down in ``champion_model``.

    Args:
        lake: Where to.
        change: The change of the champion alias.
        version: What it is about.
        former: The version that served before.
    """
    serves = None if change.is_withdrawn else change.version
    decision = Decision(
        project=version.project,
        candidate_version=version.version,
        champion_version=serves,
        promoted=serves == version.version,
        reason=change.reason,
        former_version=former.version if former else None,
        action=change.action,
        is_pinned=change.is_pinned,
    )
    row = {
        **_row(decision, change.run_id),
        "candidate_f1": _f1(version, version.dataset_version) or 0.0,
        "champion_f1": _f1(former, version.dataset_version),
        "dataset_version": version.dataset_version,
        "decided_at": change.changed_at,
    }
    lake.upsert(CHAMPION_MODEL, [row], run_id=change.run_id)
    return decision


def _ask(project: ModelProject, judgement: Judgement) -> GateDecision:
    gate = project.gate
    thresholds = Thresholds(
        gate.min_f1, gate.max_regression, gate.min_label_f1, gate.require_significant, gate.significance
    )
    champion = judgement.champion
    if champion is None or not champion.stale:
        return decide(judgement.candidate_evaluation, judgement.champion_evaluation, thresholds, judgement.comparison)
    answer = decide(judgement.candidate_evaluation, None, thresholds)  # what must not serve on is no standard
    why = f"{answer.reason} Version {champion.version} must not serve on: {champion.stale}."
    return GateDecision(answer.answer, why)


def _gate_row(decision: Decision, judgement: Judgement, run_id: str) -> dict[str, Any]:
    other, comparison = judgement.champion_evaluation, judgement.comparison
    return {
        **_row(decision, run_id),
        "candidate_f1": judgement.candidate_evaluation.micro.f1,
        "champion_f1": other.micro.f1 if other else None,
        "dataset_version": judgement.dataset.dataset_version,
        "answer": decision.answer,
        "difference": comparison.difference if comparison else None,
        "difference_low": comparison.low if comparison else None,
        "difference_high": comparison.high if comparison else None,
        "p_value": comparison.p_value if comparison else None,
        "test": comparison.test if comparison else None,
        "needed_documents": comparison.needed_documents if comparison else None,
        "decided_at": datetime.now(UTC),
    }


def _row(decision: Decision, run_id: str) -> dict[str, Any]:
    return {
        "project": decision.project,
        "candidate_version": decision.candidate_version,
        "champion_version": decision.champion_version,
        "promoted": decision.promoted,
        "reason": decision.reason,
        "action": decision.action.value,
        "former_version": decision.former_version,
        "is_pinned": decision.is_pinned,
        "run_id": run_id,
    }


def _f1(version: ModelVersion | None, dataset_version: str) -> float | None:
    scores = version.metrics.get(dataset_version) if version else None
    return None if scores is None else float(scores["micro"]["f1"])
