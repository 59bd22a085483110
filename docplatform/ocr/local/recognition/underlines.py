"""Lines that stand on a rule, read once more without it.

Belongs here: finding the rule in a line's crop and taking it out. Doesn't: the rules of pages (``layout.image_rules``).

Forms set values on rules. A short value with a rule as dark as itself is read as anything: ``mm`` as ``旭``, ``R&D`` as
``RED``. Only lines that read badly are asked about: a rule taken out from under every line, or off the page, takes
parts of the letters that touch it along (word recall on 20 forms .823 before, .801 off the page, .812 off the crops).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docplatform.ocr.local.recognition.arrays import Image
from docplatform.ocr.local.recognition.batches import read_lines
from docplatform.ocr.local.recognition.crops import HEIGHT
from docplatform.ocr.local.recognition.decoding import Decoder, Reading
from docplatform.ocr.local.recognition.sessions import Session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DOUBTFUL = 0.8
"""Score under which a line is read again. On 20 forms 36 of 982 lines do and have a rule: 1 % more pixels."""
_RULED = 0.7
"""Share of a row of pixels that is ink where the row is one of a rule."""
_THICKEST = 10  # rows of pixels; a taller band is bold print or a box
_BLUR = 3  # rows beside a rule that its edges, enlarged, shade
_LEAST_INK = 6  # rows of pixels: what is lower is specks
_MARGIN = 8  # pixels of paper around the ink


@dataclass(frozen=True, slots=True)
class _Unruled:
    erased: Image
    """The crop without its rule, as large as it was."""
    close: Image
    """What ink is left, as high as the network reads lines."""
    left: int
    scale: float

    def placed(self, reading: Reading) -> Reading:
        """A reading of ``close`` with its places in ``erased``."""
        starts, ends = (places / self.scale + self.left for places in (reading.starts, reading.ends))
        return replace(reading, starts=starts, ends=ends)


def read_without_rules(
    crops: list[Image], readings: list[Reading], session: Session, decoder: Decoder
) -> tuple[list[Image], list[Reading]]:
    """The crops and readings, those of doubtful lines on a rule without it where they read better so."""
    doubtful = [number for number, reading in enumerate(readings) if reading.score < _DOUBTFUL]
    found = {number: line for number in doubtful if (line := _unruled(crops[number])) is not None}
    again = read_lines([line.close for line in found.values()], session, decoder)
    crops, readings = list(crops), list(readings)
    for (number, line), reading in zip(found.items(), again, strict=True):
        if reading.score > readings[number].score:
            crops[number], readings[number] = line.erased, line.placed(reading)
    return crops, readings


def _unruled(crop: Image) -> _Unruled | None:
    """A line without its rule; None where it has none, or nothing else."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = np.asarray(grey <= level)
    rule = _rule(ink)
    if rule is None:
        return None
    erased = crop.copy()
    erased[rule] = int(np.median(grey[~ink]))
    ink[rule] = False
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    if len(rows) < _LEAST_INK:
        return None
    top, left = max(0, int(rows[0]) - _MARGIN), max(0, int(columns[0]) - _MARGIN)
    part = erased[top : int(rows[-1]) + 1 + _MARGIN, left : int(columns[-1]) + 1 + _MARGIN]
    scale = HEIGHT / part.shape[0]
    size = (max(1, round(part.shape[1] * scale)), HEIGHT)
    close: Image = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    return _Unruled(erased, close, left, scale)


def _rule(ink: NDArray[np.bool_]) -> slice | None:
    """The rows of the rule in a line's lower half, with their blur."""
    import numpy as np

    if ink.mean() > 0.5:  # light on dark
        return None
    half = ink.shape[0] // 2
    rows: Sequence[int] = (np.flatnonzero(ink[half:].mean(axis=1) > _RULED) + half).tolist()
    if not rows or rows[-1] - rows[0] >= _THICKEST:
        return None
    return slice(max(0, rows[0] - _BLUR), rows[-1] + 1 + _BLUR)
