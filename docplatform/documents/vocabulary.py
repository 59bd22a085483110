"""The names that Document Intelligence 2024-11-30 uses as values: roles, kinds, units, states.

Belongs here: the values the service documents. The model's attributes stay plain strings, since the service may add
values; a member of these enums is one. Doesn't: what the values are of (``elements``, ``fields``).
"""

from __future__ import annotations

from enum import StrEnum


class StringIndexType(StrEnum):
    """What offsets and lengths count. ``offsets.StringIndexType`` has Azure Language's names of the first two."""

    UTF16_CODE_UNIT = "utf16CodeUnit"
    """JavaScript, Java and .NET strings."""
    UNICODE_CODE_POINT = "unicodeCodePoint"
    """Python strings."""
    TEXT_ELEMENTS = "textElements"
    """What a reader takes for one character: extended grapheme clusters of UAX #29."""


class ContentFormat(StrEnum):
    """What ``content`` is written in."""

    TEXT = "text"
    MARKDOWN = "markdown"


class LengthUnit(StrEnum):
    """Unit of a page's width and height, and of the polygons on it."""

    PIXEL = "pixel"
    INCH = "inch"


class ParagraphRole(StrEnum):
    """What a paragraph is for."""

    PAGE_HEADER = "pageHeader"
    PAGE_FOOTER = "pageFooter"
    PAGE_NUMBER = "pageNumber"
    TITLE = "title"
    SECTION_HEADING = "sectionHeading"
    FOOTNOTE = "footnote"
    FORMULA_BLOCK = "formulaBlock"


class TableCellKind(StrEnum):
    """What a table cell is for; a cell without a kind is ``content``."""

    CONTENT = "content"
    ROW_HEADER = "rowHeader"
    COLUMN_HEADER = "columnHeader"
    STUB_HEAD = "stubHead"
    DESCRIPTION = "description"


class SelectionMarkState(StrEnum):
    """If a check box or radio button is marked."""

    SELECTED = "selected"
    UNSELECTED = "unselected"


class SignatureType(StrEnum):
    """If a signature was found where one belongs."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"


class BarcodeKind(StrEnum):
    """Symbology of a barcode."""

    QR_CODE = "QRCode"
    PDF417 = "PDF417"
    UPC_A = "UPCA"
    UPC_E = "UPCE"
    CODE39 = "Code39"
    CODE128 = "Code128"
    EAN8 = "EAN8"
    EAN13 = "EAN13"
    DATA_BAR = "DataBar"
    CODE93 = "Code93"
    CODABAR = "Codabar"
    DATA_BAR_EXPANDED = "DataBarExpanded"
    ITF = "ITF"
    MICRO_QR_CODE = "MicroQRCode"
    AZTEC = "Aztec"
    DATA_MATRIX = "DataMatrix"
    MAXI_CODE = "MaxiCode"


class FormulaKind(StrEnum):
    """If a formula stands in a line or by itself."""

    INLINE = "inline"
    DISPLAY = "display"


class FontStyle(StrEnum):
    """Slant of a font."""

    NORMAL = "normal"
    ITALIC = "italic"


class FontWeight(StrEnum):
    """Weight of a font."""

    NORMAL = "normal"
    BOLD = "bold"


class FieldType(StrEnum):
    """Type of a field: which of its ``value_…`` attributes is set."""

    STRING = "string"
    DATE = "date"
    TIME = "time"
    PHONE_NUMBER = "phoneNumber"
    NUMBER = "number"
    INTEGER = "integer"
    SELECTION_MARK = "selectionMark"
    COUNTRY_REGION = "countryRegion"
    SIGNATURE = "signature"
    ARRAY = "array"
    OBJECT = "object"
    CURRENCY = "currency"
    ADDRESS = "address"
    BOOLEAN = "boolean"
    SELECTION_GROUP = "selectionGroup"
