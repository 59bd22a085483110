"""CoNLL files: a token and its tag a line, blank lines between sentences.

Tags may be IOB1, IOB2, BILOU or IOBES (BIOES); columns are separated by tabs or spaces; the first is the token and the
last the tag. Such a file holds tokens and no text: the text is made of them, a blank between tokens and a line a
sentence. ``-DOCSTART-`` lines divide documents; in a file that has none every sentence is a document (tweets, search
queries), unless there are at least 10 files, enough to train on: then each file is one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from docplatform.documents.decoding import decode
from docplatform.documents.offsets import StringIndexType, TextOffsets
from docplatform.documents.predictions import Split, TaskKind
from docplatform.labels.formats.base import LabelFiles, ParsedLabels, WrittenLabels
from docplatform.labels.json_reader import LabelFileError
from docplatform.labels.label_file import DocumentLabels, LabeledEntity, LabelFile
from docplatform.labels.readings import Reading

SCHEMES = ("IOB2", "IOB1", "BILOU")
_ENDINGS = (".conll", ".iob", ".iob2", ".bio", ".bilou", ".tsv", ".txt", ".annotated")
_TAG = re.compile(r"(?:O|[BILUESM][-_].+)")
_MANY_FILES = 10
_HEAD_LINES = 200
_DOCUMENT = "-DOCSTART-"
_LOCATION = "# location = "
_Sentence = list[tuple[str, str]]


class Conll:
    """CoNLL; the scheme says how tags are written, any is read."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self.name = "conll" if scheme == "IOB2" else f"conll-{scheme.lower()}"
        self.description = f"CoNLL, tags written as {scheme} (all schemes are read): entities"

    def sniff(self, files: LabelFiles) -> bool:
        """The first file that may be one holds tokens and tags."""
        names = [name for name in files if name.lower().endswith(_ENDINGS)]
        return bool(names) and all(_looks_tagged(files[name]) for name in names[:3])

    def parse(self, files: LabelFiles, kind: TaskKind | None) -> ParsedLabels:  # noqa: ARG002
        """Parse every file of the folder that holds tokens and tags."""
        names = list(files) if len(files) == 1 else [n for n in files if n.lower().endswith(_ENDINGS)]
        documents: list[DocumentLabels] = []
        texts: dict[str, bytes] = {}
        notes: list[str] = []
        for name in names:
            if len(names) > 1 and not _looks_tagged(files[name]):
                notes.append(f"{name} holds no tokens with tags: left out.")
                continue
            split = _split_of(name)
            for location, sentences in _documents(name, decode(files[name]).text, has_few=len(names) < _MANY_FILES):
                if location in texts:
                    raise LabelFileError(f"{name}: there are two documents {location}; rename one of them")
                text, entities = _joined(sentences)
                labels = DocumentLabels(
                    location=location, declared_split=split, entities=entities, is_answered=not entities
                )
                documents.append(labels)
                texts[location] = text.encode("utf-8", "surrogatepass")
        label_file = LabelFile(
            kind=TaskKind.ENTITY_RECOGNITION,
            name="",
            language="en",
            categories=tuple(sorted({e.category for d in documents for e in d.entities})),
            documents=tuple(documents),
            string_index_type=StringIndexType.UNICODE_CODE_POINT,
        )
        return ParsedLabels(label_file=label_file, documents=texts, notes=tuple(notes))

    def write(self, label_file: LabelFile, readings: Mapping[str, Reading]) -> WrittenLabels:
        """Write one file with all documents, each after a ``-DOCSTART-`` line and its location."""
        if label_file.kind is not TaskKind.ENTITY_RECOGNITION or any(d.fields for d in label_file.documents):
            raise LabelFileError("CoNLL files hold entities (spans of text) only.")
        lines: list[str] = []
        answered = [document for document in label_file.documents if document.entities or document.is_answered]
        missing = [document.location for document in answered if document.location not in readings]
        changed = 0
        for document in answered:
            if document.location not in readings:
                continue
            text = readings[document.location].text
            entities = _in_code_points(document, text, label_file.string_index_type)
            lines.extend([f"{_DOCUMENT} -X- O O", f"{_LOCATION}{document.location}", ""])
            sentences = list(_tagged(text, entities, self._scheme))
            changed += _joined(sentences)[0] != text
            for sentence in sentences:
                lines.extend([*(f"{token}\t{tag}" for token, tag in sentence), ""])
        notes = []
        if missing:
            notes.append(f"{len(missing)} documents whose text isn't known here are left out: {missing[0]} …")
        if len(answered) < len(label_file.documents):
            notes.append(f"{len(label_file.documents) - len(answered)} documents without a label are left out.")
        if changed:
            notes.append(f"The white space of {changed} documents isn't held: CoNLL files have tokens only.")
        return WrittenLabels(files={"labels.conll": "\n".join(lines).encode()}, notes=tuple(notes))


def _looks_tagged(data: bytes) -> bool:
    lines = [line for line in data[:20_000].decode("utf-8", "replace").splitlines()[:_HEAD_LINES] if line.strip()]
    whole = lines[:-1] if len(lines) == _HEAD_LINES else lines
    rows = [_columns(line) for line in whole if not _is_comment(line) and not line.startswith(_DOCUMENT)]
    return bool(rows) and all(len(row) > 1 and _TAG.fullmatch(row[-1]) is not None for row in rows)


