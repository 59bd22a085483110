"""``docplatform read``: a line a file, whatever it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from docplatform.cli.files import load, walk
from docplatform.errors import PermanentError, TransientError


def test_read_prints_a_line_a_file(call, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Some   words\nof a text")
    (tmp_path / "in" / "blank.html").write_text("<html><body></body></html>")
    ended = call("read", tmp_path / "in")
    assert ended.status == 0, ended.out
    a, blank = sorted(ended.out.splitlines())
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


@pytest.mark.parametrize(
    ("arguments", "setting", "content", "content_format"),
    [
        ([], "text", "Report\na\tb\n1\t2", "text"),
        (["--markdown"], "text", "# Report\n\n\n<table>", "markdown"),
        (["--markdown"], "markdown", "# Report\n\n\n<table>", "markdown"),
        ([], "markdown", "# Report\n\n\n<table>", "markdown"),
    ],
)
def test_read_writes_markdown_where_it_is_asked_for(
    call, tmp_path, monkeypatch, arguments, setting, content, content_format
):
    monkeypatch.setenv("DOCPLATFORM_READING__CONTENT_FORMAT", setting)
    page = "<h1>Report</h1><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    (tmp_path / "a.html").write_text(f"<!DOCTYPE html><html><body>{page}</body></html>")
    (line,) = call("read", "--json", *arguments, tmp_path / "a.html").json_lines
    assert line["analyzeResult"]["content"].startswith(content)
    assert line["analyzeResult"]["contentFormat"] == content_format


def test_read_refuses_what_the_limits_forbid(call, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCPLATFORM_LIMITS__MAX_FILE_BYTES", "4")
    (tmp_path / "a.txt").write_text("12345")
    (line,) = call("read", "--json", tmp_path / "a.txt").json_lines
    assert (line["reason"], "DOCPLATFORM_LIMITS__MAX_FILE_BYTES" in line["message"]) == ("too_large", True)


def test_a_file_that_cannot_be_opened_is_refused_and_the_others_are_read(call, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("here")
    (tmp_path / "b.txt").write_text("locked")
    original = os.open

    def opened(path: Path, flags: int) -> int:
        if Path(path).name == "b.txt":
            raise PermissionError(13, "Permission denied")
        return original(path, flags)

    monkeypatch.setattr("docplatform.cli.files.os.open", opened)
    ended = call("read", tmp_path / "b.txt", tmp_path / "a.txt")
    assert ended.status == 1
    refused, read = ended.out.splitlines()
    assert refused.endswith("\tIt couldn't be opened: Permission denied.")
    assert read.split("\t")[1] == "read"


def test_whatever_lies_in_a_folder_has_one_line_and_nothing_is_waited_for(call, tmp_path):
    folder = tmp_path / "odd"
    (folder / "deep" / "er").mkdir(parents=True)
    names = {
        "line\nbreak\ttab.txt": r"line\nbreak\ttab.txt",
        "\x1b[31mred.txt": r"\x1b[31mred.txt",
        "\u202egpj.txt": r"\u202egpj.txt",
        "漢字 عربي Übung.txt": "漢字 عربي Übung.txt",
        "n" * 251 + ".txt": "n" * 251 + ".txt",
        os.fsdecode(b"latin\xff.txt"): r"latin\udcff.txt",
    }
    for name in names:
        (folder / name).write_text("text with \x1b[2J inside")
    (folder / "deep" / "er" / "found.txt").write_text("found")
    (folder / "broken").symlink_to(folder / "nowhere")
    (folder / "circle").symlink_to(folder)
    (folder / "linked.txt").symlink_to(folder / "deep" / "er" / "found.txt")
    (folder / "device").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "sock"))
        ended = call("read", folder)
    lines = {line.split("\t")[0].removeprefix(f"{folder}/"): line.split("\t")[1:] for line in ended.out.splitlines()}
    assert {name: lines.pop(name)[0] for name in names.values()} == dict.fromkeys(names.values(), "read")
    assert "\x1b" not in ended.out
    assert (lines.pop("deep/er/found.txt")[0], lines.pop("linked.txt")[0]) == ("read", "read")
    assert lines == {
        "broken": ["refused", "missing", "There is nothing: a link that leads nowhere."],
        "circle": ["refused", "unsupported_type", "It is a link to a folder: name it by itself."],
        "device": ["refused", "unsupported_type", "It is a device."],
        "pipe": ["refused", "unsupported_type", "It is a pipe."],
        "sock": ["refused", "unsupported_type", "It is a socket."],
    }
    assert ended.status == 1
    assert ended.err.startswith("13 files: 8 read, 0 blank, 5 refused (4 unsupported_type, 1 missing); 8 pages in ")
    paths = {line["path"] for line in call("read", "--json", folder).json_lines}
    assert paths >= {str(folder / name) for name in names}


def test_a_pipe_a_device_or_a_broken_link_may_be_named_itself(call, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to("nowhere")
    ended = call("read", tmp_path / "pipe", tmp_path / "broken", "/dev/zero")
    assert [line.split("\t")[2] for line in ended.out.splitlines()] == [
        "unsupported_type",
        "missing",
        "unsupported_type",
    ]


def test_a_file_that_becomes_a_pipe_as_it_is_opened_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("text")
    os.mkfifo(tmp_path / "pipe")
    original = os.open
    monkeypatch.setattr("docplatform.cli.files.os.open", lambda _, flags: original(tmp_path / "pipe", flags))
    with pytest.raises(PermanentError, match="It is a pipe"):
        load(tmp_path / "a", 100)


def test_a_file_without_a_size_is_read_to_its_end(tmp_path):
    assert load(Path("/proc/self/status"), 10**6).data.startswith(b"Name:")
    with pytest.raises(PermanentError, match="MAX_FILE_BYTES"):
        load(Path("/proc/self/status"), 100)


def test_a_file_that_fails_as_it_is_read_is_refused(tmp_path):
    with pytest.raises(TransientError, match="couldn't be read"):
        load(Path("/proc/self/mem"), 100)


def test_a_folder_that_cannot_be_looked_into_is_told(call, tmp_path, monkeypatch):
    (tmp_path / "shut").mkdir()

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("docplatform.cli.files.os.scandir", refuse)
    ended = call("read", tmp_path / "shut")
    assert ended.out == f"{tmp_path / 'shut'}\trefused\tengine_error\tIt couldn't be looked into: Permission denied.\n"
    assert ended.status == 1


def test_an_empty_folder_has_no_lines(call, tmp_path):
    ended = call("read", tmp_path)
    assert (ended.status, ended.out) == (0, "")
    assert ended.err.startswith("0 files: 0 read, 0 blank, 0 refused; 0 pages")


def test_a_folder_is_read_while_it_is_still_listed(tmp_path):
    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("x")
    found = walk([tmp_path])
    first = next(found)
    (tmp_path / "1.txt").unlink()
    assert isinstance(first, Path)
    assert len(list(found)) >= 48


@pytest.mark.parametrize(
    ("asked", "is_terminal", "shown"),
    [("--progress", False, True), ("--no-progress", True, False), (None, False, False), (None, True, True)],
)
def test_progress_is_shown_where_somebody_looks_on_or_asks_for_it(
    call, tmp_path, monkeypatch, asked, is_terminal, shown
):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("x")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setattr("docplatform.cli.read._TERMINAL_SECONDS", 0)
    monkeypatch.setattr("docplatform.cli.read._LOG_SECONDS", 0)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    ended = call("read", *([asked] if asked else []), tmp_path)
    assert len(ended.out.splitlines()) == 3
    assert ("2 files: 2 read" in ended.err) is shown
    assert ended.err.splitlines()[-1].endswith("pages/s")


def _heed_ctrl_c() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would whatever that starts: this test run, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_it_with_what_was_done_and_leaves_no_process(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "DOCPLATFORM_READING__WORKERS": "2"}
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(4_000):
        (folder / f"{number}.txt").write_text(f"text {number}")
    command = [sys.executable, "-m", "docplatform.cli", "read", str(folder)]
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    rest, err = process.communicate(timeout=300)  # it takes a second, on a busy machine many
    assert process.returncode == 130
    assert "\tread\t" in first
    assert len(rest.splitlines()) < 3_999
    assert err.startswith("Interrupted. ")
    assert "Traceback" not in err


def test_a_path_that_doesnt_exist_is_a_usage_error(call, tmp_path):
    ended = call("read", tmp_path / "nothing.pdf")
    assert ended.status == 2
    assert "does not exist" in ended.err
    assert call("read").status == 2


def test_read_needs_no_home(call, tmp_path, home_path):
    (tmp_path / "a.txt").write_text("words")
    call("read", tmp_path / "a.txt")
    assert not home_path.exists()
