from __future__ import annotations

import json
import random

import pytest

from docplatform.documents.predictions import (
    Category,
    DocumentPart,
    Entity,
    LabeledExample,
    Prediction,
    TaskKind,
)
from docplatform.evaluation.calibration import calibration_of
from docplatform.evaluation.metrics import MAX_ERRORS, Evaluation, evaluate
from docplatform.evaluation.mistakes import NONE

SINGLE, MULTI, ENTITIES, FIELDS, DOCUMENTS = TaskKind


def labelled(*categories: str, document_id: str = "d", text: str = "some text") -> LabeledExample:
    return LabeledExample(document_id, text, categories)


def said(*categories: str) -> Prediction:
    return Prediction(categories=tuple(Category(c, 0.9) for c in categories), confidence_score=0.9)


ABSTAINED = Prediction(abstained=True)


def spans(text: str, *items: tuple[str, int, int]) -> tuple[Entity, ...]:
    return tuple(Entity(c, start, end - start, text[start:end]) for c, start, end in items)


def test_single_label_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    rng = random.Random(1)  # noqa: S311 - made to be repeated
    truth = [rng.choice("aabbcd") for _ in range(300)]
    found = [t if rng.random() < 0.7 else rng.choice("abcde") for t in truth]
    evaluation = evaluate(SINGLE, [labelled(t) for t in truth], [said(f) for f in found])
    names = sorted({*truth, *found})
    for name, *expected in zip(
        names, *precision_recall_fscore_support(truth, found, labels=names, zero_division=0), strict=True
    ):
        score = evaluation.label(name)
        assert (score.precision, score.recall, score.f1, score.support) == pytest.approx(tuple(expected))
    for average, score in (("micro", evaluation.micro), ("macro", evaluation.macro)):
        expected = precision_recall_fscore_support(truth, found, average=average, zero_division=0)
        assert (score.precision, score.recall, score.f1) == pytest.approx(expected[:3])
    assert evaluation.accuracy == pytest.approx(accuracy_score(truth, found))
    assert evaluation.confusion.labels == tuple(names)
    assert [list(row) for row in evaluation.confusion.counts] == confusion_matrix(truth, found).tolist()


def test_multi_label_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support
    from sklearn.preprocessing import MultiLabelBinarizer

    rng = random.Random(2)  # noqa: S311 - made to be repeated
    truth = [tuple(c for c in "abcd" if rng.random() < 0.4) for _ in range(200)]
    found = [tuple(c for c in "abcd" if (c in t) ^ (rng.random() < 0.2)) for t in truth]
    evaluation = evaluate(MULTI, [labelled(*t) for t in truth], [said(*f) for f in found])
    binarizer = MultiLabelBinarizer().fit(truth)
    matrices = binarizer.transform(truth), binarizer.transform(found)
    for average, score in (("micro", evaluation.micro), ("macro", evaluation.macro)):
        expected = precision_recall_fscore_support(*matrices, average=average, zero_division=0)
        assert (score.precision, score.recall, score.f1) == pytest.approx(expected[:3])
    assert evaluation.accuracy == pytest.approx(accuracy_score(*matrices))
    assert evaluation.confusion is None


def test_an_abstention_misses_and_is_counted() -> None:
    evaluation = evaluate(SINGLE, [labelled("a"), labelled("b")], [said("a"), ABSTAINED])
    assert (evaluation.micro.precision, evaluation.micro.recall) == (1.0, 0.5)
    assert evaluation.micro.f1 == pytest.approx(2 / 3)
    assert (evaluation.accuracy, evaluation.abstained_count) == (0.5, 1)
    assert evaluation.confusion.labels == ("a", "b", NONE)
    assert evaluation.confusion.counts[1] == (0, 0, 1)
    assert [(e.expected, e.predicted) for e in evaluation.errors] == [("b", NONE)]


def test_what_an_abstaining_model_would_have_said_does_not_count() -> None:
    leaky = Prediction(categories=(Category("a"),), abstained=True)
    assert evaluate(SINGLE, [labelled("a")], [leaky]).micro.recall == 0.0


