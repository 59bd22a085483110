from __future__ import annotations

import pytest

from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.gate import Thresholds, decide
from docplatform.evaluation.metrics import Evaluation, evaluate


def scoring(right: int, of: int = 100) -> Evaluation:
    """A model right on so many of a hundred examples of classes `a` (its first half) and `b`."""
    truth = ["a" if i < of / 2 else "b" for i in range(of)]
    found = [t if i < right else "c" for i, t in enumerate(truth)]
    return evaluate(
        TaskKind.SINGLE_LABEL_CLASSIFICATION,
        [LabeledExample(str(i), "x", (t,)) for i, t in enumerate(truth)],
        [Prediction(categories=(Category(f),), confidence_score=1.0) for f in found],
    )


@pytest.mark.parametrize(
    ("candidate", "champion", "thresholds", "promoted", "reason"),
    [
        (
            85,
            None,
            Thresholds(),
            True,
            "F1 0.8500 on 100 test examples reaches the minimum of 0.8000; there was no cha",
        ),
        (80, None, Thresholds(), True, "F1 0.8000 on 100"),
        (79, None, Thresholds(), False, "F1 0.7900 is below the minimum of 0.8000"),
        (85, 85, Thresholds(), True, "isn't below the champion's 0.8500"),
        (84, 85, Thresholds(), False, "F1 0.8400 is below the champion's 0.8500."),
        (84, 85, Thresholds(max_regression=0.01), True, "is within 0.0100 of the champion's 0.8500"),
        (83, 85, Thresholds(max_regression=0.01), False, "below the champion's 0.8500 by more than the 0.0100 allowed"),
        (70, 85, Thresholds(), False, "below the minimum of 0.8000; F1 0.7000 is below the champion's 0.8500"),
        (85, None, Thresholds(min_label_f1={"a": 1.0}), True, "1 labels reach theirs"),
        (85, None, Thresholds(min_label_f1={"b": 0.9}), False, "F1 0.8235 of label b is below its minimum of 0.9000"),
        (85, None, Thresholds(min_label_f1={"z": 0.5}), False, "label z must reach F1 0.5000 but isn't in the test"),
        (85, None, Thresholds(min_label_f1={"c": 0.5}), False, "label c must reach F1 0.5000 but isn't in the test"),
    ],
)
def test_the_gate_decides_and_says_why(candidate, champion, thresholds, promoted, reason) -> None:
    decision = decide(scoring(candidate), None if champion is None else scoring(champion), thresholds)
    assert decision.promoted is promoted
    assert reason in decision.reason
    assert decision.reason.startswith("Promoted: " if promoted else "Not promoted: ")


def test_an_empty_test_split_promotes_nothing_even_where_nothing_is_asked_for() -> None:
    decision = decide(scoring(0, of=0), None, Thresholds(min_f1=0.0))
    assert not decision.promoted
    assert "0 examples with 0 labels, so nothing can be measured" in decision.reason


def test_test_examples_without_labels_promote_nothing() -> None:
    blank = evaluate(TaskKind.ENTITY_RECOGNITION, [LabeledExample("d", "x")], [Prediction()])
    assert not decide(blank, None, Thresholds(min_f1=0.0)).promoted
