"""``docplatform run`` on a small generated corpus, in processes of its own."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from docplatform.labels.projects import GateThresholds
from docplatform_tests.integration.command import CommandHome

pytestmark = pytest.mark.integration

PROJECTS = {"document-type", "incident-entities", "letter-topics", "loan-terms"}
STAGES = ("routed_documents", "ocr_text", "preprocessed_text", "predictions")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> CommandHome:
    """A fresh home with a corpus whose models may serve however few documents they saw."""
    home = CommandHome(tmp_path_factory.mktemp("pass") / "home")
    status, _, err = home.call("samples", "--documents", "40", "--noise", "0.1")
    assert status == 0, err
    with home.platform() as platform:
        for project in platform.projects.load()[0]:
            platform.projects.save(project.model_copy(update={"gate": GateThresholds(min_f1=0.0)}))
    return home


@pytest.fixture(scope="module")
def first(home: CommandHome) -> dict[str, Any]:
    """The first pass's summary."""
    dropped = len(home.left_in_landing())
    status, out, err = home.call("run", "--json")
    assert status == 0, err
    return {**json.loads(out), "dropped": dropped}


def made(home: CommandHome, table: str) -> dict[tuple[str, str], tuple[object, ...]]:
    """Which run made each row, and when."""
    return {
        (row["document_id"], row.get("project", "")): (row["run_id"], row["processed_at"]) for row in home.rows(table)
    }


def test_every_file_dropped_is_read_a_duplicate_or_quarantined(home: CommandHome, first: dict[str, Any]) -> None:
    arrivals = first["arrivals"]
    assert arrivals["arrived"] == first["dropped"] > 60
    assert arrivals["read"] + arrivals["duplicates"] + arrivals["quarantined"] == arrivals["arrived"]
    assert arrivals["pending"] == first["members"]["pending"] == 0
    assert arrivals["duplicates"] > 0
    assert first["members"]["arrived"] > 10
    assert (first["problems"], first["pass"]["failures"]) == ([], [])
    assert home.left_in_landing() == []
    assert home.doubled() == {}
    assert len(home.rows("raw_blobs")) == arrivals["arrived"] + first["members"]["arrived"]


def test_every_file_came_to_the_end_it_should(home: CommandHome, first: dict[str, Any]) -> None:
    status, out, err = home.call("samples", "check")
    assert (status, err) == (0, ""), err
    checked = first["arrivals"]["arrived"] + first["members"]["arrived"]
    assert f"{checked} of {checked} files" in out


def test_every_project_is_trained_judged_serving_and_watched(home: CommandHome, first: dict[str, Any]) -> None:
    assert {project["project"] for project in first["projects"]} == PROJECTS
    for project in first["projects"]:
        assert project["champion"] == 1, project
        assert project["f1"] is not None
        assert project["label_f1"]
        assert project["drift"] != "not checked yet"
    predictions = {project["project"]: project["predictions"] for project in first["projects"]}
    assert predictions["document-type"] == len(home.rows("ocr_text", "document_id"))
    assert 0 < sum(predictions.values()) == len(home.rows("predictions"))


def test_dagster_shows_every_step_as_succeeded(home: CommandHome, first: dict[str, Any]) -> None:
    with dg.DagsterInstance.from_config(str(home.path / "dagster")) as instance:
        runs = instance.get_runs()
        assert {run.run_id for run in runs} == set(first["pass"]["runs"])
        assert all(run.is_success for run in runs)
        with home.platform() as platform:
            keys = set(platform.ledger.lake_partitions())
        for stage in STAGES:
            assert instance.get_materialized_partitions(dg.AssetKey(stage)) == keys


def test_no_process_is_left(home: CommandHome, first: dict[str, Any]) -> None:
    assert first
    assert home.processes() == []


def test_a_second_pass_runs_nothing_and_a_further_batch_only_itself(home: CommandHome, first: dict[str, Any]) -> None:
    status, out, err = home.call("run", "--json")
    assert status == 0, err
    assert json.loads(out)["pass"]["runs"] == []
    before = {stage: made(home, stage) for stage in STAGES}
    assert home.call("samples", "--documents", "3", "--batch", "more")[0] == 0
    status, out, err = home.call("run", "--json")
    assert status == 0, err
    summary = json.loads(out)
    assert summary["arrivals"]["arrived"] == first["dropped"] + 3
    assert "retrain_job" not in summary["pass"]["jobs"]
    for stage in STAGES:
        after = made(home, stage)
        assert before[stage].items() <= after.items(), f"{stage}: rows of other documents were made again"
        assert len({document for document, _ in after.keys() - before[stage].keys()}) == 3
    assert home.call("samples", "check")[0] == 0