def test_entities_match_by_exact_span_and_category() -> None:
    text = "Ann Ash lends Bob 12 EUR in May"
    example = LabeledExample("d1", text, entities=spans(text, ("P", 0, 7), ("P", 14, 17), ("A", 18, 24), ("D", 28, 31)))
    prediction = Prediction(
        entities=spans(text, ("P", 0, 3), ("L", 14, 17), ("A", 18, 24), ("D", 25, 27)), confidence_score=0.5
    )
    evaluation = evaluate(ENTITIES, [example], [prediction])
    assert (evaluation.micro.precision, evaluation.micro.recall, evaluation.micro.support) == (0.25, 0.25, 4)
    assert evaluation.label("A").f1 == 1.0
    cells = {
        (row, column): n
        for row, counts in zip(evaluation.confusion.labels, evaluation.confusion.counts, strict=True)
        for column, n in zip(evaluation.confusion.labels, counts, strict=True)
        if n
    }
    assert cells == {("A", "A"): 1, ("P", NONE): 1, (NONE, "P"): 1, ("P", "L"): 1, ("D", NONE): 1, (NONE, "D"): 1}
    assert [(e.expected, e.predicted) for e in evaluation.errors] == [
        ('P "Ann Ash" at 0', 'P "Ann" at 0'),
        ('P "Bob" at 14', 'L "Bob" at 14'),
        ('D "May" at 28', NONE),
        (NONE, 'D "in" at 25'),
    ]
    assert evaluation.accuracy == 0.0


def test_same_words_missed_twice_are_two_errors_that_can_be_told_apart() -> None:
    text = "Bob and Bob"
    example = LabeledExample("d", text, entities=spans(text, ("P", 0, 3), ("P", 8, 11)))
    errors = evaluate(ENTITIES, [example], [Prediction()]).errors
    assert len({(e.document_id, e.expected, e.predicted) for e in errors}) == 2


def test_a_document_without_entities_where_none_are_found_is_right() -> None:
    evaluation = evaluate(ENTITIES, [LabeledExample("d", "x")], [Prediction()])
    assert (evaluation.accuracy, evaluation.error_count, evaluation.micro.support) == (1.0, 0, 0)


def test_errors_show_the_words_around_in_one_line() -> None:
    text = "x" * 100 + "\r\nBob\n" + "y" * 100
    example = LabeledExample("d", text, entities=spans(text, ("P", 102, 105)))
    (error,) = evaluate(ENTITIES, [example], [Prediction()]).errors
    assert error.context == "…" + "x" * 58 + " Bob " + "y" * 59 + "…"


def test_only_so_many_errors_are_kept_and_all_are_counted() -> None:
    count = MAX_ERRORS + 5
    evaluation = evaluate(SINGLE, [labelled("a", text="long " * 200)] * count, [said("b")] * count)
    assert (len(evaluation.errors), evaluation.error_count) == (MAX_ERRORS, count)
    assert len(evaluation.errors[0].context) < 260
    assert evaluation.errors[0].context.endswith("…")


@pytest.mark.parametrize(
    ("kind", "examples", "predictions"),
    [
        (SINGLE, [labelled("a"), labelled("b")], [said("b"), ABSTAINED]),
        (MULTI, [labelled("a", "b"), labelled()], [said("b"), said("c")]),
        (ENTITIES, [LabeledExample("d", "Bob", entities=spans("Bob", ("P", 0, 3)))], [Prediction()]),
        (SINGLE, [], []),
        (FIELDS, [LabeledExample("d", "Bob", entities=spans("Bob", ("P", 0, 3)))], [said()]),
        (DOCUMENTS, [labelled("a")], [said("b")]),
    ],
)
def test_an_evaluation_comes_back_from_json_the_same(kind, examples, predictions) -> None:
    evaluation = evaluate(kind, examples, predictions)
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


def test_nothing_to_score_scores_nothing() -> None:
    evaluation = evaluate(SINGLE, [], [])
    assert (evaluation.example_count, evaluation.micro.f1, evaluation.macro.f1, evaluation.labels) == (0, 0.0, 0.0, ())


def test_one_prediction_per_example_is_asked_for() -> None:
    with pytest.raises(ValueError, match="1 examples but 0 predictions"):
        evaluate(SINGLE, [labelled("a")], [])


def test_the_weighted_average_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_fscore_support

    rng = random.Random(3)  # noqa: S311 - made to be repeated
    truth = [rng.choice("aaabbc") for _ in range(120)]
    found = [t if rng.random() < 0.6 else rng.choice("abc") for t in truth]
    score = evaluate(SINGLE, [labelled(t) for t in truth], [said(f) for f in found]).weighted
    expected = precision_recall_fscore_support(truth, found, average="weighted", zero_division=0)
    assert (score.precision, score.recall, score.f1) == pytest.approx(expected[:3])


def test_overlapping_spans_count_leniently_and_one_long_guess_covers_one_label_only() -> None:
    text = "Ann Ash lends Bob 12 EUR in May"
    example = LabeledExample("d", text, entities=spans(text, ("P", 0, 7), ("P", 14, 17), ("A", 18, 24)))
    near = Prediction(entities=spans(text, ("P", 0, 3), ("P", 14, 17), ("A", 28, 31)), confidence_score=0.9)
    scores = {s.label: s for s in evaluate(ENTITIES, [example], [near]).overlap}
    assert (scores["P"].recall, scores["A"].recall) == (1.0, 0.0)
    assert scores["micro avg"].f1 == pytest.approx(2 / 3)
    long = Prediction(entities=spans(text, ("P", 0, 17)), confidence_score=0.9)
    assert {s.label: s.recall for s in evaluate(ENTITIES, [example], [long]).overlap}["P"] == 0.5


