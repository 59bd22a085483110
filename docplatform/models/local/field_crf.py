"""Documents with layout as sequences a CRF takes: one a page, features of words, places on a form, and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from docplatform.documents.document_text import DocumentText
from docplatform.documents.line_items import column_of, is_column
from docplatform.documents.predictions import Entity, LabeledExample
from docplatform.models.local.bio import entity_ranges
from docplatform.models.local.field_spans import Candidates, Span, candidates
from docplatform.models.local.form_template import LaidPage
from docplatform.models.local.layout_features import layout_features
from docplatform.models.local.layout_view import Piece, pieces_of, segments_of
from docplatform.models.local.tokens import Token


@dataclass(frozen=True)
class LabeledPieces:
    """A labelled document: its pieces, and the ranges of pieces that are fields' (one a line), with the fields."""

    pieces: Sequence[Piece]
    ranges: Sequence[tuple[int, int, str]]

    @classmethod
    def of(cls, example: LabeledExample) -> LabeledPieces:
        """Cut a document into pieces. A label over several lines becomes a range a line."""
        pieces = pieces_of(example.document)
        tokens = [Token(p.start, p.end, p.text, int(p.begins_line), False) for p in pieces]
        entities = [Entity(column_of(e.category), e.offset, e.length, e.text) for e in example.entities]
        ranges = entity_ranges(tokens, entities)
        return cls(pieces, [part for found in ranges for part in _lines(pieces, *found)])


def _lines(pieces: Sequence[Piece], first: int, last: int, field: str) -> list[tuple[int, int, str]]:
    starts = [first, *[i for i in range(first + 1, last) if pieces[i].begins_line]]
    return [(start, end, field) for start, end in zip(starts, [*starts[1:], last], strict=True)]


def pages_of(pieces: Sequence[Piece]) -> list[range]:
    """The pieces of each page, in the order of the text."""
    found, start = [], 0
    for _, group in groupby(piece.page for piece in pieces):
        end = start + sum(1 for _ in group)
        found.append(range(start, end))
        start = end
    return found


_FEW = 0.01
"""Share of lower-case letters below which texts are all capitals, but for slips."""


def tells_case(texts: Iterable[str]) -> bool:
    """Whether letters are of both cases. Where they aren't, other texts look like something else by their case alone.

    Receipts typed off in capitals are an example, from which values on photographed ones are to be found.
    """
    letters = Counter(character.islower() for text in texts for character in text if character.isalpha())
    return letters[True] >= _FEW * letters.total()


def page_features(pieces: Sequence[Piece], laid: LaidPage | None, *, has_case: bool = True) -> list[Any]:
    """One ``pycrfsuite.ItemSequence`` per page; without ``has_case`` of the words in capitals."""
    from pycrfsuite import ItemSequence

    placed = laid.features() if laid is not None else None
    sequences = []
    for page in pages_of(pieces):
        members = pieces[page.start : page.stop]
        if not has_case:
            members = [replace(piece, text=piece.text.upper()) for piece in members]
        rows = layout_features(members, segments_of(members))
        if placed is not None:
            rows = [[*row, *placed[i]] for row, i in zip(rows, page, strict=True)]
        sequences.append(ItemSequence(rows))
    return sequences


def spans_of(tagger: Any, pieces: Sequence[Piece], features: Sequence[Any], fields: Sequence[str]) -> Candidates:
    """Candidates of all pages. What the likeliest tags leave out is one of line items and of fields found nowhere."""
    found = Candidates([], [], {field: {} for field in fields})
    for page, sequence in zip(pages_of(pieces), features, strict=True):
        of_page = candidates(tagger, tagger.tag(sequence), pieces, page.start, fields)
        found.spans.extend(of_page.spans)
        found.left_out.extend(of_page.left_out)
        for field, likely in of_page.faint.items():
            found.faint[field].update(likely)
    known = {span.field for span in found.spans}
    found.spans.extend(span for span in found.left_out if is_column(span.field) or span.field not in known)
    return found


def content_of(document: DocumentText, pieces: Sequence[Piece], spans: Sequence[Span]) -> tuple[tuple[int, int], ...]:
    """Offset and length of each span, in code points; spans that touch become one."""
    found: list[tuple[int, int]] = []
    for span in spans:
        start, end = pieces[span.first].start, pieces[span.last - 1].end
        if (
            found
            and not document.text[sum(found[-1]) : start].strip(" ")
            and "\n" not in document.text[sum(found[-1]) : start]
        ):
            start = found.pop()[0]
        found.append((start, end - start))
    return tuple(found)
