"""What the UI shows of judged models: scores, pictures, mistakes, slices, and the gate's decision."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from docplatform.defs.previews import Metadata, bullets, engine_metadata, markdown_table, rounded

if TYPE_CHECKING:
    from docplatform.evaluation.learning import CurvePoint
    from docplatform.evaluation.metrics import Evaluation
    from docplatform.labels.projects import ModelProject
    from docplatform.registry.base import ModelRegistry
    from docplatform.training.advice import LabelingAdvice
    from docplatform.training.deciding import Decision
    from docplatform.training.judging import Judgement

_MISTAKES_SHOWN = 50


def judgement_metadata(
    project: ModelProject, judgement: Judgement, advice: LabelingAdvice, curve: Sequence[CurvePoint] = ()
) -> Metadata:
    """Scores, plots and mistakes of the candidate, beside the champion's scores; ``curve`` where it was drawn now."""
    from docplatform.evaluation.plots import confusion_matrix_png, label_f1_png, reliability_png

    evaluation = judgement.candidate_evaluation
    metadata: Metadata = {
        "model id": judgement.candidate.model_id,
        "f1": rounded(evaluation.micro.f1),
        "macro f1": rounded(evaluation.macro.f1),
        "scored on": evaluation.basis,
        **engine_metadata(judgement.candidate),
        **_further(evaluation),
        **_champion(judgement),
    }
    metadata["f1 per label"] = _image(label_f1_png(evaluation, threshold=project.gate.min_f1), "F1 per label")
    if evaluation.confusion is not None:
        metadata["confusion matrix"] = _image(confusion_matrix_png(evaluation), "Confusion matrix")
    if evaluation.calibration is not None:
        metadata["reliability"] = _image(reliability_png(evaluation), "Reliability")
    metadata["scores"] = dg.MetadataValue.md(_scores(evaluation))
    metadata["mistakes"] = dg.MetadataValue.md(_mistakes(evaluation))
    metadata["slices"] = dg.MetadataValue.md(_slices(judgement))
    if judgement.prebuilt:
        metadata["prebuilt"] = bullets(one.recommendation for one in judgement.prebuilt)
    return {**metadata, **_curve(curve), **_advice(advice)}


def _further(evaluation: Evaluation) -> Metadata:
    """What only some kinds have."""
    low, high = evaluation.micro.f1_low, evaluation.micro.f1_high
    found: Metadata = {} if low is None or high is None else {"f1, 95 % interval": f"{low:.4f} to {high:.4f}"}
    if evaluation.overlap:
        found["overlap f1"] = rounded(evaluation.overlap[-1].f1)
    if evaluation.fields is not None:
        found["values exact"] = rounded(evaluation.fields.exact)
        found["values normalised"] = rounded(evaluation.fields.normalized)
        found["documents all right"] = rounded(evaluation.fields.document_normalized)
    if evaluation.pages is not None:
        found["page accuracy"] = rounded(evaluation.pages.page_accuracy)
        found["split accuracy"] = rounded(evaluation.pages.split_accuracy)
    if evaluation.calibration is not None:
        found["calibration error"] = rounded(evaluation.calibration.error)
    return found


def _champion(judgement: Judgement) -> Metadata:
    champion, comparison = judgement.champion_evaluation, judgement.comparison
    if champion is None or judgement.champion is None:
        return {}
    found: Metadata = {"champion": judgement.champion.model_id, "champion f1": rounded(champion.micro.f1)}
    if comparison is not None:
        found["against the champion"] = (
            f"{comparison.difference:+.4f}, 95 % interval {comparison.low:+.4f} to {comparison.high:+.4f}, "
            f"{comparison.test} p {comparison.p_value:.3f}"
        )
    return found


def _curve(curve: Sequence[CurvePoint]) -> Metadata:
    from docplatform.evaluation.plots import learning_curve_png

    return {"learning curve": _image(learning_curve_png(curve), "Learning curve")} if curve else {}


def _advice(advice: LabelingAdvice) -> Metadata:
    """How many more examples are needed, and the documents to label next."""
    found = advice.next
    rows = [{"document": each.name, "why": each.reason} for each in found.documents]
    more = f"\n\n{found.waiting} more could be labelled; {found.in_review} of all are for review."
    metadata: Metadata = {"examples needed": bullets(advice.needs)} if advice.needs else {}
    shown = markdown_table(["document", "why"], rows) + more if rows else "every document that could be is labelled"
    return {**metadata, "next to label": dg.MetadataValue.md(shown)}


def _image(png: bytes, title: str) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})")


def _scores(evaluation: Evaluation) -> str:
    columns = ["label", "precision", "recall", "f1", "from", "to", "support"]
    averages = [score for score in (evaluation.micro, evaluation.macro, evaluation.weighted) if score]
    rows = [
        {
            "label": s.label,
            "precision": s.precision,
            "recall": s.recall,
            "f1": s.f1,
            "from": "" if s.f1_low is None else rounded(s.f1_low),
            "to": "" if s.f1_high is None else rounded(s.f1_high),
            "support": s.support,
        }
        for s in (*evaluation.labels, *averages)
    ]
    return markdown_table(columns, rows)


def _mistakes(evaluation: Evaluation) -> str:
    columns = ["document", "expected", "predicted", "context"]
    rows = [
        {"document": e.document_id[:12], "expected": e.expected, "predicted": e.predicted, "context": e.context}
        for e in evaluation.errors[:_MISTAKES_SHOWN]
    ]
    if not rows:
        return "none"
    left = evaluation.error_count - len(rows)
    note = f"\n\n{left} more: table `evaluation_errors` holds the first {len(evaluation.errors)}." if left else ""
    return markdown_table(columns, rows) + note


def _slices(judgement: Judgement) -> str:
    columns = ["documents that are", "number", "f1", "gap", "interval", "flag"]
    rows = [
        {
            "documents that are": f"{one.attribute} {one.value}",
            "number": one.documents,
            "f1": one.f1,
            "gap": f"{one.gap:+.4f}",
            "interval": f"{one.gap_low:+.4f} to {one.gap_high:+.4f}",
            "flag": ("served worse" if one.gap < 0 else "served better") if one.is_flagged else "",
        }
        for one in judgement.slices
    ]
    return markdown_table(columns, rows) if rows else "all test documents are alike"


def decision_metadata(decision: Decision, registry: ModelRegistry) -> Metadata:
    """What the gate decided, and the history of the alias."""
    columns = ["version", "changed_at", "by", "reason"]
    rows = [
        {
            "version": change.version,
            "changed_at": f"{change.changed_at:%Y-%m-%d %H:%M}",
            "by": change.action.value,
            "reason": change.reason,
        }
        for change in registry.alias_history(decision.project, "champion")
    ]
    return {
        "champion": f"{decision.project}:{decision.champion_version}" if decision.champion_version else "none",
        "candidate": f"{decision.project}:{decision.candidate_version}",
        "promoted": decision.promoted,
        "answer": decision.answer or decision.action.value,
        "pinned": decision.is_pinned,
        "reason": decision.reason,
        "history": dg.MetadataValue.md(markdown_table(columns, rows)),
    }