def packet(*parts: tuple[str, int, int]) -> LabeledExample:
    return LabeledExample("p", "text", parts=tuple(DocumentPart(*part) for part in parts), page_count=parts[-1][2])


def test_documents_in_a_packet_are_right_when_class_and_pages_are() -> None:
    example = packet(("invoice", 1, 2), ("letter", 3, 3), ("form", 4, 6))
    parts = (DocumentPart("invoice", 1, 2, 0.9), DocumentPart("form", 3, 3, 0.4), DocumentPart("form", 4, 5, 0.8))
    evaluation = evaluate(DOCUMENTS, [example], [Prediction(parts=parts)])
    assert evaluation.micro.f1 == pytest.approx(1 / 3)
    assert evaluation.pages.page_accuracy == pytest.approx(4 / 6)
    assert (evaluation.pages.split_accuracy, evaluation.pages.packet_count) == (0.0, 1)
    assert ("letter, page 3", "form, page 3") in [(e.expected, e.predicted) for e in evaluation.errors]
    assert ("form, pages 4-6", "form, pages 4-5") in [(e.expected, e.predicted) for e in evaluation.errors]


def test_a_file_of_one_document_is_a_packet_of_one() -> None:
    example = LabeledExample("d", "text", ("invoice",), page_count=2)
    whole = Prediction(parts=(DocumentPart("invoice", 1, 2, 0.9),))
    evaluation = evaluate(DOCUMENTS, [example, example], [whole, said("invoice")])
    assert (evaluation.micro.f1, evaluation.accuracy, evaluation.pages.split_accuracy) == (1.0, 1.0, 1.0)


def test_intervals_hold_the_score_and_narrow_with_more_documents() -> None:
    def interval(count: int) -> tuple[float, float]:
        examples = [labelled("ab"[i % 2], document_id=str(i)) for i in range(count)]
        found = [said("ab"[i % 2] if i % 5 else "a") for i in range(count)]
        micro = evaluate(SINGLE, examples, found).micro
        assert micro.f1_low < micro.f1 < micro.f1_high
        return micro.f1_low, micro.f1_high

    few, many = interval(40), interval(400)
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_all_right_on_few_documents_is_no_certainty() -> None:
    examples = [labelled("a", document_id=str(i)) for i in range(8)]
    micro = evaluate(SINGLE, examples, [said("a")] * 8).micro
    assert (micro.f1, micro.f1_high) == (1.0, 1.0)
    assert micro.f1_low == pytest.approx(0.025 ** (1 / 8))


def test_labels_of_one_document_are_resampled_together() -> None:
    """Fifty right labels in one of two documents are one piece of luck, not fifty."""
    text = "x" * 200
    many = spans(text, *(("P", i, i + 1) for i in range(50)))
    examples = [LabeledExample("a", text, entities=many), LabeledExample("b", text, entities=many)]
    micro = evaluate(ENTITIES, examples, [Prediction(entities=many), Prediction()]).micro
    assert (micro.f1_low, micro.f1_high) == (0.0, 1.0)


def test_calibration_counts_what_is_asserted_and_its_error_is_the_distance_from_truth() -> None:
    examples = [labelled("a")] * 4
    found = [Prediction(categories=(Category(c, 0.75),), confidence_score=0.75) for c in ("a", "a", "a", "b")]
    calibration = evaluate(SINGLE, [*examples, labelled("a")], [*found, ABSTAINED]).calibration
    assert (calibration.count, calibration.error, calibration.auroc) == (4, 0.0, 0.5)
    assert [(b.count, b.accuracy) for b in calibration.bins if b.count] == [(4, 0.75)]


def test_auroc_of_confidence_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    rng = random.Random(5)  # noqa: S311 - made to be repeated
    confidence = [round(rng.random(), 1) for _ in range(200)]
    right = [rng.random() < c for c in confidence]
    assert calibration_of(confidence, right).auroc == pytest.approx(roc_auc_score(right, confidence))
    assert calibration_of([0.5], [True]).auroc is None
    assert calibration_of([], []) is None


def test_an_evaluation_written_by_an_earlier_version_is_read() -> None:
    data = evaluate(SINGLE, [labelled("a")], [said("a")]).to_dict()
    for name in ("weighted", "overlap", "fields", "pages", "calibration"):
        del data[name]
    assert Evaluation.from_dict(data).calibration is None
