"""Recognising many lines: batches of like width.

Belongs here: what goes to the recognition network together, and how wide. Doesn't: the network, its alphabet.

On one thread a line costs what its width costs, in a batch or alone (ONNX Runtime, AVX2: 32 ms per 320 pixels for 1, 2,
4 and 8 lines, 40 ms where a batch outgrows the cache). So every pixel that fills lines up to a common width is lost:
RapidOCR's least width of 320 and its batches of 6 cost 1.5 x more on receipts, and read worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docplatform.ocr.local.recognition.arrays import Image
from docplatform.ocr.local.recognition.crops import batch_of
from docplatform.ocr.local.recognition.decoding import Decoder, Reading
from docplatform.ocr.local.recognition.sessions import Session

_MIN_WIDTH = 48
_TAIL = 16
"""Pixels of grey after a line, which the network was taught with: without it the last characters suffer."""
_BATCH_PIXELS = 1_600
"""Sum of the widths in a batch at most; a wider line goes alone."""


def read_lines(crops: Sequence[Image], session: Session, decoder: Decoder) -> list[Reading]:
    """A reading per crop, in their order."""
    readings: dict[int, Reading] = {}
    for width, numbers in _batches(crops, session.width_step):
        output = session.run(batch_of([crops[number] for number in numbers], width))
        readings.update(zip(numbers, decoder.decode(output, width), strict=True))
    return [readings[number] for number in range(len(crops))]


def _batches(crops: Sequence[Image], step: int) -> Iterator[tuple[int, list[int]]]:
    """Widths, and which crops are recognised together at each."""
    by_width: dict[int, list[int]] = {}
    for number, crop in enumerate(crops):
        width = max(_MIN_WIDTH, -(-(crop.shape[1] + _TAIL) // step) * step)
        by_width.setdefault(width, []).append(number)
    for width, numbers in sorted(by_width.items()):
        most = max(1, _BATCH_PIXELS // width)
        for start in range(0, len(numbers), most):
            yield width, numbers[start : start + most]
