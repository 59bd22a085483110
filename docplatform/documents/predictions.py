"""What people and models say about a text: labels, predictions, and the kinds of task they belong to.

Belongs here: the types that labels, trainers, metrics and inference hand to each other. Doesn't: computing any of them.
Words and shapes follow Azure Language's ``ClassificationCategory`` and ``CategorizedEntity``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskKind(StrEnum):
    """What a model project does."""

    SINGLE_LABEL_CLASSIFICATION = "single_label_classification"
    MULTI_LABEL_CLASSIFICATION = "multi_label_classification"
    ENTITY_RECOGNITION = "entity_recognition"
    FIELD_EXTRACTION = "field_extraction"
    DOCUMENT_CLASSIFICATION = "document_classification"


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
class LabeledExample:
    """One labelled document of a dataset. Classification fills ``categories``, entity recognition ``entities``."""

    document_id: str
    text: str
    categories: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    split: Split = Split.TRAIN


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
