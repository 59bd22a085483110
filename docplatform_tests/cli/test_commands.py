"""Commands, their help, their lines and their exit statuses."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from docplatform import __version__
from docplatform.cli import COMMANDS, LazyGroup, cli
from docplatform.cli.ui import require_free_port
from docplatform.errors import ConfigurationError, ReasonCode
from docplatform.ocr.base import ReadOutcome
from docplatform_tests.homes import topic_home, topic_labels, topic_texts
from docplatform_tests.training.chains import train

# help


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS), ["labels", "check"], ["labels", "import"], ["samples", "check"]]
)
def test_every_command_explains_itself(call, command):
    ended = call(*command, "--help")
    assert ended.status == 0
    assert f"Usage: docplatform {' '.join(command)}".strip() in ended.out
    assert "--help" in ended.out


@pytest.mark.parametrize("name", ["run", "read", "status", "sql", "samples", "ui"])
def test_help_shows_examples(call, name):
    out = call(name, "-h").out
    assert "Examples:" in out
    assert f"docplatform {name}" in out.split("Examples:")[1]


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


# status


def test_status_of_an_empty_home(call):
    ended = call("status")
    assert ended.status == 0
    assert "files dropped: 0 = 0 read + 0 duplicates + 0 quarantined" in ended.out
    assert "open quarantine: none" in ended.out


def test_status_shows_partitions_quarantine_projects_and_what_is_pending(call, home):
    home.take_in({"acme/a.txt": "one", "acme/copy.txt": "one", "acme/bad.txt": "!corrupt", "acme/empty.txt": ""})
    pending = call("status")
    assert "pending or lost: files dropped: 4 != 0 read + 1 duplicates + 1 quarantined" in pending.err
    home.process()
    home.project(topic_labels(topic_texts(4)))
    home.platform.blob_store.put("projects/broken.yaml", b"kind: nonsense\n")
    ended = call("status")
    assert ended.status == 0
    assert "files dropped: 4 = 1 read + 1 duplicates + 2 quarantined" in ended.out
    assert "open quarantine: 1 corrupt, 1 empty" in ended.out
    assert "topics (single_label_classification): F1 -, champion none, 0 predictions" in ended.out
    assert "not trained yet" in ended.out
    assert "a project is wrong: projects/broken.yaml" in ended.err
    assert "pending" not in ended.err
    summary = call("status", "--json").json
    assert summary["arrivals"] == {"arrived": 4, "read": 1, "duplicates": 1, "quarantined": 2, "pending": 0}
    assert summary["partitions"][0]["quarantined"] == 1
    assert summary["problems"] == []


def test_status_shows_scores_and_champion(call, tmp_path, home_path):
    home, project = topic_home(home_path)
    train(home, project)
    (found,) = call("status", "--json").json["projects"]
    assert found["champion"] == 1
    assert found["f1"] > 0.8
    assert set(found["label_f1"]) == {"billing", "shipping"}
    assert found["decision"].startswith("Promoted: ")
    out = call("status").out
    assert "champion version 1" in out
    assert "labels: billing" in out


def test_a_document_that_a_later_engine_failed_on_still_adds_up(call, home):
    home.add({"acme/a.txt": "one", "acme/b.txt": "two"})
    home.reader.fingerprint = "another engine"
    home.reader.read_many = lambda sources: (
        ReadOutcome(key=source.key, reason=ReasonCode.CORRUPT, message="broken") for source in sources
    )
    home.process()
    summary = call("status", "--json").json
    assert summary["problems"] == []
    assert summary["arrivals"]["read"] == 2
    assert summary["quarantine"] == {"corrupt": 2}


@pytest.mark.parametrize(
    ("table", "where", "says"),
    [
        ("raw_blobs", {"customer": "acme"}, "files dropped: 2 in the ledger, 0 in raw_blobs"),
        ("routed_documents", None, "routed_documents: 2 in, 0 rows and 0 quarantined out"),
        ("ocr_text", None, "ocr_text: 2 in, 0 rows and 0 quarantined out"),
        ("preprocessed_text", None, "preprocessed_text: 2 in, 0 rows and 0 quarantined out"),
    ],
)
def test_rows_that_got_lost_are_told(call, home, table, where, says):
    home.add({"acme/a.txt": "one", "acme/b.txt": "two"})
    (key,) = home.platform.ledger.lake_partitions()
    home.platform.lake.replace(table, [], where=where or {"lake_partition": key}, run_id="vandal")
    assert any(problem.startswith(says) for problem in call("status", "--json").json["problems"])


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


# samples


def test_samples_make_a_corpus_once(call, home_path):
    ended = call("samples", "--documents", "20", "--seed", "3")
    assert ended.status == 0
    landed = [path for path in (home_path / "landing").rglob("*") if path.is_file()]
    assert ended.out.startswith(f"{len(landed)} files and ")
    assert json.loads((home_path / "samples" / "corpus.json").read_text())["seed"] == 3
    twice = call("samples")
    assert twice.status == 2
    assert "--batch NAME" in twice.err
    quiet = call("samples", "--if-missing")
    assert (quiet.status, quiet.out) == (0, "")
    assert len([path for path in (home_path / "landing").rglob("*") if path.is_file()]) == len(landed)
    more = call("samples", "--documents", "2", "--batch", "more")
    assert (more.status, more.out.split()[:2]) == (0, ["2", "files"])
    assert (home_path / "samples" / "more.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--batch", "../elsewhere"], "batch must be a name"),
        (["--batch", "corpus"], "choose another"),
        (["--documents", "0"], "documents"),
        (["--noise", "2"], "noise"),
    ],
)
def test_samples_that_cant_be_made_are_a_usage_error(call, home_path, arguments, says):
    ended = call("samples", *arguments)
    assert ended.status == 2
    assert says in ended.err
    assert not (home_path / "landing").exists()


def test_samples_check_compares_the_home_with_the_truth(call, home, home_path):
    assert call("samples", "check").status == 2
    call("samples", "--documents", "3", "--batch", "few")
    ended = call("samples", "check")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 3
    assert "0 of 3 files" in ended.out
    home.ingest()
    home.publish()
    home.process()
    ended = call("samples", "check")
    assert (ended.status, ended.err) == (0, "")
    assert "3 of 3 files" in ended.out


# read


def test_read_prints_a_line_a_file(call, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Some   words\nof a text")
    (tmp_path / "in" / "blank.html").write_text("<html><body></body></html>")
    ended = call("read", tmp_path / "in")
    assert ended.status == 0, ended.out
    a, blank = ended.out.splitlines()
    assert a.split("\t")[0:2] == [str(tmp_path / "in" / "a.txt"), "read"]
    assert a.endswith("\tSome words of a text")
    assert blank.split("\t")[1] == "blank"


def test_read_json_has_one_shape_for_every_file(call, tmp_path):
    (tmp_path / "a.txt").write_text("Some words")
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "tool.exe").write_bytes(b"MZ\x90\x00" + bytes(range(256)) * 8)
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<<")
    ended = call("read", "--json", *sorted(tmp_path.glob("*.*")))
    assert ended.status == 1
    found = {Path(line["path"]).name: line for line in ended.json_lines}
    assert len(found) == 4
    keys = ["path", "status", "reason", "message", "seconds", "analyzeResult"]
    assert all(list(line) == keys for line in found.values())
    assert found["a.txt"]["status"] == "read"
    assert found["a.txt"]["reason"] is None
    assert found["a.txt"]["analyzeResult"]["content"] == "Some words"
    assert found["a.txt"]["analyzeResult"]["apiVersion"] == "2024-11-30"
    assert (found["empty.pdf"]["status"], found["empty.pdf"]["reason"]) == ("refused", "empty")
    assert (found["tool.exe"]["status"], found["tool.exe"]["reason"]) == ("refused", "unsupported_type")
    assert (found["cut.pdf"]["reason"], found["cut.pdf"]["analyzeResult"]) == ("corrupt", None)
    assert all(line["message"] for name, line in found.items() if name != "a.txt")


def test_read_refuses_what_the_limits_forbid(call, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCPLATFORM_LIMITS__MAX_FILE_BYTES", "4")
    (tmp_path / "a.txt").write_text("12345")
    (line,) = call("read", "--json", tmp_path / "a.txt").json_lines
    assert (line["reason"], "DOCPLATFORM_LIMITS__MAX_FILE_BYTES" in line["message"]) == ("too_large", True)


def test_a_file_that_goes_away_is_refused_and_the_others_are_read(call, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("here")
    (tmp_path / "b.txt").write_text("gone")
    original = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "b.txt":
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    ended = call("read", tmp_path / "b.txt", tmp_path / "a.txt")
    assert ended.status == 1
    refused, read = ended.out.splitlines()
    assert refused.endswith("\tIt couldn't be opened: Permission denied.")
    assert read.split("\t")[1] == "read"


def test_a_path_that_doesnt_exist_is_a_usage_error(call, tmp_path):
    ended = call("read", tmp_path / "nothing.pdf")
    assert ended.status == 2
    assert "does not exist" in ended.err
    assert call("read").status == 2


def test_read_needs_no_home(call, tmp_path, home_path):
    (tmp_path / "a.txt").write_text("words")
    call("read", tmp_path / "a.txt")
    assert not home_path.exists()
