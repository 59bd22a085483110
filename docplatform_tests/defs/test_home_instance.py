"""The home's Dagster instance, and runs that dead processes left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files

import dagster as dg
import pytest
import yaml

from docplatform.defs.build import build_defs
from docplatform.defs.home_instance import (
    PROCESS_TAG,
    fail_orphaned_runs,
    home_instance,
    prepare_dagster_home,
    process_identity,
)
from docplatform_tests.homes import quick_settings

STATUSES = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@pytest.fixture
def dead_process() -> str:
    """The identity of a real process, after it was killed."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = process_identity(process.pid)
    assert identity
    process.kill()
    process.communicate()
    return identity


def start_run(instance: dg.DagsterInstance, tmp_path, status: dg.DagsterRunStatus, tags: dict[str, str]) -> str:
    job = build_defs(quick_settings(tmp_path)).resolve_job_def("ingest_job")
    return instance.create_run_for_job(job, status=status, tags=tags).run_id


@pytest.mark.parametrize("status", STATUSES)
def test_a_run_of_a_dead_process_is_failed(instance, tmp_path, dead_process, status):
    run = start_run(instance, tmp_path, status, {PROCESS_TAG: dead_process})
    assert fail_orphaned_runs(instance) == [run]
    assert instance.get_run_by_id(run).status is dg.DagsterRunStatus.FAILURE
    assert fail_orphaned_runs(instance) == []


def test_runs_of_living_processes_and_of_others_are_left_alone(instance, tmp_path):
    mine = start_run(instance, tmp_path, dg.DagsterRunStatus.STARTED, {PROCESS_TAG: process_identity(os.getpid())})
    other = start_run(instance, tmp_path, dg.DagsterRunStatus.STARTED, {})
    assert fail_orphaned_runs(instance) == []
    assert all(instance.get_run_by_id(run).status is dg.DagsterRunStatus.STARTED for run in (mine, other))


def test_a_process_id_used_again_is_another_process(instance, tmp_path):
    pid, started = process_identity(os.getpid()).split("@")
    run = start_run(instance, tmp_path, dg.DagsterRunStatus.STARTED, {PROCESS_TAG: f"{pid}@{int(started) - 1}"})
    assert fail_orphaned_runs(instance) == [run]


def test_a_dead_process_has_no_identity(dead_process):
    assert process_identity(int(dead_process.split("@")[0])) is None


def test_a_home_gets_our_dagster_yaml_once(tmp_path):
    folder = tmp_path / "home" / "dagster"
    prepare_dagster_home(folder)
    config = folder / "dagster.yaml"
    assert config.read_bytes() == files("docplatform.defs").joinpath("dagster.yaml").read_bytes()
    assert yaml.safe_load(config.read_text())["telemetry"] == {"enabled": False}
    config.write_text("telemetry:\n  enabled: false\n# mine\n")
    prepare_dagster_home(folder)
    assert "# mine" in config.read_text()
    assert [path.name for path in folder.iterdir()] == ["dagster.yaml"]


def test_opening_a_home_fails_what_was_left_running(tmp_path, dead_process, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    with home_instance(tmp_path / "dagster") as instance:
        assert os.environ["DAGSTER_HOME"] == str(tmp_path / "dagster")
        run = start_run(instance, tmp_path, dg.DagsterRunStatus.STARTED, {PROCESS_TAG: dead_process})
    with home_instance(tmp_path / "dagster") as instance:
        assert instance.get_run_by_id(run).status is dg.DagsterRunStatus.FAILURE
        limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits
        assert {limit["key"] for limit in limits} == {"docplatform/lake_partition", "docplatform/model_project"}


@pytest.mark.parametrize(
    ("status", "fails"),
    [
        pytest.param(dg.DagsterRunStatus.STARTED, True, id="it was running"),
        pytest.param(dg.DagsterRunStatus.STARTING, True, id="it was starting"),
        pytest.param(dg.DagsterRunStatus.CANCELING, True, id="it was being cancelled"),
        pytest.param(dg.DagsterRunStatus.NOT_STARTED, False, id="it was never launched"),
    ],
)
def test_what_a_daemon_had_launched_is_failed_where_no_daemon_runs(instance, tmp_path, status, fails):
    run = start_run(instance, tmp_path, status, {})
    assert fail_orphaned_runs(instance, is_daemon_down=True) == ([run] if fails else [])
    assert (instance.get_run_by_id(run).status is dg.DagsterRunStatus.FAILURE) is fails
