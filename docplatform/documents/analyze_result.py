"""``AnalyzeResult``: what was read from one document, in the shape of Document Intelligence 2024-11-30.

Belongs here: the result as a whole, and to and from JSON. Its parts are in ``elements`` and ``fields`` and can be
imported from here. Doesn't: reading files (``ocr``), converting offsets (``string_index``).

The model is a typed superset: keys it doesn't know survive ``from_json(…).to_json()``, optional keys that weren't given
aren't added, ``null`` is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from docplatform.documents.elements import (
    Barcode,
    BoundingRegion,
    Caption,
    Element,
    Figure,
    Footnote,
    Formula,
    KeyValueElement,
    KeyValuePair,
    Language,
    Line,
    Number,
    Page,
    PageQuality,
    Paragraph,
    Polygon,
    QualityGrade,
    Section,
    SelectionMark,
    Span,
    Style,
    Table,
    TableCell,
    Word,
)
from docplatform.documents.fields import AddressValue, AnalyzedDocument, CurrencyValue, Field
from docplatform.documents.stored_json import StoredJson
from docplatform.documents.vocabulary import StringIndexType
from docplatform.errors import PermanentError, ReasonCode

__all__ = [
    "API_VERSION",
    "UNICODE_CODE_POINT",
    "UTF16_CODE_UNIT",
    "AddressValue",
    "AnalyzeResult",
    "AnalyzedDocument",
    "Barcode",
    "BoundingRegion",
    "Caption",
    "CurrencyValue",
    "Element",
    "Field",
    "Figure",
    "Footnote",
    "Formula",
    "KeyValueElement",
    "KeyValuePair",
    "Language",
    "Line",
    "Number",
    "Page",
    "PageQuality",
    "Paragraph",
    "Polygon",
    "QualityGrade",
    "Section",
    "SelectionMark",
    "Span",
    "Style",
    "Table",
    "TableCell",
    "Warning",
    "Word",
]

API_VERSION = "2024-11-30"
UNICODE_CODE_POINT = StringIndexType.UNICODE_CODE_POINT.value
"""``stringIndexType`` of everything docplatform makes: offsets are Python string indices."""
UTF16_CODE_UNIT = StringIndexType.UTF16_CODE_UNIT.value


class Warning(Element):
    """Something the reader of a result should know; ``code`` is stable, ``target`` is a path such as ``/pages/0``."""

    code: str
    message: str
    target: str | None = None


class AnalyzeResult(Element):
    """Everything that was read from one document."""

    __slots__ = ("_json",)  # what ``to_json`` gives, where it is known; it isn't compared, copied or pickled

    api_version: str = API_VERSION
    model_id: str
    string_index_type: str = UNICODE_CODE_POINT
    content_format: str | None = None
    """``text`` or ``markdown``."""
    content: str
    """All text in reading order; every ``Span`` is a range of it."""
    pages: tuple[Page, ...]
    paragraphs: tuple[Paragraph, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    sections: tuple[Section, ...] = ()
    key_value_pairs: tuple[KeyValuePair, ...] = ()
    styles: tuple[Style, ...] = ()
    languages: tuple[Language, ...] = ()
    documents: tuple[AnalyzedDocument, ...] = ()
    warnings: tuple[Warning, ...] = ()

    def to_json(self) -> str:
        """As the service would answer it: camelCase, without nulls and without optional keys that weren't given."""
        known: str | StoredJson | None = getattr(self, "_json", None)
        if known is not None:
            return known if isinstance(known, str) else known.text()
        return self.model_copy(
            update={"api_version": self.api_version, "string_index_type": self.string_index_type}
        ).model_dump_json(by_alias=True, exclude_unset=True, exclude_none=True)

    def json_chunks(self) -> Iterator[bytes]:
        """The same, encoded; a megabyte at a time where it lies in a file."""
        known: str | StoredJson | None = getattr(self, "_json", None)
        if isinstance(known, StoredJson):
            yield from known.chunks()
        else:
            yield self.to_json().encode()

    @property
    def is_stored(self) -> bool:
        """Whether it is so large that its JSON lies in a file and isn't held."""
        return isinstance(getattr(self, "_json", None), StoredJson)

    @classmethod
    def from_json(cls, text: str | bytes) -> AnalyzeResult:
        """Parse the ``analyzeResult`` object.

        Raises:
            PermanentError: CORRUPT, naming the first wrong places.
        """
        try:
            return cls.model_validate_json(text, strict=True)  # a "1" must not come back as 1
        except ValidationError as error:
            problems = "; ".join(
                f"{'/'.join(str(part) for part in item['loc']) or 'text'}: {item['msg']}"
                for item in error.errors(include_input=False)[:3]
            )
            raise PermanentError(
                f"Not an AnalyzeResult of API version {API_VERSION} ({error.error_count()} errors): {problems}",
                reason=ReasonCode.CORRUPT,
            ) from error

    @classmethod
    def deferred(cls, text: str | StoredJson) -> AnalyzeResult:
        """A result that is known to be right, from what its ``to_json`` gave: read and checked when first looked at.

        What is only passed on or stored is never parsed: making its models takes three times as long as building it.
        """
        result = _Deferred.__new__(_Deferred)
        object.__setattr__(result, "_json", text)
        return result

    def text_of(self, *spans: Span) -> str:
        """The text of spans, joined by a space. Only right for code point offsets.

        Raises:
            ValueError: where this result counts otherwise; see ``string_index.counted_in``.
        """
        if self.string_index_type != UNICODE_CODE_POINT:
            raise ValueError(
                f"Offsets are {self.string_index_type}; convert them with documents.string_index.counted_in first."
            )
        return " ".join(self.content[span.offset : span.end] for span in spans)

    @property
    def word_count(self) -> int:
        """Words on all pages."""
        return sum(len(page.words) for page in self.pages)

    @property
    def mean_confidence(self) -> float | None:
        """Mean confidence of all words; None where there are none."""
        count = self.word_count
        return sum(float(word.confidence) for page in self.pages for word in page.words) / count if count else None


_UNREAD = {"to_json", "json_chunks", "is_stored", "_json", "__class__"}


class _Deferred(AnalyzeResult):
    """A result whose JSON nobody has looked into. Asked for anything else, it becomes an ``AnalyzeResult``."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name not in _UNREAD and type(self) is _Deferred:
            _read(self)
        return object.__getattribute__(self, name)

    def __copy__(self) -> AnalyzeResult:  # type: ignore[override]
        _read(self)  # which pydantic's own would ask for only once it has made a new one of this class
        return AnalyzeResult.__copy__(self)


def _read(result: AnalyzeResult) -> None:
    read = AnalyzeResult.from_json(result.to_json())
    object.__setattr__(result, "__class__", AnalyzeResult)
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        object.__setattr__(result, name, getattr(read, name))
