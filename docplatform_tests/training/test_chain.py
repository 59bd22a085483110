"""From labels to champion: what is made, reused, refused and promoted."""

from __future__ import annotations

import pytest

from docplatform.documents.predictions import Split, TaskKind
from docplatform.errors import ConfigurationError, PermanentError
from docplatform.inference.stages import ReadingStage
from docplatform.labels.findings import FindingCode
from docplatform.lake.incremental import run_stage
from docplatform.registry.base import CHAMPION
from docplatform.training.annotations import refresh_all_annotations
from docplatform.training.candidates import require_dataset, train_candidate
from docplatform.training.datasets import latest_dataset, load_examples, pinned_versions
from docplatform.training.deciding import decide_champion, decision_for
from docplatform.training.judging import judge_candidate, load_judgement
from docplatform.training.pending import project_states, to_train
from docplatform_tests.homes import Home, class_labels, topic_labels, topic_texts
from docplatform_tests.labels.builders import ner_json
from docplatform_tests.training.chains import annotate, freeze, judge_and_decide, state_of, train


def train_only(home: Home, project, run_id: str = "train"):
    return train_candidate(project, lake=home.platform.lake, registry=home.platform.model_registry, run_id=run_id)


def cripple(home: Home, project):
    """The project with options that can't learn from these texts."""
    labels = home.platform.projects.label_file(project)
    return home.project(
        labels, trainer={"regularization": 1e-9, "char_ngrams": 0, "word_ngrams": 1, "min_confidence": 1.0}
    )


def test_the_chain_ends_with_a_champion_and_every_step_leaves_its_rows(trained):
    home, _project, decision = trained
    assert (decision.promoted, decision.champion_version) == (True, 1)
    assert "there was no champion" in decision.reason
    assert len(home.rows("annotations")) == 40
    dataset = latest_dataset(home.platform.lake, "topics")
    assert dataset.count == 40
    assert min(dataset.train_count, dataset.validation_count, dataset.test_count) > 0
    assert len(load_examples(home.platform.lake, "topics", dataset.dataset_version, [Split.TEST])) == dataset.test_count
    labels = {row["label"] for row in home.rows("model_evaluation")}
    assert labels == {"billing", "shipping", "micro avg", "macro avg", "weighted avg"}
    (row,) = home.rows("champion_model")
    assert (row["candidate_version"], row["champion_version"], row["champion_f1"]) == (1, 1, None)
    version = home.platform.model_registry.aliased("topics", CHAMPION)
    assert version.dataset_version == dataset.dataset_version
    assert list(version.metrics) == [dataset.dataset_version]


def test_a_projects_state_names_the_first_step_behind(tmp_path):
    home = Home.at(tmp_path)
    texts = topic_texts(40)
    project = home.project(topic_labels(texts))
    state = state_of(home, project)
    assert (state.labeled, state.arrived, state.source_version, state.step) == (40, 0, None, None)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    assert state_of(home, project).step == "labeled_dataset"
    annotate(home, project)
    freeze(home, project)
    assert state_of(home, project).step == "trained_model"
    train_only(home, project)
    assert state_of(home, project).step == "champion_model"
    judge_and_decide(home, project)
    state = state_of(home, project)
    assert (state.arrived, state.step, state.needs_training) == (40, None, False)


def test_doing_it_again_makes_nothing_new(trained):
    home, project, first = trained
    before = latest_dataset(home.platform.lake, "topics")
    again = train(home, project, run_id="second")
    assert latest_dataset(home.platform.lake, "topics").dataset_version == before.dataset_version
    assert [v.version for v in home.platform.model_registry.versions("topics")] == [1]
    assert len(home.platform.model_registry.alias_history("topics", CHAMPION)) == 1
    assert again.reason.startswith("Version 1 serves already.")
    assert (again.promoted, again.champion_version) == (True, first.champion_version)


def test_retraining_on_demand_makes_a_further_version_only_where_the_model_comes_out_different(trained):
    home, project, _ = trained
    p = home.platform
    same = train_candidate(project, lake=p.lake, registry=p.model_registry, run_id="again", retrain=True)
    assert same.version == 1
    other = home.project(p.projects.label_file(project), trainer={"regularization": 2.0, "char_ngrams": 0})
    version = train_candidate(other, lake=p.lake, registry=p.model_registry, run_id="anew")
    assert version.version == 2
    decision = judge_and_decide(home, other)
    assert (decision.candidate_version, decision.champion_version, decision.promoted) == (2, 2, True)
    assert "isn't below the champion's" in decision.reason
    assert "difference +0.0000" in decision.reason


