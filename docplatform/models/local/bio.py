"""Entities to one tag per token and back (``B-`` begins one, ``I-`` goes on with it, ``O`` is outside)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from docplatform.documents.predictions import Entity
from docplatform.models.local.tokens import Token

OUTSIDE = "O"


def entity_ranges(tokens: Sequence[Token], entities: Sequence[Entity]) -> list[tuple[int, int, str]]:
    """The range of tokens each entity touches, with its category, in the order of the text.

    Of entities that overlap, the longer one is kept, then the earlier: a sequence of tags can't hold both. One that
    touches no token (white space) is left out.
    """
    starts, ends = [t.start for t in tokens], [t.end for t in tokens]
    taken: set[int] = set()
    kept: list[tuple[int, int, str]] = []
    for entity in sorted(entities, key=lambda e: (-e.length, e.offset, e.category)):
        first, last = bisect_right(ends, entity.offset), bisect_left(starts, entity.offset + entity.length)
        if first < last and taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            kept.append((first, last, entity.category))
    return sorted(kept)


def tags_of(count: int, ranges: Sequence[tuple[int, int, str]]) -> list[str]:
    """One tag per token."""
    tags = [OUTSIDE] * count
    for first, last, category in ranges:
        tags[first:last] = [f"B-{category}", *[f"I-{category}"] * (last - first - 1)]
    return tags


def ranges_of(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """The ranges that tags stand for. An ``I-`` that goes on with nothing begins a range of its own."""
    ranges: list[tuple[int, int, str]] = []
    for index, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        category = tag[2:]
        goes_on = tag.startswith("I-") and ranges and ranges[-1][1] == index and ranges[-1][2] == category
        if goes_on:
            ranges[-1] = (ranges[-1][0], index + 1, category)
        else:
            ranges.append((index, index + 1, category))
    return ranges
