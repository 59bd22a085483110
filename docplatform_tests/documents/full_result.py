"""A result in which every property of every schema is set once at least."""

from __future__ import annotations

from typing import Any

_SPAN = {"offset": 0, "length": 2}
_SPANS = [{"offset": 0, "length": 2}, {"offset": 3, "length": 1}]
_POLYGON = [0, 0, 1.5, 0, 1.5, 1, 0, 1]
_REGIONS = [{"pageNumber": 1, "polygon": _POLYGON}]
_CAPTION = {"content": "ab", "boundingRegions": _REGIONS, "spans": _SPANS, "elements": ["/paragraphs/0"]}
_PLACED = {"content": "ab", "boundingRegions": _REGIONS, "spans": _SPANS, "confidence": 0.5}


def _fields() -> dict[str, Any]:
    address = "houseNumber poBox road city state postalCode countryRegion streetAddress unit cityDistrict stateDistrict"
    values: dict[str, tuple[str, Any]] = {
        "text": ("string", {"valueString": "ab"}),
        "day": ("date", {"valueDate": "2024-11-30"}),
        "clock": ("time", {"valueTime": "05:32:20"}),
        "phone": ("phoneNumber", {"valuePhoneNumber": "+41"}),
        "number": ("number", {"valueNumber": 1.5}),
        "count": ("integer", {"valueInteger": 3}),
        "mark": ("selectionMark", {"valueSelectionMark": "selected"}),
        "signature": ("signature", {"valueSignature": "unsigned"}),
        "country": ("countryRegion", {"valueCountryRegion": "CHE"}),
        "money": ("currency", {"valueCurrency": {"amount": 2, "currencySymbol": "$", "currencyCode": "USD"}}),
        "address": ("address", {"valueAddress": dict.fromkeys(f"{address} suburb house level".split(), "x")}),
        "truth": ("boolean", {"valueBoolean": False}),
        "group": ("selectionGroup", {"valueSelectionGroup": ["a", "b"]}),
    }
    fields = {name: {"type": kind, **value, **_PLACED} for name, (kind, value) in values.items()}
    rows = [{"type": "object", "valueObject": {"span": {"type": "string", "valueString": "x", **_PLACED}}}]
    return fields | {"spans": {"type": "array", "valueArray": rows}}


def full_result() -> dict[str, Any]:
    """As the service could answer it. Its content is ``ab c``."""
    word = {"content": "ab", "polygon": _POLYGON, "span": _SPAN, "confidence": 1}
    page = {
        "pageNumber": 1,
        "angle": -0.5,
        "width": 8.5,
        "height": 11,
        "unit": "inch",
        "spans": [{"offset": 0, "length": 4}],
        "words": [word],
        "lines": [{"content": "ab", "polygon": _POLYGON, "spans": _SPANS}],
        "selectionMarks": [{"state": "selected", "polygon": _POLYGON, "span": _SPAN, "confidence": 0.5}],
        "barcodes": [{"kind": "QRCode", "value": "v", "polygon": _POLYGON, "span": _SPAN, "confidence": 1}],
        "formulas": [{"kind": "inline", "value": "a^2", "polygon": _POLYGON, "span": _SPAN, "confidence": 0.9}],
    }
    cell = _CAPTION | {"kind": "columnHeader", "rowIndex": 0, "columnIndex": 0, "rowSpan": 1, "columnSpan": 2}
    table = {"rowCount": 1, "columnCount": 2, "cells": [cell], "boundingRegions": _REGIONS, "spans": _SPANS}
    placed = {"content": "ab", "boundingRegions": _REGIONS, "spans": _SPANS}
    decorations = {"caption": _CAPTION, "footnotes": [_CAPTION]}
    return {
        "apiVersion": "2024-11-30",
        "modelId": "m",
        "stringIndexType": "unicodeCodePoint",
        "contentFormat": "markdown",
        "content": "ab c",
        "pages": [page],
        "paragraphs": [placed | {"role": "title"}],
        "tables": [table | decorations],
        "figures": [
            {"id": "1.1", "boundingRegions": _REGIONS, "spans": _SPANS, "elements": ["/paragraphs/0"]} | decorations
        ],
        "sections": [{"spans": _SPANS, "elements": ["/paragraphs/0", "/tables/0"]}],
        "keyValuePairs": [{"key": placed, "value": placed, "confidence": 0.9}],
        "styles": [
            {
                "isHandwritten": True,
                "similarFontFamily": "Arial",
                "fontStyle": "italic",
                "fontWeight": "bold",
                "color": "#000000",
                "backgroundColor": "#ffffff",
                "spans": _SPANS,
                "confidence": 1,
            }
        ],
        "languages": [{"locale": "en", "spans": _SPANS, "confidence": 0.9}],
        "documents": [
            {"docType": "d", "boundingRegions": _REGIONS, "spans": _SPANS, "fields": _fields(), "confidence": 0.5}
        ],
        "warnings": [{"code": "c", "message": "m", "target": "/pages/0"}],
    }
