"""A form filled in again and again: its printed words, and where on it each field's values were.

Belongs here: finding the printed words all examples share, laying a page over them, and telling for each word which
field's place it is nearest to. Doesn't: deciding; the CRF sees what is told here as features beside all others.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docplatform.models.local.layout_view import Piece

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
Words = dict[tuple[int, str], tuple[float, float]]
"""Centre of each word that stands once on its page, by page and form."""

_SHARED = 0.75
"""Share of examples a word must stand on to count as printed: reading loses some."""
_ENOUGH = 12
"""Printed words a form must have, and half of them a page must show, to be laid over it."""
_OFF = 0.02
"""Page fractions that a printed word may lie off its place."""
NEAR, FAR = 0.012, 0.05
"""Page fractions from a field's place up to which a word is at it, and has anything to do with it."""
_DOWN = 3.0
"""How much more a distance down the page counts than one across: boxes of forms are wide."""
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class FieldBox:
    """Where a labelled value was: which example's, its field, page, and box in the form's own coordinates."""

    example: int
    field: str
    page: int
    box: Box


@dataclass(frozen=True)
class FormTemplate:
    """Printed words and fields' places of one form."""

    anchors: Words
    """The printed words that stand once on their page: what a page is laid over by."""
    printed: Mapping[tuple[int, str], Sequence[tuple[float, float]]]
    """Centres of all printed words, by page and lower-case text."""
    boxes: tuple[FieldBox, ...]

    @classmethod
    def of(
        cls, pages: Sequence[Sequence[Piece]], spans: Sequence[Sequence[tuple[int, int, str]]]
    ) -> FormTemplate | None:
        """The form that examples are copies of; None where they aren't of one.

        Args:
            pages: Pieces of each example.
            spans: Ranges of pieces and fields labelled in each.
        """
        if len(pages) < _FEWEST:
            return None
        words = [_single(pieces) for pieces in pages]
        counts = Counter(key for found in words for key in found)
        shared = {key for key, count in counts.items() if count >= _SHARED * len(pages)}
        if len(shared) < _ENOUGH:
            return None
        reference = max(range(len(pages)), key=lambda i: (len(shared & words[i].keys()), -i))
        anchors = {key: words[reference][key] for key in sorted(shared & words[reference].keys())}
        laid = [_laid_over(found, anchors) for found in words]
        boxes = [
            FieldBox(number, field, pieces[start].page, _box(pieces[start:end], matrix))
            for number, (pieces, ranges, matrix) in enumerate(zip(pages, spans, laid, strict=True))
            if matrix is not None
            for start, end, field in ranges
        ]
        return cls(anchors, _printed(pages, laid, pages[reference]), tuple(boxes))

    def laid_over(self, pieces: Sequence[Piece], without: int | None = None) -> LaidPage | None:
        """Where a document's pieces are on the form; None where it isn't the form.

        Args:
            pieces: Of a document.
            without: The example whose own labels must not be told, since it is that one.
        """
        matrix = _laid_over(_single(pieces), self.anchors)
        if matrix is None:
            return None
        boxes = np.array([_box([piece], matrix) for piece in pieces])
        kept = [known for known in self.boxes if known.example != without]
        printed = [self._is_printed(piece, box) for piece, box in zip(pieces, boxes, strict=True)]
        return LaidPage(tuple(known.field for known in kept), _distances(pieces, boxes, kept), tuple(printed))

    def _is_printed(self, piece: Piece, box: Floats) -> bool:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        places = self.printed.get((piece.page, piece.text.lower()), ())
        return any(abs(x - across) < _OFF and abs(y - down) < _OFF for across, down in places)

    def to_file(self) -> bytes:
        """As JSON."""
        document = {
            "anchors": [[page, word, x, y] for (page, word), (x, y) in self.anchors.items()],
            "printed": [[page, word, *map(list, places)] for (page, word), places in self.printed.items()],
            "boxes": [[b.example, b.field, b.page, list(b.box)] for b in self.boxes],
        }
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")

    @classmethod
    def from_file(cls, data: bytes) -> FormTemplate:
        """Read back what ``to_file`` gave. Raises ``ValueError``, ``KeyError`` or ``TypeError`` where it isn't that."""
        document = json.loads(data.decode("utf-8", "surrogatepass"))
        anchors = {(int(page), str(word)): (float(x), float(y)) for page, word, x, y in document["anchors"]}
        printed = {
            (int(page), str(word)): tuple((float(x), float(y)) for x, y in places)
            for page, word, *places in document["printed"]
        }
        boxes = [
            FieldBox(int(example), str(field), int(page), (float(x0), float(y0), float(x1), float(y1)))
            for example, field, page, (x0, y0, x1, y1) in document["boxes"]
        ]
        return cls(anchors, printed, tuple(boxes))


