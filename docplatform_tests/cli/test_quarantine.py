"""``docplatform quarantine``: look, try again, dismiss."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from docplatform.cli.printing import printable
from docplatform.lake.quarantine import EntryState, QuarantineEntry, find_entries, open_entries, write_entries
from docplatform.samples.bad import bad_files
from docplatform.samples.options import SampleOptions
from docplatform_tests.homes import FakeReader, Home
from docplatform_tests.ingestion.archives import zip_of

PASSWORD = "not in any settings"
THREE = zip_of(("a.txt", b"one"), ("b.txt", b"two"), ("c.txt", b"three"))


def states(home: Home) -> dict[str, str]:
    return {entry.name: entry.state.value for entry in find_entries(home.platform.lake)}


def entry_of(home: Home, name: str) -> QuarantineEntry:
    (found,) = [entry for entry in find_entries(home.platform.lake) if entry.name == name]
    return found


@pytest.fixture
def mixed(home: Home) -> Home:
    """A home with a text that was read, and six that weren't, one of them ten days ago."""
    home.add(
        {
            "acme/fine.txt": "fine",
            "acme/one.txt": "!corrupt one",
            "acme/two.txt": "!encrypted two",
            "beta/three.txt": "!corrupt three",
            "acme/nothing.txt": b"",
            "beta/odd\x1b[31m\nname.txt": "!timeout",
        }
    )
    old = entry_of(home, "two.txt")
    long_ago = datetime.now(UTC) - timedelta(days=10)
    write_entries(home.platform.lake, [old.in_state(EntryState.OPEN, "r", first_failed_at=long_ago)], "r")
    return home


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], {"one.txt", "two.txt", "three.txt", "nothing.txt", r"odd\x1b[31m\nname.txt"}),
        (["--reason", "corrupt"], {"one.txt", "three.txt"}),
        (["--reason", "corrupt", "--customer", "acme"], {"one.txt"}),
        (["--stage", "raw_blobs"], {"nothing.txt"}),
        (["--older-than", "7d"], {"two.txt"}),
        (["--older-than", "241h"], set()),
        (["--state", "dismissed"], set()),
        (["--state", "all", "--customer", "beta"], {"three.txt", r"odd\x1b[31m\nname.txt"}),
    ],
)
def test_list_shows_the_entries_that_meet_every_condition_a_line_each(call, mixed, arguments, names):
    ended = call("quarantine", "list", *arguments)
    assert ended.status == 0
    rows = [line.split("\t") for line in ended.out.splitlines()]
    assert {row[-1] for row in rows} == names
    assert {len(row) for row in rows} <= {8}
    assert ended.err.startswith(f"{len(names)} entries")


def test_list_puts_the_longest_waiting_first_and_says_all_as_json(call, mixed):
    lines = call("quarantine", "list", "--json").json_lines
    assert len(lines) == 5
    assert lines[0]["name"] == "two.txt"
    assert (lines[0]["reason"], lines[0]["message"], lines[0]["attempts"]) == ("encrypted", "refused as encrypted", 1)
    partition = lines[0]["lake_partition"]
    assert partition.startswith("acme/txt/")
    assert len(call("quarantine", "list", "--partition", partition).out.splitlines()) == 2


def test_show_tells_all_that_is_known_and_what_to_do(call, mixed):
    document_id = entry_of(mixed, "two.txt").document_id
    ended = call("quarantine", "show", document_id[:8])
    assert ended.status == 0
    for words in (
        document_id,
        "name          two.txt",
        "source        file://",
        "ocr_text: encrypted, open",
        "message     refused as encrypted",
        "DOCPLATFORM_READING__PDF_PASSWORDS",
        f"replay      docplatform quarantine replay {document_id[:12]}",
        "bytes         file://",
    ):
        assert words in ended.out
    assert "GONE" not in ended.out
    found = call("quarantine", "show", document_id[:8], "--json").json
    assert [place["exists"] for place in found["bytes"]] == [True, True]
    mixed.platform.blob_store.delete([found["bytes"][1]["path"]])
    assert call("quarantine", "show", document_id[:8]).out.count("GONE") == 1


