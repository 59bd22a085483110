"""Assets materialized in an ephemeral instance: partitions, ranges, config, checks, failures."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest

from docplatform.defs import failures
from docplatform.defs.failures import MAX_RETRIES, RETRY_SECONDS, as_failures
from docplatform.defs.materializing import _gravest
from docplatform.defs.partitions import LAKE_PARTITION, MODEL_PROJECT
from docplatform.errors import ConfigurationError, PermanentError, ReasonCode, TransientError
from docplatform.lake.quarantine import open_entries
from docplatform_tests.defs.running import STAGES, checks, ingest, materializations, ops, run_job
from docplatform_tests.homes import FakeReader, class_labels, topic_labels, topic_texts

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