def _split_of(name: str) -> Split | None:
    """``train.conll`` and ``test.conll`` side by side declare their documents' splits by their names."""
    words = set(re.split(r"[\W_]+", name.lower()))
    if "test" in words:
        return Split.TEST
    return Split.TRAIN if words & {"train", "training", "dev", "valid", "validation"} else None


def _documents(name: str, text: str, *, has_few: bool) -> Iterator[tuple[str, list[_Sentence]]]:
    """Location and sentences of each document of a file."""
    documents: list[tuple[str, list[_Sentence]]] = []
    sentence: _Sentence = []
    has_marks = f"\n{_DOCUMENT}" in f"\n{text}"
    stem = name.removesuffix(".txt")
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith(_LOCATION) and documents and not documents[-1][1]:
            documents[-1] = (line.removeprefix(_LOCATION), [])
        elif line.startswith(_DOCUMENT):
            documents.append((f"{stem}-{len(documents) + 1:05}.txt", []))
        elif line.strip() and not _is_comment(line):
            sentence.append(_token(name, number, line))
        elif sentence:
            is_new = not documents or (not has_marks and has_few)
            if is_new:
                ending = f"-{len(documents) + 1:05}" if has_marks or has_few else ""
                documents.append((f"{stem}{ending}.txt", []))
            documents[-1][1].append(sentence)
            sentence = []
    yield from documents


def _columns(line: str) -> list[str]:
    return line.rstrip().split("\t") if "\t" in line else line.split()


def _is_comment(line: str) -> bool:
    """A line such as ``# sent_id = 1``; ``# O`` is a token with its tag."""
    return line.startswith("# ") and _TAG.fullmatch(_columns(line)[-1]) is None


def _token(name: str, number: int, line: str) -> tuple[str, str]:
    columns = _columns(line)
    if len(columns) < 2 or not columns[0].strip() or _TAG.fullmatch(columns[-1]) is None:
        raise LabelFileError(
            f"{name}, line {number} should be a token and a tag such as B-Person or O, but is {line!r}"
        )
    return columns[0], columns[-1]


def _joined(sentences: Iterable[_Sentence]) -> tuple[str, tuple[LabeledEntity, ...]]:
    """The text that sentences make, and the entities that their tags say."""
    parts: list[str] = []
    entities: list[LabeledEntity] = []
    offset = 0
    for sentence in sentences:
        begun: tuple[str, int] | None = None
        for index, (token, tag) in enumerate(sentence):
            category = tag[2:] or None if tag != "O" else None
            if category is None:
                begun = None
            else:
                if begun is None or begun[0] != category or tag[0] in "BUS":
                    begun = (category, offset)
                    entities.append(LabeledEntity(category, offset, len(token)))
                else:
                    entities[-1] = LabeledEntity(category, begun[1], offset + len(token) - begun[1])
                if tag[0] in "LEUS":
                    begun = None
            parts.append(token)
            parts.append("\n" if index == len(sentence) - 1 else " ")
            offset += len(token) + 1
    return "".join(parts[:-1]), tuple(entities)


@dataclass(frozen=True, slots=True)
class _Span:
    category: str
    start: int
    end: int


def _in_code_points(document: DocumentLabels, text: str, unit: StringIndexType) -> list[_Span]:
    offsets = TextOffsets(text, unit)
    try:
        spans = [_Span(e.category, *offsets.span_to_code_points(e.offset, e.length)) for e in document.entities]
    except ValueError as error:
        raise LabelFileError(
            f"{document.location}: {error} Check the labels first (docplatform labels check)."
        ) from error
    spans.sort(key=lambda span: (span.start, span.end))
    for before, after in pairwise(spans):
        if after.start < before.end:
            raise LabelFileError(
                f"{document.location}: {before.category} and {after.category} overlap at {after.start}; a CoNLL token "
                "has one tag."
            )
    return spans


def _tagged(text: str, spans: list[_Span], scheme: str) -> Iterator[_Sentence]:
    """Tokens with tags, a sentence per line; a line end within an entity divides nothing."""
    edges = {edge for span in spans for edge in (span.start, span.end)}
    sentence: _Sentence = []
    last: _Span | None = None
    position = former = 0
    for start, end in _tokens(text, edges):
        while position < len(spans) and spans[position].end <= start:
            position += 1
        span = spans[position] if position < len(spans) and spans[position].start <= start else None
        if sentence and "\n" in text[former:start] and (span is None or span is not last):
            yield sentence
            sentence, last = [], None
        former = end
        is_last = span is not None and not text[end : span.end].strip()
        sentence.append((text[start:end], _tag(span, last, is_last=is_last, scheme=scheme)))
        last = span
    if sentence:
        yield sentence


def _tokens(text: str, edges: set[int]) -> Iterator[tuple[int, int]]:
    """Words, divided where an entity begins or ends within one."""
    ordered = sorted(edges)
    for match in re.finditer(r"\S+", text):
        within = ordered[bisect_right(ordered, match.start()) : bisect_left(ordered, match.end())]
        yield from pairwise([match.start(), *within, match.end()])


def _tag(span: _Span | None, last: _Span | None, *, is_last: bool, scheme: str) -> str:
    if span is None:
        return "O"
    is_first = span is not last
    if scheme == "BILOU":
        return f"{('U' if is_last else 'B') if is_first else ('L' if is_last else 'I')}-{span.category}"
    if scheme == "IOB1":
        follows_alike = last is not None and last is not span and last.category == span.category
        return f"{'B' if follows_alike else 'I'}-{span.category}"
    return f"{'B' if is_first else 'I'}-{span.category}"
