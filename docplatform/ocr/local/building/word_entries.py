"""The words of a page as JSON.

Belongs here: their form. Doesn't: which there are and where they stand (``lines``).

A page has hundreds, each with a polygon and a span: as dicts for a JSON library they take half as long again.
"""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring as quoted

from pydantic_core import to_json

from docplatform.documents.elements import Polygon

WordEntry = tuple[str, Polygon | None, int, float]
"""Text, polygon, offset in the content and confidence."""


_POLYGON = '"polygon":[%s],'


def words_json(words: Sequence[WordEntry]) -> bytes:
    """The JSON of a page's words, UTF-8."""
    if not words:
        return b"[]"
    polygons = to_json([polygon or () for _, polygon, _, _ in words]).decode()[2:-2].split("],[")
    confidences = to_json([confidence for *_, confidence in words]).decode()[1:-1].split(",")
    entries = [
        f'{{"content":{quoted(text)},{_POLYGON % numbers if numbers else ""}"span":'
        f'{{"offset":{offset},"length":{len(text)}}},"confidence":{confidence}}}'
        for (text, _, offset, _), numbers, confidence in zip(words, polygons, confidences, strict=True)
    ]
    return f"[{','.join(entries)}]".encode()
