"""From documents to Label Studio's tasks, with what a model says about them as predictions to be mended.

Belongs here: the JSON of a task. Doesn't: choosing documents, reading texts, drawing pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docplatform.documents.document_text import WordBox
from docplatform.documents.predictions import Entity, Prediction, TaskKind
from docplatform.labels.label_file import declared_name
from docplatform.labels.studio.configs import CONTROL, PAGES, TEXT
from docplatform.labels.studio.line_items import row_label

DOCUMENT_ID = "document_id"
CONTENT_HASH = "content_hash"
LOCATION = "location"
REASON = "reason"
"""Keys in a task's data: which document it shows, in which reading of it, its name in the label file, and why it is to
be labelled."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as the task shows it."""

    uri: str
    """Where Label Studio finds it: ``/data/upload/…``."""
    width: int
    """Pixels."""
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDocument:
    """A document to be labelled."""

    document_id: str
    location: str
    """Its name in the label file."""
    content: str
    """``ocr_text.content``, character by character: offsets in answers count in it."""
    content_hash: str
    reason: str
    """Why it is to be labelled."""
    prediction: Prediction | None = None
    """Spans count in ``content``."""
    model_id: str = ""
    """``<project>:<version>`` of the model that predicted."""
    pages: tuple[PageImage, ...] = ()
    """Field extraction: one for every page."""
    words: tuple[WordBox, ...] = ()
    """Field extraction: where words lie."""


def task_json(document: TaskDocument, kind: TaskKind) -> dict[str, Any]:
    """The task of a document, with a prediction where a model asserted something about it."""
    data: dict[str, Any] = {
        DOCUMENT_ID: document.document_id,
        CONTENT_HASH: document.content_hash,
        LOCATION: document.location,
        REASON: document.reason,
    }
    if kind is TaskKind.FIELD_EXTRACTION:
        data["pages"] = [page.uri for page in document.pages]
    else:
        data["text"] = document.content
    task: dict[str, Any] = {"data": data}
    prediction = document.prediction
    if prediction is not None and not prediction.abstained:
        result = list(_result(document, prediction, kind))
        if result:
            score = round(prediction.confidence_score, 4)
            task["predictions"] = [{"model_version": document.model_id, "score": score, "result": result}]
    return task


def _result(document: TaskDocument, prediction: Prediction, kind: TaskKind) -> Iterator[dict[str, Any]]:
    if kind is TaskKind.FIELD_EXTRACTION:
        for number, entity in enumerate(prediction.entities):
            span, score = (entity.offset, entity.length), entity.confidence_score
            yield from _rectangles(document, [span], declared_name(entity.category), str(number), score)
        for (row, label), cells in _rows(prediction.entities).items():
            spans = [(cell.offset, cell.length) for cell in cells]
            yield from _rectangles(document, spans, label, row, min(cell.confidence_score for cell in cells))
    elif kind.labels_spans:
        for number, entity in enumerate(prediction.entities):
            start, end = entity.offset, entity.offset + entity.length
            value = {"start": start, "end": end, "text": document.content[start:end], "labels": [entity.category]}
            yield _region("labels", TEXT, value, str(number), entity.confidence_score)
    elif prediction.categories:
        names = list(dict.fromkeys(found.category for found in prediction.categories))
        yield _region("choices", TEXT, {"choices": names}, "0", prediction.confidence_score)


def _rows(entities: Iterable[Entity]) -> dict[tuple[str, str], list[Entity]]:
    """The cells of each row of line items, by its name and what frames it: ``Items/0``, ``Items/*``."""
    rows: dict[tuple[str, str], list[Entity]] = {}
    for entity in entities:
        label = row_label(entity.category)
        if label is not None:
            rows.setdefault((entity.category.rpartition("/")[0], label), []).append(entity)
    return rows


def _rectangles(
    document: TaskDocument, spans: Sequence[tuple[int, int]], label: str, number: str, score: float
) -> Iterator[dict[str, Any]]:
    """A rectangle round the words of spans (offset, length), one on each page they have words on."""
    inside = [
        word
        for word in document.words
        if any(word.offset < start + length and word.offset + word.length > start for start, length in spans)
    ]
    for page in sorted({word.page for word in inside}):
        if page > len(document.pages):
            continue
        words, image = [word for word in inside if word.page == page], document.pages[page - 1]
        left, top = min(word.left for word in words), min(word.top for word in words)
        value = {
            "x": left * 100,
            "y": top * 100,
            "width": (max(word.right for word in words) - left) * 100,
            "height": (max(word.bottom for word in words) - top) * 100,
            "rotation": 0,
            "rectanglelabels": [label],
        }
        region = _region("rectanglelabels", PAGES, value, f"{number}-{page}", score)
        yield {**region, "item_index": page - 1, "original_width": image.width, "original_height": image.height}


def _region(kind: str, target: str, value: dict[str, Any], number: str, score: float) -> dict[str, Any]:
    return {
        "id": f"prediction-{number}",
        "from_name": CONTROL,
        "to_name": target,
        "type": kind,
        "value": value,
        "score": round(score, 4),
    }
