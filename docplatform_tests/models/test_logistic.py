from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from docplatform.models.local.calibration import softmax
from docplatform.models.local.logistic import fit_softmax


def problem(classes: int, examples: int = 120, features: int = 40) -> tuple[csr_matrix, np.ndarray]:
    random = np.random.default_rng(classes)
    truth = np.arange(examples) % classes
    rows = random.random((examples, features)) * (random.random((examples, features)) < 0.3)
    rows[np.arange(examples), truth] += 0.5
    return csr_matrix(rows, dtype=np.float32), truth


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("regularization", [0.1, 1.0, 30.0])
def test_it_is_the_solution_that_scikit_learn_finds(classes: int, regularization: float) -> None:
    rows, truth = problem(classes)
    ours = fit_softmax(rows, truth[:, None] == np.arange(classes), regularization)
    with_ones = np.hstack([rows.toarray(), np.ones((rows.shape[0], 1))])  # our bias is penalised as a weight is
    theirs = LogisticRegression(
        C=regularization * (2 if classes == 2 else 1),
        class_weight="balanced",
        fit_intercept=False,
        tol=1e-8,
        max_iter=5_000,
    ).fit(with_ones, truth)
    found = softmax(ours.scores(rows), 1.0)
    assert np.abs(found - theirs.predict_proba(with_ones)).max() < 0.02


def test_a_weight_of_two_is_as_good_as_standing_there_twice() -> None:
    rows, truth = problem(2)
    has = truth[:, None] == np.arange(2)
    weighted = fit_softmax(rows, has, 1.0, np.full(len(truth), 2.0))
    doubled = fit_softmax(rows, has, 2.0)
    assert np.allclose(weighted.weights, doubled.weights, atol=1e-4)


def test_a_class_without_examples_is_never_the_likeliest() -> None:
    rows, truth = problem(2)
    scores = fit_softmax(rows, truth[:, None] == np.arange(3), 10.0).scores(rows)
    assert (scores.argmax(axis=1) < 2).all()


def test_a_factor_of_features_is_a_penalty_on_weights_divided_by_it() -> None:
    rows, truth = problem(3)
    has, factor = truth[:, None] == np.arange(3), np.linspace(0.2, 3.0, rows.shape[1], dtype=np.float32)
    scaled = fit_softmax(rows.multiply(factor).tocsr(), has, 10.0)
    found = fit_softmax(rows, has, 10.0, factor=factor)
    assert np.allclose(found.scores(rows), scaled.scores(rows.multiply(factor).tocsr()), atol=1e-4)
    assert not np.allclose(found.scores(rows), fit_softmax(rows, has, 10.0).scores(rows), atol=1e-2)
