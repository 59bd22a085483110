"""What every ``BlobStore`` must do. Subclass it with a fixture ``store`` that hands out an empty one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from docplatform.storage.base import BlobStore

ODD_PATHS = [
    "plain",
    "a/b/c.txt",
    "with space/ü☃.txt",
    "per%20cent/#hash?query&x=1+2~",
    "customer=acme/date=2026-11-20/x.pdf",
]
WRONG_PATHS = {
    "": "empty, '.' or '..' part",
    "/absolute": "empty, '.' or '..' part",
    "a//b": "empty, '.' or '..' part",
    "a/": "empty, '.' or '..' part",
    "../up": "empty, '.' or '..' part",
    "a/./b": "empty, '.' or '..' part",
    "back\\slash": "backslash",
    "null\0byte": "control character",
    "staged#12": "reserved for half-written",
    "lone\ud800surrogate": "not valid Unicode",
    "x" * 241: "longer than",
}


class BlobStoreContract:
    """One test per promise of the port."""

    @pytest.mark.parametrize("path", ODD_PATHS)
    def test_what_was_put_is_got_and_listed_under_its_own_name(self, store: BlobStore, path: str) -> None:
        store.put(path, b"\x00bytes\xff")
        assert store.get(path) == b"\x00bytes\xff"
        assert store.exists(path)
        assert [info.path for info in store.list("")] == [path]

    def test_an_empty_blob_is_a_blob(self, store: BlobStore) -> None:
        store.put("empty", b"")
        assert store.get("empty") == b""
        assert [info.size for info in store.list("")] == [0]

    def test_putting_again_replaces_whether_shorter_or_longer(self, store: BlobStore) -> None:
        for data in (b"long first version", b"x", b"long third version"):
            store.put("a/b", data)
            assert store.get("a/b") == data
        assert len(list(store.list(""))) == 1

    def test_a_local_file_is_put_by_its_path_new_or_replacing(self, store: BlobStore, tmp_path: Path) -> None:
        file = tmp_path / "upload.bin"
        for data in (b"first" * 1000, b"second"):
            file.write_bytes(data)
            store.put("folder/upload", file)
            assert store.get("folder/upload") == data
        assert file.read_bytes() == b"second"

    def test_a_local_file_that_is_not_there_is_named_and_changes_nothing(
        self, store: BlobStore, tmp_path: Path
    ) -> None:
        store.put("there", b"kept")
        for path in ("there", "new"):
            with pytest.raises(FileNotFoundError, match="No such local file"):
                store.put(path, tmp_path / "nowhere")
        assert store.get("there") == b"kept"
        assert not store.exists("new")

    def test_several_megabytes_come_back_whole(self, store: BlobStore, tmp_path: Path) -> None:
        data = bytes(range(256)) * 60_000  # 15 MB: more than one block of a multipart upload
        file = tmp_path / "big"
        file.write_bytes(data)
        store.put("big", file)
        assert store.get("big") == data

    def test_put_if_absent_stores_once_and_never_replaces(self, store: BlobStore) -> None:
        assert store.put_if_absent("claim", b"first")
        assert not store.put_if_absent("claim", b"second")
        assert store.get("claim") == b"first"

    def test_of_many_that_put_if_absent_at_once_one_wins(self, store: BlobStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda n: store.put_if_absent("claim", b"%d" % n), range(32)))
        assert won.count(True) == 1
        assert store.get("claim") == b"%d" % won.index(True)

    def test_readers_see_the_old_or_the_new_blob_never_a_mixture(self, store: BlobStore) -> None:
        versions = [bytes([n]) * 200_000 for n in range(20)]
        store.put("blob", versions[0])
        with ThreadPoolExecutor(4) as pool:
            writes = [pool.submit(store.put, "blob", version) for version in versions]
            seen = [store.get("blob") for _ in range(40)]
        for write in writes:
            write.result()
        assert all(len(data) == 200_000 and len(set(data)) == 1 for data in seen)

    def test_what_is_not_there_is_not_found(self, store: BlobStore) -> None:
        store.put("folder/blob", b"x")
        for path in ("nothing", "folder", "folder/blob/below"):
            assert not store.exists(path)
            with pytest.raises(FileNotFoundError, match="No such blob"):
                store.get(path)
            with pytest.raises(FileNotFoundError, match="No such blob"):
                store.copy(path, "target")
            with pytest.raises(FileNotFoundError, match="No such blob"):
                store.copy(path, path)
        assert not store.exists("target")

    def test_a_listing_is_in_path_order_and_holds_the_folder_only(self, store: BlobStore) -> None:
        paths = ["a-z", "a/10", "a/2", "a/b/c", "a/b.txt", "ab/x", "b"]
        for path in reversed(paths):
            store.put(path, path.encode())
        assert [info.path for info in store.list("")] == sorted(paths)
        assert [info.path for info in store.list("a")] == ["a/10", "a/2", "a/b.txt", "a/b/c"]
        assert [info.path for info in store.list("a/b/")] == ["a/b/c"]
        assert list(store.list("nothing/here")) == []
        assert list(store.list("b")) == []

    def test_a_listing_tells_size_and_time(self, store: BlobStore) -> None:
        store.put("x", b"12345")
        (info,) = store.list("")
        assert info.size == 5
        assert abs(info.last_modified - datetime.now(UTC)) < timedelta(minutes=5)

    def test_a_copy_is_a_blob_of_its_own(self, store: BlobStore) -> None:
        store.put("source", b"1")
        for _ in range(2):  # again: copying a copy over itself must leave nothing behind
            store.copy("source", "deep/er/target")
        store.put("source", b"2")
        assert store.get("deep/er/target") == b"1"
        store.copy("source", "deep/er/target")
        store.delete(["source"])
        assert store.get("deep/er/target") == b"2"
        store.copy("deep/er/target", "deep/er/target")
        assert [info.path for info in store.list("")] == ["deep/er/target"]

    def test_delete_takes_many_and_minds_none_that_is_missing(self, store: BlobStore) -> None:
        paths = [f"d/{n:03}" for n in range(300)]
        for path in paths:
            store.put(path, b"x")
        store.delete(["nothing", *paths[:-1], "also/nothing", paths[0]])
        assert [info.path for info in store.list("")] == [paths[-1]]
        store.delete([])

    def test_make_durable_takes_blobs_in_any_folder(self, store: BlobStore) -> None:
        store.put("a/b/c", b"x")
        store.put("d", b"y")
        store.make_durable(["a/b/c", "d", "a/b/c"])
        store.make_durable([])
        assert store.get("a/b/c") == b"x"

    @pytest.mark.parametrize(("path", "why"), WRONG_PATHS.items(), ids=range(len(WRONG_PATHS)))
    def test_a_wrong_path_is_refused_by_every_method(self, store: BlobStore, path: str, why: str) -> None:
        store.put("ok", b"x")
        attempts = [
            lambda: store.put(path, b""),
            lambda: store.put_if_absent(path, b""),
            lambda: store.get(path),
            lambda: store.exists(path),
            lambda: store.copy(path, "ok"),
            lambda: store.copy("ok", path),
            lambda: store.delete([path]),
            lambda: store.make_durable([path]),
            lambda: store.uri(path),
        ]
        for attempt in attempts:
            with pytest.raises(ValueError, match=f"Blob path .*{why}"):
                attempt()
        assert store.get("ok") == b"x"

    def test_a_uri_is_an_address_with_the_path_quoted(self, store: BlobStore) -> None:
        uri = store.uri("a b/ü.txt")
        assert "://" in uri
        assert uri.endswith("/a%20b/%C3%BC.txt")
