"""What the API answers, and what becomes of its errors; on a fake, since a real server doesn't fail on demand."""

from __future__ import annotations

import json
import socket

import pytest

from docplatform.errors import ConfigurationError, TransientError
from docplatform.labels.studio import client as client_module
from docplatform.labels.studio.client import StudioClient, StudioProjectMissingError
from docplatform_tests.labels.studio.fake_studio import REFRESH, TOKEN, FakeStudio


@pytest.fixture
def client(studio: FakeStudio) -> StudioClient:
    return StudioClient(studio.url, TOKEN)


def tasks_of(*locations: str) -> list[dict]:
    return [{"data": {"location": location, "text": "a text"}} for location in locations]


def test_a_project_is_made_and_found_again(client):
    made = client.create_project("t" * 60, "about", "<View/>")
    assert client.project(made.id) == made
    assert (len(made.title), made.counts) == (50, (0, 0, 0))


def test_every_task_is_listed_a_page_at_a_time(client, studio, monkeypatch):
    monkeypatch.setattr(client_module, "_PAGE_SIZE", 2)
    project = client.create_project("p", "", "<View/>")
    assert list(client.tasks(project.id)) == []
    assert client.last_update(project.id) == ""
    assert client.import_tasks(project.id, tasks_of("a", "b", "c")) == 3
    assert [task["data"]["location"] for task in client.tasks(project.id)] == ["a", "b", "c"]
    assert client.last_update(project.id) == studio.task("c")["updated_at"]
    assert "annotations" not in next(client.tasks(project.id, with_answers=False))


def test_tasks_are_handed_over_in_requests_of_bounded_size(client, studio, monkeypatch):
    monkeypatch.setattr(client_module, "_IMPORT_BYTES", 80)
    project = client.create_project("p", "", "<View/>")
    assert client.import_tasks(project.id, tasks_of("a", "b", "c")) == 3
    assert studio.requests.count(f"POST /api/projects/{project.id}/import") == 3


def test_a_file_is_kept_and_named_by_its_path(client, studio):
    project = client.create_project("p", "", "<View/>")
    assert client.upload(project.id, "page.jpg", b"JPEG") == "/data/upload/1/1.jpg"
    assert b"JPEG" in studio.uploads[0]


def test_a_personal_access_token_is_exchanged_and_exchanged_again_when_it_has_run_out(studio):
    client = StudioClient(studio.url, REFRESH)
    client.create_project("p", "", "<View/>")
    client.project(1)
    assert studio.refreshes == 1
    studio.access = "access-2"
    assert client.project(1).title == "p"
    assert studio.refreshes == 2


@pytest.mark.parametrize("token", ["wrong", "a.wrong.jwt"])
def test_a_token_that_is_refused_is_said_with_where_to_get_one(studio, token):
    with pytest.raises(ConfigurationError, match="refuses the token") as caught:
        StudioClient(studio.url, token).project(1)
    assert "DOCPLATFORM_LABEL_STUDIO__TOKEN" in str(caught.value)
    assert token not in str(caught.value)


def test_a_server_that_is_not_there_may_be_there_later():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        with pytest.raises(TransientError, match="docplatform labels studio start"):
            StudioClient(f"http://127.0.0.1:{taken.getsockname()[1]}", TOKEN).project(1)


def test_a_project_that_is_gone_is_told_from_other_refusals(client):
    with pytest.raises(StudioProjectMissingError):
        client.project(99)


PROJECT, VERSION, TASKS = ("GET", "/api/projects/1/"), ("GET", "/api/version"), ("GET", "/api/tasks/")


@pytest.mark.parametrize(
    ("request_", "answer", "error", "says"),
    [
        (PROJECT, (500, b"boom", {}), TransientError, "500 boom"),
        (PROJECT, (429, b"slower", {}), TransientError, "429"),
        (PROJECT, (400, b'{"label_config": ["bad"]}', {}), ConfigurationError, "label_config"),
        (PROJECT, (200, b"<html>a login page</html>", {}), ConfigurationError, "isn't Label Studio"),
        (PROJECT, (200, b'{"name": "else"}', {}), ConfigurationError, "doesn't know"),
        (PROJECT, (302, b"", {"Location": "https://other.example"}), ConfigurationError, "redirect to https://other"),
        (TASKS, (200, b"[]", {}), ConfigurationError, "lists tasks"),
        (VERSION, (200, b'{"version": 3}', {}), ConfigurationError, "doesn't say which"),
        (("POST", "/api/projects/1/import"), (201, b'{"task_count": 1}', {}), ConfigurationError, "took 1 of 2"),
    ],
)
def test_what_goes_wrong_is_said_as_an_error_of_ours(client, studio, request_, answer, error, says):
    client.create_project("p", "", "<View/>")
    studio.faults[request_] = answer
    with pytest.raises(error, match=says):
        _ = {
            PROJECT: lambda: client.project(1),
            TASKS: lambda: list(client.tasks(1)),
            VERSION: lambda: client.version,
        }.get(request_, lambda: client.import_tasks(1, tasks_of("a", "b")))()


def test_an_upload_that_is_answered_oddly_is_refused(client, studio):
    client.create_project("p", "", "<View/>")
    studio.faults["POST", "/api/projects/1/import"] = (201, json.dumps({"file_upload_ids": []}).encode(), {})
    with pytest.raises(ConfigurationError, match="keeps files"):
        client.upload(1, "page.jpg", b"")


@pytest.mark.parametrize(
    ("release", "is_known"), [("1.23.2", True), ("1.20.0", True), ("1.9.1", False), ("2.0", False)]
)
def test_versions_that_docplatform_doesnt_know_are_refused(client, studio, release, is_known):
    studio.release = release
    if is_known:
        assert client.version == release
    else:
        with pytest.raises(ConfigurationError, match=f"is Label Studio {release}"):
            _ = client.version


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://host", "http://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConfigurationError, match="no address"):
        StudioClient(url, TOKEN)
