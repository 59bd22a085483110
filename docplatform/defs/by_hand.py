"""Decisions made by hand as asset events, so that the UI shows them where the gate's are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from docplatform.defs.model_previews import decision_metadata
from docplatform.defs.partitions import MODEL_PROJECT, add_missing_partitions

if TYPE_CHECKING:
    from docplatform.registry.base import AliasChange, ModelRegistry
    from docplatform.training.deciding import Decision


def report_decision(instance: dg.DagsterInstance, decision: Decision, registry: ModelRegistry) -> None:
    """Record a change of the champion as a materialization of ``champion_model``, with its evidence."""
    add_missing_partitions(instance, MODEL_PROJECT, [decision.project])
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            "champion_model",
            description=f"{decision.action.value} by hand: {decision.reason}",
            partition=decision.project,
            metadata=decision_metadata(decision, registry),
        )
    )


def report_challenger(instance: dg.DagsterInstance, project: str, change: AliasChange) -> None:
    """Record a change of the challenger as an observation of ``champion_model``."""
    add_missing_partitions(instance, MODEL_PROJECT, [project])
    instance.report_runless_asset_event(
        dg.AssetObservation(
            "champion_model",
            description=f"{change.action.value} by hand: {change.reason}",
            partition=project,
            metadata={
                "challenger": "none" if change.is_withdrawn else f"{project}:{change.version}",
                "mode": change.mode.value if change.mode else "",
                "share": change.share,
                "reason": change.reason,
            },
        )
    )
