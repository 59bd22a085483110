"""``labels studio | new | push | pull`` as people call them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from docplatform.cli.labels import labels
from docplatform.cli.locks import hold
from docplatform.errors import ConfigurationError, DocPlatformError
from docplatform.labels.studio.installation import StudioInstallation
from docplatform.labels.studio.server import StudioServer
from docplatform_tests.homes import Home, topic_texts
from docplatform_tests.labels.studio.fake_studio import TOKEN, FakeStudio, serving


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    with serving() as fake:
        yield fake


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCPLATFORM_HOME", str(tmp_path / "home"))
    return Home.at(tmp_path / "home")


@pytest.fixture
def served(home: Home, studio: FakeStudio, monkeypatch) -> Home:
    """A home with four letters, and a Label Studio that the settings name."""
    monkeypatch.setenv("DOCPLATFORM_LABEL_STUDIO__URL", studio.url)
    monkeypatch.setenv("DOCPLATFORM_LABEL_STUDIO__TOKEN", TOKEN)
    home.add({f"acme/{name}": text for name, (_, text) in topic_texts(4).items()})
    return home


def call(*arguments: str) -> Result:
    return CliRunner().invoke(labels, arguments)


def refused(*arguments: str) -> str:
    result = call(*arguments)
    assert isinstance(result.exception, DocPlatformError), result.output
    return str(result.exception)


NEW = ("new", "topics", "--kind", "single_label_classification", "--customer", "ACME", "--category", "billing")


def test_a_project_is_labelled_from_nothing(served, studio):
    assert "Next: docplatform labels push topics" in call(*NEW, "--category", "shipping").output
    pushed = call("push", "topics", "--limit", "3")
    assert pushed.exit_code == 0, pushed.output
    assert "3 documents pushed" in pushed.output
    location = studio.tasks[0]["data"]["location"]
    studio.annotate(location, [{"type": "choices", "value": {"choices": ["billing"]}}])
    pulled = call("pull", "topics")
    assert (pulled.exit_code, "1 new" in pulled.output) == (0, True)
    studio.annotate(location, [{"type": "choices", "value": {"choices": ["shipping"]}}])
    again = call("pull", "topics")
    assert (again.exit_code, "1 changed" in again.output, "differ" in again.output) == (1, True, True)


def test_of_two_pushes_at_once_one_is_refused(served):
    call(*NEW)
    with hold(served.platform.settings.label_studio_path / "push.lock", "taken"):
        assert "under way" in refused("push", "topics")


@pytest.mark.parametrize("kind", ["multi_label_classification", "entity_recognition", "field_extraction"])
def test_a_project_of_any_kind_is_made_and_can_be_read(home, kind):
    assert call("new", "p", "--kind", kind, "--customer", "acme", "--category", "A").exit_code == 0
    assert home.platform.projects.get("p").kind == kind
    assert home.platform.projects.load()[1] == []


def test_what_is_wrong_is_said(home):
    call(*NEW)
    assert "exists already" in refused(*NEW)
    assert "no kind of project" in refused("new", "x", "--kind", "ner", "--customer", "a", "--category", "A")
    assert "can't be made" in refused("new", "X Y", *NEW[2:])
    assert "There are: topics" in refused("push", "else")
    assert "labels studio start" in refused("pull", "topics")


def test_status_and_stop_where_nothing_runs(home):
    result = call("studio", "status")
    assert (result.exit_code, "labels studio start" in result.output) == (1, True)
    assert "No Label Studio runs" in call("studio", "stop").output


def test_status_of_a_named_server(served, studio):
    result = call("studio", "status")
    assert result.exit_code == 0
    assert studio.url in result.output
    assert "1.23.2" in result.output
    assert TOKEN not in result.output


@pytest.fixture
def installed(home: Home, monkeypatch) -> Home:
    """A home with a Label Studio that does no more than answer that it is well, and hold its lock."""
    venv = home.platform.settings.label_studio_path / "venv"
    (venv / "bin").mkdir(parents=True)
    server = """#!/usr/bin/env python3
import http.server, json, os, sys
port = int(sys.argv[sys.argv.index("--port") + 1])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        told = self.headers.get("Authorization") == "Token " + os.environ["LABEL_STUDIO_USER_TOKEN"]
        self.send_response(200 if told or self.path == "/health" else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"release": "1.23.2"}).encode())
if os.path.exists("broken"):
    sys.exit("database is locked")
http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""
    (venv / "bin" / "label-studio").write_text(server)
    (venv / "bin" / "label-studio").chmod(0o755)
    (venv / "template").mkdir()
    (venv / "template" / "label_studio.sqlite3").touch()
    monkeypatch.setattr(StudioInstallation, "is_complete", True)
    return home


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_is_started_found_and_stopped(installed):
    port = free_port()
    started = call("studio", "start", "--no-browser", "--port", str(port))
    try:
        assert started.exit_code == 0, started.output
        shown = call("studio", "status").output
        account = json.loads((installed.platform.settings.label_studio_path / "account.json").read_text())
        for line in (f"http://127.0.0.1:{port}", account["password"], account["token"], "Version:  1.23.2"):
            assert line in shown
        assert account["token"] not in started.output
        assert f"127.0.0.1:{port}" in call("studio", "start", "--no-browser").output, "the one that runs"
    finally:
        assert "has stopped" in call("studio", "stop").output


def test_a_server_that_doesnt_come_up_is_said_with_its_last_words(installed):
    data = installed.platform.settings.label_studio_path / "data"
    data.mkdir(parents=True)
    (data / "broken").touch()
    assert "database is locked" in refused("studio", "start", "--no-browser", "--port", str(free_port()))
    assert installed.platform.studio_server.running() is None


def test_a_port_that_is_taken_is_said(installed):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "Choose another --port" in refused("studio", "start", "--port", str(taken.getsockname()[1]))


def test_two_starts_at_once_are_one(installed):
    folder = installed.platform.settings.label_studio_path
    server = StudioServer(folder, StudioInstallation(folder / "venv"))
    with hold(folder / "server.lock", "taken"), pytest.raises(ConfigurationError, match="just starting"):
        server.start(free_port(), print)


@pytest.mark.integration
def test_without_a_package_index_the_installation_says_so_and_is_not_taken_for_done(tmp_path, monkeypatch):
    for name, value in {"INDEX_URL": "http://127.0.0.1:9/simple", "CONFIG_FILE": "/dev/null", "RETRIES": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    installation, said = StudioInstallation(tmp_path / "venv"), []
    with pytest.raises(ConfigurationError, match="DOCPLATFORM_LABEL_STUDIO__URL"):
        installation.install(said.append)
    assert "about 1 GB" in said[0]
    assert not installation.is_complete
    assert "ERROR" in (tmp_path / "venv-install.log").read_text()
