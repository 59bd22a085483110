"""What is found in the landing folder, and when it is ready."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from docplatform.ingestion.landing import LandingFolder
from docplatform_tests.ingestion.landing import NOW, OLD, drop, landing, names


def test_files_belong_to_the_customer_whose_folder_they_are_in(root: Path) -> None:
    for path in ("acme/a.txt", "acme/in/2026/b.txt", "Zoë & Co/c.txt", "loose.txt"):
        drop(root / path)
    assert sorted(names(landing(root))) == [
        ("Zoë & Co", "c.txt"),
        ("acme", "a.txt"),
        ("acme", "in/2026/b.txt"),
        ("default", "loose.txt"),
    ]


def test_files_come_folder_by_folder_in_the_order_of_names(root: Path) -> None:
    for path in ("b/2", "b/1", "a/x/1", "a/2", "a/1"):
        drop(root / path)
    assert [f"{customer}/{name}" for customer, name in names(landing(root))] == ["a/1", "a/2", "a/x/1", "b/1", "b/2"]


def test_a_file_tells_all_about_itself(root: Path) -> None:
    path = drop(root / "acme" / "ü #%.txt", b"12345")
    (file,) = landing(root).pull()
    assert (file.size, file.path, file.name) == (5, path, "ü #%.txt")
    assert file.source_uri == path.as_uri()
    assert file.identity == f"{file.source_uri}#{path.stat().st_ino}.{path.stat().st_ctime_ns}"
    with file.open() as stream:
        assert stream.read() == b"12345"


def test_no_landing_folder_yet_means_nothing_has_landed(tmp_path: Path) -> None:
    folder = landing(tmp_path / "none")
    assert (names(folder), folder.has_ready(), folder.problems) == ([], False, ())


@pytest.mark.parametrize(
    ("age", "is_ready"), [(0.0, False), (1.99, False), (2.0, True), (60.0, True), (10 * 365 * 86_400.0, True)]
)
def test_a_file_is_left_alone_until_it_has_been_stable(root: Path, age: float, is_ready: bool) -> None:
    drop(root / "acme/a.txt", mtime=NOW - age)
    folder = landing(root)
    assert names(folder) == ([("acme", "a.txt")] if is_ready else [])
    assert folder.has_ready() is is_ready
    assert folder.is_settling() is not is_ready
    assert folder.problems == ()


def test_a_file_being_written_becomes_ready_when_the_writing_has_stopped(root: Path) -> None:
    path = drop(root / "acme/a.txt", b"half", mtime=NOW - 1)
    now = [NOW]
    folder = LandingFolder(root, 2.0, clock=lambda: now[0])
    assert names(folder) == []
    drop(path, b"half and more", mtime=NOW + 1)
    now[0] = NOW + 2
    assert names(folder) == []
    now[0] = NOW + 3
    assert [file.size for file in folder.pull()] == [13]


def test_a_time_in_the_future_does_not_keep_a_file_for_ever(root: Path) -> None:
    path = drop(root / "acme/a.txt", mtime=4_000_000_000.0)
    created = path.stat().st_ctime
    assert list(LandingFolder(root, 2.0, clock=lambda: created + 1).pull()) == []
    assert len(list(LandingFolder(root, 2.0, clock=lambda: created + 3).pull())) == 1


@pytest.mark.parametrize(
    "name", ["a.pdf.part", "a.tmp", "a.crdownload", "A.PART", "~$letter.docx", "letter.docx~", ".hidden", ".x/a.txt"]
)
def test_unfinished_and_hidden_names_are_ignored_until_renamed(root: Path, name: str) -> None:
    path = drop(root / "acme" / name)
    folder = landing(root)
    assert (names(folder), folder.has_ready(), folder.problems) == ([], False, ())
    path.rename(root / "acme/done.pdf")
    assert names(folder) == [("acme", "done.pdf")]
    assert folder.has_ready()


def test_a_file_renamed_into_place_is_ready_at_once(root: Path, tmp_path: Path) -> None:
    path = drop(tmp_path / "elsewhere.txt")
    (root / "acme").mkdir()
    path.rename(root / "acme/a.txt")
    assert names(landing(root)) == [("acme", "a.txt")]


def test_links_and_special_files_are_reported_and_never_followed(root: Path, tmp_path: Path) -> None:
    secret = drop(tmp_path / "secret/passwd")
    drop(root / "acme/a.txt")
    (root / "acme/link.txt").symlink_to(secret)
    (root / "acme/folder").symlink_to(secret.parent)
    (root / "linked-customer").symlink_to(secret.parent)
    (root / "acme/dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(root / "acme/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root / "acme")  # the path of a socket may be short only
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        folder = landing(root)
        assert names(folder) == [("acme", "a.txt")]
    assert sorted((str(problem).rsplit("/", 1)[1]).split(":")[0] for problem in folder.problems) == [
        "dangling is a symbolic link",
        "folder is a symbolic link",
        "link.txt is a symbolic link",
        "linked-customer is a symbolic link",
        "pipe is not a regular file",
        "socket is not a regular file",
    ]
    assert secret.exists()


@pytest.mark.parametrize(
    "raw",
    [
        "日本語 ファイル.pdf".encode(),
        "עברית.txt".encode(),
        b"\xff\xfe latin \xfc.txt",
        b"new\nline\ttab\x01\x7f.txt",
        b"n" * 255,
        b" leading and trailing ",
        b"-rf *",
        b"%2e%2e",
        b"a\\b",
        "cafe\u0301.txt".encode(),
    ],
)
def test_any_name_is_taken_and_cleared_away(root: Path, raw: bytes) -> None:
    (root / "acme").mkdir()
    path = os.path.join(os.fsencode(root / "acme"), raw)  # noqa: PTH118 - bytes
    with open(path, "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"hello")
    os.utime(path, (OLD, OLD))
    folder = landing(root)
    (found,) = folder.pull()
    assert found.name.encode().decode() == found.name, "storable"
    assert found.source_uri.isascii()
    with found.open() as stream:
        assert stream.read() == b"hello"
    folder.acknowledge([found])
    assert not os.path.exists(path)  # noqa: PTH110 - bytes
    assert folder.problems == ()


def test_deep_paths_of_long_names_are_taken(root: Path) -> None:
    name = "/".join(["d" * 150] * 10 + ["f" * 200])
    drop(root / "acme" / name)
    assert names(landing(root)) == [("acme", name)]


def test_customers_with_undecodable_names_stay_apart(root: Path) -> None:
    for raw in (b"\xfc", b"\xfd"):
        os.mkdir(os.path.join(os.fsencode(root), raw))  # noqa: PTH102, PTH118 - bytes
        drop(root / os.fsdecode(raw) / "a.txt")
    assert len({file.customer for file in landing(root).pull()}) == 2


def test_folders_that_cannot_be_read_are_reported_and_the_others_go_on(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(root / "acme/a.txt")
    drop(root / "blocked/b.txt")
    drop(root / "acme/vanishing.txt")
    scandir, lstat = os.scandir, os.lstat

    def guarded_scandir(path: bytes) -> object:
        if path.endswith(b"blocked"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    def guarded_lstat(path: bytes) -> os.stat_result:
        if path.endswith(b"vanishing.txt"):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return lstat(path)

    monkeypatch.setattr(os, "scandir", guarded_scandir)
    monkeypatch.setattr(os, "lstat", guarded_lstat)
    folder = landing(root)
    assert names(folder) == [("acme", "a.txt")]
    assert [str(problem).rsplit("/", 1)[1] for problem in folder.problems] == [
        "vanishing.txt couldn't be looked at: No such file or directory.",
        "blocked couldn't be listed: Permission denied.",
    ]


def test_problems_are_those_of_the_last_pass(root: Path) -> None:
    link = root / "link"
    link.symlink_to("nowhere")
    folder = landing(root)
    assert names(folder) == []
    assert len(folder.problems) == 1
    assert folder.has_ready() is False
    assert len(folder.problems) == 1, "a sensor's look reports nothing"
    link.unlink()
    assert names(folder) == []
    assert folder.problems == ()


def test_a_ready_file_is_found_without_looking_at_all(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        drop(root / f"customer-{number:02}/a.txt")
    listed: list[object] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    assert landing(root).has_ready()
    assert len(listed) == 2


def test_of_a_crowded_folder_only_the_first_entries_are_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(100):
        drop(root / f"acme/{number}.txt")
    looked: list[bytes] = []
    lstat = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: looked.append(path) or lstat(path))
    assert landing(root).has_ready()
    assert len(looked) == 2
