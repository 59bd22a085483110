"""``docplatform read``: a line a file, whatever it is."""

from __future__ import annotations

from pathlib import Path


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
