"""Whether a model serves some documents worse than others: scores by customer, type, quality or language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docplatform.evaluation.counts import CONFIDENCE, RESAMPLES, DocumentCounts, Floats, f1, resampled

MIN_DOCUMENTS = 10
"""Fewer documents on either side are reported, and never flagged."""
_SEED = 20_221_001
_CHUNK = 100
_UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceScore:
    """Micro F1 on the documents that share a property, beside all the others."""

    attribute: str
    value: str
    documents: int
    f1: float
    gap: float
    """F1 of these less F1 of the others."""
    gap_low: float
    """95 % interval of the gap."""
    gap_high: float
    is_flagged: bool
    """The interval lies wholly on one side of 0, with at least ``MIN_DOCUMENTS`` on each side."""


def slice_scores(counts: DocumentCounts, attributes: Mapping[str, Mapping[str, str | None]]) -> tuple[SliceScore, ...]:
    """Scores of every value of every attribute that has more than one.

    Args:
        counts: What the model did with each document.
        attributes: Attribute to document id to value; a document without one counts as ``(unknown)``.
    """
    sums = np.stack(counts.all_labels, axis=1)
    scores = []
    for attribute, by_document in sorted(attributes.items()):
        values = np.array([by_document.get(document) or _UNKNOWN for document in counts.documents])
        found = np.unique(values)
        if len(found) > 1:
            scores += [_slice(attribute, str(value), values == value, sums) for value in found]
    return tuple(scores)


def _slice(attribute: str, value: str, inside: npt.NDArray[np.bool_], sums: Floats) -> SliceScore:
    own, others = sums * inside[:, None], sums * ~inside[:, None]
    score, rest = (float(f1(*part.sum(axis=0))) for part in (own, others))
    generator = np.random.default_rng(_SEED)
    gaps = []
    for _ in range(0, RESAMPLES, _CHUNK):
        weights = resampled(len(sums), generator, _CHUNK)
        gaps.append(f1(*(weights @ own).T) - f1(*(weights @ others).T))
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(bound) for bound in np.quantile(np.concatenate(gaps), [tail, 1 - tail]))
    documents = int(inside.sum())
    enough = min(documents, len(sums) - documents) >= MIN_DOCUMENTS
    return SliceScore(
        attribute=attribute,
        value=value,
        documents=documents,
        f1=score,
        gap=score - rest,
        gap_low=low,
        gap_high=high,
        is_flagged=enough and (low > 0 or high < 0),
    )
