from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from docplatform.documents.predictions import Category, Entity, Prediction
from docplatform.evaluation import domain_classifier, stability
from docplatform.evaluation.drift import MIN_DOCUMENTS, detect_drift
from docplatform.evaluation.stability import compare_mix, stability_index
from docplatform.evaluation.unseen_words import tell_by_unseen_words

TOPICS = {
    "loan": ["borrower", "lender", "interest", "principal", "note", "repay", "agreement", "term", "rate", "security"],
    "bill": ["amount", "due", "payable", "vendor", "net", "tax", "total", "invoice", "quantity", "price"],
    "news": ["match", "team", "goal", "season", "player", "coach", "league", "minister", "vote", "party"],
}
COMMON = ["the", "of", "and", "a", "to", "in", "for", "with", "on", "by", "from", "at", "this", "that", "is", "are"]


def corpus(count: int, seed: int, shares: dict[str, float] | None = None) -> tuple[list[str], list[Prediction]]:
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    shares = shares or {"loan": 0.5, "bill": 0.5}
    topics = rng.choices(list(shares), list(shares.values()), k=count)
    texts = [" ".join(rng.choices(TOPICS[t], k=12) + rng.choices(COMMON, k=25)) for t in topics]
    return texts, [predicted(t, rng.uniform(0.7, 1.0)) for t in topics]


def predicted(category: str, confidence: float = 0.9) -> Prediction:
    return Prediction(categories=(Category(category, confidence),), confidence_score=confidence)


def noisy(texts: Sequence[str], seed: int, share: float = 0.05) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - made to be repeated
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return ["".join(rng.choice(letters) if c != " " and rng.random() < share else c for c in text) for text in texts]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [MIN_DOCUMENTS, 100, 400])
def test_documents_of_the_same_kind_raise_no_alarm(seed: int, count: int) -> None:
    reference, current = corpus(400, seed), corpus(count, seed + 100)
    report = detect_drift(reference[0], current[0], reference[1], current[1])
    assert not report.alarm, report
    assert report.reason.startswith("Recent texts look like the reference (AUC ")
    assert "predicted classes are mixed as before (PSI " in report.reason


@pytest.mark.parametrize(
    "current",
    [
        pytest.param(corpus(300, 7, {"loan": 0.35, "bill": 0.35, "news": 0.3}), id="three in ten are of a new kind"),
        pytest.param((noisy(corpus(300, 8)[0], 8), corpus(300, 8)[1]), id="one character in twenty misread"),
    ],
)
def test_other_texts_raise_an_alarm(current: tuple[list[str], list[Prediction]]) -> None:
    reference = corpus(400, 1)
    report = detect_drift(reference[0], current[0], reference[1], [])
    assert report.alarm
    assert report.domain_auc >= 0.6
    assert report.domain_z >= 4
    assert "Recent texts differ from the reference" in report.reason


def test_another_mix_of_predicted_classes_raises_an_alarm_that_names_the_class() -> None:
    reference, current = corpus(400, 1), corpus(200, 2, {"loan": 0.15, "bill": 0.85})
    report = detect_drift([], [], reference[1], current[1])
    assert report.alarm
    assert report.prediction_psi > 0.2
    assert "have shifted, most of all bill from 49% to 84%" in report.reason
    assert report.domain_auc is None


def test_many_classes_in_a_small_sample_raise_no_alarm_though_their_index_is_large() -> None:
    rng = random.Random(3)  # noqa: S311 - made to be repeated
    names = [f"intent {i}" for i in range(77)]
    reference = [predicted(rng.choice(names)) for _ in range(400)]
    current = [predicted(rng.choice(names)) for _ in range(40)]
    report = detect_drift([], [], reference, current)
    assert report.prediction_psi > 0.2
    assert report.prediction_p_value > 0.005
    assert not report.alarm


def test_entities_of_one_document_come_together_and_are_not_taken_for_many_findings() -> None:
    """Documents with 30 amounts each: three more of them by chance would look like 90 labels more."""
    rng = random.Random(4)  # noqa: S311 - made to be repeated

    def document() -> Prediction:
        category = rng.choice(["Amount", "Date"])
        return Prediction(entities=tuple(Entity(category, i, 1, "x") for i in range(rng.randint(1, 60))))

    results = [detect_drift([], [], [document() for _ in range(60)], [document() for _ in range(40)]) for _ in range(8)]
    assert not any(report.alarm for report in results)


