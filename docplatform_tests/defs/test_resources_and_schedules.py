"""Resources, schedules, and the lines a pass writes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest

from docplatform.composition import Platform
from docplatform.defs.build import build_defs
from docplatform.defs.partitions import MODEL_PROJECT, add_missing_partitions
from docplatform.defs.progress import progress_logger
from docplatform.defs.resources import DESCRIPTIONS, build_resources
from docplatform.defs.schedules import build_schedules
from docplatform.settings import AutomationSettings
from docplatform_tests.homes import FakeReader, Home, quick_settings


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """One that a schedule's context can refer to: ephemeral ones have no reference."""
    with dg.instance_for_test() as temporary:
        yield temporary


# resources


def test_every_resource_is_a_capability_with_a_description(tmp_path):
    resources = build_resources(Platform(quick_settings(tmp_path)), {})
    assert set(resources) == set(DESCRIPTIONS)
    assert all(hasattr(Platform, key) or key == "settings" for key in DESCRIPTIONS)
    assert all(len(resource.description) > 20 for resource in resources.values())


def test_overrides_take_a_capabilitys_place(tmp_path):
    reader = FakeReader()
    resources = build_resources(Platform(quick_settings(tmp_path)), {"document_reader": reader})
    assert resources["document_reader"] is reader


def _job_with_reader(home: Home, body) -> dg.JobDefinition:
    @dg.op(required_resource_keys={"document_reader", "ledger"})
    def use(context: dg.OpExecutionContext) -> None:
        body(context.resources.document_reader)

    @dg.job(resource_defs=build_resources(home.platform, {}))
    def job() -> None:
        use()

    return job


def test_the_reader_is_closed_when_the_run_ends_and_not_before(home, instance):
    seen = []
    result = _job_with_reader(home, lambda reader: seen.append(reader.closed)).execute_in_process(instance=instance)
    assert result.success
    assert (seen, home.reader.closed) == ([0], 1)


def test_the_reader_is_closed_when_the_run_fails(home, instance):
    def fail(reader: FakeReader) -> None:
        raise ValueError("broken")

    _job_with_reader(home, fail).execute_in_process(instance=instance, raise_on_error=False)
    assert home.reader.closed == 1


def test_the_reader_is_closed_when_the_run_is_interrupted(home, instance):
    def interrupt(reader: FakeReader) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _job_with_reader(home, interrupt).execute_in_process(instance=instance)
    assert home.reader.closed == 1


# schedules

NIGHT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def schedule(name: str) -> dg.ScheduleDefinition:
    return next(found for found in build_schedules(AutomationSettings()) if found.name == name)


def drift_requests(home: Home, instance: dg.DagsterInstance) -> list[dg.RunRequest] | dg.SkipReason:
    resources = {"projects": home.platform.projects, "model_registry": home.platform.model_registry}
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=NIGHT, resources=resources)
    return schedule("drift_schedule")(context)


def test_schedules_run_when_the_settings_say():
    automation = AutomationSettings(
        drift_cron="1 2 * * *", retraining_cron="3 4 * * *", maintenance_cron="5 6 * * 1", catch_up_cron="7 * * * *"
    )
    found = {each.name: (each.cron_schedule, each.job_name) for each in build_schedules(automation)}
    assert found == {
        "catch_up_schedule": ("7 * * * *", "process_job"),
        "retraining_schedule": ("3 4 * * *", "labels_job"),
        "drift_schedule": ("1 2 * * *", "drift_job"),
        "maintenance_schedule": ("5 6 * * 1", "maintenance_job"),
    }


def test_without_a_champion_no_drift_is_looked_for(home, instance):
    assert isinstance(drift_requests(home, instance), dg.SkipReason)


def test_drift_is_looked_for_once_a_night_and_champion(trained, instance):
    home, _ = trained
    home.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
    assert drift_requests(home, instance) == [], (
        "a project that Dagster has no partition for yet waits for the next night"
    )
    add_missing_partitions(instance, MODEL_PROJECT, ["topics"])
    (request,) = drift_requests(home, instance)
    assert (request.partition_key, request.run_key) == ("topics", f"topics@{NIGHT.isoformat()}")


def catch_up(home: Home, instance: dg.DagsterInstance) -> list[dg.RunRequest] | dg.SkipReason:
    keys = ("blob_store", "ledger", "lake", "document_reader", "text_preprocessor", "projects", "model_registry")
    resources = {key: getattr(home.platform, key) for key in keys}
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=NIGHT, resources=resources)
    schedules = build_schedules(AutomationSettings(max_run_requests=2))
    return next(found for found in schedules if found.name == "catch_up_schedule")(context)


def announce(home: Home, instance: dg.DagsterInstance) -> None:
    for asset in ("routed_documents", "ocr_text", "preprocessed_text"):
        for key in home.platform.ledger.lake_partitions():
            instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=key))


def test_partitions_that_are_behind_are_caught_up_with_a_few_at_a_time(home, instance):
    assert isinstance(catch_up(home, instance), dg.SkipReason)
    home.add({f"{customer}/a.txt": customer for customer in "abc"})
    keys = home.platform.ledger.lake_partitions()
    requests = catch_up(home, instance)
    assert [request.partition_key for request in requests] == keys[:2], "read, but Dagster was never told"
    assert [request.run_key for request in requests] == [f"{key}@{NIGHT.isoformat()}" for key in keys[:2]]
    announce(home, instance)
    assert isinstance(catch_up(home, instance), dg.SkipReason)
    home.reader.fingerprint = "another engine"
    assert [request.tags["docplatform/lake_partition"] for request in catch_up(home, instance)] == keys[:2]
    job = build_defs(home.platform.settings).resolve_job_def("process_job")
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(catch_up(home, instance), dg.SkipReason)


# definitions


def test_definitions_bind_every_job(tmp_path):
    repository = build_defs(quick_settings(tmp_path)).get_repository_def()
    assert {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")} == {
        "ingest_job", "reading_job", "process_job", "predict_job", "replay_job", "replay_arrivals_job",
        "labels_job", "label_studio_job", "retrain_job", "drift_job", "maintenance_job",
    }  # fmt: skip
    partitioned = {"reading_job", "process_job", "predict_job", "replay_job", "retrain_job", "drift_job"}
    assert {job.name for job in repository.get_all_jobs() if job.partitions_def} >= partitioned


# progress


def test_a_pass_writes_what_assets_say_and_no_events(instance, capsys):
    @dg.op
    def talk(context: dg.OpExecutionContext) -> None:
        context.log.debug("whisper")
        context.log.info("3 of %d documents", 9)
        context.log.warning("one is bad")

    @dg.job(logger_defs={"progress": progress_logger})
    def job() -> None:
        talk()

    job.execute_in_process(instance=instance, run_config={"loggers": {"progress": {}}})
    assert capsys.readouterr().err.splitlines() == ["  3 of 9 documents", "  WARNING: one is bad"]


def test_documents_a_champion_has_not_predicted_are_caught_up_with(trained, instance):
    home, _ = trained
    announce(home, instance)
    keys = home.platform.ledger.lake_partitions()
    requests = catch_up(home, instance)
    assert [request.partition_key for request in requests] == keys[:2]
    for key in keys:
        instance.report_runless_asset_event(dg.AssetMaterialization("predictions", partition=key))
    assert [request.partition_key for request in catch_up(home, instance)] == keys[:2], "told, but not predicted"
