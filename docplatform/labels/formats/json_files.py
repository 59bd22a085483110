"""Formats that are one JSON file: docplatform's own, and Azure Language's."""

from __future__ import annotations

from collections.abc import Mapping

from docplatform.documents.predictions import TaskKind
from docplatform.labels.azure_language import parse_label_file, write_label_file
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import LabelFile
from docplatform.labels.readings import Reading
from docplatform.labels.stored import VERSION_KEY, parse_labels, write_labels

_HEAD = 4096


class OwnLabels:
    """docplatform's own JSON: everything that labels can be, whatever format they came in."""

    name = "docplatform"
    description = "docplatform's own JSON; holds every kind of label"

    def sniff(self, files: LabelFiles) -> bool:
        """One JSON file with ``docplatformLabels``."""
        return len(_json_files(files, f'"{VERSION_KEY}"')) == 1

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:  # noqa: ARG002
        """Parse the one file."""
        data = files[_only(files, f'"{VERSION_KEY}"')]
        return ParsedLabels(label_file=parse_labels(data), source=data)

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:  # noqa: ARG002
        """Write ``labels.json``."""
        return WrittenLabels(files={"labels.json": write_labels(label_file)})


class AzureLanguage:
    """Azure Language's project file."""

    name = "azure-language"
    description = "Azure Language: custom NER, single-label and multi-label classification"

    def sniff(self, files: LabelFiles) -> bool:
        """One JSON file with ``projectFileVersion`` or ``projectKind``."""
        return len(_json_files(files, '"projectFileVersion"', '"projectKind"', '"extractors"')) == 1

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:  # noqa: ARG002
        """Parse the one file."""
        name = _only(files, '"projectFileVersion"', '"projectKind"', '"extractors"')
        return ParsedLabels(label_file=parse_label_file(files[name]), source=files[name])

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:  # noqa: ARG002
        """Write ``labels.json``; the service itself takes offsets in UTF-16 code units only, which they stay in."""
        if any(document.fields or document.parts for document in label_file.documents):
            raise LabelFileError("Azure Language has spans and classes only, no fields by place or value and no pages.")
        return WrittenLabels(files={"labels.json": write_label_file(label_file)})


def _json_files(files: LabelFiles, *marks: str) -> list[str]:
    """The JSON files at the top whose beginning has one of the marks."""
    names = [name for name in files if name.lower().endswith(".json") and "/" not in name]
    if len(names) > 100:
        return []  # documents in JSON: label files of these formats are one
    return [name for name in names if any(_holds(files[name], mark) for mark in marks)]


def _holds(data: bytes, mark: str) -> bool:
    head = data[:_HEAD]
    return mark.encode() in head or mark.encode("utf-16-le") in head or mark.encode("utf-16-be") in head


def _only(files: LabelFiles, *marks: str) -> str:
    names = [name for name in files if name.lower().endswith(".json")] if len(files) > 1 else list(files)
    marked = _json_files(files, *marks)
    if len(marked) == 1 or len(names) == 1:
        return (marked or names)[0]
    raise LabelFileError(f"There should be one label file; there are {len(marked)} of {len(files)} files. Name it.")
