"""What a label file says, whatever format it came in.

Belongs here: the types that label formats are parsed into and written from. Doesn't: any one format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from docplatform.documents.line_items import column_of
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


class PlaceUnit(StrEnum):
    """What the coordinates of labelled places count."""

    FRACTION = "fraction"
    """Of the page's width and height."""
    PERCENT = "percent"
    PAGE = "page"
    """The page's own unit: pixels of images, inches of PDF; ``DocumentLabels.page_sizes`` says how large it is."""


@dataclass(frozen=True, slots=True)
class LabeledPlace:
    """Where on a page a labelled value stands."""

    page: int
    """From 1."""
    polygons: tuple[tuple[int | float, ...], ...]
    """Each ``x1, y1, x2, y2, …`` with the origin at the upper left corner."""
    text: str | None = None
    """What stands there, as the file declares it; empty where a region without text was drawn."""
    unit: PlaceUnit = PlaceUnit.FRACTION


@dataclass(frozen=True, slots=True)
class LabeledField:
    """A field's labelled value without offsets: by its places, by its text, or by both.

    Its offsets are found in the text that docplatform reads (``placing``).
    """

    name: str
    """The field; a cell of line items is ``Items/0/Amount``, one of a fixed table ``Table/Row/Column``."""
    value: str | None = None
    """The whole value as the file declares it; None where only its places do."""
    places: tuple[LabeledPlace, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def declared(self) -> str | None:
        """The value's text, from its places where it isn't said as a whole; None where no text is declared."""
        if self.value is not None:
            return self.value
        texts = [place.text for place in self.places if place.text is not None]
        return " ".join(text for text in texts if text) if texts else None


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
    is_answered: bool = False
    """True where the document has no span because somebody found none: what there is nothing in teaches, too."""
    fields: tuple[LabeledField, ...] = ()
    """Labels without offsets; empty once they have been placed in a text."""
    page_sizes: tuple[tuple[int | float, int | float], ...] = ()
    """Width and height of each page in its own unit, where the file says so."""
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The category of every label, in order, as often as it stands there."""
        spans = (*(entity.category for entity in self.entities), *(item.name for item in self.fields))
        return (*self.classes, *(part.category for part in self.parts), *spans)


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
    extras: Mapping[str, Any] = field(default_factory=dict)
    """What the format says beyond labels (JSON values): kept, so that writing the same format gives it back.

    Of the file, of a document and of a field alike.
    """


def declared_name(name: str) -> str:
    """The category that declares a label: ``Items/*/Amount`` for the cell ``Items/0/Amount``, else the name itself."""
    return column_of(name)
