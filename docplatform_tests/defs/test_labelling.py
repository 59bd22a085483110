"""The sensor on Label Studio, called as a function, and the job it asks for."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from docplatform.defs.build import build_defs
from docplatform.defs.labelling import build_label_studio_sensor, label_studio_job
from docplatform.errors import ConfigurationError
from docplatform.labels.azure_language import parse_label_file
from docplatform.labels.studio.client import StudioClient
from docplatform.settings import AutomationSettings, LabelStudioSettings
from docplatform.training.label_push import LabelPusher
from docplatform_tests.homes import Home, topic_labels, topic_texts
from docplatform_tests.labels.studio.fake_studio import TOKEN, FakeStudio, serving

CHOICE = [{"type": "choices", "value": {"choices": ["billing"]}}]


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    with serving() as fake:
        yield fake


@pytest.fixture
def labelling(tmp_path, studio: FakeStudio) -> Home:
    """A home whose four unlabelled letters are in Label Studio."""
    home = Home.at(tmp_path / "home", label_studio=LabelStudioSettings(url=studio.url, token=TOKEN))
    texts = topic_texts(6)
    home.add({f"acme/{name}": text for name, (_, text) in texts.items()})
    project = home.project(topic_labels(dict(list(texts.items())[:2])))
    p = home.platform
    pusher = LabelPusher(p.projects, p.ledger, p.lake, p.model_registry, p.blob_store, p.label_studio())
    pusher.push(project, 10)
    return home


def tick(home: Home, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    p = home.platform
    resources = {"projects": p.projects, "label_studio": p.label_studio}
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
    return build_label_studio_sensor(AutomationSettings())(context)


def test_a_tick_asks_for_a_pull_when_answers_came_changed_or_went_and_only_then(labelling, studio, instance):
    first = tick(labelling, instance, None)
    assert len(first.run_requests) == 1, "what was answered before the sensor was switched on"
    assert isinstance(tick(labelling, instance, first.cursor), dg.SkipReason)
    studio.annotate("letter-002.txt", CHOICE)
    second = tick(labelling, instance, first.cursor)
    (request,) = second.run_requests
    assert request.run_config == {"ops": {"pull_labels": {"config": {"projects": ["topics"]}}}}
    assert isinstance(tick(labelling, instance, second.cursor), dg.SkipReason)
    studio.task("letter-002.txt")["annotations"].clear()
    third = tick(labelling, instance, second.cursor)
    assert len(third.run_requests) == 1


def test_a_tick_costs_two_requests_a_project_however_many_tasks_there_are(labelling, studio, instance):
    studio.requests.clear()
    tick(labelling, instance, None)
    assert studio.requests == ["GET /api/projects/1/", "GET /api/tasks/"]


def test_a_server_that_is_not_there_is_no_failure(labelling, studio, instance, tmp_path):
    studio.faults["GET", "/api/projects/1/"] = (503, b"starting", {})
    skipped = tick(labelling, instance, None)
    assert isinstance(skipped, dg.SkipReason)
    assert "503" in skipped.skip_message
    idle = Home.at(tmp_path / "idle")
    assert "labels studio start" in tick(idle, instance, None).skip_message


def test_a_project_that_is_gone_is_left_out_and_the_others_are_looked_at(labelling, studio, instance):
    labelling.project(topic_labels(topic_texts(2)), name="never-pushed")
    other = labelling.project(topic_labels(topic_texts(2)), name="other")
    labelling.platform.projects.save_studio_link(other, labelling.platform.projects.studio_link(other) or b"{}")
    assert len(tick(labelling, instance, None).run_requests) == 1


def test_while_answers_are_pulled_nothing_is_asked(labelling, instance):
    instance.create_run_for_job(label_studio_job, status=dg.DagsterRunStatus.STARTED)
    assert "are being pulled" in tick(labelling, instance, None).skip_message


def test_the_job_brings_answers_into_the_label_file_which_is_then_checked(labelling, studio, instance):
    project = labelling.platform.projects.get("topics")
    studio.annotate("letter-002.txt", CHOICE)
    studio.annotate("letter-003.txt", CHOICE)
    studio.task("letter-003.txt")["data"]["content_hash"] = "another"
    defs = build_defs(labelling.platform.settings)
    result = defs.get_job_def(label_studio_job.name).execute_in_process(instance=instance)
    assert result.success
    label_file = parse_label_file(labelling.platform.projects.label_file(project))
    assert [document.location for document in label_file.documents][2:] == ["letter-002.txt"]


def test_a_named_server_needs_a_token(tmp_path):
    home = Home.at(tmp_path / "home", label_studio=LabelStudioSettings(url="http://labels.example"))
    with pytest.raises(ConfigurationError, match="DOCPLATFORM_LABEL_STUDIO__TOKEN"):
        home.platform.label_studio()
    named = Home.at(tmp_path / "named", label_studio=LabelStudioSettings(url="http://labels.example", token="t"))
    assert isinstance(named.platform.label_studio(), StudioClient)
