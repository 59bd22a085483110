from __future__ import annotations

import itertools

import pytest

from docplatform.documents.predictions import LabeledExample
from docplatform.evaluation.learning import SHARES, CurvePoint, estimate, estimates, label_names, nested_subsets


def curve(scores: list[float], *, full: int = 100, support: int = 20, label: str = "Date") -> list[CurvePoint]:
    return [
        CurvePoint(label, share, round(full * share), f1, support) for share, f1 in zip(SHARES, scores, strict=True)
    ]


def power(scale: float, exponent: float, full: int = 100) -> list[float]:
    return [1 - scale * (full * share) ** -exponent for share in SHARES]


def test_a_curve_that_follows_the_law_tells_how_many_more_examples_are_needed() -> None:
    answer = estimate(curve(power(1.8, 0.4)))
    assert answer.more == pytest.approx((1.8 / 0.2) ** (1 / 0.4) - 100, abs=1.5)
    assert answer.advice == f"Label Date needs about {answer.more} more examples for F1 0.80 (now 0.71 with 100)."


@pytest.mark.parametrize(
    ("points", "more", "says"),
    [
        (curve([0.5, 0.6, 0.7, 0.8, 0.85]), 0, "0.80 is reached"),
        (curve([0.5, 0.6, 0.65, 0.7, 0.72], support=3), None, "the test split holds 3 of it, at least 5"),
        (curve([0.5, 0.5, 0.5, 0.5, 0.5]), None, "doesn't rise clearly"),
        (curve([0.6, 0.3, 0.7, 0.2, 0.5]), None, "doesn't rise clearly"),
        (curve([0.10, 0.11, 0.12, 0.13, 0.14]), None, "more than 10 times as many"),
        (curve([0.5, 0.6, 0.65, 0.7, 0.72])[3:], None, "only 2 sizes"),
        (curve([0.0, 0.0, 0.0, 0.0, 0.0]), None, "doesn't rise clearly"),
    ],
)
def test_what_the_points_do_not_bear_is_not_told(points, more, says) -> None:
    answer = estimate(points)
    assert answer.more == more
    assert says in answer.advice


def test_the_weakest_labels_come_first() -> None:
    points = curve([0.5, 0.6, 0.7, 0.8, 0.85]) + curve([0.1, 0.2, 0.3, 0.4, 0.45], label="Rate")
    assert [e.label for e in estimates(points)] == ["Rate", "Date"]


def test_subsets_lie_within_each_other_hold_every_label_and_do_not_depend_on_order() -> None:
    examples = [LabeledExample(f"d{i}", "x", ("rare" if i % 10 == 0 else "often",)) for i in range(100)]
    subsets = nested_subsets(examples, SHARES)
    assert [len(subset) for subset in subsets] == [20, 40, 60, 80, 100]
    ids = [{e.document_id for e in subset} for subset in subsets]
    assert all(small < large for small, large in itertools.pairwise(ids))
    assert [sum("rare" in label_names(e) for e in subset) for subset in subsets] == [2, 4, 6, 8, 10]
    assert nested_subsets(examples[::-1], SHARES) == subsets
