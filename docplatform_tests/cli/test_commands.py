"""The commands together, their help and exit statuses; ``sql``, ``run`` and ``ui``."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from docplatform import __version__
from docplatform.cli import COMMANDS, LazyGroup, cli
from docplatform.cli.locks import hold
from docplatform.cli.ui import require_free_port
from docplatform.errors import ConfigurationError
from docplatform_tests.homes import topic_labels, topic_texts

# help


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS), ["labels", "check"], ["labels", "import"], ["samples", "check"]]
)
def test_every_command_explains_itself(call, command):
    ended = call(*command, "--help")
    assert ended.status == 0
    assert f"Usage: docplatform {' '.join(command)}".strip() in ended.out
    assert "--help" in ended.out


@pytest.mark.parametrize("name", ["run", "read", "status", "sql", "samples", "ui", "models list"])
def test_help_shows_examples(call, name):
    out = call(*name.split(), "-h").out
    assert "Examples:" in out
    assert f"\n    docplatform {name}" in out.split("Examples:")[1]  # a line each
    assert "\\b" not in out


def test_the_list_of_commands_is_the_order_people_need(call):
    out = call("--help").out.split("Commands:")[1]
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  ") and line[2] != " "] == list(COMMANDS)


def test_help_of_the_whole_imports_nothing_heavy(run_python):
    code = (
        "import sys, contextlib, io; sys.argv = ['docplatform', '--version']\n"
        "from docplatform.cli import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "print([m for m in ('dagster', 'pandas', 'pyarrow', 'sklearn', 'cv2', 'onnxruntime') if m in sys.modules])"
    )
    assert run_python(code).splitlines() == [f"docplatform, version {__version__}", "[]"]


def test_an_unknown_command_is_a_usage_error(call):
    ended = call("frobnicate")
    assert ended.status == 2
    assert "No such command 'frobnicate'" in ended.err


def test_a_command_that_is_none_is_a_bug(monkeypatch):
    monkeypatch.setitem(COMMANDS, "odd", "docplatform.cli.sql:json")
    with pytest.raises(TypeError, match="is not a command"):
        LazyGroup(name="x").get_command(cli.make_context("x", [], resilient_parsing=True), "odd")


def test_wrong_settings_end_with_their_message_and_status_2(call, monkeypatch):
    monkeypatch.setenv("DOCPLATFORM_LIMITS__MAX_PAGES", "0")
    ended = call("status")
    assert ended.status == 2
    assert ended.err.startswith("Error: Settings are wrong: DOCPLATFORM_LIMITS__MAX_PAGES")
    assert "Traceback" not in ended.err


# sql


def test_sql_answers_as_table_csv_and_json(call, home):
    home.add({"acme/a, b.txt": "one two", "acme/c.txt": "three"})
    query = "select name, word_count from ocr_text order by name"
    table = call("sql", query).out.splitlines()
    assert table[0].split() == ["name", "word_count"]
    assert len(table) == 3
    assert call("sql", query, "--format", "csv").out == 'name,word_count\n"a, b.txt",2\nc.txt,1\n'
    assert call("sql", query, "--format", "json").json_lines == [
        {"name": "a, b.txt", "word_count": 2},
        {"name": "c.txt", "word_count": 1},
    ]


def test_sql_without_rows_says_so(call):
    assert call("sql", "select name from ocr_text").out == "no rows\n"
    assert call("sql", "select name from ocr_text", "--format", "csv").out == "name\n"
    assert call("sql", "select name from ocr_text", "--format", "json").out == ""


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select * from nonsense", "ocr_text"),
        ("select nonsense from ocr_text", "content"),
        ("selec 1", "selec"),
        ("drop table ocr_text", "SELECT"),
    ],
)
def test_a_wrong_query_ends_with_what_there_is(call, query, says):
    ended = call("sql", query)
    assert ended.status == 2
    assert ended.err.startswith("Error: ")
    assert says in ended.err


def test_an_unknown_format_is_a_usage_error(call):
    assert call("sql", "select 1", "--format", "xml").status == 2


# run


def test_run_processes_everything_once(call, home):
    home.drop({"acme/a.txt": "one two three", "acme/b.txt": "one two three", "acme/empty.txt": ""})
    ended = call("run")
    assert ended.status == 0, ended.err
    assert "files dropped: 3 = 1 read + 1 duplicates + 1 quarantined" in ended.out
    assert "2 Dagster runs in" in ended.out
    assert ended.err.splitlines()[0] == "ingest_job"
    again = call("run", "--json")
    assert again.status == 0
    assert again.json["pass"]["runs"] == []
    assert again.json["arrivals"]["read"] == 1


def test_run_ends_with_status_1_where_something_is_wrong(call, home):
    home.drop({"acme/a.txt": "one"})
    home.project(b"not json", name="garbled")
    ended = call("run")
    assert ended.status == 1
    assert "FAILED Project garbled" in ended.err
    home.platform.projects.save(home.platform.projects.get("garbled"), topic_labels(topic_texts(2)))
    home.platform.lake.replace("raw_blobs", [], where={"customer": "acme"}, run_id="vandal")
    ended = call("run")
    assert ended.status == 1
    assert "DOES NOT ADD UP files dropped: 1 in the ledger, 0 in raw_blobs" in ended.err


def test_a_second_run_at_once_is_refused(call, home_path):
    home_path.mkdir()
    with (home_path / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = call("run")
    assert ended.status == 2
    assert ended.err == f"Error: Another `docplatform run` is working on {home_path}. Wait until it ends.\n"


def test_the_lock_goes_with_its_process(call, home_path):
    code = "import sys, time; from pathlib import Path; from docplatform.cli.run import only_one\n"
    code += "with only_one(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, home_path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    assert call("run").status == 2
    holder.kill()
    holder.communicate()
    assert call("run").status == 0


# ui


def test_a_port_in_use_is_refused_before_anything_starts(call, home_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = call("ui", "--port", str(port))
    assert ended.status == 2
    assert f"Can't listen on 127.0.0.1:{port}: Address already in use." in ended.err
    assert "--port" in ended.err
    require_free_port("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_refused():
    with pytest.raises(ConfigurationError, match="Can't listen on 192"):
        require_free_port("192.0.2.1", 3000)
    with pytest.raises(ConfigurationError, match="Can't listen on 2001"):
        require_free_port("2001:db8::1", 3000)


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_a_usage_error(call, port):
    assert call("ui", "--port", port).status == 2


def test_the_ui_is_dagster_on_this_home(call, home_path, monkeypatch):
    started = []

    def execve(path: str, command: list[str], environment: dict[str, str]) -> None:
        started.append((path, command, environment))

    monkeypatch.setattr(os, "execve", execve)
    before = signal.getsignal(signal.SIGINT)
    ended = call("ui", "--port", "34567")
    signal.signal(signal.SIGINT, before)
    assert ended.status == 0
    assert "http://127.0.0.1:34567" in ended.out
    ((path, command, environment),) = started
    assert path == command[0] == sys.executable
    assert command[command.index("-p") + 1] == "34567"
    assert environment["DAGSTER_HOME"] == str(home_path / "dagster")
    assert environment["DOCPLATFORM_HOME"] == str(home_path)
    assert (home_path / "dagster" / "dagster.yaml").exists()
    assert (home_path / "landing").is_dir()


def test_a_home_that_is_served_already_is_refused(call, home_path):
    with hold(home_path / "ui.lock", "held"):
        ended = call("ui", "--port", "34568")
    assert ended.status == 2
    assert ended.err == f"Error: Another `docplatform ui` serves {home_path} already.\n"


def test_dagster_holds_the_lock_in_the_place_of_the_command(call, home_path, monkeypatch):
    inheritable = []

    def execve(path: str, command: list[str], environment: dict[str, str]) -> None:
        held = [fd for fd in Path("/proc/self/fd").iterdir() if fd.resolve() == home_path / "ui.lock"]
        inheritable.extend(os.get_inheritable(int(fd.name)) for fd in held)

    monkeypatch.setattr(os, "execve", execve)
    before = signal.getsignal(signal.SIGINT)
    assert call("ui", "--port", "34569").status == 0
    signal.signal(signal.SIGINT, before)
    assert inheritable == [True]
