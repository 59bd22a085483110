from __future__ import annotations

import json
import random

import pytest

from docplatform.documents.predictions import Category, Entity, LabeledExample, Prediction, TaskKind
from docplatform.evaluation.metrics import MAX_ERRORS, Evaluation, evaluate
from docplatform.evaluation.mistakes import NONE

SINGLE, MULTI, ENTITIES = (
    TaskKind.SINGLE_LABEL_CLASSIFICATION,
    TaskKind.MULTI_LABEL_CLASSIFICATION,
    TaskKind.ENTITY_RECOGNITION,
)


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
    ],
)
def test_an_evaluation_comes_back_from_json_the_same(kind, examples, predictions) -> None:
    evaluation = evaluate(kind, examples, predictions)
    assert Evaluation.from_dict(json.loads(json.dumps(evaluation.to_dict()))) == evaluation


def test_nothing_to_score_scores_nothing() -> None:
    evaluation = evaluate(SINGLE, [], [])
    assert (evaluation.example_count, evaluation.micro.f1, evaluation.macro.f1, evaluation.labels) == (0, 0.0, 0.0, ())


@pytest.mark.parametrize(
    ("kind", "predictions", "message"),
    [(SINGLE, [], "1 examples but 0 predictions"), (TaskKind.FIELD_EXTRACTION, [said("a")], "No metrics for field")],
)
def test_what_can_not_be_scored_is_refused(kind: TaskKind, predictions: list[Prediction], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(kind, [labelled("a")], predictions)
