"""Writing down what an evaluation found: scores, slices, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docplatform.evaluation.metrics import Evaluation, LabelScore
from docplatform.evaluation.slices import SliceScore
from docplatform.lake.lake import Lake
from docplatform.lake.tables import EVALUATION_ERRORS, EVALUATION_SLICES, MODEL_EVALUATION, OCR_TEXT, ROUTED_DOCUMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Which version was scored on which dataset, and in which run."""

    project: str
    model_version: int
    dataset_version: str
    run_id: str

    @property
    def keys(self) -> dict[str, Any]:
        """The columns that every row about it has."""
        return {
            "project": self.project,
            "model_version": self.model_version,
            "dataset_version": self.dataset_version,
        }


def write_scores(lake: Lake, scored: Scored, evaluation: Evaluation, slices: Sequence[SliceScore]) -> None:
    """Replace the version's rows in ``model_evaluation``, ``evaluation_slices`` and ``evaluation_errors``."""
    averages = [score for score in (evaluation.micro, evaluation.macro, evaluation.weighted) if score]
    scores = [_score_row(scored, score, evaluation) for score in (*evaluation.labels, *averages)]
    errors = {
        (error.document_id, error.expected, error.predicted): {
            **scored.keys,
            "document_id": error.document_id,
            "expected": error.expected,
            "predicted": error.predicted,
            "context": error.context,
            "run_id": scored.run_id,
        }
        for error in evaluation.errors
    }
    by_slice = [
        {
            **scored.keys,
            "attribute": one.attribute,
            "value": one.value,
            "documents": one.documents,
            "f1": one.f1,
            "gap": one.gap,
            "gap_low": one.gap_low,
            "gap_high": one.gap_high,
            "is_flagged": one.is_flagged,
            "run_id": scored.run_id,
        }
        for one in slices
    ]
    for table, rows in (
        (MODEL_EVALUATION, scores),
        (EVALUATION_SLICES, by_slice),
        (EVALUATION_ERRORS, list(errors.values())),
    ):
        lake.replace(table, rows, where=scored.keys, run_id=scored.run_id)


def document_attributes(lake: Lake, document_ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Attribute to document to value, of those that slices are made by."""
    attributes: dict[str, dict[str, str | None]] = {}
    for table, columns in ((ROUTED_DOCUMENTS, ("customer", "extension")), (OCR_TEXT, ("quality", "language"))):
        rows = lake.read_rows(table, where={"document_id": list(document_ids)}, columns=["document_id", *columns])
        for column in columns:
            attributes[column] = {row["document_id"]: row[column] for row in rows}
    return attributes


def _score_row(scored: Scored, score: LabelScore, evaluation: Evaluation) -> dict[str, Any]:
    return {
        **scored.keys,
        "label": score.label,
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "support": score.support,
        "folds": evaluation.folds,
        "f1_low": score.f1_low,
        "f1_high": score.f1_high,
        **_further_scores(score.label, evaluation),
        "evaluated_at": datetime.now(UTC),
        "run_id": scored.run_id,
    }


def _further_scores(label: str, evaluation: Evaluation) -> Mapping[str, float | None]:
    """What only some kinds and labels have."""
    overlap = next((score.f1 for score in evaluation.overlap if score.label == label), None)
    is_all, fields, calibration = label == evaluation.micro.label, evaluation.fields, evaluation.calibration
    own = next((field for field in fields.fields if field.field == label), None) if fields else None
    return {
        "overlap_f1": overlap,
        "exact": own.exact if own else fields.exact if fields and is_all else None,
        "normalized": own.normalized if own else fields.normalized if fields and is_all else None,
        "calibration_error": calibration.error if calibration and is_all else None,
        "confidence_auroc": calibration.auroc if calibration and is_all else None,
    }
