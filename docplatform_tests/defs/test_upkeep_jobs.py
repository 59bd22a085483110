"""Maintenance and replaying."""

from __future__ import annotations

from dataclasses import replace

from docplatform.defs.partitions import LAKE_PARTITION
from docplatform.lake.quarantine import dismiss, open_entries
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.defs.running import STAGES, checks, failure, ingest, ops, run_job
from docplatform_tests.homes import FakeReader, Home

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
