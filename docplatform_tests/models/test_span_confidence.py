from __future__ import annotations

from docplatform.models.local.span_confidence import SpanConfidence, fit_span_confidence


def test_confidence_too_high_is_brought_down_to_how_often_it_was_right() -> None:
    learned = fit_span_confidence([0.9] * 400, [i % 2 == 0 for i in range(400)])
    assert abs(learned.of(0.9) - 0.5) < 0.03


def test_order_is_kept_even_where_the_sure_were_wrong() -> None:
    learned = fit_span_confidence([0.9] * 50 + [0.2] * 50, [False] * 50 + [True] * 50)
    assert learned.scale > 0
    assert learned.of(0.2) < learned.of(0.9)


def test_a_few_right_ones_hardly_move_it_and_none_do_not() -> None:
    assert fit_span_confidence([], []) == SpanConfidence()
    assert SpanConfidence().of(0.7) == 0.7
    assert fit_span_confidence([0.7] * 3, [True] * 3).of(0.7) < 0.85


def test_certainty_stays_within_bounds() -> None:
    assert all(0.0 < SpanConfidence(4.0, 2.0).of(probability) <= 1.0 for probability in (0.0, 1.0, 1.0000001))
