"""What a pass has done, the sensors don't ask for again; what came after it, they do."""

from __future__ import annotations

import dagster as dg
import pytest

from docplatform.defs import failures
from docplatform.defs.arrival_sensors import build_lake_partition_sensor
from docplatform.defs.handover import last_handover
from docplatform.defs.project_sensors import build_champion_sensor, build_labels_sensor
from docplatform.defs.run_pass import Pass
from docplatform.registry.base import CHAMPION
from docplatform.settings import AutomationSettings
from docplatform_tests.homes import Home, class_labels, topic_texts

SENSORS = {
    "lake_partition_sensor": (build_lake_partition_sensor, ("ledger",)),
    "labels_sensor": (build_labels_sensor, ("projects", "ledger", "lake")),
    "champion_sensor": (build_champion_sensor, ("projects", "model_registry", "ledger")),
}


class Daemon:
    """The sensors with their cursors, as Dagster's daemon keeps them."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self._home, self._instance = home, instance
        self._cursors: dict[str, str | None] = {}

    def tick(self, name: str) -> list[str | None]:
        """Partitions of the runs that the sensor asks for (None: a run without one)."""
        build, resources = SENSORS[name]
        context = dg.build_sensor_context(
            instance=self._instance,
            cursor=self._cursors.get(name),
            resources={key: getattr(self._home.platform, key) for key in resources},
        )
        result = build(AutomationSettings())(context)
        if isinstance(result, dg.SkipReason):
            return []
        self._cursors[name] = result.cursor
        return [request.partition_key for request in result.run_requests or []]

    def tick_all(self) -> dict[str, list[str | None]]:
        return {name: self.tick(name) for name in SENSORS}


NOTHING = {name: [] for name in SENSORS}


@pytest.fixture
def passed(trained, instance) -> Home:
    home, _ = trained
    home.drop({"beta/b.txt": "of another customer"})
    assert Pass(home.platform, instance).run().failures == []
    return home


def test_without_a_pass_the_sensors_ask_for_everything(trained, instance):
    home, _ = trained
    keys = home.platform.ledger.lake_partitions()
    wanted = {"lake_partition_sensor": keys, "labels_sensor": [None], "champion_sensor": keys}
    assert Daemon(home, instance).tick_all() == wanted


def test_after_a_pass_the_sensors_ask_for_nothing(passed, instance):
    daemon = Daemon(passed, instance)
    assert daemon.tick_all() == NOTHING
    assert daemon.tick_all() == NOTHING


def test_sensors_that_had_come_less_far_follow_a_pass(passed, instance):
    daemon = Daemon(passed, instance)
    passed.add({"acme/new.txt": "new", "gamma/c.txt": "and another"})
    assert len(daemon.tick("lake_partition_sensor")) == 2
    passed.drop({"delta/d.txt": "later"})
    Pass(passed.platform, instance).run()
    assert daemon.tick_all() == NOTHING


def test_documents_that_came_after_the_pass_are_asked_for(passed, instance):
    passed.take_in({"gamma/c.txt": "later"})
    (key,) = Daemon(passed, instance).tick("lake_partition_sensor")
    assert key.startswith("gamma/txt/")


def test_a_document_nobody_labelled_asks_for_no_check_of_labels(passed, instance):
    passed.add({"gamma/c.txt": "later"})
    assert Daemon(passed, instance).tick("labels_sensor") == []


def test_labels_that_changed_after_the_pass_are_checked_and_so_are_those_put_back(passed, instance):
    daemon, projects = Daemon(passed, instance), passed.platform.projects
    project = projects.get("topics")
    former = {name: topic for name, (topic, _) in topic_texts(40).items()}
    for labels in (former | {"letter-000.txt": "billing"}, former):
        projects.save(project, class_labels(labels))
        assert daemon.tick("labels_sensor") == [None]
        assert daemon.tick("labels_sensor") == []


def test_a_champion_that_changed_after_the_pass_is_swept_for_and_so_is_one_put_back(passed, instance):
    daemon, registry = Daemon(passed, instance), passed.platform.model_registry
    registry.register(
        project="topics",
        folder=registry.fetch("topics", 1),
        kind="single_label_classification",
        labels=[],
        dataset_version="d",
        trainer_fingerprint="t",
        run_id="r",
    )
    for version in (2, 1):
        registry.set_alias("topics", CHAMPION, version, reason="because", run_id="r")
        assert daemon.tick("champion_sensor") == passed.platform.ledger.lake_partitions()
        assert daemon.tick("champion_sensor") == []


def test_a_pass_with_failures_hands_nothing_over(home, instance, monkeypatch):
    monkeypatch.setattr(failures, "RETRY_SECONDS", 0)
    home.drop({"acme/a.txt": "?"})
    assert Pass(home.platform, instance).run().failures
    assert last_handover(instance) is None
    assert len(Daemon(home, instance).tick("lake_partition_sensor")) == 1