@pytest.mark.parametrize(("references", "currents"), [(0, 0), (29, 500), (500, 29)])
def test_too_few_documents_raise_no_alarm_and_say_so(references: int, currents: int) -> None:
    reference, current = corpus(references, 1), corpus(currents, 2, {"news": 1.0})
    report = detect_drift(reference[0], current[0], reference[1], current[1])
    assert not report.alarm
    assert report.reason.startswith(f"Too few documents to tell: {references} reference and {currents} recent texts")
    assert (report.domain_auc, report.prediction_psi, report.confidence_psi) == (None, None, None)
    assert (report.reference_count, report.current_count) == (references, currents)
    assert (report.mean_confidence is None) == (currents == 0)


def test_lost_confidence_raises_an_alarm_and_a_little_less_does_not() -> None:
    rng = random.Random(6)  # noqa: S311 - made to be repeated
    reference = [predicted("a", rng.uniform(0.8, 1.0)) for _ in range(200)]
    report = detect_drift([], [], reference, [predicted("a", rng.uniform(0.5, 1.0)) for _ in range(200)])
    assert report.alarms == ("confidence",)
    assert report.confidence_psi > 0.5
    assert report.mean_confidence == pytest.approx(0.75, abs=0.03)
    assert "confidence is spread otherwise" in report.reason
    assert not detect_drift([], [], reference, [predicted("a", rng.uniform(0.79, 1.0)) for _ in range(200)]).alarm


def test_words_that_no_reference_text_has_raise_an_alarm_where_texts_are_too_short_to_be_told_apart() -> None:
    rng = random.Random(7)  # noqa: S311 - made to be repeated
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in ("l", "m", "n", "r", "st")]

    def texts(count: int) -> list[str]:
        return [" ".join(rng.choices(words, k=8)) for _ in range(count)]

    report = detect_drift(texts(300), noisy(texts(100), 9), [], [])
    assert "words" in report.alarms
    assert "recent texts hold more words that the reference has none of" in report.reason
    assert report.unseen_words_auc > 0.8
    assert detect_drift(texts(300), texts(100), [], []).alarms == ()


@pytest.mark.parametrize("vocabulary", [1_500, 5_000])
def test_texts_with_many_words_of_their_own_raise_no_alarm_among_their_like(vocabulary: int) -> None:
    """Numbers and names stand in one text only: in the reference as in recent ones."""
    scores = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        texts = [" ".join(map(str, rng.integers(vocabulary, size=20))) for _ in range(260)]
        scores.append(tell_by_unseen_words(texts[:200], texts[200:]).z)
    assert max(map(abs, scores)) < 4
    assert 0.6 < np.std(scores) < 1.6, "standard scores are standard"


def test_the_same_documents_in_any_order_give_the_same_report() -> None:
    reference, current = corpus(200, 1), corpus(100, 2)
    first = detect_drift(reference[0], current[0], [], [])
    assert detect_drift(reference[0][::-1], current[0][::-1], [], []) == first


def test_texts_and_predictions_beyond_the_bound_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_classifier, "MAX_TEXTS", 50)
    monkeypatch.setattr(stability, "MAX_PREDICTIONS", 50)
    reference, current = corpus(300, 1), corpus(300, 2, {"news": 1.0})
    report = detect_drift(reference[0], current[0], reference[1], current[1])
    assert report.alarm
    assert report.reference_count == 300


@pytest.mark.parametrize("current", ["the same", "another"])
def test_copies_of_one_text_can_not_be_compared_and_the_reason_says_so(current: str) -> None:
    report = detect_drift(["the same"] * 100, [current] * 100, [], [])
    assert (report.alarm, report.domain_auc, report.domain_z) == (False, None, None)
    assert "copies of so few that they can't be compared" in report.reason


def test_texts_without_a_word_do_not_break_it() -> None:
    report = detect_drift([""] * 40 + corpus(60, 1)[0], [" "] * 40 + corpus(60, 2)[0], [], [])
    assert not report.alarm


def test_the_index_is_that_of_the_textbook_but_for_smoothing() -> None:
    reference, current = np.array([5_000.0, 5_000.0]), np.array([8_000.0, 2_000.0])
    expected = 0.3 * np.log(0.8 / 0.5) + -0.3 * np.log(0.2 / 0.5)
    assert stability_index(reference, current) == pytest.approx(expected, rel=1e-3)
    assert stability_index(reference, reference) == pytest.approx(0.0)


def test_nothing_predicted_counts_as_a_class_of_its_own() -> None:
    change = compare_mix([predicted("a")] * 50, [Prediction(abstained=True)] * 50)
    assert change.psi > 1
    assert change.largest_shift in ("a from 100% to 0%", "(none) from 0% to 100%")
