"""Label Studio's JSON: the full export and JSON-MIN; spans of text, choices, and rectangles with transcriptions.

Offsets are Unicode code points. Rectangles are in percent of the page, turned around their upper left corner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.formats.label_studio_results import LABEL_KEYS, Answers, answers_of, results_of
from docplatform.labels.json_reader import JsonNode, LabelFileError, parse_json
from docplatform.labels.label_file import DocumentLabels, LabelFile, declared_name
from docplatform.labels.readings import Reading

_NAME_KEYS = ("location", "document", "file_name", "filename", "file", "name", "source")
_TEXT_KEYS = ("text", "content", "body", "review", "question")
_FILE_KEYS = ("ocr", "image", "pdf", "url", "img")
_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an uploaded file."""
_NO_LABELS = frozenset(
    ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "transcription", "agreement", "meta")
)


class LabelStudio:
    """Label Studio's export. Written is the full export, which Label Studio imports."""

    name = "label-studio"
    description = "Label Studio JSON (full export and JSON-MIN): entities, classes, fields by rectangles"

    def sniff(self, files: LabelFiles) -> bool:
        """A JSON array of tasks."""
        return len(_candidates(files)) == 1

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:
        """Parse the one file. Of several annotations of a task the ground truth counts, else the one made last."""
        names = _candidates(files) or [name for name in files if len(files) == 1]
        if len(names) != 1:
            raise LabelFileError(f"There should be one file of Label Studio; there are {len(names)}. Name it.")
        notes: list[str] = []
        documents: dict[str, tuple[DocumentLabels, Answers]] = {}
        texts: dict[str, bytes] = {}
        for node in parse_json(files[names[0]]).items():
            answers = _answers(node, notes)
            if answers is None:
                continue
            location, text = _document(node, files)
            if location in documents:
                raise node.error(f"must not name the document {location} a second time")
            if text is not None and location not in files:
                texts[location] = text.encode("utf-8", "surrogatepass")
            documents[location] = (answers.labels(location), answers)
        found = kind or _kind([answers for _, answers in documents.values()])
        parsed = tuple(document for document, _ in documents.values())
        label_file = LabelFile(
            kind=found,
            name="",
            language="en",
            categories=tuple(sorted({declared_name(name) for document in parsed for name in document.names})),
            documents=parsed,
            string_index_type=StringIndexType.UNICODE_CODE_POINT,
        )
        return ParsedLabels(label_file=label_file, documents=texts, notes=tuple(dict.fromkeys(notes)))

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write ``tasks.json``: texts of text documents are in it, files are named by their location."""
        if any(document.parts for document in label_file.documents):
            raise LabelFileError(
                "Label Studio has no labels of page ranges: export classes of packets as csv or jsonl."
            )
        tasks = []
        notes: list[str] = []
        for number, document in enumerate(label_file.documents, 1):
            data: dict[str, Any] = {"location": document.location}
            reading = readings.get(document.location)
            if document.fields or label_file.kind.sees_layout:
                data["ocr"] = document.location
            if reading is not None and not document.fields:
                data["text"] = reading.text
            elif document.entities:
                raise LabelFileError(
                    f"{document.location}: its text isn't known here, and Label Studio's file holds it."
                )
            offsets = TextOffsets(reading.text, label_file.string_index_type) if reading is not None else None
            results = results_of(document, offsets, notes)
            is_answered = bool(results) or document.is_answered
            tasks.append({"id": number, "data": data, "annotations": [{"id": number, "result": results}] * is_answered})
        content = json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"
        files = {"tasks.json": content.encode("utf-8", "surrogatepass")}
        return WrittenLabels(files=files, notes=tuple(dict.fromkeys(notes)))


def _candidates(files: LabelFiles) -> list[str]:
    names = [name for name in files if name.lower().endswith(".json") and "/" not in name]
    return [name for name in names[:50] if _looks_like_tasks(files[name])]


def _looks_like_tasks(data: bytes) -> bool:
    head = data[:20_000].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if not head.startswith("["):
        return False
    return ('"annotations"' in head and '"data"' in head) or ('"annotation_id"' in head or '"lead_time"' in head)


def _answers(node: JsonNode, notes: list[str]) -> Answers | None:
    """What was answered to a task; None where nobody has."""
    annotations = node.get("annotations", "completions")
    if annotations is None:
        return answers_of(_min_results(node), notes)
    given = [item for item in annotations.items() if not item.value.get("was_cancelled")]
    if not given:
        notes.append("Tasks that nobody has answered are left out.")
        return None
    if len(given) > 1:
        notes.append("Some tasks have several annotations: the ground truth counts, else the last.")
    chosen = max(given, key=lambda a: (bool(a.value.get("ground_truth")), str(a.value.get("updated_at") or "")))
    return answers_of(chosen.need("result").items(), notes)


def _min_results(node: JsonNode) -> Iterator[JsonNode]:
    """The results of a JSON-MIN task in the full export's shape."""
    texts = node.value.get("transcription")
    texts = [texts] if isinstance(texts, str) else texts or []
    data = {*_NAME_KEYS, *_TEXT_KEYS, *_FILE_KEYS, *_NO_LABELS}
    for key, value in node.value.items():
        values = value if isinstance(value, list) else [value]
        path = f"{node.path}.{key}"
        if all(isinstance(item, dict) for item in values):
            for index, item in enumerate(values):
                if "choices" in item:
                    yield JsonNode({"type": "choices", "value": item}, path)
                    continue
                kind = next((name for name in LABEL_KEYS if name in item), None)
                if kind is None:
                    continue
                text = texts[index] if len(texts) == len(values) else None
                shown = {} if text is None else {"text": text}
                yield JsonNode({**item, "type": kind, "value": {**shown, **item}}, path)
        elif isinstance(value, str) and key not in data:
            yield JsonNode({"type": "choices", "value": {"choices": [value]}}, path)


