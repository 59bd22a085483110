from __future__ import annotations

import random

import pytest

from docplatform.models.local.field_confidence import FieldConfidence, Scored


def scored(count: int = 400) -> list[Scored]:
    """Values right as often as .9 less their rival says; those of ``Hard`` half as often."""
    rng = random.Random(3)  # noqa: S311 - made to be repeated
    made = []
    for number in range(count):
        field, rival = ("Easy", "Hard")[number % 2], rng.choice((0.01, 0.3, 0.6))
        chance = (0.9 - rival) * (0.5 if field == "Hard" else 1.0)
        made.append(Scored(field, 0.95, rival, rng.random() < chance))
    return made


def test_confidence_is_how_often_such_values_are_right() -> None:
    confidence = FieldConfidence.of(scored())
    for field in ("Easy", "Hard"):
        own = [s for s in scored() if s.field == field]
        told = sum(confidence(s.field, s.score, s.rival) for s in own) / len(own)
        assert told == pytest.approx(sum(s.is_right for s in own) / len(own), abs=0.03)
        assert confidence(field, 0.95, 0.01) > confidence(field, 0.95, 0.6) + 0.2
    assert confidence("Easy", 0.95, 0.01) > confidence("never labelled", 0.95, 0.01) > confidence("Hard", 0.95, 0.01)


def test_a_rival_never_makes_surer_and_a_score_never_less_sure() -> None:
    upside_down = [s._replace(score=0.9 if s.is_right else 0.99, rival=0.5 if s.is_right else 0.1) for s in scored()]
    confidence = FieldConfidence.of(upside_down)
    assert confidence("Easy", 0.99, 0.1) >= confidence("Easy", 0.9, 0.1)
    assert confidence("Easy", 0.9, 0.1) >= confidence("Easy", 0.9, 0.5)


def test_with_few_values_or_all_right_it_stays_short_of_certain() -> None:
    assert FieldConfidence.of(scored(29)) == FieldConfidence()
    all_right = FieldConfidence.of([s._replace(is_right=True) for s in scored(60)])
    assert 0.9 < all_right("Easy", 0.95, 0.01) < 1.0
    assert FieldConfidence.from_json(all_right.to_json()) == all_right
