"""What a label file says, whatever format it came in.

Belongs here: the types that label formats are parsed into and written from. Doesn't: any one format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from docplatform.documents.offsets import StringIndexType
from docplatform.documents.predictions import DocumentPart, Split, TaskKind


@dataclass(frozen=True, slots=True)
class LabeledEntity:
    """A labelled span. ``offset`` and ``length`` count in the file's own unit (``LabelFile.string_index_type``)."""

    category: str
    offset: int
    length: int
    text: str | None = None
    """The labelled text as the file declares it, where it does: what offset and length are checked against."""
    region: int = 0
    """Which of the document's regions it stands in."""


@dataclass(frozen=True, slots=True)
class LabelRegion:
    """A part of a document that was labelled; in practice the whole document. In the file's unit."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLabels:
    """The labels of one document."""

    location: str
    """Its name in the store the labels were made on."""
    language: str | None = None
    declared_split: Split | None = None
    """``TRAIN`` or ``TEST`` where the file says so."""
    classes: tuple[str, ...] = ()
    parts: tuple[DocumentPart, ...] = ()
    """The documents in a packet, for document classification; their categories aren't in ``classes``."""
    entities: tuple[LabeledEntity, ...] = ()
    regions: tuple[LabelRegion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFile:
    """A label file, parsed."""

    kind: TaskKind
    name: str
    """The project's name in the file; empty where it has none."""
    language: str
    categories: tuple[str, ...]
    """The classes, or entity categories, that the file declares, in its order."""
    documents: tuple[DocumentLabels, ...]
    string_index_type: StringIndexType = StringIndexType.UTF16_CODE_UNIT
    sha256: str = ""
    """Of the file's bytes, hex; empty for labels that came from no file."""
    version: str = ""
    """``projectFileVersion`` as the file says it."""
    description: str = ""
    multilingual: bool = False
    container: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
