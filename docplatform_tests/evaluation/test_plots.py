from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image

from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.learning import SHARES, CurvePoint
from docplatform.evaluation.metrics import Evaluation, evaluate
from docplatform.evaluation.mistakes import NONE, Confusion
from docplatform.evaluation.plots import (
    MAX_CLASSES,
    _condensed,
    _shortened,
    confusion_matrix_png,
    label_f1_png,
    learning_curve_png,
    reliability_png,
)


def evaluation_of(classes: int, kind: TaskKind = TaskKind.SINGLE_LABEL_CLASSIFICATION, count: int = 200) -> Evaluation:
    rng = random.Random(classes)  # noqa: S311 - made to be repeated
    names = [f"class $_{i} of {classes}" for i in range(classes)]
    truth = [rng.choice(names) for _ in range(count if names else 0)]
    found = [t if rng.random() < 0.8 else rng.choice(names) for t in truth]
    return evaluate(
        kind,
        [LabeledExample(str(i), "x", (t,)) for i, t in enumerate(truth)],
        [Prediction(categories=(Category(f),), confidence_score=1.0) for f in found],
    )


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("classes", [0, 1, 2, 12, 40])
def test_both_pictures_are_drawn_for_any_number_of_classes(classes: int) -> None:
    evaluation = evaluation_of(classes)
    for png in (confusion_matrix_png(evaluation), label_f1_png(evaluation, threshold=0.8), label_f1_png(evaluation)):
        image = pixels(png)
        assert 150 < image.shape[0] < 2_200
        assert 150 < image.shape[1] < 2_200
        assert image.std() > 1


def test_labels_below_the_threshold_are_drawn_in_another_colour() -> None:
    evaluation = evaluation_of(4)

    def orange(png: bytes) -> int:
        image = pixels(png).astype(int)
        return int(((image[..., 0] > 200) & (image[..., 2] < 40)).sum())

    assert orange(label_f1_png(evaluation, threshold=0.0)) == 0
    assert orange(label_f1_png(evaluation, threshold=1.0)) > 1_000


def test_a_picture_is_the_same_every_time() -> None:
    assert confusion_matrix_png(evaluation_of(3)) == confusion_matrix_png(evaluation_of(3))


def test_multi_label_has_no_confusion_matrix() -> None:
    with pytest.raises(ValueError, match="multi_label_classification has no confusion matrix"):
        confusion_matrix_png(evaluation_of(3, TaskKind.MULTI_LABEL_CLASSIFICATION))


def test_of_too_many_classes_the_worst_are_drawn_and_no_item_is_lost() -> None:
    confusion = evaluation_of(60, count=3_000).confusion
    condensed = _condensed(confusion)
    assert len(condensed.labels) == MAX_CLASSES
    assert condensed.labels[-1] == "(others)"
    assert sum(map(sum, condensed.counts)) == sum(map(sum, confusion.counts))


def test_nothing_stands_after_the_classes_when_condensed() -> None:
    size = 40
    counts = tuple(tuple(1 for _ in range(size)) for _ in range(size))
    labels = (NONE, *(f"c{i}" for i in range(1, size)))
    assert _condensed(Confusion(labels, counts)).labels[-2:] == (NONE, "(others)")


def test_long_names_keep_both_ends() -> None:
    assert _shortened("balance_not_updated_after_cheque_or_cash_deposit") == "balance_not_u…_cash_deposit"


def test_reliability_and_learning_curve_are_drawn() -> None:
    points = [CurvePoint(name, s, round(50 * s), s / 2, 9) for s in SHARES for name in ("a $", "b", "micro avg")]
    for png in (reliability_png(evaluation_of(4)), learning_curve_png(points), learning_curve_png([])):
        assert pixels(png).std() > 1


def test_without_an_assertion_there_is_no_reliability_to_draw() -> None:
    with pytest.raises(ValueError, match="Nothing was asserted"):
        reliability_png(evaluation_of(0))
