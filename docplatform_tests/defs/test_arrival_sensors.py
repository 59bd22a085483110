"""Sensors on arrivals, called as functions on an ephemeral instance."""

from __future__ import annotations

import dagster as dg
import pytest

from docplatform.defs import arrival_sensors
from docplatform.defs.arrival_sensors import LAKE_PARTITION_TAG, build_lake_partition_sensor, build_landing_sensor
from docplatform.defs.build import build_defs
from docplatform.defs.jobs import ingest_job
from docplatform.settings import AutomationSettings
from docplatform_tests.homes import Home

AUTOMATION = AutomationSettings(max_run_requests=2)


def tick_landing(home: Home, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    resources = {"connectors": home.platform.connectors, "ledger": home.platform.ledger}
    return build_landing_sensor(AUTOMATION)(dg.build_sensor_context(instance=instance, resources=resources))


def tick_partitions(home: Home, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"ledger": home.platform.ledger})
    return build_lake_partition_sensor(AUTOMATION)(context)


def requested(result: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    assert isinstance(result, dg.SensorResult)
    return [request.partition_key for request in result.run_requests or []]


def start_run(home: Home, instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> None:
    job = build_defs(home.platform.settings).resolve_job_def(ingest_job.name)
    run = instance.create_run_for_job(job, status=status)
    assert run.status is status


def test_nothing_in_the_sources_is_no_run(home, instance):
    result = tick_landing(home, instance)
    assert isinstance(result, dg.SkipReason)
    assert "nothing finished" in result.skip_message


def test_a_finished_file_is_one_run(home, instance):
    home.drop({"acme/a.txt": "text", "acme/b.txt": "more"})
    (request,) = tick_landing(home, instance).run_requests
    assert request.run_key is None, "a run takes in whatever lies there, so no key may keep it from running"


def test_an_unfinished_file_is_no_run(home, instance):
    home.drop({"acme/a.txt.part": "half"})
    assert isinstance(tick_landing(home, instance), dg.SkipReason)


def test_arrivals_that_a_killed_pass_never_brought_into_the_lake_are_a_run(home, instance):
    home.drop({"acme/a.txt": "text"})
    home.ingest()
    assert isinstance(tick_landing(home, instance), dg.SensorResult)
    home.publish()
    assert isinstance(tick_landing(home, instance), dg.SkipReason)


@pytest.mark.parametrize("status", [s for s in arrival_sensors.IN_PROGRESS if s is not dg.DagsterRunStatus.QUEUED])
def test_while_a_pass_is_running_there_is_no_second(home, instance, status):
    home.drop({"acme/a.txt": "text"})
    start_run(home, instance, status)
    result = tick_landing(home, instance)
    assert isinstance(result, dg.SkipReason)
    assert "is running" in result.skip_message


def test_a_finished_pass_holds_nobody_up(home, instance):
    home.drop({"acme/a.txt": "text"})
    start_run(home, instance, dg.DagsterRunStatus.FAILURE)
    assert isinstance(tick_landing(home, instance), dg.SensorResult)


def test_new_documents_are_a_run_per_lake_partition_named_by_the_newest_of_them(home, instance):
    home.take_in({"acme/a.txt": "one", "acme/b.txt": "two"})
    result = tick_partitions(home, instance, None)
    (key,) = home.platform.ledger.lake_partitions()
    (request,) = result.run_requests
    assert (request.partition_key, request.run_key) == (key, f"{key}@2")
    assert request.tags[LAKE_PARTITION_TAG] == key
    assert [list(added.partition_keys) for added in result.dynamic_partitions_requests] == [[key]]
    assert result.cursor == "2"


def test_nothing_new_is_no_run(home, instance):
    assert isinstance(tick_partitions(home, instance, None), dg.SkipReason)
    home.take_in({"acme/a.txt": "one"})
    assert isinstance(tick_partitions(home, instance, "1"), dg.SkipReason)


def test_documents_that_are_not_routed_are_no_run(home, instance):
    home.take_in({"acme/empty.txt": ""})
    assert isinstance(tick_partitions(home, instance, None), dg.SkipReason)


def test_a_tick_repeated_after_a_crash_asks_for_the_same_runs(home, instance):
    home.take_in({"acme/a.txt": "one", "beta/b.txt": "two"})
    first, again = (tick_partitions(home, instance, None) for _ in range(2))
    assert [r.run_key for r in first.run_requests] == [r.run_key for r in again.run_requests]


def test_a_further_document_asks_for_its_partition_again_by_another_key(home, instance):
    home.take_in({"acme/a.txt": "one"})
    first = tick_partitions(home, instance, None)
    home.take_in({"acme/b.txt": "two"})
    second = tick_partitions(home, instance, first.cursor)
    assert requested(first) == requested(second)
    assert first.run_requests[0].run_key != second.run_requests[0].run_key


def test_capped_ticks_come_to_every_partition_in_the_end(home, instance):
    customers = ["a", "b", "c", "d", "e"]
    for number in range(3):
        home.take_in({f"{customer}/{number}.txt": f"{customer}{number}" for customer in customers})
    cursor, seen = None, []
    while not isinstance(result := tick_partitions(home, instance, cursor), dg.SkipReason):
        assert len(requested(result)) <= AUTOMATION.max_run_requests
        seen += requested(result)
        cursor = result.cursor
    assert sorted(set(seen)) == home.platform.ledger.lake_partitions()
    assert len(seen) == 5, "each asked for once, whatever number of documents it got"


def test_a_tick_looks_at_a_bounded_number_of_documents(home, instance, monkeypatch):
    monkeypatch.setattr(arrival_sensors, "DOCUMENTS_PER_TICK", 2)
    home.take_in({f"c{number}/a.txt": str(number) for number in range(5)})
    cursor, ticks, seen = None, 0, set()
    while not isinstance(result := tick_partitions(home, instance, cursor), dg.SkipReason):
        ticks, cursor = ticks + 1, result.cursor
        seen |= set(requested(result))
    assert (ticks, len(seen)) == (3, 5)
