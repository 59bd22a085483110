"""Rules put in order: level and upright strokes in the frame in which text is upright, broken and double ones mended.

Belongs here: lines alone. Doesn't: the grids they make (``grid``), finding them (``pdf_rules``, ``image_rules``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from docplatform.ocr.local.page_elements import Rule

_SLOPE = 0.06  # of the length: about 3.5 degrees beyond the text's own skew


class Stroke(NamedTuple):
    """A line along one axis: where it stands on the other, and from where to where it runs."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        """From end to end."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Strokes:
    """The mended strokes of a page, each kind by place: ``level`` from the top, ``upright`` from the left."""

    level: Sequence[Stroke] = ()
    upright: Sequence[Stroke] = ()


def strokes_of(rules: Iterable[Rule], tolerance: float) -> Strokes:
    """Rules as strokes. Those closer than ``tolerance`` are one: two edges of a bar, double lines, broken lines."""
    level, upright = [], []
    for rule in rules:
        wide, high = abs(rule.x2 - rule.x1), abs(rule.y2 - rule.y1)
        if high <= _SLOPE * wide:
            level.append(Stroke((rule.y1 + rule.y2) / 2, min(rule.x1, rule.x2), max(rule.x1, rule.x2)))
        elif wide <= _SLOPE * high:
            upright.append(Stroke((rule.x1 + rule.x2) / 2, min(rule.y1, rule.y2), max(rule.y1, rule.y2)))
    return Strokes(_mended(level, tolerance), _mended(upright, tolerance))


def places(numbers: Iterable[float], tolerance: float) -> list[float]:
    """The distinct ones in order: those within ``tolerance`` of the first of them are one, their mean."""
    groups: list[list[float]] = []
    for number in sorted(numbers):
        if groups and number - groups[-1][0] <= tolerance:
            groups[-1].append(number)
        else:
            groups.append([number])
    return [sum(group) / len(group) for group in groups]


def _mended(strokes: Sequence[Stroke], tolerance: float) -> list[Stroke]:
    groups: list[list[Stroke]] = []
    for stroke in sorted(strokes, key=lambda stroke: stroke.at):
        if groups and stroke.at - groups[-1][0].at <= tolerance:
            groups[-1].append(stroke)
        else:
            groups.append([stroke])
    return [stroke for group in groups for stroke in _joined(group, tolerance)]


def _joined(strokes: Sequence[Stroke], tolerance: float) -> Iterable[Stroke]:
    """Strokes at one place that overlap or nearly touch, as one; it stands where the longest does."""
    current: Stroke | None = None
    longest = 0.0
    for stroke in sorted(strokes, key=lambda stroke: stroke.start):
        if current is not None and stroke.start - current.end <= tolerance:
            at = stroke.at if stroke.length > longest else current.at
            longest = max(longest, stroke.length)
            current = Stroke(at, current.start, max(current.end, stroke.end))
            continue
        if current is not None:
            yield current
        current, longest = stroke, stroke.length
    if current is not None:
        yield current
