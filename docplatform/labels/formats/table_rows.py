"""CSV and JSONL: a row per text, document, span or page range."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from docplatform.documents.decoding import decode
from docplatform.documents.predictions import TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.formats.record_writing import csv_rows, json_records
from docplatform.labels.formats.records import (
    FIELDS,
    NAMES,
    ONE_CLASS,
    SEVERAL_CLASSES,
    SPANS,
    TEXTS,
    Record,
    labels_of,
)
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import LabelFile
from docplatform.labels.readings import Reading

_DELIMITERS = ",;\t|"
_KNOWN = {*NAMES, *TEXTS, *ONE_CLASS, *SEVERAL_CLASSES, *SPANS, *FIELDS}


class JsonLines:
    """JSONL: an object a line."""

    name = "jsonl"
    description = "JSONL: classes of texts or documents, entities by offset, fields by value, classes of page ranges"

    def sniff(self, files: LabelFiles) -> bool:
        """A ``.jsonl`` whose first line has a known key."""
        return len(_marked(files, (".jsonl", ".ndjson"), _json_keys)) > 0

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:
        """Parse every such file; ``train.jsonl`` and ``test.jsonl`` declare their rows' split."""
        return labels_of(_records(files, (".jsonl", ".ndjson"), _json_keys, _json_lines), files, kind)

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write ``labels.jsonl``."""
        notes: list[str] = []
        records = json_records(label_file, readings, notes)
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        files = {"labels.jsonl": lines.encode("utf-8", "surrogatepass")}
        return WrittenLabels(files=files, notes=tuple(dict.fromkeys(notes)))


class CsvRows:
    """CSV with a header."""

    name = "csv"
    description = "CSV: classes of texts or documents, entities by offset, fields by value, classes of page ranges"

    def sniff(self, files: LabelFiles) -> bool:
        """A ``.csv`` or ``.tsv`` whose header has a known name."""
        return len(_marked(files, (".csv", ".tsv"), _csv_keys)) > 0

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:
        """Parse every such file; ``train.csv`` and ``test.csv`` declare their rows' split."""
        return labels_of(_records(files, (".csv", ".tsv"), _csv_keys, _csv_lines), files, kind)

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write ``labels.csv``."""
        notes: list[str] = []
        header, rows = csv_rows(label_file, readings, notes)
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        data = buffer.getvalue().encode("utf-8", "surrogatepass")
        return WrittenLabels(files={"labels.csv": data}, notes=tuple(dict.fromkeys(notes)))


def _marked(files: LabelFiles, endings: tuple[str, ...], keys: Any) -> list[str]:
    """The files at the top with a known column; the only file there is, whatever its name."""
    if len(files) == 1:
        names = [name for name in files if name.lower().endswith((*endings, ".txt"))]
    else:
        names = [name for name in files if name.lower().endswith(endings) and "/" not in name]
    return [name for name in names if _KNOWN & {key.strip().lower() for key in keys(files[name])}]


def _records(files: LabelFiles, endings: tuple[str, ...], keys: Any, lines: Any) -> Iterator[Record]:
    names = _marked(files, endings, keys) or list(files)
    if len(files) > 1 and not _marked(files, endings, keys):
        raise LabelFileError(f"None of the files ends with {' or '.join(endings)} and has a known column.")
    splits = {name: _split_in(name) for name in names} if len(names) > 1 else {}
    for name in names:
        for record in lines(name, decode(files[name]).text):
            split = splits.get(name)
            has_split = split is None or record.key(("split",)) is not None
            yield record if has_split else Record({**record.values, "split": split}, record.place)


def _split_in(name: str) -> str | None:
    stem = PurePosixPath(name).stem.lower()
    return next((word for word in ("train", "test", "validation", "valid", "dev") if word in stem), None)


def _json_keys(data: bytes) -> list[str]:
    head = data.lstrip(b"\xef\xbb\xbf \r\n\t").split(b"\n", 1)[0]
    try:
        first = json.loads(head)
    except ValueError:
        return []
    return list(first) if isinstance(first, dict) else []


def _json_lines(name: str, text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line, parse_float=str)  # 9.00 must not become 9.0: it stands so in the document
        except ValueError as error:
            raise LabelFileError(f"{name}, line {number} is not JSON: {error}") from error
        if not isinstance(values, dict):
            raise LabelFileError(f"{name}, line {number} should be a JSON object")
        yield Record(values, f"{name}, line {number}")


def _csv_keys(data: bytes) -> list[str]:
    head = data[:65_536].decode("utf-8", "replace").lstrip("\ufeff")
    first = next(csv.reader(io.StringIO(head, newline=""), delimiter=_delimiter(head)), [])
    return [str(key) for key in first]


def _delimiter(text: str) -> str:
    """What divides the header's names."""
    header = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


def _csv_lines(name: str, text: str) -> Iterator[Record]:
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] = []
    try:
        for row in reader:
            place = f"{name}, line {reader.line_num}"
            if not header:
                header = [cell.strip() for cell in row]
                _check_header(header, place)
            elif any(cell.strip() for cell in row):
                if len(row) != len(header):
                    raise LabelFileError(f"{place} has {len(row)} cells, the header {len(header)}")
                yield Record(dict(zip(header, row, strict=True)), place)
    except csv.Error as error:
        raise LabelFileError(f"{name}, line {reader.line_num}: {error}") from error


def _check_header(header: list[str], place: str) -> None:
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise LabelFileError(f"{place}: the header names {', '.join(sorted(twice))} twice")
    if not _KNOWN & {name.lower() for name in header}:
        raise LabelFileError(
            f"{place} should be a header with {TEXTS[0]} or {NAMES[0]}, and {ONE_CLASS[0]}; it is {', '.join(header)}"
        )
