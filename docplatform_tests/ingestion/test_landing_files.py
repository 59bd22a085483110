"""Files of the landing folder: opened, removed, told about."""

from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest

from docplatform.ingestion.base import FileChangedError, IncomingFile, storable_name
from docplatform.ingestion.landing import LandingFile
from docplatform_tests.ingestion.landing import drop, landing


def pulled(root: Path) -> LandingFile:
    (file,) = landing(root).pull()
    assert isinstance(file, LandingFile)
    return file


def rewrite(path: Path) -> None:
    drop(path, b"HELLO")


def append(path: Path) -> None:
    drop(path, b"hello and more")


def replace(path: Path) -> None:
    drop(path.with_name("new"), b"hello").replace(path)


def touch(path: Path) -> None:
    path.touch()


CHANGES = [rewrite, append, replace, touch]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_changed_after_it_was_found_is_not_opened(root: Path, change: object) -> None:
    path = drop(root / "acme/a.txt")
    file = pulled(root)
    assert callable(change)
    change(path)
    with pytest.raises(FileChangedError, match="the next pass"):
        file.open()


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_changed_after_it_was_read_is_not_removed(root: Path, change: object) -> None:
    path = drop(root / "acme/a.txt")
    file = pulled(root)
    with file.open() as stream:
        assert file.is_unchanged(stream)
        assert callable(change)
        change(path)
    folder = landing(root)
    folder.acknowledge([file])
    assert path.exists()


def test_a_link_put_in_a_files_place_is_not_followed(root: Path, tmp_path: Path) -> None:
    path = drop(root / "acme/a.txt")
    file = pulled(root)
    path.unlink()
    path.symlink_to(drop(tmp_path / "secret"))
    with pytest.raises(OSError, match="symbolic links"):
        file.open()


def test_a_folder_replaced_by_a_link_is_noticed(root: Path, tmp_path: Path) -> None:
    drop(root / "acme/a.txt")
    file = pulled(root)
    secret = drop(tmp_path / "secret/a.txt")
    (root / "acme").rename(tmp_path / "moved")
    (root / "acme").symlink_to(secret.parent)
    with pytest.raises(FileChangedError):
        file.open()
    landing(root).acknowledge([file])
    assert secret.exists()


def test_a_pipe_put_in_a_files_place_does_not_block(root: Path) -> None:
    path = drop(root / "acme/a.txt")
    file = pulled(root)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileChangedError):
        file.open()


def test_acknowledged_files_and_emptied_folders_go_but_the_customers_stays(root: Path) -> None:
    for name in ("acme/in/x/a.txt", "acme/in/y/b.txt", "acme/in/y/c.txt.part", "loose.txt"):
        drop(root / name)
    folder = landing(root)
    folder.acknowledge(list(folder.pull()))
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*")) == [
        "acme",
        "acme/in",
        "acme/in/y",
        "acme/in/y/c.txt.part",
    ]
    assert folder.problems == ()
    (root / "acme/in/y/c.txt.part").rename(root / "acme/in/y/c.txt")
    folder.acknowledge(list(folder.pull()))
    assert [path.name for path in root.rglob("*")] == ["acme"]


def test_a_file_or_folder_that_someone_else_took_away_is_no_problem(root: Path) -> None:
    drop(root / "acme/x/a.txt").stat()
    folder = landing(root)
    files = list(folder.pull())
    (root / "acme/x/a.txt").unlink()
    folder.acknowledge(files)
    assert folder.problems == ()


@pytest.mark.parametrize(("method", "words"), [("unlink", "couldn't be removed"), ("rmdir", "is empty but")])
def test_what_cannot_be_removed_is_reported(
    root: Path, monkeypatch: pytest.MonkeyPatch, method: str, words: str
) -> None:
    drop(root / "acme/x/a.txt")
    folder = landing(root)
    files = list(folder.pull())

    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, method, refuse)
    folder.acknowledge(files)
    (problem,) = folder.problems
    assert words in str(problem)
    assert "Permission denied" in str(problem)


def test_a_folder_gone_before_it_is_removed_is_no_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(root / "acme/x/y/a.txt")
    folder = landing(root)
    files = list(folder.pull())
    rmdir = Path.rmdir

    def twice(path: Path) -> None:
        if path.exists():
            rmdir(path)
        rmdir(path)

    monkeypatch.setattr(Path, "rmdir", twice)
    folder.acknowledge(files)
    assert folder.problems == ()
    assert not (root / "acme/x").exists()


def test_files_of_another_source_are_not_acknowledged(root: Path) -> None:
    other = IncomingFile(customer="a", name="b", source_uri="imap://x", identity="1", size=1, load=lambda: b"x")
    with pytest.raises(TypeError, match="imap://x"):
        landing(root).acknowledge([other])


def test_a_landing_file_without_a_path_says_so(root: Path) -> None:
    drop(root / "a.txt")
    with pytest.raises(ValueError, match="has a path"):
        dataclasses.replace(pulled(root), path=None).open()


def test_an_incoming_file_opens_from_its_path_or_its_loader(tmp_path: Path) -> None:
    loaded = IncomingFile(customer="a", name="b", source_uri="imap://x", identity="1", size=99, load=lambda: b"mail")
    with loaded.open() as stream:
        assert stream.read() == b"mail"
        assert loaded.is_unchanged(stream)
    path = drop(tmp_path / "a")
    on_disk = IncomingFile(customer="a", name="b", source_uri="file:///a", identity="1", size=5, path=path)
    with on_disk.open() as stream:
        assert on_disk.is_unchanged(stream)
        path.write_bytes(b"longer than before")
        assert not on_disk.is_unchanged(stream)
    with pytest.raises(ValueError, match="path or a loader"):
        IncomingFile(customer="a", name="b", source_uri="x", identity="1", size=0).open()


@pytest.mark.parametrize(
    ("name", "storable"),
    [("a/b", "a/b"), ("a\0b", "a\ufffdb"), ("\udcff.txt", "\ufffd.txt"), ("😀", "😀"), ("x" * 5000, "x" * 4096)],
)
def test_names_are_made_storable(name: str, storable: str) -> None:
    assert storable_name(name) == storable
