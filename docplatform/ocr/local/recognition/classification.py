"""Whether lines stand on their heads.

Belongs here: the classifier of lines, asked about no more of them than needed. Doesn't: pages (``orientation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docplatform.ocr.local.recognition.arrays import Image
from docplatform.ocr.local.recognition.crops import HEIGHT, batch_of
from docplatform.ocr.local.recognition.sessions import Session

_WIDTH = 192  # the network's own
_SURE = 0.9  # RapidOCR's: what is less sure is taken to be upright
_SAMPLE = 8
"""Lines asked about first: 5 % of a page's cost with all lines, under 1 % with these."""
_BATCH = 8


def upside_down(crops: Sequence[Image], session: Session) -> list[bool]:
    """For each line of a page, whether it stands on its head. Asks about the longest; about all where those differ."""
    longest = sorted(range(len(crops)), key=lambda number: -crops[number].shape[1])
    sample = set(longest[:_SAMPLE])
    answers = dict(zip(sorted(sample), _classified([crops[number] for number in sorted(sample)], session), strict=True))
    if any(answers.values()):
        rest = [number for number in range(len(crops)) if number not in sample]
        answers.update(zip(rest, _classified([crops[number] for number in rest], session), strict=True))
    return [answers.get(number, False) for number in range(len(crops))]


def _classified(crops: Sequence[Image], session: Session) -> Iterator[bool]:
    for start in range(0, len(crops), _BATCH):
        batch = batch_of([_narrowed(crop) for crop in crops[start : start + _BATCH]], _WIDTH)
        for upright, turned in session.run(batch):
            yield bool(turned > max(upright, _SURE))


def _narrowed(crop: Image) -> Image:
    """A line within the classifier's width: squeezed, as it was taught."""
    import cv2

    if crop.shape[1] <= _WIDTH:
        return crop
    return cv2.resize(crop, (_WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]
