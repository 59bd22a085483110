"""What rows of a table mean: classes, spans, fields or pages, by the names of their columns.

Belongs here: from records (CSV rows, JSONL objects) to labels. Doesn't: the files themselves (``table_rows``), or
records from labels (``record_writing``).

Columns are known by usual names, in any case. A record is about a document (``location`` and the like) or holds a text
itself; with both, the text is the document's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import DocumentPart, Split, TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabeledField, LabelFile, declared_name

NAMES = ("location", "document", "file", "filename", "file_name", "path", "image", "document_id", "id")
TEXTS = ("text", "content", "body", "sentence", "question", "utterance", "review", "article", "abstract", "plot")
ONE_CLASS = ("label", "class", "category", "intent", "topic", "type", "target", "sentiment")
SEVERAL_CLASSES = ("labels", "classes", "categories", "intents", "topics", "tags", "genres")
SPANS = ("entities", "spans")
FIELDS = ("fields", "values")
PARTS = ("parts", "pages")
STARTS, ENDS, OFFSETS, LENGTHS = ("start", "begin"), ("end", "stop"), ("offset",), ("length",)
FIRST_PAGE, LAST_PAGE = ("first_page", "page_from", "start_page"), ("last_page", "page_to", "end_page")
SPLITS = ("split", "dataset", "subset", "set", "fold")
_SPLIT_OF = {"test": Split.TEST, "testing": Split.TEST}
_TRAIN = frozenset(("train", "training", "validation", "valid", "val", "dev"))
_SEPARATORS = (";", "|")


@dataclass(frozen=True, slots=True)
class Record:
    """One row, its values by column, and where it stands (``line 3``)."""

    values: Mapping[str, Any]
    place: str

    def key(self, names: Sequence[str]) -> str | None:
        """The first of these columns that the row has, under the name it has there."""
        by_lower = {key.strip().lower(): key for key in self.values}
        return next((by_lower[name] for name in names if name in by_lower), None)

    def get(self, names: Sequence[str]) -> Any:
        """Its value; None where no column has one of the names, or nothing stands there."""
        key = self.key(names)
        value = None if key is None else self.values[key]
        return None if value == "" else value

    def whole(self, names: Sequence[str]) -> int | None:
        """As ``get``, as a whole number. Raises ``LabelFileError``."""
        value = self.get(names)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        try:
            return int(str(value).strip())
        except ValueError as error:
            raise self.error(f"{self.key(names)} should be a whole number, but is {value!r}") from error

    def error(self, message: str) -> LabelFileError:
        """An error that says where."""
        return LabelFileError(f"{self.place}: {message}")


@dataclass(slots=True)
class _Reader:
    files: LabelFiles
    kind: TaskKind | None
    documents: dict[str, DocumentLabels] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    found: set[TaskKind] = field(default_factory=set)

    def add(self, record: Record, number: int) -> None:
        is_span_row = record.key((*STARTS, *OFFSETS)) is not None and record.key(SPANS) is None
        location = record.get(NAMES)
        text = None if is_span_row else record.get(TEXTS)
        if location is None and text is None:
            raise record.error(f"there should be a text or a document ({', '.join((*TEXTS[:2], *NAMES[:4]))})")
        location = f"row-{number:05}.txt" if location is None else str(location)
        if text is not None and location not in self.files and not PurePosixPath(location).suffix:
            location = f"{location}.txt"  # an id, not a file's name
        document = self.documents.get(location)
        labels = replace(self._labels(record, is_span_row=is_span_row), location=location)
        if text is not None:
            if document is not None:
                raise record.error(f"the document {location} has a text already")
            if location not in self.files:
                self.texts[location] = str(text).encode("utf-8", "surrogatepass")
        self.documents[location] = labels if document is None else _merged(document, labels)

    def _labels(self, record: Record, *, is_span_row: bool) -> DocumentLabels:
        split = _split(record)
        label = record.get(ONE_CLASS)
        if is_span_row or record.key(SPANS) is not None or _are_spans(label):
            self.found.add(TaskKind.ENTITY_RECOGNITION)
            spans = (record.get(SPANS) or ()) if record.key(SPANS) is not None else label
            found = (_row_entity(record),) if is_span_row else tuple(_entity(item, record) for item in spans)
            entities = tuple(entity for entity in found if entity is not None)
            return DocumentLabels(location="", declared_split=split, entities=entities, is_answered=not entities)
        if record.key(FIELDS) is not None and isinstance(record.get(FIELDS), dict):
            self.found.add(TaskKind.FIELD_EXTRACTION)
            return DocumentLabels(location="", declared_split=split, fields=tuple(_fields(record.get(FIELDS))))
        parts = tuple(_parts(record))
        if parts or record.key(FIRST_PAGE) is not None:
            self.found.add(TaskKind.DOCUMENT_CLASSIFICATION)
            classes = () if parts else _classes(record)
            return DocumentLabels(location="", declared_split=split, parts=parts, classes=classes)
        if self.kind is TaskKind.FIELD_EXTRACTION or record.key((*ONE_CLASS, *SEVERAL_CLASSES)) is None:
            self.found.add(TaskKind.FIELD_EXTRACTION)
            used = {record.key(names) for names in (NAMES, TEXTS, SPLITS)}
            values = {key: value for key, value in record.values.items() if key not in used}
            return DocumentLabels(location="", declared_split=split, fields=tuple(_fields(values)))
        is_one = record.key(SEVERAL_CLASSES) is None and not isinstance(label, list)
        self.found.add(TaskKind.SINGLE_LABEL_CLASSIFICATION if is_one else TaskKind.MULTI_LABEL_CLASSIFICATION)
        return DocumentLabels(location="", declared_split=split, classes=_classes(record))


def labels_of(records: Iterator[Record], files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:
    """The labels that records say.

    Raises:
        LabelFileError: naming the row that has no document, or a value that can't be.
    """
    reader = _Reader(files, kind)
    for number, record in enumerate(records, 1):
        reader.add(record, number)
    found = reader.found
    if found == {TaskKind.SINGLE_LABEL_CLASSIFICATION, TaskKind.MULTI_LABEL_CLASSIFICATION}:
        found = {TaskKind.MULTI_LABEL_CLASSIFICATION}
    if len(found) > 1:
        raise LabelFileError(f"The rows mix labels of several kinds: {', '.join(sorted(found))}.")
    documents = tuple(reader.documents.values())
    label_file = LabelFile(
        kind=next(iter(found), kind or TaskKind.SINGLE_LABEL_CLASSIFICATION),
        name="",
        language="en",
        categories=tuple(sorted({declared_name(name) for document in documents for name in document.names})),
        documents=documents,
        string_index_type=StringIndexType.UNICODE_CODE_POINT,
    )
    return ParsedLabels(label_file=label_file, documents=reader.texts)


def _merged(one: DocumentLabels, other: DocumentLabels) -> DocumentLabels:
    """Two rows about one document."""
    return replace(
        one,
        classes=(*one.classes, *other.classes),
        entities=(*one.entities, *other.entities),
        fields=(*one.fields, *other.fields),
        parts=(*one.parts, *other.parts),
        is_answered=one.is_answered and other.is_answered,
        declared_split=one.declared_split or other.declared_split,
    )


def _split(record: Record) -> Split | None:
    value = str(record.get(SPLITS) or "").strip().lower()
    if not value:
        return None
    if value not in _SPLIT_OF and value not in _TRAIN:
        raise record.error(f"{record.key(SPLITS)} should be train or test, but is {value!r}")
    return _SPLIT_OF.get(value, Split.TRAIN)


def _classes(record: Record) -> tuple[str, ...]:
    several = record.get(SEVERAL_CLASSES)
    value = several if several is not None else record.get(ONE_CLASS)
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list) for item in values):
        raise record.error(f"a class should be a text, but is {value!r}")
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    if several is None:
        return (str(value).strip(),)
    separator = next((mark for mark in _SEPARATORS if mark in str(value)), _SEPARATORS[0])
    return tuple(part.strip() for part in str(value).split(separator) if part.strip())


def _are_spans(label: Any) -> bool:
    return isinstance(label, list) and bool(label) and all(isinstance(item, list | dict) for item in label)


def _entity(item: Any, record: Record) -> LabeledEntity:
    """``{"start", "end", "label"}``, ``{"offset", "length", "category"}``, or ``[start, end, label]``."""
    if isinstance(item, list) and len(item) == 3:
        item = {"start": item[0], "end": item[1], "label": item[2]}
    entity = _row_entity(Record(item, record.place)) if isinstance(item, dict) else None
    if entity is None:
        raise record.error(f"a span should have start, end and label, but is {item!r}")
    return entity


def _row_entity(record: Record) -> LabeledEntity | None:
    """The span that a row says; None where it only says that the document has none."""
    category = record.get((*ONE_CLASS, "entity", "field", "tag"))
    start = record.whole((*STARTS, *OFFSETS))
    if category is None and start is None:
        return None
    end, length = record.whole(ENDS), record.whole(LENGTHS)
    if category is None or start is None or (end is None and length is None):
        raise record.error("a span should have a category, an offset and a length (or start and end)")
    text = record.get(TEXTS)
    size = length if length is not None else (end or 0) - start
    return LabeledEntity(str(category), start, size, None if text is None else str(text))


def _fields(values: Mapping[str, Any], before: str = "") -> Iterator[LabeledField]:
    """A field per value; rows of line items are lists of objects."""
    for key, value in values.items():
        name = f"{before}{str(key).strip()}"
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, dict):
                yield from _fields(item, f"{name}/{index}/" if isinstance(value, list) else f"{name}/")
            elif item is not None and str(item).strip():
                shown = str(item).lower() if isinstance(item, bool) else str(item)
                yield LabeledField(name, value=shown)


def _parts(record: Record) -> Iterator[DocumentPart]:
    given = record.get(PARTS)
    if isinstance(given, list):
        for item in given:
            yield from _parts(Record(item if isinstance(item, dict) else {}, record.place))
        return
    first, last = record.whole(FIRST_PAGE), record.whole(LAST_PAGE)
    if first is None:
        return
    classes = _classes(record)
    last = first if last is None else last
    if len(classes) != 1 or not 1 <= first <= last:
        raise record.error(
            f"pages should have one class, and be from 1 on in order, but are {classes}, {first} to {last}"
        )
    yield DocumentPart(classes[0], first, last)
