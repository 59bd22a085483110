"""Watching a champion."""

from __future__ import annotations

import pytest

from docplatform.inference.champions import champion_stages
from docplatform.lake.incremental import run_stage
from docplatform.training import monitoring
from docplatform.training.monitoring import check_drift
from docplatform_tests.homes import Home, topic_home, topic_texts
from docplatform_tests.training.chains import train


def predict(home: Home) -> None:
    p = home.platform
    for stage in champion_stages(p.lake, p.projects, p.model_registry):
        run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id="predict")


def watch(home: Home, project, run_id: str = "drift"):
    return check_drift(project, lake=home.platform.lake, registry=home.platform.model_registry, run_id=run_id)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home, project = topic_home(tmp_path_factory.mktemp("served"), count=80)
    train(home, project)
    return home, project


def test_without_a_champion_there_is_nothing_to_watch(ready):
    home, project = ready
    assert watch(home, project) is None
    assert home.rows("drift_report") == []


def test_the_datasets_own_documents_are_not_recent_ones(served):
    home, project = served
    predict(home)
    check = watch(home, project)
    assert (check.report.reference_count, check.report.current_count) == (80, 0)
    assert check.report.alarm is False
    assert "Too few" in check.report.reason


def test_documents_like_those_trained_on_raise_no_alarm_and_others_do(served, monkeypatch):
    home, project = served
    home.add({f"acme/{name}": text for name, (_, text) in topic_texts(36, start=80).items()})
    predict(home)
    check = watch(home, project)
    assert (check.report.current_count, check.report.alarm) == (36, False)
    strange = {
        f"acme/strange-{n:03}.txt": f"Bericht {n}: Der Server antwortet nicht, Fehler {n * 31} im Protokoll der Nacht."
        for n in range(50)
    }
    home.add(strange)
    predict(home)
    check = watch(home, project, run_id="alarm")
    assert (check.report.current_count, check.report.alarm) == (86, True)
    row = max(home.rows("drift_report"), key=lambda row: row["checked_at"])
    assert (row["alarm"], row["run_id"], row["model_version"]) == (True, "alarm", 1)
    assert row["domain_auc"] > 0.6
    monkeypatch.setattr(monitoring, "RECENT_DOCUMENTS", 50)
    assert watch(home, project).report.current_count == 50
