"""Forms labelled in Document Intelligence Studio's first format (``*.labels.json`` beside v2.1 ``*.ocr.json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docplatform.documents.document_text import WordBox
from docplatform.documents.predictions import Entity, LabeledExample


def studio_forms(folder: Path) -> list[LabeledExample]:
    """The labelled forms of a folder, by name."""
    return [_form(path) for path in sorted(folder.glob("*.labels.json"))]


def _form(path: Path) -> LabeledExample:
    ocr = json.loads(path.with_name(path.name.replace(".labels.json", ".ocr.json")).read_text(encoding="utf-8"))
    text, words = _read(ocr["analyzeResult"]["readResults"])
    entities: list[Entity] = []
    for label in json.loads(path.read_text(encoding="utf-8"))["labels"]:
        found = sorted(_nearest(text, words, place) for place in label["value"])
        entities += _spans(label["label"], text, found)
    return LabeledExample(path.name, text, entities=tuple(entities), words=tuple(words))


def _read(pages: Sequence[Mapping[str, Any]]) -> tuple[str, list[WordBox]]:
    """Text and words; selection marks come after a page's lines."""
    text, words = "", []
    for page in pages:
        marks = [{"words": [{**m, "text": f":{m['state']}:"}]} for m in page.get("selectionMarks") or ()]
        for line in [*page["lines"], *marks]:
            for word in line["words"]:
                box = _fractions(word["boundingBox"], page["width"], page["height"])
                words.append(WordBox(len(text), len(word["text"]), page["page"], *box))
                text += word["text"] + " "
            text = text[:-1] + "\n"
    return text, words


def _fractions(polygon: Sequence[float], width: float, height: float) -> tuple[float, float, float, float]:
    across, down = polygon[0::2], polygon[1::2]
    return min(across) / width, min(down) / height, max(across) / width, max(down) / height


def _nearest(text: str, words: Sequence[WordBox], place: Mapping[str, Any]) -> WordBox:
    """The word that a label's box is around; boxes of labels are page fractions."""
    left, top, right, bottom = _fractions(place["boundingBoxes"][0], 1, 1)

    def away(word: WordBox) -> float:
        other = text[word.offset : word.offset + word.length].strip(":") != place["text"]
        return abs(word.left + word.right - left - right) + abs(word.top + word.bottom - top - bottom) + 0.1 * other

    return min((word for word in words if word.page == place["page"]), key=away)


def _spans(field: str, text: str, words: Sequence[WordBox]) -> list[Entity]:
    spans: list[list[int]] = []
    for word in words:
        if spans and text[spans[-1][1] : word.offset] == " ":
            spans[-1][1] = word.offset + word.length
        else:
            spans.append([word.offset, word.offset + word.length])
    return [Entity(field, start, end - start, text[start:end]) for start, end in spans]
