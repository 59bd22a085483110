from __future__ import annotations

import pytest

from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.comparison import Comparison
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
        (
            85,
            None,
            Thresholds(min_label_f1={"z": 0.5}),
            False,
            "label z must reach F1 0.5000 but isn't among what was tested",
        ),
        (
            85,
            None,
            Thresholds(min_label_f1={"c": 0.5}),
            False,
            "label c must reach F1 0.5000 but isn't among what was tested",
        ),
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
    assert "0 test examples, with 0 labels, so nothing can be measured" in decision.reason


def test_test_examples_without_labels_promote_nothing() -> None:
    blank = evaluate(TaskKind.ENTITY_RECOGNITION, [LabeledExample("d", "x")], [Prediction()])
    assert not decide(blank, None, Thresholds(min_f1=0.0)).promoted


def told(difference: float, p_value: float, low: float, high: float, needed: int | None = 40) -> Comparison:
    return Comparison(
        test="a test",
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        documents=100,
        needed_documents=needed,
    )


@pytest.mark.parametrize(
    ("candidate", "comparison", "thresholds", "answer", "says"),
    [
        (90, told(0.05, 0.01, 0.02, 0.08), Thresholds(), "promoted", "p 0.010"),
        (86, told(0.01, 0.60, -0.02, 0.04), Thresholds(), "promoted", "isn't below the champion's"),
        (
            83,
            told(-0.02, 0.60, -0.05, 0.01),
            Thresholds(),
            "inconclusive",
            "about 40 more test documents, which are 200 labelled ones",
        ),
        (83, told(-0.02, 0.60, -0.05, 0.01, None), Thresholds(), "inconclusive", "can't be estimated"),
        (80, told(-0.05, 0.01, -0.08, -0.02), Thresholds(), "not promoted", "beyond chance"),
        (80, told(-0.05, 0.01, -0.08, -0.02), Thresholds(max_regression=0.06), "promoted", "is within 0.0600"),
        (80, told(-0.05, 0.01, -0.08, -0.02), Thresholds(max_regression=0.04), "inconclusive", "may be chance"),
        (90, told(0.05, 0.01, 0.02, 0.08), Thresholds(require_significant=True), "promoted", "p 0.010"),
        (86, told(0.01, 0.60, -0.02, 0.04), Thresholds(require_significant=True), "inconclusive", "add labels"),
        (85, told(0.00, 1.00, 0.00, 0.00, None), Thresholds(require_significant=True), "inconclusive", "add labels"),
        (80, told(-0.05, 0.01, -0.08, -0.02), Thresholds(require_significant=True), "not promoted", "beyond chance"),
        (79, told(-0.06, 0.60, -0.15, 0.02), Thresholds(), "not promoted", "below the minimum"),
    ],
)
def test_a_challenger_is_told_from_chance_and_the_gate_gives_three_answers(
    candidate, comparison, thresholds, answer, says
) -> None:
    decision = decide(scoring(candidate), scoring(85), thresholds, comparison)
    assert decision.answer == answer
    assert says in decision.reason
    assert decision.reason.startswith(f"{answer.capitalize()}: ")
