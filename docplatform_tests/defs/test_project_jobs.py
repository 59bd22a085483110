"""The jobs of model projects: labels, training, evaluation, prediction, drift."""

from __future__ import annotations

import dagster as dg

from docplatform.defs.partitions import LAKE_PARTITION, MODEL_PROJECT, add_missing_partitions
from docplatform_tests.defs.running import checks, failure, ingest, materializations, run_job
from docplatform_tests.homes import topic_labels, topic_texts

# projects


def test_the_chain_of_a_project_in_dagster(home, instance):
    texts = topic_texts(40)
    files = {f"acme/{name}": text for name, (_, text) in texts.items()}
    ingest(home, instance, files | {"acme/labels.json": topic_labels(texts)})
    keys = home.platform.ledger.lake_partitions()
    run_job(home, instance, "reading_job", between=keys)
    result = run_job(home, instance, "labels_job")
    assert checks(result) == {
        ("annotations", "has_no_label_errors"): True,
        ("annotations", "has_declared_schema"): True,
    }
    assert "| topics | 40 | 40 | 0 | 0 |" in materializations(result, "annotations")[None]["projects"]
    result = run_job(home, instance, "retrain_job", partition="topics")
    assert all(checks(result).values())
    assert materializations(result, "labeled_dataset")["topics"]["dagster/row_count"] == 40
    assert materializations(result, "trained_model")["topics"]["trained in this run"] is True
    evaluation = materializations(result, "model_evaluation")["topics"]
    assert evaluation["f1"] > 0.8
    assert evaluation["f1 per label"].startswith("![F1 per label](data:image/png;base64,iVBOR")
    assert evaluation["confusion matrix"].startswith("![Confusion matrix](data:image/png;base64,iVBOR")
    assert "champion" not in evaluation
    assert "| labels.json | unlike what is labelled or chosen before it |" in evaluation["next to label"]
    champion = materializations(result, "champion_model")["topics"]
    assert (champion["champion"], champion["promoted"]) == ("topics:1", True)
    assert "there was no champion" in champion["history"]
    result = run_job(home, instance, "predict_job", between=keys)
    assert sum(m["dagster/partition_row_count"] for m in materializations(result, "predictions").values()) == 41
    result = run_job(home, instance, "drift_job", partition="topics")
    drift = materializations(result, "drift_report")["topics"]
    assert (drift["champion"], drift["alarm"], drift["recent documents"]) == ("topics:1", False, 1)
    home.platform.model_registry.mark_stale("topics", 1, "for a test")
    again = run_job(home, instance, "retrain_job", partition="topics")
    assert materializations(again, "trained_model")["topics"]["model id"] == "topics:2"
    evaluation = materializations(again, "model_evaluation")["topics"]
    assert evaluation["champion"] == "topics:1"
    assert "| labels.json | for review: " in evaluation["next to label"]
    assert "0 more could be labelled; 1 of all are for review." in evaluation["next to label"]
    assert "McNemar's exact test p 1.000" in evaluation["against the champion"]
    assert evaluation["reliability"].startswith("![Reliability](data:image/png;base64,iVBOR")
    assert "learning curve" not in evaluation
    config = {
        "ops": {
            "trained_model": {"config": {"retrain": True}},
            "model_evaluation": {"config": {"learning_curve": True}},
        }
    }
    same = run_job(home, instance, "retrain_job", partition="topics", config=config)
    assert materializations(same, "trained_model")["topics"]["model id"] == "topics:2", "the same files, no new version"
    evaluation = materializations(same, "model_evaluation")["topics"]
    assert evaluation["learning curve"].startswith("![Learning curve](data:image/png;base64,iVBOR")
    assert "0.80 is reached" in evaluation["examples needed"]
    reused = run_job(home, instance, "retrain_job", partition="topics")
    assert materializations(reused, "trained_model")["topics"]["trained in this run"] is False


def test_a_project_without_labelled_documents_fails_with_what_to_do(home, instance):
    home.project(topic_labels(topic_texts(4)))
    add_missing_partitions(instance, MODEL_PROJECT, ["topics"])
    result = run_job(home, instance, "retrain_job", partition="topics", raise_on_error=False)
    assert "no labelled document to train on yet" in failure(result)
    result = run_job(home, instance, "drift_job", partition="topics")
    assert materializations(result, "drift_report")["topics"] == {"reason": "no champion yet"}
    assert checks(result)["drift_report", "is_without_drift"] is True


def test_a_partition_whose_project_is_gone_fails_with_what_to_do(home, instance):
    add_missing_partitions(instance, MODEL_PROJECT, ["gone"])
    result = run_job(home, instance, "drift_job", partition="gone", raise_on_error=False)
    assert "no projects/gone.yaml any more" in failure(result)


def test_wrong_projects_fail_the_label_check_and_the_others_are_stored(trained, instance):
    home, _ = trained
    home.project(b"not json", name="garbled")
    result = run_job(home, instance, "labels_job")
    assert checks(result)["annotations", "has_no_label_errors"] is False
    (evaluation,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert "garbled" in evaluation.metadata["findings"].value
    assert len(home.rows("annotations")) == 40


def test_a_model_that_cant_be_loaded_fails_the_run_and_not_the_other_projects(trained, instance):
    home, project = trained
    p = home.platform
    copy = home.project(p.projects.label_file(project), name="another")
    folder = p.model_registry.fetch("topics", 1)
    version = p.model_registry.register(
        project="another",
        folder=folder,
        kind=copy.kind.value,
        labels=[],
        dataset_version="d",
        trainer_fingerprint="t",
        run_id="r",
    )
    p.model_registry.set_alias("another", "champion", version.version, reason="test", run_id="r")
    for info in list(p.blob_store.list("models/another/versions/1/files")):
        p.blob_store.put(info.path, b"damaged")
    (key,) = p.ledger.lake_partitions()
    add_missing_partitions(instance, LAKE_PARTITION, [key])
    result = run_job(home, instance, "predict_job", partition=key, raise_on_error=False)
    assert "aren't what was registered" in failure(result)
    assert {row["project"] for row in home.rows("predictions")} == {"topics"}
    assert len(home.rows("predictions")) == 40
