"""Candidates for a field's value from a CRF's tags, and the values that they make up.

Belongs here: choosing among candidates, joining lines, rows of line items. Doesn't: features or learning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from docplatform.documents.line_items import cell_of, is_column
from docplatform.models.local.bio import OUTSIDE, ranges_of
from docplatform.models.local.field_types import FieldType, ValueReader
from docplatform.models.local.form_template import FAR, NEAR, LaidPage
from docplatform.models.local.layout_view import Piece, side_by_side

_LEAST = 0.3
"""Probability from which a run of words is a candidate although the likeliest tags leave the field out."""
_FAINT = 0.02
"""Probability from which a word that the likeliest tags leave out counts as a rival of a value."""
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
    rival: float = 0.0
    """Greatest marginal probability of pieces elsewhere that say something else."""


class Candidates(NamedTuple):
    """What may be fields' values."""

    spans: list[Span]
    """The likeliest tags'."""
    left_out: list[Span]
    """Runs that the likeliest tags leave out and that are likely all the same."""
    faint: dict[str, dict[int, float]]
    """By field and piece: probabilities of pieces that the likeliest tags leave out."""


def candidates(
    tagger: Any, tags: Sequence[str], pieces: Sequence[Piece], start: int, fields: Iterable[str]
) -> Candidates:
    """Those of a page.

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
    left_out: list[Span] = []
    faint: dict[str, dict[int, float]] = {}
    unsure = [i for i in range(len(tags)) if tags[i] == OUTSIDE and tagger.marginal(OUTSIDE, i) < 1 - _FAINT]
    if unsure:
        known = set(tagger.labels())
        for field in fields:
            names = [name for name in (f"B-{field}", f"I-{field}") if name in known]
            likely = {i: sum(tagger.marginal(name, i) for name in names) for i in unsure}
            left_out += _runs(field, {i: p for i, p in likely.items() if p >= _LEAST}, pieces, start)
            faint[field] = {start + i: p for i, p in likely.items()}
    return Candidates(spans, left_out, faint)


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
    first: frozenset[str]
    """Fields whose values begin what stands side by side in a line."""
    last: frozenset[str]
    """Fields whose values end it."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        edges = {name: sorted(getattr(self, name)) for name in ("whole", "first", "last")}
        return {"joined": dict(sorted(self.joined.items())), **edges}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Assembly:
        """Read back what ``to_json`` gave. Raises ``KeyError``, ``TypeError`` or ``ValueError`` where it isn't that."""
        joined = {str(field): int(gap) for field, gap in told["joined"].items()}
        return cls(joined, frozenset(told["whole"]), frozenset(told["first"]), frozenset(told["last"]))

    def values(
        self,
        spans: Sequence[Span],
        pieces: Sequence[Piece],
        readers: Mapping[str, ValueReader],
        faint: Mapping[str, Mapping[int, float]],
    ) -> list[Value]:
        """At most one value a field, and a row of cells for each line item; in the order of fields.

        Args:
            spans: Candidates.
            pieces: Of the document.
            readers: Of each field.
            faint: See ``Candidates``.
        """
        by_field: dict[str, list[Span]] = defaultdict(list)
        spans = [self._widened(span, pieces) for span in spans]
        for span in sorted(spans, key=lambda s: (s.first, s.field)):
            found = by_field[span.field]
            if found and found[-1].last > span.first:
                span = span._replace(first=found.pop().first)
            found.append(span)
        chosen = [
            self._best(found, pieces, readers[field], faint.get(field, {}))
            for field, found in sorted(by_field.items())
            if not is_column(field)
        ]
        return [*chosen, *_line_items([s for s in spans if is_column(s.field)], pieces)]

    def _widened(self, span: Span, pieces: Sequence[Piece]) -> Span:
        """The span with the rest of the words that it begins and ends in, or of what stands beside it."""
        first, last = span.first, span.last
        if span.field in self.whole:
            first, last = _until(pieces, first, -1, in_one_word), _until(pieces, last, 1, in_one_word)
        if span.field in self.first:
            first = _until(pieces, first, -1, side_by_side)
        if span.field in self.last:
            last = _until(pieces, last, 1, side_by_side)
        return span._replace(first=first, last=last)

    def _best(
        self, spans: Sequence[Span], pieces: Sequence[Piece], reader: ValueReader, faint: Mapping[int, float]
    ) -> Value:
        field = spans[0].field
        if field in self.joined:
            groups = _neighbouring(spans, self.joined[field])
            best = max(groups, key=lambda group: sum(span.score for span in group))
            return Value(field, tuple(best), min(span.score for span in best), _rival(spans, best, faint))

        def meaning(span: Span) -> str:
            return reader.meant(content(pieces, span)) or said(pieces, span)

        meant = {span: meaning(span) for span in spans}
        support: dict[str, float] = defaultdict(float)
        for span in spans:
            support[meant[span]] += span.score
        best_meant = max(support, key=lambda text: support[text])
        same = [span for span in spans if meant[span] == best_meant]
        best_span = max(same, key=lambda span: span.score)
        others = {i: p for i, p in faint.items() if meaning(Span(field, i, i + 1, p)) != best_meant}
        return Value(field, (best_span,), best_span.score, _rival(spans, same, others))


def _rival(spans: Sequence[Span], chosen: Sequence[Span], faint: Mapping[int, float]) -> float:
    taken = {i for span in chosen for i in range(span.first, span.last)}
    others = [span.score for span in spans if span.first not in taken]
    return max([*others, *[p for i, p in faint.items() if i not in taken]], default=0.0)


def in_one_word(one: Piece, following: Piece) -> bool:
    """Whether two pieces, one after the other, are of one word."""
    return one.end == following.start


def _until(pieces: Sequence[Piece], edge: int, step: int, together: Callable[[Piece, Piece], bool]) -> int:
    """The edge moved over the pieces that belong together."""
    while 0 < edge < len(pieces) and together(pieces[edge - 1], pieces[edge]):
        edge += step
    return edge


def content(pieces: Sequence[Piece], span: Span) -> str:
    """The text of a span, a blank between words."""
    run = pieces[span.first : span.last]
    blanks = ["" if in_one_word(*pair) else " " for pair in pairwise(run)]
    return "".join(f"{piece.text}{blank}" for piece, blank in zip(run, [*blanks, ""], strict=True))


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
