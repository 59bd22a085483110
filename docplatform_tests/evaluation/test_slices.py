from __future__ import annotations

from docplatform.documents.predictions import Category, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.metrics import document_counts
from docplatform.evaluation.slices import slice_scores


def counts_of(right: dict[str, bool]):
    examples = [LabeledExample(name, "x", ("a",)) for name in right]
    found = [Prediction(categories=(Category("a" if r else "b"),), confidence_score=1.0) for r in right.values()]
    return document_counts(TaskKind.SINGLE_LABEL_CLASSIFICATION, examples, found)


def test_a_kind_of_documents_that_is_served_worse_is_flagged_with_its_gap() -> None:
    right = {f"good{i}": i % 10 > 0 for i in range(60)} | {f"scan{i}": i % 2 > 0 for i in range(30)}
    quality = {name: "POOR" if name.startswith("scan") else "GOOD" for name in right}
    good, poor = slice_scores(counts_of(right), {"quality": quality, "customer": dict.fromkeys(right, "acme")})
    assert (poor.attribute, poor.value, poor.documents, poor.is_flagged) == ("quality", "POOR", 30, True)
    assert abs(poor.gap + 0.4) < 1e-9
    assert poor.gap_low < -0.4 < poor.gap_high < 0
    assert (good.value, good.is_flagged, good.gap > 0) == ("GOOD", True, True)


def test_few_documents_or_a_gap_by_chance_are_reported_and_not_flagged() -> None:
    right = {str(i): i % 3 > 0 for i in range(60)}
    by_chance = {name: "ab"[int(name) % 2] for name in right}
    rare = {name: "xml" if int(name) < 6 else "pdf" for name in right}
    right |= {str(i): False for i in range(6)}
    scores = slice_scores(counts_of(right), {"chance": by_chance, "extension": rare})
    assert len(scores) == 4
    assert not any(score.is_flagged for score in scores)


def test_documents_without_a_value_are_a_slice_of_their_own() -> None:
    scores = slice_scores(counts_of({str(i): True for i in range(4)}), {"language": {"0": "en", "1": "en", "2": None}})
    assert {score.value: score.documents for score in scores} == {"en": 2, "(unknown)": 2}
