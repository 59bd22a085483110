"""What stands beside a candidate's scores: the champion, slices, prebuilt capabilities, the learning curve."""

from __future__ import annotations

import pytest

from docplatform.documents.predictions import LabeledExample, TaskKind
from docplatform.errors import ConfigurationError
from docplatform.evaluation.learning import SHARES
from docplatform.evaluation.metrics import evaluate
from docplatform.labels.projects import ModelProject
from docplatform.training.datasets import latest_dataset
from docplatform.training.judging import load_judgement
from docplatform.training.learning import draw_learning_curve, load_learning_curve
from docplatform.training.prebuilt import load_prebuilt, prebuilt_scores
from docplatform_tests.homes import topic_texts
from docplatform_tests.training.chains import train


def judged(home, project):
    return load_judgement(project, lake=home.platform.lake, registry=home.platform.model_registry)


def test_a_challenger_is_compared_with_the_champion_document_by_document(trained):
    home, project, _ = trained
    labels = home.platform.projects.label_file(project)
    worse = home.project(labels, trainer={"regularization": 1e-9, "char_ngrams": 0, "min_confidence": 1.0})
    decision = train(home, worse, run_id="worse")
    comparison = judged(home, worse).comparison
    assert comparison.difference < 0
    assert comparison.test == "McNemar's exact test"
    row = next(row for row in home.rows("champion_model") if row["candidate_version"] == 2)
    assert (row["difference"], row["p_value"]) == (comparison.difference, comparison.p_value)
    assert row["answer"] == decision.answer == "not promoted"


def test_slices_follow_customer_type_quality_and_language_of_the_test_documents(tmp_path, ready):
    home, project = ready
    home.add({f"acme/{n.replace('.txt', '.csv')}": t for n, (_, t) in topic_texts(30, start=60).items()})
    texts = {n: t for n, (t, _) in topic_texts(40).items()}
    texts |= {n.replace(".txt", ".csv"): t for n, (t, _) in topic_texts(30, start=60).items()}
    from docplatform_tests.homes import class_labels

    home.platform.projects.save(project, class_labels(texts))
    train(home, project)
    slices = judged(home, project).slices
    by_extension = {s.value: s for s in slices if s.attribute == "extension"}
    assert set(by_extension) == {"txt", "csv"}
    assert all(-1 <= s.gap_low <= s.gap_high <= 1 for s in slices)
    assert len(home.rows("evaluation_slices")) == len(slices)


def test_the_learning_curve_is_drawn_with_the_projects_own_trainer_and_kept(trained):
    home, project, _ = trained
    points = draw_learning_curve(project, lake=home.platform.lake, run_id="curve")
    micro = [point for point in points if point.label == "micro avg"]
    assert [point.share for point in micro] == list(SHARES)
    sizes = [point.examples for point in micro]
    assert sizes == sorted(sizes)
    dataset = latest_dataset(home.platform.lake, "topics")
    assert sizes[-1] == dataset.train_count + dataset.validation_count
    assert set(load_learning_curve(home.platform.lake, "topics", dataset.dataset_version)) == set(points)


def mail_project(**settings) -> ModelProject:
    return ModelProject(
        name="mail",
        kind=TaskKind.ENTITY_RECOGNITION,
        customer="acme",
        labels="x",
        prebuilt={"Mail": "Email"},
        **settings,
    )


def mails(count: int) -> list[LabeledExample]:
    from docplatform.documents.predictions import Entity

    texts = [f"Write to user{i}@example.org today" for i in range(count)]
    return [
        LabeledExample(str(i), t, entities=(Entity("Mail", 9, t.index(" today") - 9, t[9 : t.index(" today")]),))
        for i, t in enumerate(texts)
    ]


def test_a_prebuilt_capability_that_reaches_four_fifths_of_what_is_needed_is_recommended():
    from docplatform.documents.predictions import Prediction

    test = mails(10)
    nothing = evaluate(TaskKind.ENTITY_RECOGNITION, test, [Prediction()] * 10)
    (score,) = prebuilt_scores(mail_project(), test, nothing)
    assert (score.prebuilt_f1, score.custom_f1, score.support) == (1.0, 0.0, 10)
    assert score.recommendation.startswith("Use prebuilt Email for Mail: F1 1.00 is 125% of the 0.80 needed")
    odd = [LabeledExample("x", "call 555 123", entities=())]
    (score,) = prebuilt_scores(mail_project(), odd, evaluate(TaskKind.ENTITY_RECOGNITION, odd, [Prediction()]))
    assert "nothing can be compared" in score.recommendation


def test_the_comparison_is_written_and_an_unknown_capability_is_refused_by_name(trained):
    home, project, _ = trained
    labels = home.platform.projects.label_file(project)
    mapped = home.project(
        labels, prebuilt={"billing": "Language:en"}, trainer={"char_ngrams": 0, "regularization": 3.0}
    )
    train(home, mapped)
    (score,) = judged(home, mapped).prebuilt
    assert (score.label, score.capability, score.custom_f1) == ("billing", "Language:en", 1.0)
    assert 0 < score.prebuilt_f1 < 1, "every letter is English"
    assert len(load_prebuilt(home.platform.lake, {"project": "topics"})) == 2, "the candidate's and the champion's"
    wrong = home.project(labels, prebuilt={"billing": "Phone"}, trainer={"char_ngrams": 0, "regularization": 4.0})
    with pytest.raises(ConfigurationError, match=r"prebuilt names Phone; there are: Email"):
        train(home, wrong)