def test_show_of_one_refused_at_arrival_names_its_only_place(call, mixed):
    found = call("quarantine", "show", entry_of(mixed, "nothing.txt").document_id, "--json").json
    assert [place["exists"] for place in found["bytes"]] == [True]
    assert found["provenance"]["name"] == "nothing.txt"
    assert [entry["stage"] for entry in found["entries"]] == ["raw_blobs"]


def test_show_of_a_document_that_the_ledger_has_lost_still_shows_the_entry(call, home):
    home.add({"acme/one.txt": "!corrupt one"})
    document_id = entry_of(home, "one.txt").document_id
    home.platform.ledger.close()
    for path in home.platform.settings.home_path.glob("ledger.db*"):
        path.unlink()
    ended = call("quarantine", "show", document_id)
    assert ended.status == 0
    assert "ocr_text: corrupt, open" in ended.out


@pytest.mark.parametrize("command", [["show", "ffff"], ["replay", "ffff"], ["dismiss", "ffff", "--why", "x"]])
def test_an_id_that_is_none_is_a_usage_error(call, mixed, command):
    ended = call("quarantine", *command)
    assert ended.status == 2
    assert "No such entry: ffff" in ended.err


def test_an_id_that_begins_several_is_a_usage_error(call, mixed):
    ended = call("quarantine", "show", "")
    assert ended.status == 2
    assert "begins 5 ids" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [["replay"], ["dismiss", "--why", "x"], ["dismiss", "ffff"], ["dismiss", "--all", "--why", " "]],
    ids=["replay nothing", "dismiss nothing", "no reason", "a blank reason"],
)
def test_deciding_needs_to_be_told_what_and_why(call, mixed, arguments):
    assert call("quarantine", *arguments).status == 2
    assert set(states(mixed).values()) == {"open"}


@pytest.mark.parametrize("age", ["soon", "7w", "-1d", ""])
def test_an_age_is_days_hours_or_minutes(call, mixed, age):
    ended = call("quarantine", "list", "--older-than", age)
    assert ended.status == 2
    assert "7d, 12h, 30m" in ended.err


def test_dismissing_keeps_why_and_is_shown(call, mixed):
    ended = call("quarantine", "dismiss", "--reason", "corrupt", "--customer", "acme", "--why", "a logo, no document")
    assert ended.status == 0
    assert states(mixed)["one.txt"] == "dismissed"
    assert sorted(states(mixed).values()) == ["dismissed"] + ["open"] * 4
    entry = entry_of(mixed, "one.txt")
    assert (entry.note, entry.run_id) == ("a logo, no document", "command-line")
    assert "note        a logo, no document" in call("quarantine", "show", entry.document_id).out


def test_an_encrypted_pdf_is_read_once_its_password_is_in_the_settings(call, home, monkeypatch):
    locked = next(
        data
        for file, data in bad_files(SampleOptions())
        if file.template == "bad/encrypted" and file.path.endswith(".pdf")
    )
    home.drop({"acme/locked.pdf": locked, "acme/fine.txt": "fine", "acme/cut.pdf": b"%PDF-1.4 cut"})
    assert call("run").status == 0
    assert states(home) == {"locked.pdf": "open", "cut.pdf": "open"}
    again = call("quarantine", "replay", "--reason", "encrypted")
    assert again.status == 1
    assert "failed again\tlocked.pdf\tencrypted" in again.out
    assert entry_of(home, "locked.pdf").attempts == 2
    monkeypatch.setenv("DOCPLATFORM_READING__PDF_PASSWORDS", json.dumps([PASSWORD]))
    untouched = {row["name"]: row["run_id"] for row in home.rows("ocr_text")}
    home.drop({"acme/later.txt": "not part of it"})
    ended = call("quarantine", "replay", "--reason", "encrypted")
    assert ended.status == 0, ended.err
    assert ended.out.split("\t")[1:] == ["processed", "locked.pdf\n"]
    rows = {row["name"]: row["run_id"] for row in home.rows("ocr_text")}
    assert rows.keys() == {"locked.pdf", "fine.txt"}
    assert untouched.items() <= rows.items(), "nothing else was read again"
    assert {row["name"] for row in home.rows("preprocessed_text")} == rows.keys()
    assert states(home) == {"locked.pdf": "resolved", "cut.pdf": "open"}
    assert entry_of(home, "cut.pdf").attempts == 1