def test_a_worse_challenger_is_judged_beside_the_champion_and_not_promoted(trained):
    home, project, _ = trained
    worse = cripple(home, project)
    assert state_of(home, worse).step == "trained_model"
    decision = train(home, worse, run_id="worse")
    assert (decision.candidate_version, decision.champion_version, decision.promoted) == (2, 1, False)
    assert "below the champion's" in decision.reason
    assert home.platform.model_registry.aliased("topics", CHAMPION).version == 1
    row = next(row for row in home.rows("champion_model") if row["candidate_version"] == 2)
    assert row["champion_f1"] > row["candidate_f1"]
    assert row["champion_version"] == 1
    judgement = load_judgement(worse, lake=home.platform.lake, registry=home.platform.model_registry)
    assert judgement.champion.version == 1
    assert judgement.candidate_evaluation.errors
    assert home.rows("evaluation_errors")


def test_with_former_options_back_the_former_candidate_is_judged_not_the_newest(trained):
    home, project, _ = trained
    train(home, cripple(home, project), run_id="worse")
    project = home.project(home.platform.projects.label_file(project))
    assert state_of(home, project).step is None
    assert train_only(home, project).version == 1
    assert judge_and_decide(home, project).candidate_version == 1


def test_a_threshold_that_is_not_reached_keeps_the_candidate_out(ready):
    home, project = ready
    strict = home.project(home.platform.projects.label_file(project), gate={"min_label_f1": {"complaint": 0.5}})
    decision = train(home, strict)
    assert (decision.promoted, decision.champion_version) == (False, None)
    assert "label complaint" in decision.reason


def test_changed_labels_make_the_dataset_pending_again(trained):
    home, project, _ = trained
    p = home.platform
    before = latest_dataset(p.lake, "topics")
    texts = topic_texts(40)
    classes = {name: topic for name, (topic, _) in texts.items()} | {"letter-000.txt": "billing"}
    p.projects.save(project, class_labels(classes))
    assert state_of(home, project).step == "labeled_dataset"
    with pytest.raises(PermanentError, match="materialize `annotations` first"):
        freeze(home, project)
    train(home, project, run_id="changed")
    after = latest_dataset(p.lake, "topics")
    assert after.dataset_version != before.dataset_version
    assert state_of(home, project).step is None
    p.projects.save(project, topic_labels(texts))
    assert state_of(home, project).step == "labeled_dataset"


def test_labelled_documents_that_arrive_later_are_never_skipped(trained):
    home, project, _ = trained
    texts = topic_texts(44)
    home.platform.projects.save(project, topic_labels(texts))
    late = {f"acme/{name}": text for name, (_, text) in texts.items() if name >= "letter-040"}
    train(home, project, run_id="without")
    assert latest_dataset(home.platform.lake, "topics").count == 40
    home.add(late)
    assert state_of(home, project).step == "labeled_dataset"
    with pytest.raises(PermanentError, match="changed since"):
        freeze(home, project)
    annotate(home, project)
    assert freeze(home, project).count == 44


def test_documents_of_the_former_dataset_stay_in_their_split(trained):
    home, project, _ = trained
    p = home.platform
    before = {
        e.document_id: e.split
        for e in load_examples(p.lake, "topics", latest_dataset(p.lake, "topics").dataset_version)
    }
    texts = topic_texts(60)
    p.projects.save(project, topic_labels(texts))
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    annotate(home, project)
    after = {e.document_id: e.split for e in load_examples(p.lake, "topics", freeze(home, project).dataset_version)}
    assert len(after) == 60
    assert before.items() <= after.items()


def test_texts_read_anew_make_the_dataset_pending_again(trained):
    home, project, _ = trained
    p = home.platform
    home.reader.fingerprint = "fake-reader-2"
    original = home.reader.read
    home.reader.read = lambda source: original(type(source)(source.key, source.data + b" again", source.media_type))
    run_stage(p.lake, ReadingStage(p.lake, p.blob_store, home.reader), p.ledger.lake_partitions(), run_id="anew")
    home.process()
    assert state_of(home, project).step == "labeled_dataset"


def test_datasets_pin_the_table_versions_they_were_made_from(trained):
    home, _project, _ = trained
    p = home.platform
    dataset = latest_dataset(p.lake, "topics")
    assert pinned_versions(p.lake) == {
        "annotations": {dataset.annotations_version},
        "preprocessed_text": {dataset.text_version},
    }
    home.add({"acme/further.txt": "one more document"})
    pinned = p.lake.read_rows("preprocessed_text", version=dataset.text_version)
    assert "further.txt" not in {row["name"] for row in pinned}


