from __future__ import annotations

import numpy as np
import pytest

from docplatform.models.local.calibration import (
    UNCALIBRATED_SCALE,
    best_threshold,
    fit_scale,
    fit_sigmoid,
    sigmoid,
    softmax,
)
from docplatform.models.local.examples import ALWAYS_TRAIN, deal_folds
from docplatform.models.local.linear import fit_one_vs_rest


def test_the_scale_that_made_the_truth_is_found_again() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(5_000, 4))
    truth = np.array([rng.choice(4, p=p) for p in softmax(scores, 3.0)])
    assert fit_scale(scores, truth) == pytest.approx(3.0, rel=0.1)


def test_the_sigmoid_that_made_the_truth_is_found_again() -> None:
    rng = np.random.default_rng(2)
    scores = rng.normal(size=20_000)
    truth = rng.random(20_000) < sigmoid(scores, np.array(2.0), np.array(-1.0))
    assert fit_sigmoid(scores, truth) == pytest.approx((2.0, -1.0), abs=0.1)


def test_a_few_right_answers_do_not_make_it_certain() -> None:
    scores = np.array([[1.0, -1.0], [-1.0, 1.0]] * 3)
    probabilities = softmax(scores, fit_scale(scores, np.array([0, 1] * 3)))
    assert 0.6 < probabilities.max() < 0.99


def test_scores_that_say_the_opposite_of_the_truth_are_ignored_not_turned_round() -> None:
    scale, _ = fit_sigmoid(np.array([1.0, 2.0, -1.0, -2.0]), np.array([False, False, True, True]))
    assert scale == 0.0


def test_nothing_held_out_leaves_the_default() -> None:
    assert fit_scale(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)) == UNCALIBRATED_SCALE
    assert fit_sigmoid(np.zeros(3), np.zeros(3, dtype=bool)) == (UNCALIBRATED_SCALE, 0.0)


def test_the_threshold_is_that_of_greatest_expected_f1() -> None:
    probabilities = np.array([0.9, 0.8, 0.4, 0.1, 0.05, 0.02])

    def expected(threshold: float) -> float:
        kept = probabilities >= threshold
        return 2 * probabilities[kept].sum() / (kept.sum() + probabilities.sum())

    best = best_threshold(probabilities)
    assert expected(best) == max(expected(t) for t in probabilities)
    assert best_threshold(np.array([0.3])) == pytest.approx(0.15)


def test_folds_are_even_in_every_class_and_the_same_in_any_order() -> None:
    texts = [f"text {i}" for i in range(40)]
    strata = ["a"] * 30 + ["b"] * 9 + ["c"]
    folds = deal_folds(texts, strata, 3)
    assert [list(folds[:30]).count(f) for f in range(3)] == [10, 10, 10]
    assert [list(folds[30:39]).count(f) for f in range(3)] == [3, 3, 3]
    assert folds[39] == ALWAYS_TRAIN
    assert list(deal_folds(texts[::-1], strata[::-1], 3)[::-1]) == list(folds)


def test_copies_of_a_text_share_a_fold() -> None:
    folds = deal_folds(["same", "x", "same", "y", "same"], ["a"] * 5, 2)
    assert folds[0] == folds[2] == folds[4]


def test_a_class_that_all_or_none_of_the_rows_have_gets_a_constant_score() -> None:
    from scipy.sparse import csr_matrix

    rows = csr_matrix(np.eye(3))
    has = np.array([[True, False, True], [True, False, False], [True, False, False]])
    scores = fit_one_vs_rest(rows, has, 1.0).scores(rows)
    assert list(scores[:, 0]) == [1.0] * 3
    assert list(scores[:, 1]) == [-1.0] * 3
    assert scores[:, 2].argmax() == 0
