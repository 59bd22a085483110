"""What a model extracts from a document: typed fields, in Document Intelligence 2024-11-30's shape.

Belongs here: fields, their typed values, and the documents that hold them. Doesn't: layout (``elements``), extraction.
"""

from __future__ import annotations

import pydantic

from docplatform.documents.elements import BoundingRegion, Element, Number, Span


class CurrencyValue(Element):
    """An amount of money."""

    amount: Number
    currency_symbol: str | None = None
    currency_code: str | None = None


class AddressValue(Element):
    """A postal address in parts."""

    house_number: str | None = None
    po_box: str | None = None
    road: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country_region: str | None = None
    street_address: str | None = None
    unit: str | None = None
    city_district: str | None = None
    state_district: str | None = None
    suburb: str | None = None
    house: str | None = None
    level: str | None = None


class Field(Element):
    """A field. ``type`` names which of the ``value_…`` attributes is set; ``content`` is the text it was read from."""

    type: str
    value_string: str | None = None
    value_date: str | None = None
    """ISO 8601, ``2024-11-30``."""
    value_time: str | None = None
    value_phone_number: str | None = None
    value_number: Number | None = None
    value_integer: int | None = None
    value_selection_mark: str | None = None
    value_signature: str | None = None
    value_country_region: str | None = None
    value_array: tuple[Field, ...] | None = None
    value_object: dict[str, Field] | None = None
    value_currency: CurrencyValue | None = None
    value_address: AddressValue | None = None
    value_boolean: bool | None = None
    value_selection_group: tuple[str, ...] | None = None
    content: str | None = None
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...] = ()
    confidence: Number | None = None


class AnalyzedDocument(Element):
    """A document found in the file, with the class a model gave it and its fields by name."""

    doc_type: str
    bounding_regions: tuple[BoundingRegion, ...] = ()
    spans: tuple[Span, ...]
    fields: dict[str, Field] = pydantic.Field(default_factory=dict)
    confidence: Number
