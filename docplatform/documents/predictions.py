"""What people and models say about a text: labels, predictions, and the kinds of task they belong to.

Belongs here: the types that labels, trainers, metrics and inference hand to each other. Doesn't: computing any of them.
Words and shapes follow Azure Language's ``ClassificationCategory`` and ``CategorizedEntity``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from docplatform.documents.document_text import DocumentText, WordBox


class TaskKind(StrEnum):
    """What a model project does."""

    SINGLE_LABEL_CLASSIFICATION = "single_label_classification"
    MULTI_LABEL_CLASSIFICATION = "multi_label_classification"
    ENTITY_RECOGNITION = "entity_recognition"
    FIELD_EXTRACTION = "field_extraction"
    DOCUMENT_CLASSIFICATION = "document_classification"

    @property
    def labels_spans(self) -> bool:
        """Whether labels are spans of text; else they are classes of a document, or of pages of it."""
        return self in (TaskKind.ENTITY_RECOGNITION, TaskKind.FIELD_EXTRACTION)

    @property
    def sees_layout(self) -> bool:
        """Whether models look at where words lie on pages."""
        return self in (TaskKind.FIELD_EXTRACTION, TaskKind.DOCUMENT_CLASSIFICATION)


class Split(StrEnum):
    """Which part of a labelled dataset an example belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Category:
    """A class given to a whole document."""

    category: str
    confidence_score: float = 1.0
    """Probability in [0, 1]; 1.0 for a label a person gave."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of text with a category.

    ``offset`` and ``length`` count Unicode code points of the text they belong to (Python string indices), and
    ``text == content[offset:offset + length]``.
    """

    category: str
    offset: int
    length: int
    text: str
    confidence_score: float = 1.0
    """Probability in [0, 1]; 1.0 for a label a person gave."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field's value in a document, as Document Intelligence's ``fields`` have it.

    Its text may stand in several places (an address over two lines), so it has several spans.
    """

    name: str
    """The field; a cell of line items is ``Items/0/Amount``: table, row from 0, column."""
    content: str
    """The text of its spans, joined by line breaks where they are apart."""
    spans: tuple[tuple[int, int], ...]
    """Offset and length of each, in code points of the document's text, in order."""
    value: str | None = None
    """``content`` in the field's type: ISO dates, plain numbers, ``selected`` or ``unselected``; None: not readable."""
    confidence_score: float = 1.0
    """Probability in [0, 1]."""
    type: str = "string"
    """Document Intelligence's name of what ``value`` is: ``string``, ``date``, ``number`` or ``selectionMark``."""


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """Pages of a file that are one document of some class: what a packet is split into."""

    category: str
    first_page: int
    """From 1."""
    last_page: int
    confidence_score: float = 1.0
    """Probability in [0, 1]; 1.0 for a label a person gave."""


@dataclass(frozen=True, slots=True)
class LabeledExample:
    """One labelled document of a dataset.

    Classification fills ``categories``, entity recognition and field extraction ``entities`` (a field's name is its
    category), document classification ``categories`` and, for a file of several documents, ``parts``.
    """

    document_id: str
    text: str
    categories: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    split: Split = Split.TRAIN
    words: tuple[WordBox, ...] = ()
    """Where words lie; empty where the task doesn't look at it."""
    page_count: int = 1
    parts: tuple[DocumentPart, ...] = ()

    @property
    def document(self) -> DocumentText:
        """What a model is given of it."""
        return DocumentText(self.text, self.words, self.page_count)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says about one text.

    ``categories`` are the classes asserted, most confident first (single-label: exactly one unless abstained);
    ``confidence_score`` is the least confidence of what is asserted, 0.0 where nothing is.
    """

    categories: tuple[Category, ...] = ()
    entities: tuple[Entity, ...] = ()
    confidence_score: float = 0.0
    abstained: bool = False
    """True when the model had no answer it stands behind; nothing is asserted then."""
    fields: tuple[FieldValue, ...] = ()
    """Field extraction: the values that ``entities`` make up."""
    parts: tuple[DocumentPart, ...] = ()
    """Document classification: the documents the file holds, in page order."""