@dataclass(frozen=True)
class LaidPage:
    """The pieces of a document that is the form."""

    fields: Sequence[str]
    """Of each place."""
    distances: Floats
    """Pieces x places, in page fractions of the form; infinite on another page."""
    printed: Sequence[bool]
    """For each piece, whether it belongs to the form itself."""

    def features(self) -> list[list[str]]:
        """For each piece, whether it is printed, else the field whose place is nearest."""
        told: list[list[str]] = []
        for is_printed, (field, distance) in zip(self.printed, self.nearest(), strict=True):
            if is_printed:
                told.append(["form", "printed"])
            elif distance <= FAR:
                where = "at" if distance <= NEAR else "by"
                told.append(["form", f"{where}={field}", f"place={field}", f"{where} a place"])
            else:
                told.append(["form"])
        return told

    def nearest(self) -> list[tuple[str, float]]:
        """For each piece, the field whose place is nearest and how far it is."""
        if not self.fields:
            return [("", np.inf)] * len(self.printed)
        best = self.distances.argmin(axis=1)
        return [(self.fields[b], float(self.distances[i, b])) for i, b in enumerate(best)]

    def away(self, piece: int, field: str) -> float:
        """How far a piece is from the places of a field; 0 where it has none that is known."""
        columns = [i for i, name in enumerate(self.fields) if name == field]
        return float(self.distances[piece, columns].min()) if columns else 0.0


def _distances(pieces: Sequence[Piece], boxes: Floats, kept: Sequence[FieldBox]) -> Floats:
    known = np.array([k.box for k in kept]).reshape(-1, 4)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    across = np.maximum(np.maximum(known[:, 0] - boxes[:, 2:3], boxes[:, 0:1] - known[:, 2]), 0)
    down = np.maximum(np.maximum(known[:, 1] - middles[:, 1:2], middles[:, 1:2] - known[:, 3]), 0)
    away = np.hypot(across, _DOWN * down) + 1e-3 * np.abs(middles[:, 0:1] - (known[:, 0] + known[:, 2]) / 2)
    away[np.array([p.page for p in pieces])[:, None] != np.array([k.page for k in kept])] = np.inf
    return np.asarray(away)


def _printed(
    pages: Sequence[Sequence[Piece]], laid: Sequence[Floats | None], reference: Sequence[Piece]
) -> dict[tuple[int, str], list[tuple[float, float]]]:
    """The words of the reference that stand at the same place of most examples."""
    seen: list[dict[tuple[int, str], list[tuple[float, float]]]] = []
    for pieces, matrix in zip(pages, laid, strict=True):
        places: dict[tuple[int, str], list[tuple[float, float]]] = defaultdict(list)
        if matrix is not None:
            for piece in pieces:
                x0, y0, x1, y1 = _box([piece], matrix)
                places[piece.page, piece.text.lower()].append(((x0 + x1) / 2, (y0 + y1) / 2))
        seen.append(places)
    printed: dict[tuple[int, str], list[tuple[float, float]]] = defaultdict(list)
    for piece in reference:
        key = (piece.page, piece.text.lower())
        x, y = (piece.left + piece.right) / 2, (piece.top + piece.bottom) / 2
        alike = [
            next(((a, b) for a, b in places.get(key, ()) if abs(a - x) < _OFF and abs(b - y) < _OFF), None)
            for places in seen
        ]
        found = [place for place in alike if place is not None]
        if len(found) >= _SHARED * len(pages):
            middle = np.median(np.array(found), axis=0)
            printed[key].append((float(middle[0]), float(middle[1])))
    return dict(printed)


def _single(pieces: Sequence[Piece]) -> Words:
    counts = Counter((piece.page, piece.text.lower()) for piece in pieces)
    return {
        (piece.page, piece.text.lower()): ((piece.left + piece.right) / 2, (piece.top + piece.bottom) / 2)
        for piece in pieces
        if counts[piece.page, piece.text.lower()] == 1 and len(piece.text) > 1 and not piece.text[0].isdigit()
    }


def _laid_over(found: Words, anchors: Words) -> Floats | None:
    """The affine map (3 x 2) from a page's places to the form's; None where too few printed words are there."""
    keys = sorted(found.keys() & anchors.keys())
    if len(keys) < max(_ENOUGH / 2, len(anchors) / 2):
        return None
    here = np.column_stack([np.array([found[k] for k in keys]), np.ones(len(keys))])
    there = np.array([anchors[k] for k in keys])
    used = np.ones(len(keys), dtype=bool)
    matrix = np.zeros((3, 2))
    for _ in range(3):
        matrix, *_ = np.linalg.lstsq(here[used], there[used], rcond=None)
        off = np.abs(here @ matrix - there).max(axis=1)
        used = off <= max(_OFF, float(np.median(off)) * 2)
    return matrix if used.sum() >= _ENOUGH / 2 and _spread(there[used]) else None


def _spread(points: Floats) -> bool:
    """Whether points lie apart enough in both directions to fix a map."""
    return bool((np.ptp(points, axis=0) > 0.05).all())


def _moved(points: Floats, matrix: Floats) -> Floats:
    return np.asarray(np.column_stack([points, np.ones(len(points))]) @ matrix)


def _box(pieces: Sequence[Piece], matrix: Floats) -> Box:
    corners = [
        (min(p.left for p in pieces), min(p.top for p in pieces)),
        (max(p.right for p in pieces), max(p.bottom for p in pieces)),
    ]
    (x0, y0), (x1, y1) = _moved(np.array(corners), matrix).tolist()
    return (x0, y0, x1, y1)
