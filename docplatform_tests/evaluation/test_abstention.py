from __future__ import annotations

import itertools
import random

from docplatform.evaluation.abstention import ALL_LABELS, NEVER, review_thresholds, risk_coverage


def calibrated(count: int, seed: int, label: str = "a") -> list[tuple[str, float, bool]]:
    """Assertions that are right as often as they are sure."""
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    return [(label, score, rng.random() < score) for score in (rng.uniform(0.5, 1.0) for _ in range(count))]


def test_the_curve_narrows_to_surer_assertions_and_its_bound_lies_below_what_was_seen() -> None:
    points = risk_coverage(calibrated(1_000, 1))
    assert [round(p.coverage, 1) for p in points] == [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    assert all(first.threshold < second.threshold for first, second in itertools.pairwise(points))
    assert all(point.precision_low < point.precision for point in points)
    assert points[0].precision < 0.8 < points[-1].precision
    assert risk_coverage([]) == ()


def test_a_threshold_holds_its_precision_on_assertions_it_was_not_found_on() -> None:
    broken = 0
    for seed in range(40):
        by_label = {t.label: t for t in review_thresholds(calibrated(600, seed), 0.85, ["a"])}
        fresh = [right for _, score, right in calibrated(4_000, seed + 1_000) if score >= by_label["a"].threshold]
        broken += bool(fresh) and sum(fresh) < 0.85 * len(fresh)
    assert broken <= 2, "5 % of 40"


def test_few_examples_give_no_false_safety() -> None:
    assertions = [("a", 0.99, True)] * 20
    (own, common) = review_thresholds(assertions, 0.95, ["a"])
    assert (own.threshold, common.threshold) == (NEVER, NEVER)
    assert (own.coverage, own.precision, own.count) == (0.0, None, 20)


def test_a_label_with_few_examples_gets_the_threshold_of_all_labels_together() -> None:
    assertions = [*calibrated(800, 3), ("rare", 0.97, True), ("rare", 0.6, True)]
    by_label = {t.label: t for t in review_thresholds(assertions, 0.8, ["a", "rare", "unseen"])}
    assert by_label["a"].is_own
    assert not by_label["rare"].is_own
    assert by_label["rare"].threshold == by_label["unseen"].threshold == by_label[ALL_LABELS].threshold < NEVER
    assert by_label["unseen"].count == 0
