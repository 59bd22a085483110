"""What the recognition network says, as characters and where in the line each was seen.

Belongs here: connectionist temporal classification, decoded greedily (Graves 2006). Doesn't: words (``words``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from docplatform.ocr.local.recognition.arrays import Batch, Floats

SURE = 0.97
"""Probability from which a character isn't doubted: of 40 receipts' characters 95 % have it."""
_BLANK = 0
_LEAST = 0.01  # probability of what a doubted character may be instead


@dataclass(frozen=True, slots=True)
class Reading:
    """A line's characters. Places are pixels of its crop."""

    text: str
    starts: Floats
    ends: Floats
    scores: Floats
    spaces: Floats
    """Per character: how much the network believed in a space before it (0 to 1)."""
    doubts: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """By the places of characters less than ``SURE``: what may stand there, itself included, and the belief in each."""

    @property
    def score(self) -> float:
        """Mean over its characters, as RapidOCR scores lines."""
        return float(self.scores.mean()) if self.text else 0.0


class Decoder:
    """Decodes with an alphabet."""

    def __init__(self, characters: Sequence[str]) -> None:
        self._characters = ["", *characters, " "]

    def decode(self, output: Batch, width: int) -> Iterator[Reading]:
        """A reading per line of a batch whose lines were ``width`` pixels wide."""
        import numpy as np

        classes = output.argmax(axis=2)
        scores = np.take_along_axis(output, classes[:, :, None], axis=2)[:, :, 0]
        spaces = output[:, :, -1]
        column = width / output.shape[1]
        for row in range(len(output)):
            yield self._reading(output[row], classes[row], scores[row], spaces[row], column)

    def _reading(self, output: Batch, classes: Floats, scores: Floats, spaces: Floats, column: float) -> Reading:
        import numpy as np

        changes = np.flatnonzero(np.diff(classes, prepend=-1, append=-1))
        firsts, lasts = changes[:-1], changes[1:]
        is_seen = classes[firsts] != _BLANK
        firsts, lasts = firsts[is_seen], lasts[is_seen]
        text = "".join(self._characters[number] for number in classes[firsts])
        previous = np.concatenate([[1], lasts])[: len(firsts)]
        beliefs = spaces.tolist()
        believed = [max(beliefs[before - 1 : first + 1]) for before, first in zip(previous, firsts, strict=True)]
        return Reading(
            text,
            firsts * column,
            lasts * column,
            scores[firsts].astype(np.float64),
            np.array(believed, np.float64),
            {
                place: self._possible(output[first])
                for place, first in enumerate(firsts)
                if scores[first] < SURE and text[place] != " "
            },
        )

    def _possible(self, column: Batch) -> dict[str, float]:
        """The characters that a column of the output may stand for."""
        import numpy as np

        numbers = np.flatnonzero(column > _LEAST)
        beliefs = column[numbers].tolist()
        return {
            char: belief
            for number, belief in zip(numbers, beliefs, strict=True)
            if (char := self._characters[number]).strip()
        }
