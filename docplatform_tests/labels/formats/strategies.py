"""Labels of every shape, for round trips through formats."""

from __future__ import annotations

from hypothesis import strategies as st

from docplatform.documents.document_text import DocumentText, WordBox
from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import DocumentPart, Split, TaskKind
from docplatform.labels.label_file import (
    DocumentLabels,
    LabeledEntity,
    LabeledField,
    LabeledPlace,
    LabelFile,
    PlaceUnit,
    declared_name,
)
from docplatform.labels.readings import Reading

NAMES = st.sampled_from(["A", "Borrower", "Loan amount", "B-Name", "O", "größe", "x_1", "label"])
TOKENS = st.sampled_from(["a", "Ltd.", "9.00", ",", '"', "''", "😀", "ﬁ", "日本", "a;b", "x|y", "{", "O", "B-A"])
LINES = st.lists(TOKENS, min_size=1, max_size=6).map(" ".join)
TEXTS = st.lists(LINES, min_size=1, max_size=4).map("\n".join)
SPLITS = st.sampled_from([None, Split.TRAIN, Split.TEST])
LOCATIONS = st.lists(st.sampled_from(["a.txt", "b c.pdf", "d/e.png", "ü.txt"]), min_size=1, max_size=3, unique=True)


def label_file(kind: TaskKind, documents: tuple[DocumentLabels, ...]) -> LabelFile:
    """A file that declares what its documents use."""
    return LabelFile(
        kind=kind,
        name="",
        language="en",
        categories=tuple(sorted({declared_name(name) for document in documents for name in document.names})),
        documents=documents,
        string_index_type=StringIndexType.UNICODE_CODE_POINT,
    )


def reading(text: str) -> Reading:
    """A text, each word of which lies in a cell of a grid of 100 x 100."""
    words, offset = [], 0
    for number, word in enumerate(text.split()):
        offset = text.index(word, offset)
        left, top = (number % 10) / 10, (number // 10) / 100
        words.append(WordBox(offset, len(word), 1, left, top, round(left + 0.09, 5), round(top + 0.009, 5)))
        offset += len(word)
    return Reading(DocumentText(text, tuple(words)), ((1000, 2000),))


@st.composite
def entity_files(draw: st.DrawFn) -> tuple[LabelFile, dict[str, Reading]]:
    """Spans of whole words that don't overlap, in single-spaced texts."""
    documents, readings = [], {}
    for location in draw(LOCATIONS):
        text = draw(TEXTS)
        words = [(w.offset, w.offset + w.length) for w in reading(text).document.words]
        entities, first = [], 0
        while first < len(words) and draw(st.booleans()):
            begin = draw(st.integers(first, len(words) - 1))
            last = draw(st.integers(begin, min(begin + 2, len(words) - 1)))
            start, end = words[begin][0], words[last][1]
            if "\n" not in text[start:end]:
                entities.append(LabeledEntity(draw(NAMES), start, end - start))
            first = last + 1
        documents.append(DocumentLabels(location=location, entities=tuple(entities), is_answered=not entities))
        readings[location] = reading(text)
    return label_file(TaskKind.ENTITY_RECOGNITION, tuple(documents)), readings


@st.composite
def class_files(draw: st.DrawFn, kind: TaskKind) -> tuple[LabelFile, dict[str, Reading]]:
    """Classes of texts."""
    documents, readings = [], {}
    least, most = (0, 3) if kind is TaskKind.MULTI_LABEL_CLASSIFICATION else (1, 1)
    for location in draw(LOCATIONS):
        names = draw(st.lists(NAMES, min_size=least, max_size=most, unique=True))
        documents.append(DocumentLabels(location=location, classes=tuple(names), declared_split=draw(SPLITS)))
        readings[location] = reading(draw(TEXTS))
    return label_file(kind, tuple(documents)), readings


@st.composite
def part_files(draw: st.DrawFn) -> LabelFile:
    """Page ranges of packets."""
    documents = []
    for location in draw(LOCATIONS):
        parts, page = [], 1
        for length in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)):
            parts.append(DocumentPart(draw(NAMES), page, page + length - 1))
            page += length
        documents.append(DocumentLabels(location=location, parts=tuple(parts), declared_split=draw(SPLITS)))
    return label_file(TaskKind.DOCUMENT_CLASSIFICATION, tuple(documents))


@st.composite
def value_files(draw: st.DrawFn, most_values: int = 1) -> LabelFile:
    """Fields by value."""
    documents = []
    names = st.one_of(NAMES, st.builds(lambda n, i, m: f"{n}/{i}/{m}", NAMES, st.integers(0, 3), NAMES)).filter(
        lambda name: name.lower() not in ("location", "split", "set")
    )
    for location in draw(LOCATIONS):
        fields = [
            LabeledField(name, value=value)
            for name in draw(st.lists(names, min_size=1, max_size=4, unique=True))
            for value in draw(st.lists(LINES, min_size=1, max_size=most_values))
        ]
        documents.append(DocumentLabels(location=location, fields=tuple(fields), declared_split=draw(SPLITS)))
    return label_file(TaskKind.FIELD_EXTRACTION, tuple(documents))


@st.composite
def place_files(draw: st.DrawFn, unit: PlaceUnit, scale: int, *, most_places: int = 1) -> LabelFile:
    """Fields by upright boxes, in hundredths of ``scale``."""
    documents = []
    page_sizes = ((1000, 2000),) * 2 if unit is not PlaceUnit.FRACTION else ()

    def coordinates() -> st.SearchStrategy[tuple[float, float]]:
        steps = st.tuples(st.integers(0, 9_000), st.integers(1, 1_000))
        return steps.map(lambda pair: (pair[0] * scale / 10_000, (pair[0] + pair[1]) * scale / 10_000))

    for location in draw(LOCATIONS):
        fields = []
        for name in draw(st.lists(NAMES, min_size=1, max_size=3)):
            places = []
            for _ in range(draw(st.integers(1, most_places))):
                (left, right), (top, bottom) = draw(coordinates()), draw(coordinates())
                polygon = (left, top, right, top, right, bottom, left, bottom)
                places.append(LabeledPlace(draw(st.integers(1, 2)), (polygon,), draw(LINES), unit))
            fields.append(LabeledField(name, places=tuple(places)))
        documents.append(DocumentLabels(location=location, fields=tuple(fields), page_sizes=page_sizes))
    return label_file(TaskKind.FIELD_EXTRACTION, tuple(documents))
