"""Choosing a setting of the linear classifiers on examples that were held out.

The work is bounded by counts, never by a clock: the same examples must give the same model on a slow machine.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from docplatform.models.local.examples import ALWAYS_TRAIN, deal_folds
from docplatform.models.local.linear import LinearWeights, fit_one_vs_rest

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

Fit = Callable[["csr_matrix", Bools, float], LinearWeights]
"""Rows of examples, who has which class, and C, to weights."""

FOLDS = 5
ENOUGH_HELD_OUT = 1_000
"""Once this many examples are held out, further folds are left undone."""
_ENOUGH_VALIDATION = 300
"""A validation split this large is what is held out; with a smaller one, train and validation are cross-validated."""


@dataclass(frozen=True)
class HeldOut:
    """Scores of examples by classifiers that weren't trained on them: ``scores[i]`` belongs to example ``index[i]``."""

    index: Ints
    scores: Floats


def folds_to_hold_out(
    texts: Sequence[str], strata: Sequence[Hashable], is_validation: Sequence[bool], enough: int = ENOUGH_HELD_OUT
) -> tuple[Ints, list[int]]:
    """The fold of each example, and which folds are to be held out in turn."""
    if sum(is_validation) >= _ENOUGH_VALIDATION:
        return np.where(np.array(is_validation), 0, ALWAYS_TRAIN), [0]
    folds = deal_folds(texts, strata, FOLDS)
    chosen: list[int] = []
    for fold in range(FOLDS):
        if np.isin(folds, chosen).sum() < enough and (folds == fold).any():
            chosen.append(fold)
    return folds, chosen


def held_out_scores(
    rows: csr_matrix,
    has: Bools,
    folds: Ints,
    chosen: Sequence[int],
    regularization: float,
    fit: Fit = fit_one_vs_rest,
) -> HeldOut:
    """Train without each chosen fold and score it."""
    indices = [np.flatnonzero(folds == fold) for fold in chosen]
    scores = [
        fit(rows[folds != fold], has[folds != fold], regularization).scores(rows[index])
        for fold, index in zip(chosen, indices, strict=True)
    ]
    if not indices:
        return HeldOut(np.zeros(0, dtype=np.int64), np.zeros((0, has.shape[1])))
    return HeldOut(np.concatenate(indices), np.concatenate(scores))
