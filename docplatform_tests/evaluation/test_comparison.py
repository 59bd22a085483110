from __future__ import annotations

import numpy as np
import pytest

from docplatform.documents.predictions import Category, Entity, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.comparison import MCNEMAR, PERMUTATION, Comparison, compare
from docplatform.evaluation.counts import DocumentCounts
from docplatform.evaluation.metrics import document_counts

SINGLE, _, ENTITIES, _, _ = TaskKind


def single(right: list[bool]) -> DocumentCounts:
    examples = [LabeledExample(str(i), "x", ("a",)) for i in range(len(right))]
    found = [Prediction(categories=(Category("a" if r else "b"),), confidence_score=1.0) for r in right]
    return document_counts(SINGLE, examples, found)


def entities(right: list[int], of: int = 10) -> DocumentCounts:
    """Documents of ``of`` labelled spans, so many of which were found."""
    examples = [
        LabeledExample(str(i), "x" * of, entities=tuple(Entity("P", j, 1, "x") for j in range(of)))
        for i in range(len(right))
    ]
    found = [Prediction(entities=tuple(Entity("P", j, 1, "x") for j in range(n)), confidence_score=1.0) for n in right]
    return document_counts(ENTITIES, examples, found)


def test_single_decisions_are_compared_by_mcnemars_exact_test() -> None:
    from scipy.stats import binomtest

    candidate, champion = single([True] * 90 + [False] * 10), single([True] * 80 + [False] * 12 + [True] * 8)
    comparison = compare(candidate, champion)
    assert comparison.test == MCNEMAR
    assert comparison.p_value == pytest.approx(binomtest(10, 18).pvalue)
    assert comparison.difference == pytest.approx(0.02)
    assert comparison.low < 0 < comparison.high


def test_the_same_answers_are_no_difference_and_no_number_of_labels_is_promised() -> None:
    comparison = compare(single([True, False] * 20), single([True, False] * 20))
    assert (comparison.difference, comparison.p_value, comparison.needed_documents) == (0.0, 1.0, None)


def test_many_labels_of_one_document_are_one_piece_of_evidence() -> None:
    """Ten spans more in one document of five would be significant if spans were independent."""
    comparison = compare(entities([10, 5, 5, 5, 5]), entities([0, 5, 5, 5, 5]))
    assert comparison.test == PERMUTATION
    assert comparison.p_value == 1.0


def test_a_gain_in_every_document_is_significant_and_needs_nothing_more() -> None:
    comparison = compare(entities([8] * 20), entities([6] * 20))
    assert comparison.p_value < 0.01
    assert comparison.low > 0
    assert comparison.needed_documents in (None, 0)


def test_equally_good_models_are_seldom_told_apart_and_better_ones_often() -> None:
    generator = np.random.default_rng(1)

    def rate(gain: float) -> float:
        wins = 0
        for _ in range(60):
            both = generator.random(120)
            candidate = single(list(np.where(generator.random(120) < 0.3, generator.random(120), both) < 0.7 + gain))
            wins += compare(candidate, single(list(both < 0.7))).p_value <= 0.05
        return wins / 60

    assert rate(0.0) <= 0.10
    assert rate(0.25) >= 0.90


def test_the_number_of_documents_needed_is_mostly_enough_where_the_difference_is_as_it_was_seen() -> None:
    seen = [(True, False)] * 5 + [(False, True)] * 2 + [(True, True)] * 33 + [(False, False)] * 10
    few = compare(*(single([pair[i] for pair in seen]) for i in (0, 1)))
    assert few.p_value > 0.05
    assert few.needed_documents > 0
    generator = np.random.default_rng(2)

    def larger() -> Comparison:
        drawn = [seen[i] for i in generator.integers(50, size=50 + few.needed_documents)]
        return compare(*(single([pair[i] for pair in drawn]) for i in (0, 1)))

    assert 10 <= sum(larger().p_value <= 0.05 for _ in range(20)) < 20


def test_a_comparison_comes_back_from_json_and_different_documents_are_refused() -> None:
    comparison = compare(single([True, False]), single([False, True]))
    assert Comparison.from_dict(comparison.to_dict()) == comparison
    with pytest.raises(ValueError, match="same documents"):
        compare(single([True]), single([True, True]))
