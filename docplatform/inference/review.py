"""Whether a prediction may stand, or a person has to look first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docplatform.documents.line_items import column_of
from docplatform.documents.predictions import Prediction

OTHERS = "*"
"""Key of the threshold of labels that have none of their own."""


def review_reason(prediction: Prediction, thresholds: Mapping[str, float]) -> str | None:
    """Why a person has to look at a prediction; None where it may stand.

    Args:
        prediction: What the model says. An abstention always needs a person.
        thresholds: Label to the confidence from which on it may stand; empty: none was asked for.
    """
    if prediction.abstained:
        return "the model has no answer it stands behind"
    if not thresholds:
        return None
    weak: dict[str, float] = {}
    for label, confidence in _asserted(prediction):
        threshold = thresholds.get(label, thresholds.get(OTHERS, 0.0))
        if confidence < threshold:
            weak[label] = min(confidence, weak.get(label, confidence))
    if not weak:
        return None
    return "not sure enough of " + ", ".join(f"{label} ({score:.2f})" for label, score in sorted(weak.items()))


def _asserted(prediction: Prediction) -> Iterator[tuple[str, float]]:
    for category in prediction.categories:
        yield category.category, category.confidence_score
    for part in prediction.parts:
        yield part.category, part.confidence_score
    if prediction.fields:
        yield from ((column_of(field.name), field.confidence_score) for field in prediction.fields)
    else:
        yield from ((entity.category, entity.confidence_score) for entity in prediction.entities)
