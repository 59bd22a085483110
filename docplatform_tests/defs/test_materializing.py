"""Assets materialized in an ephemeral instance: partitions, ranges, config, checks, failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dagster as dg
import pytest

from docplatform.defs import failures
from docplatform.defs.build import build_defs
from docplatform.defs.failures import MAX_RETRIES, RETRY_SECONDS, as_failures
from docplatform.defs.materializing import _gravest
from docplatform.defs.partitions import LAKE_PARTITION, MODEL_PROJECT, add_missing_partitions
from docplatform.defs.resources import DESCRIPTIONS
from docplatform.errors import ConfigurationError, PermanentError, ReasonCode, TransientError
from docplatform.lake.quarantine import dismiss, open_entries
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.homes import FakeReader, Home, class_labels, topic_labels, topic_texts

STAGES = ("routed_documents", "ocr_text", "preprocessed_text", "predictions")


def run_job(
    home: Home,
    instance: dg.DagsterInstance,
    job: str,
    *,
    partition: str | None = None,
    between: Sequence[str] = (),
    config: dict | None = None,
    raise_on_error: bool = True,
) -> dg.ExecuteInProcessResult:
    overrides = {key: getattr(home.platform, key) for key in DESCRIPTIONS}
    tags = {}
    if between:
        tags = {"dagster/asset_partition_range_start": between[0], "dagster/asset_partition_range_end": between[-1]}
    return (
        build_defs(home.platform.settings, resource_overrides=overrides)
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance, partition_key=partition, tags=tags, run_config=config, raise_on_error=raise_on_error
        )
    )


def ingest(home: Home, instance: dg.DagsterInstance, files: dict[str, str | bytes]) -> dg.ExecuteInProcessResult:
    home.drop(files)
    return run_job(home, instance, "ingest_job")


def materializations(result: dg.ExecuteInProcessResult, asset: str) -> dict[str | None, dict]:
    """Partition to metadata, as plain values."""
    found = [event.step_materialization_data.materialization for event in result.get_asset_materialization_events()]
    return {
        event.partition: {name: value.value for name, value in event.metadata.items()}
        for event in found
        if event.asset_key == dg.AssetKey(asset)
    }


def checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], bool]:
    return {(e.asset_key.to_user_string(), e.check_name): e.passed for e in result.get_asset_check_evaluations()}


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.description


def ops(config: dict, *names: str) -> dict:
    return {"ops": {name: {"config": config} for name in names}}


# ingest


def test_ingestion_announces_partitions_and_counts(home, instance):
    result = ingest(
        home, instance, {"acme/a.txt": "one", "acme/b.txt": "one", "beta/c.txt": "", "beta/d.csv": "a;b\n1;2"}
    )
    metadata = materializations(result, "raw_blobs")[None]
    assert (metadata["taken in"], metadata["landed"], metadata["duplicates"], metadata["quarantined"]) == (4, 2, 1, 1)
    assert (metadata["dagster/row_count"], metadata["left in the sources"]) == (4, "none")
    assert instance.get_dynamic_partitions(LAKE_PARTITION) == home.platform.ledger.lake_partitions()
    assert all(checks(result).values())
    assert len(checks(result)) == 3


def test_a_link_left_in_the_landing_folder_is_told(home, instance, tmp_path):
    home.drop({"acme/a.txt": "one"})
    (home.platform.settings.landing_path / "acme" / "link_*to*.txt").symlink_to(tmp_path)
    result = run_job(home, instance, "ingest_job")
    left = materializations(result, "raw_blobs")[None]["left in the sources"]
    assert "is a symbolic link" in left


def test_a_label_file_that_lands_is_a_model_project(home, instance):
    ingest(
        home, instance, {"acme/labels.json": topic_labels(topic_texts(4)), "acme/bad.json": class_labels({}, name="")}
    )
    assert instance.get_dynamic_partitions(MODEL_PROJECT) == ["topics"]


def test_rows_that_differ_from_the_ledger_fail_their_check(home, instance):
    ingest(home, instance, {"acme/a.txt": "one"})
    home.platform.lake.replace("raw_blobs", [], where={"customer": "acme"}, run_id="vandal")
    result = run_job(home, instance, "ingest_job")
    assert checks(result)["raw_blobs", "has_consistent_counts"] is False


# stages


def test_one_partition_runs_through_every_stage_with_its_own_metadata(home, instance):
    ingest(home, instance, {"acme/a.txt": "one | two", "acme/bad.txt": "!corrupt", "beta/b.txt": "other"})
    key = home.platform.ledger.lake_partitions()[0]
    result = run_job(home, instance, "process_job", partition=key)
    assert all(list(materializations(result, stage)) == [key] for stage in STAGES)
    metadata = materializations(result, "ocr_text")[key]
    assert (metadata["made in this run"], metadata["quarantined"], metadata["dagster/partition_row_count"]) == (1, 1, 1)
    assert r"one \| two" in metadata["preview"]
    assert home.platform.lake.uri("ocr_text") == f"file://{metadata['table']}"
    assert materializations(result, "quarantine")[None]["open"] == 1
    assert materializations(result, "predictions")[key]["preview"] == "no rows"
    assert [row["name"] for row in home.rows("ocr_text")] == ["a.txt"]
    assert all(checks(result).values())
    of_every_stage = {(stage, name) for stage in STAGES for name in ("has_all_documents", "has_declared_schema")}
    of_pages = {("ocr_text", "has_all_pages"), ("ocr_text", "has_text_where_ink_is")}
    assert set(checks(result)) == of_every_stage | of_pages
    assert (metadata["pages"], metadata["pages recognized"], metadata["pages from cache"]) == (1, 0, 0)


def test_a_range_of_partitions_is_one_run_with_metadata_for_each(home, instance):
    ingest(home, instance, {f"c{n}/{m}.txt": f"{n} {m}" for n in range(4) for m in range(n + 1)})
    keys = home.platform.ledger.lake_partitions()
    result = run_job(home, instance, "reading_job", between=keys[:3])
    told = materializations(result, "ocr_text")
    counts = {key: metadata["dagster/partition_row_count"] for key, metadata in told.items()}
    assert counts == {keys[0]: 1, keys[1]: 2, keys[2]: 3}
    assert instance.get_materialized_partitions(dg.AssetKey("ocr_text")) == set(keys[:3])
    again = materializations(run_job(home, instance, "reading_job", between=keys), "ocr_text")
    assert [again[key]["up to date before"] for key in keys] == [1, 2, 3, 0]
    assert [again[key]["made in this run"] for key in keys] == [0, 0, 0, 4]


def test_document_ids_read_exactly_those_again(home, instance):
    ingest(home, instance, {"acme/a.txt": "one", "acme/b.txt": "two"})
    (key,) = home.platform.ledger.lake_partitions()
    run_job(home, instance, "reading_job", partition=key)
    before = {row["document_id"]: row["run_id"] for row in home.rows("ocr_text")}
    one = min(before)
    config = ops({"document_ids": [one]}, "routed_documents", "ocr_text", "preprocessed_text")
    result = run_job(home, instance, "reading_job", partition=key, config=config)
    after = {row["document_id"]: row["run_id"] for row in home.rows("ocr_text")}
    assert [document for document in before if before[document] != after[document]] == [one]
    assert home.reader.read_keys.count(one) == 2
    assert all(checks(result).values())


def test_replay_takes_quarantined_documents_up_again_and_nothing_else_does(home, instance):
    ingest(home, instance, {"acme/a.txt": "!corrupt for now", "acme/b.txt": "fine"})
    (key,) = home.platform.ledger.lake_partitions()
    run_job(home, instance, "process_job", partition=key)
    home.reader.read_keys.clear()
    run_job(home, instance, "process_job", partition=key)
    assert home.reader.read_keys == []
    run_job(home, instance, "replay_job", partition=key)
    assert len(home.reader.read_keys) == 1
    (entry,) = open_entries(home.platform.lake)
    assert (entry.attempts, entry.reason) == (2, "corrupt")


def test_a_transient_failure_is_retried_with_the_rest_committed(home, instance, monkeypatch):
    monkeypatch.setattr(failures, "RETRY_SECONDS", 0)
    ingest(home, instance, {"acme/a.txt": "?", "acme/b.txt": "fine"})
    (key,) = home.platform.ledger.lake_partitions()
    result = run_job(home, instance, "reading_job", partition=key, raise_on_error=False)
    retries = [event for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_UP_FOR_RETRY]
    assert (len(retries), result.success) == (MAX_RETRIES, False)
    assert [row["name"] for row in home.rows("ocr_text")] == ["b.txt"]
    assert [home.reader.read_keys.count(read) for read in dict.fromkeys(home.reader.read_keys)] == [4, 1]
    assert open_entries(home.platform.lake) == []
    home.reader.read = lambda source: FakeReader.read(home.reader, replace(source, data=b"readable now"))
    assert run_job(home, instance, "reading_job", partition=key).success
    assert [row["name"] for row in home.rows("ocr_text") if row["content"] == "readable now"] == ["a.txt"]


def test_of_several_errors_the_one_a_retry_may_mend_decides():
    errors = [PermanentError("first"), TransientError("second"), ConfigurationError("third")]
    assert str(_gravest(errors)) == "second"
    assert str(_gravest(errors[::2])) == "first"


# errors


def test_what_cant_be_mended_by_trying_again_fails_at_once():
    for error in (PermanentError("broken", reason=ReasonCode.CORRUPT), ConfigurationError("wrong")):
        with pytest.raises(dg.Failure) as caught, as_failures():
            raise error
        assert (caught.value.description, caught.value.allow_retries) == (str(error), False)
        assert caught.value.__cause__ is error


def test_what_may_be_mended_asks_for_a_retry():
    with pytest.raises(dg.RetryRequested) as caught, as_failures():
        raise TransientError("busy")
    assert (caught.value.max_retries, caught.value.seconds_to_wait) == (MAX_RETRIES, RETRY_SECONDS)


def test_a_bug_stays_what_it_is():
    with pytest.raises(ZeroDivisionError), as_failures():
        _ = 1 / 0


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


# maintenance


def test_maintenance_trims_the_reading_cache_to_its_cap(tmp_path, instance):
    home = Home.at(tmp_path, reading=ReadingSettings(workers=0, cache_max_bytes=250))
    for number in range(4):
        home.platform.blob_store.put(f"cache/pages/0{number}/0{number}", b"x" * 100)
    result = run_job(home, instance, "maintenance_job")
    assert len(list(home.platform.blob_store.list("cache"))) == 2
    (output,) = [e for e in result.get_step_success_events() if e.step_key == "trim_reading_cache"]
    metadata = {
        name: value.value
        for event in result.all_events
        if event.is_successful_output and event.step_key == output.step_key
        for name, value in event.event_specific_data.metadata.items()
    }
    assert metadata == {"entries": 2, "bytes": 200, "removed entries": 2, "removed bytes": 200}


def test_maintenance_goes_over_all_tables_or_those_asked_for(trained, instance, caplog):
    home, _ = trained
    result = run_job(home, instance, "maintenance_job")
    assert result.success
    version = home.platform.lake.version("annotations")
    result = run_job(home, instance, "maintenance_job", config=ops({"tables": ["quarantine"]}, "maintain_tables"))
    assert home.platform.lake.version("annotations") == version
    config = ops({"tables": ["nonsense"]}, "maintain_tables")
    result = run_job(home, instance, "maintenance_job", config=config, raise_on_error=False)
    assert "There is no table nonsense. There are: raw_blobs," in failure(result)


def test_dismissing_is_respected(home, instance):
    ingest(home, instance, {"acme/a.txt": "!corrupt"})
    (key,) = home.platform.ledger.lake_partitions()
    run_job(home, instance, "process_job", partition=key)
    dismiss(home.platform.lake, open_entries(home.platform.lake), note="no document", run_id="somebody")
    result = run_job(home, instance, "replay_job", partition=key)
    assert len(home.reader.read_keys) == 1
    assert all(checks(result).values())


# replaying


def test_replay_job_takes_exactly_the_named_up_and_what_follows_from_them(home, instance):
    ingest(home, instance, {f"acme/{name}.txt": f"!corrupt {name}" for name in ("one", "two", "three")})
    (key,) = home.platform.ledger.lake_partitions()
    run_job(home, instance, "process_job", partition=key)
    one, two, three = sorted(entry.document_id for entry in open_entries(home.platform.lake))
    dismiss(home.platform.lake, open_entries(home.platform.lake, document_ids=[two]), note="no", run_id="me")
    ingest(home, instance, {"acme/later.txt": "pending, and not asked for"})
    home.reader.read_keys.clear()
    home.reader.read = lambda source: FakeReader.read(home.reader, replace(source, data=b"readable now"))
    config = ops({"replay": True, "document_ids": [one, two]}, *STAGES)
    result = run_job(home, instance, "replay_job", partition=key, config=config)
    assert sorted(home.reader.read_keys) == [one, two]
    assert [entry.document_id for entry in open_entries(home.platform.lake)] == [three]
    assert sorted(row["document_id"] for row in home.rows("preprocessed_text")) == [one, two]
    assert all(checks(result).values())
    run_job(home, instance, "replay_job", partition=key)
    assert sorted(row["document_id"] for row in home.rows("preprocessed_text")) == [one, two, three]
    run_job(home, instance, "replay_job", partition=key)
    assert len(home.reader.read_keys) == 3, "nothing is open any more"


def test_replay_arrivals_job_judges_anew_and_takes_nothing_in(tmp_path, instance):
    tight = Home.at(tmp_path / "home", limits=LimitSettings(max_file_bytes=10))
    ingest(tight, instance, {"acme/long.txt": "a long text", "acme/longer.txt": "an even longer text"})
    assert len(open_entries(tight.platform.lake)) == 2
    home = Home.at(tmp_path / "home", limits=LimitSettings(max_file_bytes=15))
    home.drop({"acme/new.txt": "new"})
    run_job(home, instance, "replay_arrivals_job")
    assert [entry.name for entry in open_entries(home.platform.lake)] == ["longer.txt"]
    assert {row["name"]: row["outcome"] for row in home.rows("raw_blobs")} == {
        "long.txt": "landed",
        "longer.txt": "quarantined",
    }
    assert instance.get_dynamic_partitions(LAKE_PARTITION) == home.platform.ledger.lake_partitions()
    config = ops({"replay": True, "document_ids": ["nobody"]}, "raw_blobs")
    run_job(home, instance, "replay_arrivals_job", config=config)
    assert [entry.attempts for entry in open_entries(home.platform.lake)] == [2]
