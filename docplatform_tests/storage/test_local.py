from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from docplatform.errors import ConfigurationError, TransientError
from docplatform.storage import local
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.contracts.blob_store import BlobStoreContract


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "new" / "root"


@pytest.fixture
def store(root: Path) -> LocalBlobStore:
    return LocalBlobStore(root)


class TestLocalBlobStore(BlobStoreContract):
    pass


def test_a_blob_is_a_file_of_its_path(store: LocalBlobStore, root: Path) -> None:
    store.put("a/b.txt", b"x")
    assert (root / "a/b.txt").read_bytes() == b"x"
    assert store.uri("a/b.txt") == (root / "a/b.txt").as_uri()
    assert store.table_location("lake/tables/t").uri == str(root / "lake/tables/t")


def test_a_root_that_is_a_link_is_resolved_once(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = LocalBlobStore(tmp_path / "link")
    store.put("x", b"1")
    assert store.uri("x") == (tmp_path / "real/x").as_uri()


def test_a_root_that_cannot_be_made_is_a_matter_of_settings(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="DOCPLATFORM_HOME"):
        LocalBlobStore(tmp_path / "file" / "below")


def test_a_copy_shares_the_bytes_on_disk(store: LocalBlobStore, root: Path) -> None:
    store.put("a", b"x")
    store.copy("a", "deep/b")
    assert (root / "a").samefile(root / "deep/b")


def test_a_disk_without_links_copies_the_bytes(
    store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    store.put("a", b"x")
    monkeypatch.setattr(os, "link", no_link)
    store.copy("a", "b")
    assert store.get("b") == b"x"
    assert not (root / "a").samefile(root / "b")


def test_a_failed_replacement_keeps_the_old_bytes_and_leaves_no_rest(
    store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store.put("a", b"old")
    monkeypatch.setattr(local, "_fsync", full)
    with pytest.raises(TransientError, match="No space left"):
        store.put("a", b"new")
    assert [file.name for file in root.iterdir()] == ["a"]
    assert store.get("a") == b"old"


def test_half_written_files_are_not_listed(store: LocalBlobStore, root: Path) -> None:
    store.put("a/b", b"x")
    (root / "a/b#123").write_bytes(b"hal")
    assert [info.path for info in store.list("a")] == ["a/b"]


def test_a_folder_is_no_place_for_a_blob_nor_a_blob_for_a_folder(store: LocalBlobStore) -> None:
    store.put("a/b", b"x")
    for path in ("a", "a/b/c"):
        with pytest.raises(ValueError, match="can't hold a blob"):
            store.put(path, b"y")
    assert store.get("a/b") == b"x"


def test_a_disk_that_refuses_names_the_file(store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    store.put("a", b"x")
    monkeypatch.setattr(os, "link", refused)
    with pytest.raises(ConfigurationError, match="Access refused to 'b'"):
        store.copy("a", "b")


def test_make_durable_syncs_each_file_and_every_folder_up_to_the_roots_own_entry_once(
    store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(local, "_fsync", synced.append)
    store.put("a/b/one", b"1")
    store.put("a/two", b"2")
    store.make_durable(["a/b/one", "a/two"])
    expected = [root / "a/b/one", root / "a/two", root / "a/b", root / "a", root, root.parent]
    assert sorted(synced) == sorted(expected)
    # A folder's entry means nothing before the file is on the disk, a parent's nothing before its child's.
    assert synced.index(root / "a/b/one") < synced.index(root / "a/b") < synced.index(root / "a") < synced.index(root)


def test_a_missing_blob_cannot_be_made_durable(store: LocalBlobStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.make_durable(["nothing"])