def test_labelled_documents_that_have_not_arrived_are_missing_and_the_rest_trains(tmp_path):
    home, texts = Home.at(tmp_path), topic_texts(42)
    project = home.project(topic_labels(texts))
    home.add({f"acme/{name}": text for name, (_, text) in list(texts.items())[:40]})
    report = annotate(home, project)
    assert report.missing == ("letter-040.txt", "letter-041.txt")
    assert (report.labels, report.documents) == (40, 40)
    assert freeze(home, project).count == 40
    state = state_of(home, project)
    assert (state.labeled, state.arrived) == (42, 40)


def test_labels_off_their_text_leave_their_document_out_and_are_named(tmp_path):
    home = Home.at(tmp_path)
    home.add({"acme/a.txt": "server web-01 is down", "acme/b.txt": "server web-02 is down"})
    label = {"category": "Server", "offset": 7, "length": 6, "text": "web-01"}
    shifted = {"category": "Server", "offset": 5, "length": 6, "text": "web-02"}
    labels = ner_json([{"location": "a.txt", "entities": [label]}, {"location": "b.txt", "entities": [shifted]}])
    project = home.project(labels, kind=TaskKind.ENTITY_RECOGNITION)
    report = annotate(home, project)
    assert (report.labels, report.documents, report.missing) == (1, 1, ())
    (error,) = report.report.errors
    assert (error.code, error.location) == (FindingCode.TEXT_MISMATCH, "b.txt")
    assert (error.repair.offset, error.repair.length) == (7, 6)
    assert [row["text"] for row in home.rows("annotations")] == ["web-01"]


def test_one_class_only_cant_be_learned_from(tmp_path):
    home, texts = Home.at(tmp_path), topic_texts(12)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    project = home.project(class_labels(dict.fromkeys(texts, "everything")))
    annotate(home, project)
    freeze(home, project)
    with pytest.raises(PermanentError):
        train_only(home, project)
    assert home.platform.model_registry.versions("topics") == []


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (freeze, "no labelled document"),
        (lambda home, project: require_dataset(home.platform.lake, project.name), "materialize `labeled_dataset`"),
        (train_only, "materialize `labeled_dataset`"),
        (judge_and_decide, "materialize `labeled_dataset`"),
    ],
)
def test_a_step_without_the_one_before_says_what_to_materialize(tmp_path, step, says):
    home = Home.at(tmp_path)
    project = home.project(topic_labels(topic_texts(4)))
    with pytest.raises(PermanentError, match=says):
        step(home, project)


def test_judging_without_a_candidate_and_deciding_without_scores_say_what_to_materialize(ready):
    home, project = ready
    p = home.platform
    annotate(home, project)
    dataset = freeze(home, project)
    with pytest.raises(PermanentError, match="materialize `trained_model`"):
        judge_candidate(project, lake=p.lake, registry=p.model_registry, run_id="r")
    train_only(home, project)
    with pytest.raises(PermanentError, match="materialize `model_evaluation`"):
        decide_champion(project, lake=p.lake, registry=p.model_registry, run_id="r")
    assert decision_for(p.lake, "topics", 1, dataset.dataset_version) is None


def test_wrong_projects_are_named_and_the_others_go_on(ready):
    home, _ = ready
    p = home.platform
    p.blob_store.put("projects/broken.yaml", b"kind: nonsense\ncustomer: acme\nlabels: x\n")
    home.project(b"not json", name="garbled")
    home.project(class_labels({"a.txt": "x"}), name="otherkind", kind=TaskKind.MULTI_LABEL_CLASSIFICATION)
    reports, problems = refresh_all_annotations(projects=p.projects, ledger=p.ledger, lake=p.lake, run_id="r")
    assert [report.project for report in reports] == ["topics"]
    assert len(home.rows("annotations")) == 40
    for name in ("broken", "garbled", "otherkind"):
        assert any(name in problem for problem in problems), (name, problems)
    assert len(problems) == 3
    states, problems = project_states(projects=p.projects, ledger=p.ledger, lake=p.lake, registry=p.model_registry)
    assert [(state.project, state.reason) for state in to_train(states)] == [("topics", "it was never trained")]
    assert any("broken" in problem for problem in problems)


def test_a_missing_label_file_is_a_configuration_error(tmp_path):
    home = Home.at(tmp_path)
    project = home.project(b"{}")
    home.platform.blob_store.delete(["projects/topics/labels.json"])
    with pytest.raises(ConfigurationError, match=r"projects/topics/labels\.json does not exist"):
        annotate(home, project)


def test_wrong_trainer_options_are_a_configuration_error(ready):
    home, project = ready
    annotate(home, project)
    freeze(home, project)
    wrong = home.project(home.platform.projects.label_file(project), trainer={"depth": 3})
    with pytest.raises(ConfigurationError, match="depth: no such option"):
        train_only(home, wrong)
