"""Candidates for a field's value from a CRF's tags, and the values that they make up.

Belongs here: choosing among candidates, joining lines, rows of line items. Doesn't: features or learning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from docplatform.documents.line_items import cell_of, is_column
from docplatform.models.local.bio import OUTSIDE, ranges_of
from docplatform.models.local.field_types import FieldType, ValueReader
from docplatform.models.local.form_template import FAR, NEAR, LaidPage
from docplatform.models.local.layout_view import Piece

_LEAST = 0.3
"""Probability from which a run of words is a candidate although the likeliest tags leave the field out."""
_SURE = 1 - _LEAST / 2
_AT_PLACE, _BY_PLACE = 0.7, 0.5
"""Score of words that the CRF leaves out and that stand where the form has a field."""


class Span(NamedTuple):
    """Pieces ``first`` to ``last`` (exclusive) that may be a field's, or a line of it."""

    field: str
    """A column of line items is ``Items/*/Amount``: rows are told apart by place, not by learning."""
    first: int
    last: int
    score: float
    """Least marginal probability of its pieces."""


class Value(NamedTuple):
    """A value chosen: its field (``Items/0/Amount`` for a cell) and its spans in order."""

    field: str
    spans: tuple[Span, ...]
    score: float


def candidates(
    tagger: Any, tags: Sequence[str], pieces: Sequence[Piece], start: int, fields: Iterable[str]
) -> list[Span]:
    """Spans of a page: the likeliest tags', and for fields left out by those, runs that are likely all the same.

    Args:
        tagger: Of ``open_crf``, after ``tag`` of this page.
        tags: What it said.
        pieces: Of the whole document.
        start: Index of the page's first piece.
        fields: All the model's fields.
    """
    spans = [
        Span(field, start + first, start + last, min(tagger.marginal(tags[i], i) for i in range(first, last)))
        for first, last, field in ranges_of(tags)
    ]
    unsure = [i for i in range(len(tags)) if tags[i] == OUTSIDE and tagger.marginal(OUTSIDE, i) < _SURE]
    if unsure:
        known = set(tagger.labels())
        for field in fields:
            names = [name for name in (f"B-{field}", f"I-{field}") if name in known]
            likely = {i: sum(tagger.marginal(name, i) for name in names) for i in unsure}
            spans += _runs(field, {i: p for i, p in likely.items() if p >= _LEAST}, pieces, start)
    return spans


def _runs(field: str, likely: Mapping[int, float], pieces: Sequence[Piece], start: int) -> list[Span]:
    runs: list[Span] = []
    for i, p in likely.items():
        at = start + i
        if runs and runs[-1].last == at and not pieces[at].begins_line:
            runs[-1] = Span(field, runs[-1].first, at + 1, min(runs[-1].score, p))
        else:
            runs.append(Span(field, at, at + 1, p))
    return runs


def placed(
    spans: Sequence[Span], pieces: Sequence[Piece], laid: LaidPage, readers: Mapping[str, ValueReader]
) -> list[Span]:
    """Candidates set right by a form: none far from its field's places, and words at the place of a field left out.

    Few examples of a form don't teach a CRF fields that only one or two of them have filled in.
    """
    kept = [s for s in spans if is_column(s.field) or laid.away(s.first, s.field) <= FAR]
    found, taken = {s.field for s in kept}, {i for s in kept for i in range(s.first, s.last)}
    runs: list[tuple[str, int, int, float]] = []
    for i, (is_printed, (field, distance)) in enumerate(zip(laid.printed, laid.nearest(), strict=True)):
        if is_printed or distance > FAR or field in found or is_column(field) or i in taken:
            continue
        if runs and runs[-1][0] == field and runs[-1][2] == i and not pieces[i].begins_line:
            runs[-1] = (field, runs[-1][1], i + 1, min(runs[-1][3], distance))
        else:
            runs.append((field, i, i + 1, distance))
    kept += [
        Span(field, first, last, _AT_PLACE if distance <= NEAR else _BY_PLACE)
        for field, first, last, distance in runs
        if _says_it(" ".join(p.text for p in pieces[first:last]), readers[field], distance)
    ]
    return kept


