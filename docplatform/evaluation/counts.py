"""Counts per document and label, and what resampling documents says of scores made from them.

Everything here is arithmetic on three matrices (documents by labels): what was right, asserted and labelled. Resampling
whole documents keeps together what comes together, and costs one matrix product a bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docplatform.evaluation.mistakes import Pair

RESAMPLES = 1_000
CONFIDENCE = 0.95
_SEED = 20_221_001
_CHUNK = 100
"""Resamples drawn at once: 100 of 50,000 documents take 40 MB."""

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class DocumentCounts:
    """``right[i, j]``: items of label ``labels[j]`` that were right in document ``documents[i]``; and so on."""

    labels: tuple[str, ...]
    documents: tuple[str, ...]
    right: Floats
    asserted: Floats
    labelled: Floats

    @classmethod
    def of(cls, document_ids: Sequence[str], pairs: Sequence[Pair]) -> DocumentCounts:
        """Count pairs; those of the same document together."""
        labels = tuple(sorted({item[0] for truth, found in pairs for item in truth | found}))
        documents = tuple(dict.fromkeys(document_ids))
        column, row = {name: i for i, name in enumerate(labels)}, {name: i for i, name in enumerate(documents)}
        right, asserted, labelled = (np.zeros((len(documents), len(labels))) for _ in range(3))
        for document_id, (truth, found) in zip(document_ids, pairs, strict=True):
            i = row[document_id]
            for counts, items in ((right, truth & found), (asserted, found), (labelled, truth)):
                for item in items:
                    counts[i, column[item[0]]] += 1
        return cls(labels, documents, right, asserted, labelled)

    def of_documents(self, rows: npt.NDArray[np.bool_]) -> DocumentCounts:
        """Only some documents, by a mask."""
        kept = tuple(name for name, keep in zip(self.documents, rows, strict=True) if keep)
        return DocumentCounts(self.labels, kept, self.right[rows], self.asserted[rows], self.labelled[rows])

    @property
    def all_labels(self) -> tuple[Floats, Floats, Floats]:
        """Right, asserted and labelled of each document, all labels together."""
        return self.right.sum(axis=1), self.asserted.sum(axis=1), self.labelled.sum(axis=1)

    @property
    def micro_f1(self) -> float:
        """F1 of all items together; 0 where there are none."""
        right, asserted, labelled = (part.sum() for part in self.all_labels)
        return float(f1(right, asserted, labelled))


@dataclass(frozen=True, slots=True)
class F1Intervals:
    """95 % intervals of F1: of each label, in order, and of both averages. None where nothing was counted."""

    labels: tuple[Interval | None, ...]
    micro: Interval | None
    macro: Interval | None


def f1(right: Floats | float, asserted: Floats | float, labelled: Floats | float) -> Floats:
    """F1 of counts, elementwise; 0 where nothing was asserted nor labelled."""
    whole = np.asarray(asserted) + np.asarray(labelled)
    return np.asarray(np.divide(2 * np.asarray(right), whole, out=np.zeros_like(whole, dtype=float), where=whole > 0))


def resampled(document_count: int, generator: np.random.Generator, count: int) -> Floats:
    """``count`` rows of how often each document was drawn."""
    drawn = generator.integers(document_count, size=(count, document_count))
    return np.stack([np.bincount(row, minlength=document_count) for row in drawn]).astype(np.float64)


def f1_intervals(counts: DocumentCounts) -> F1Intervals:
    """Percentile bootstrap over documents, seeded.

    Where every resample gives the same score (all right, or none) the bootstrap knows no doubt; the exact binomial
    bound of as many documents stands in (all of 8 right: from .63).
    """
    if not counts.documents or not counts.labels:
        return F1Intervals((None,) * len(counts.labels), None, None)
    generator = np.random.default_rng(_SEED)
    labels, micro = [], []
    for begin in range(0, RESAMPLES, _CHUNK):
        weights = resampled(len(counts.documents), generator, min(_CHUNK, RESAMPLES - begin))
        sums = [weights @ part for part in (counts.right, counts.asserted, counts.labelled)]
        labels.append(f1(*sums))
        micro.append(f1(*(part.sum(axis=1) for part in sums)))
    by_label, all_together = np.concatenate(labels), np.concatenate(micro)
    touched = ((counts.asserted + counts.labelled) > 0).sum(axis=0)
    holding = int(((counts.asserted + counts.labelled).sum(axis=1) > 0).sum())
    return F1Intervals(
        tuple(_interval(scores, int(n)) for scores, n in zip(by_label.T, touched, strict=True)),
        _interval(all_together, holding),
        _interval(by_label.mean(axis=1), holding),
    )


def _interval(scores: Floats, documents: int) -> Interval | None:
    if not documents:
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(value) for value in np.quantile(scores, [tail, 1 - tail]))
    doubt = float(tail ** (1 / documents))
    if low >= 1.0:
        low = doubt
    if high <= 0.0:
        high = 1 - doubt
    return low, high