def test_an_archive_refused_at_arrival_is_unpacked_and_read_once_the_limit_is_raised(call, home, monkeypatch):
    monkeypatch.setenv("DOCPLATFORM_LIMITS__MAX_ARCHIVE_ENTRIES", "2")
    home.drop({"acme/many.zip": THREE, "acme/more.zip": zip_of(*[(f"{n}.txt", b"text %d" % n) for n in range(5)])})
    assert call("run").status == 0
    assert states(home) == {"many.zip": "open", "more.zip": "open"}
    monkeypatch.setenv("DOCPLATFORM_LIMITS__MAX_ARCHIVE_ENTRIES", "3")
    home.drop({"acme/later.txt": "not part of it"})
    ended = call("quarantine", "replay", entry_of(home, "many.zip").document_id[:6])
    assert ended.status == 0, ended.err
    assert {row["name"] for row in home.rows("ocr_text")} == {"many.zip", "a.txt", "b.txt", "c.txt"}
    assert len(home.rows("preprocessed_text")) == 4
    assert states(home) == {"many.zip": "resolved", "more.zip": "open"}
    ended = call("quarantine", "replay", "--reason", "bomb", "--json")
    assert ended.status == 1
    assert [(line["state"], line["reason"], line["attempts"]) for line in ended.json_lines] == [("open", "bomb", 2)]
    assert call("run").status == 0
    assert {row["name"] for row in home.rows("raw_blobs")} >= {"later.txt"}


def test_a_document_that_fails_further_on_after_it_was_let_in_is_told(call, home, monkeypatch):
    monkeypatch.setenv("DOCPLATFORM_LIMITS__MAX_FILE_BYTES", "10")
    home.drop({"acme/cut.pdf": b"%PDF-1.4 cut off"})
    call("run")
    monkeypatch.delenv("DOCPLATFORM_LIMITS__MAX_FILE_BYTES")
    ended = call("quarantine", "replay", "--all")
    assert ended.status == 1
    assert "failed at ocr_text\tcut.pdf\tcorrupt" in ended.out


def test_bytes_that_are_gone_are_replayed_once_restored(call, home):
    home.drop({"acme/one.txt": "one", "acme/two.txt": "two"})
    home.ingest()
    path = next(d.blob_path for d in home.platform.ledger.documents_after(0, 9) if d.name == "one.txt")
    home.platform.blob_store.delete([path])
    assert call("run").status == 0
    assert entry_of(home, "one.txt").reason == "missing"
    home.platform.blob_store.put(path, b"one")
    assert call("quarantine", "replay", "--reason", "missing").status == 0
    assert {row["name"] for row in home.rows("ocr_text")} == {"one.txt", "two.txt"}


def test_replaying_nothing_is_a_usage_error(call, home):
    home.add({"acme/fine.txt": "fine"})
    ended = call("quarantine", "replay", "--all")
    assert ended.status == 2
    assert "No entry meets these conditions" in ended.err


def test_a_run_that_fails_is_told_and_the_entry_waits(call, mixed, monkeypatch):
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("docplatform.storage.local.LocalBlobStore.get", broken)
    ended = call("quarantine", "replay", "--reason", "encrypted")
    assert ended.status == 1
    assert "FAILED replay_job ocr_text" in ended.err
    assert "not tried\ttwo.txt" in ended.out
    assert states(mixed)["two.txt"] == "replaying"
    monkeypatch.undo()
    mixed.reader.read = lambda source: FakeReader().read(source)
    assert len(open_entries(mixed.platform.lake)) == 4
    mixed.process()
    assert entry_of(mixed, "two.txt").attempts == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – Übung 漢字 عربي.pdf", "plain – Übung 漢字 عربي.pdf"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("gpj\u202etxt.exe", r"gpj\u202etxt.exe"),
        ("\udcff\u2028", r"\udcff\u2028"),
    ],
)
def test_what_would_drive_the_terminal_is_escaped(text, shown):
    assert printable(text) == shown
    assert printable("x" * 300, 10) == "x" * 9 + "…"