def _says_it(content: str, reader: ValueReader, distance: float) -> bool:
    """Whether words are of the field's type; what is of no special type must stand at the very place."""
    if reader.field_type is FieldType.STRING and distance > NEAR:
        return False
    return any(c.isalnum() for c in content) and reader.read(content) is not None


@dataclass(frozen=True, slots=True)
class Assembly:
    """How the spans of a document become values."""

    joined: Mapping[str, int]
    """Fields whose values are made of several spans, and the most pieces that stand between two of one value."""
    whole: frozenset[str]
    """Fields whose values never are part of a word."""

    def values(self, spans: Sequence[Span], pieces: Sequence[Piece]) -> list[Value]:
        """At most one value a field, and a row of cells for each line item; in the order of fields."""
        by_field: dict[str, list[Span]] = defaultdict(list)
        spans = [_widened(span, pieces) if span.field in self.whole else span for span in spans]
        for span in sorted(spans, key=lambda s: (s.first, s.field)):
            found = by_field[span.field]
            if found and found[-1].last > span.first:
                span = span._replace(first=found.pop().first)
            found.append(span)
        chosen = [self._best(field, found, pieces) for field, found in sorted(by_field.items()) if not is_column(field)]
        return [*chosen, *_line_items([s for s in spans if is_column(s.field)], pieces)]

    def _best(self, field: str, spans: Sequence[Span], pieces: Sequence[Piece]) -> Value:
        if field in self.joined:
            groups = _neighbouring(spans, self.joined[field])
            best = max(groups, key=lambda group: sum(span.score for span in group))
            return Value(field, tuple(best), min(span.score for span in best))
        support: dict[str, float] = defaultdict(float)
        for span in spans:
            support[said(pieces, span)] += span.score
        best_said = max(support, key=lambda text: support[text])
        best_span = max((s for s in spans if said(pieces, s) == best_said), key=lambda s: s.score)
        return Value(field, (best_span,), best_span.score)


def _widened(span: Span, pieces: Sequence[Piece]) -> Span:
    """The span with the rest of the words that it begins and ends in."""
    first, last = span.first, span.last
    while first and pieces[first - 1].end == pieces[first].start:
        first -= 1
    while last < len(pieces) and pieces[last - 1].end == pieces[last].start:
        last += 1
    return span._replace(first=first, last=last)


def said(pieces: Sequence[Piece], span: Span) -> str:
    """Letters and digits of a span: what it says, however it is written."""
    text = "".join(piece.text for piece in pieces[span.first : span.last])
    return "".join(c for c in text.casefold() if c.isalnum()) or text


def _neighbouring(spans: Sequence[Span], gap: int) -> list[list[Span]]:
    groups = [[spans[0]]]
    for span in spans[1:]:
        if span.first - groups[-1][-1].last <= gap:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _line_items(spans: Sequence[Span], pieces: Sequence[Piece]) -> list[Value]:
    """Cells by table and row: spans side by side are a row; a column's next line alone goes on with the row before."""
    values: list[Value] = []
    for table in sorted({span.field.partition("/*/")[0] for span in spans}):
        members = [span for span in spans if span.field.startswith(f"{table}/*/")]
        for number, row in enumerate(_rows(members, pieces)):
            for column, cell in sorted(row.items()):
                values.append(Value(cell_of(column, number), tuple(cell), min(span.score for span in cell)))
    return values


_Row = dict[str, list[Span]]


def _rows(spans: Sequence[Span], pieces: Sequence[Piece]) -> list[_Row]:
    bands: list[tuple[int, float, float, _Row]] = []
    for span in sorted(spans, key=lambda s: (pieces[s.first].page, pieces[s.first].top, s.first)):
        piece = pieces[span.first]
        page, top, bottom = bands[-1][:3] if bands else (0, 0.0, 0.0)
        overlap = min(bottom, piece.bottom) - max(top, piece.top)
        if page == piece.page and overlap > 0.5 * min(bottom - top, piece.height):
            bands[-1][3].setdefault(span.field, []).append(span)
        else:
            bands.append((piece.page, piece.top, piece.bottom, {span.field: [span]}))
    rows: list[_Row] = []
    widest = max((len(band[3]) for band in bands), default=0)
    for *_, row in bands:
        (column, cell), *others = row.items()
        if rows and not others and widest > 1 and column in rows[-1]:
            rows[-1][column] += cell
        else:
            rows.append(row)
    return rows
