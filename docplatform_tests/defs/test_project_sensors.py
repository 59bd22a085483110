"""Sensors on labels and champions, called as functions on an ephemeral instance."""

from __future__ import annotations

import json

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docplatform.defs.arrival_sensors import LAKE_PARTITION_TAG
from docplatform.defs.build import build_defs
from docplatform.defs.jobs import labels_job
from docplatform.defs.project_sensors import (
    MODEL_PROJECT_TAG,
    build_champion_sensor,
    build_labels_sensor,
    build_retraining_sensor,
    next_sweep,
)
from docplatform.labels.projects import AppliesTo
from docplatform.registry.base import CHAMPION
from docplatform.settings import AutomationSettings
from docplatform_tests.homes import Home, class_labels, topic_labels, topic_texts

AUTOMATION = AutomationSettings(max_run_requests=2)


def tick_labels(home: Home, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    p = home.platform
    resources = {"projects": p.projects, "ledger": p.ledger, "lake": p.lake}
    return build_labels_sensor(AUTOMATION)(
        dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
    )


def tick_champions(home: Home, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    p = home.platform
    resources = {"projects": p.projects, "model_registry": p.model_registry, "ledger": p.ledger}
    return build_champion_sensor(AUTOMATION)(
        dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
    )


@pytest.fixture
def labelled(home) -> Home:
    texts = topic_texts(6)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    home.project(topic_labels(texts))
    return home


# labels


def test_a_home_without_projects_asks_for_nothing_and_remembers_it_looked(home, instance):
    first = tick_labels(home, instance, None)
    assert first.run_requests in (None, [])
    assert isinstance(tick_labels(home, instance, first.cursor), dg.SkipReason)


def test_new_labels_are_checked_once(labelled, instance):
    first = tick_labels(labelled, instance, None)
    assert len(first.run_requests) == 1
    assert [list(added.partition_keys) for added in first.dynamic_partitions_requests] == [["topics"]]
    again = tick_labels(labelled, instance, first.cursor)
    assert isinstance(again, dg.SkipReason)
    assert "no label file" in again.skip_message


def test_a_document_nobody_labelled_moves_the_cursor_and_asks_for_nothing(labelled, instance):
    first = tick_labels(labelled, instance, None)
    labelled.add({"acme/other.txt": "unlabelled"})
    second = tick_labels(labelled, instance, first.cursor)
    assert second.run_requests in (None, [])
    assert second.skip_reason.skip_message == "no labelled document has changed"
    assert isinstance(tick_labels(labelled, instance, second.cursor), dg.SkipReason)


def test_labels_put_back_to_what_they_were_are_checked_again(labelled, instance):
    projects = labelled.platform.projects
    project, texts = projects.get("topics"), topic_texts(6)
    former = topic_labels(texts)
    changed = class_labels({name: topic for name, (topic, _) in texts.items()} | {"letter-000.txt": "billing"})
    cursor, keys = None, []
    for labels in (former, changed, former):
        projects.save(project, labels)
        result = tick_labels(labelled, instance, cursor)
        cursor = result.cursor
        keys += [request.run_key for request in result.run_requests]
    assert len(set(keys)) == 3, "Dagster launches no second run with a run key it has seen"


def test_a_labelled_document_that_arrives_is_checked(labelled, instance):
    texts = topic_texts(8)
    labelled.platform.projects.save(labelled.platform.projects.get("topics"), topic_labels(texts))
    first = tick_labels(labelled, instance, None)
    labelled.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    assert len(tick_labels(labelled, instance, first.cursor).run_requests) == 1


def test_a_wrong_project_is_left_out_and_the_others_are_checked(labelled, instance, caplog):
    labelled.project(b"not json", name="garbled")
    labelled.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
    result = tick_labels(labelled, instance, None)
    assert list(json.loads(result.cursor)["versions"]) == ["topics"]
    assert len(result.run_requests) == 1


@pytest.mark.parametrize("job", ["labels_job", "process_job"])
def test_while_labels_are_checked_or_documents_read_nothing_is_asked(labelled, instance, job):
    defs = build_defs(labelled.platform.settings)
    instance.create_run_for_job(defs.resolve_job_def(job), status=dg.DagsterRunStatus.STARTED)
    assert isinstance(tick_labels(labelled, instance, None), dg.SkipReason)


# retraining


def tick_retraining(home: Home, instance: dg.DagsterInstance) -> dg.SensorResult:
    p = home.platform
    job = build_defs(p.settings).resolve_job_def(labels_job.name)
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS)
    event = dg.DagsterEvent(event_type_value=dg.DagsterEventType.RUN_SUCCESS.value, job_name=job.name)
    resources = {
        "projects": p.projects,
        "ledger": p.ledger,
        "lake": p.lake,
        "model_registry": p.model_registry,
    }
    context = dg.build_run_status_sensor_context(
        "retraining_sensor",
        dagster_event=event,
        dagster_instance=instance,
        dagster_run=run,
        resources=resources,
    )
    return build_retraining_sensor(AUTOMATION)(context)


def test_projects_whose_labels_differ_from_their_last_dataset_are_retrained(trained, instance):
    home, project = trained
    assert tick_retraining(home, instance).run_requests == []
    changed = {name: topic for name, (topic, _) in topic_texts(40).items()} | {"letter-000.txt": "billing"}
    home.platform.projects.save(project, class_labels(changed))
    home.project(b"not json", name="garbled")
    result = tick_retraining(home, instance)
    (request,) = result.run_requests
    assert (request.partition_key, request.tags[MODEL_PROJECT_TAG]) == ("topics", "topics")
    assert request.run_key.startswith("topics@")
    assert [list(added.partition_keys) for added in result.dynamic_partitions_requests] == [["topics"]]


# champions

ALL = AppliesTo()
KEYS = ["a/pdf/2026-11-20", "a/txt/2026-11-20", "b/pdf/2026-11-20", "b/txt/2026-11-20"]


@pytest.mark.parametrize(
    ("why", "state", "champions", "applies_to", "limit", "keys", "new_state"),
    [
        ("a first champion sweeps all", {}, {"p": 1}, {"p": ALL}, 9, KEYS, {"done": {"p": 1}}),
        ("none is no sweep", {}, {}, {}, 9, [], {"done": {}}),
        ("the same again is none", {"done": {"p": 1}}, {"p": 1}, {"p": ALL}, 9, [], {"done": {"p": 1}}),
        (
            "only where it applies",
            {},
            {"p": 1},
            {"p": AppliesTo(customers=["b"], extensions=["txt"])},
            9,
            KEYS[3:],
            {"done": {"p": 1}},
        ),
        (
            "only for those that changed",
            {"done": {"p": 1, "q": 1}},
            {"p": 1, "q": 2},
            {"p": ALL, "q": AppliesTo(customers=["a"])},
            9,
            KEYS[:2],
            {"done": {"p": 1, "q": 2}},
        ),
        (
            "at most so many a tick",
            {"done": {"p": 1}},
            {"p": 2},
            {"p": ALL},
            3,
            KEYS[:3],
            {"done": {"p": 1}, "to": {"p": 2}, "after": KEYS[2]},
        ),
        (
            "goes on where it stopped",
            {"done": {"p": 1}, "to": {"p": 2}, "after": KEYS[2]},
            {"p": 2},
            {"p": ALL},
            3,
            KEYS[3:],
            {"done": {"p": 2}},
        ),
        (
            "a champion that changes meanwhile waits for the next sweep",
            {"done": {"p": 1}, "to": {"p": 2}, "after": KEYS[2]},
            {"p": 3},
            {"p": ALL},
            3,
            KEYS[3:],
            {"done": {"p": 2}},
        ),
        (
            "a project that went away is forgotten",
            {"done": {"p": 1, "q": 1}},
            {"p": 1},
            {"p": ALL},
            9,
            [],
            {"done": {"p": 1}},
        ),
        (
            "a project that goes away meanwhile ends its sweep",
            {"done": {}, "to": {"p": 2}, "after": KEYS[0]},
            {},
            {},
            3,
            [],
            {"done": {"p": 2}},
        ),
        (
            "a limit that is met exactly ends the sweep",
            {},
            {"p": 1},
            {"p": ALL},
            4,
            KEYS,
            {"done": {"p": 1}},
        ),
    ],
)
def test_sweeps(why, state, champions, applies_to, limit, keys, new_state):
    assert next_sweep(state, champions, applies_to, list(reversed(KEYS)), limit) == (keys, new_state), why


@given(st.sets(st.sampled_from("abcdefghij"), min_size=1), st.integers(1, 4))
def test_a_sweep_comes_to_every_partition_once(customers, limit):
    keys = [f"{customer}/txt/2026-11-20" for customer in customers]
    state, swept = {}, []
    for _ in range(len(keys) + 1):
        asked, state = next_sweep(state, {"p": 1}, {"p": ALL}, keys, limit)
        assert len(asked) <= limit
        swept += asked
    assert swept == sorted(keys)
    assert state == {"done": {"p": 1}}


def test_without_a_champion_nothing_is_asked(labelled, instance):
    assert isinstance(tick_champions(labelled, instance, None), dg.SkipReason)


def test_another_champion_is_swept_for_and_one_put_back_too(trained, instance):
    home, _ = trained
    home.add({"beta/b.txt": "of another customer", "gamma/c.txt": "and another"})
    registry = home.platform.model_registry
    registry.register(
        project="topics",
        folder=registry.fetch("topics", 1),
        kind="single_label_classification",
        labels=[],
        dataset_version="d",
        trainer_fingerprint="t",
        run_id="r",
    )
    cursor, keys, swept = None, [], []
    for version in (1, 2, 1):
        if registry.aliased("topics", CHAMPION).version != version:
            registry.set_alias("topics", CHAMPION, version, reason="because", run_id="r")
        for _ in range(2):  # two a tick, so that three partitions take two ticks
            result = tick_champions(home, instance, cursor)
            cursor = result.cursor
            keys += [request.run_key for request in result.run_requests]
            swept += [request.partition_key for request in result.run_requests]
            assert all(request.tags[LAKE_PARTITION_TAG] == request.partition_key for request in result.run_requests)
        assert isinstance(tick_champions(home, instance, cursor), dg.SkipReason)
    assert swept == home.platform.ledger.lake_partitions() * 3
    assert len(set(keys)) == 9, "Dagster launches no second run with a run key it has seen"


def test_a_wrong_project_doesnt_stop_the_sweep_of_another(trained, instance):
    home, _ = trained
    home.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
    assert len(tick_champions(home, instance, None).run_requests) == 1