def _document(node: JsonNode, files: LabelFiles) -> tuple[str, str | None]:
    """Location of a task's document, and its text where the task holds it."""
    data = node.get("data") or node
    text = next((data.value[key] for key in _TEXT_KEYS if isinstance(data.value.get(key), str)), None)
    for key in _NAME_KEYS:
        if isinstance(data.value.get(key), str) and data.value[key].strip():
            return data.value[key], text
    addresses = [data.value[key] for key in _FILE_KEYS if isinstance(data.value.get(key), str)]
    if isinstance(node.value.get("file_upload"), str) and text is None:
        addresses.append(node.value["file_upload"])
    for address in addresses:
        name = _file_name(address)
        plain = _UPLOAD.sub("", name)
        return (name if name in files and plain not in files else plain), text
    if text is None:
        raise node.error(
            f"must have a text or the name of a document in its data ({', '.join(_TEXT_KEYS + _FILE_KEYS)})"
        )
    return f"task-{node.value.get('id', node.path.strip('$[]'))}.txt", text


def _file_name(address: str) -> str:
    """The file's name in ``/data/upload/1/0a1b2c3d-scan.png``, ``/data/local-files/?d=in/scan.png`` and the like."""
    parts = urlsplit(address)
    path = parts.query.partition("d=")[2] if parts.query.startswith("d=") else parts.path
    return PurePosixPath(unquote(path)).name or address


def _kind(answers: list[Answers]) -> TaskKind:
    if any(item.fields for item in answers):
        return TaskKind.FIELD_EXTRACTION
    if any(item.entities for item in answers):
        return TaskKind.ENTITY_RECOGNITION
    is_single = all(len(item.classes) == 1 for item in answers)
    return TaskKind.SINGLE_LABEL_CLASSIFICATION if is_single else TaskKind.MULTI_LABEL_CLASSIFICATION
