from __future__ import annotations

import os
import signal
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docplatform.ocr.result_cache import CacheSize, ResultCache, cache_size, trim_cache
from docplatform.storage.local import LocalBlobStore
from docplatform.storage.memory import MemoryBlobStore

_KEY = "ab" * 32


def _number(data: bytes) -> int:
    return int(data)


@pytest.fixture
def store() -> MemoryBlobStore:
    return MemoryBlobStore()


@pytest.fixture
def cache(store) -> ResultCache:
    return ResultCache(lambda: store, "numbers")


def _path(key: str = _KEY) -> str:
    return f"cache/numbers/{key[:2]}/{key}"


def test_what_was_put_is_got_by_whoever_shares_the_store(store, cache):
    assert cache.get(_KEY, _number) is None
    assert cache.put(_KEY, [b"7"]) is False
    assert cache.get(_KEY, _number) == 7
    assert ResultCache(lambda: store, "numbers").get(_KEY, _number) == 7
    assert ResultCache(lambda: store, "others").get(_KEY, _number) is None
    assert [info.path for info in store.list("")] == [_path()]


def test_the_store_is_opened_at_the_first_use_and_once(store):
    opened = []
    cache = ResultCache(lambda: opened.append(1) or store, "numbers")
    assert opened == []
    cache.put(_KEY, [b"1"])
    cache.get(_KEY, _number)
    assert opened == [1]


def test_of_several_that_put_at_once_the_first_one_stays(store, cache):
    caches = [ResultCache(lambda: store, "numbers") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: item[1].put(_KEY, [b"%d" % item[0]]), enumerate(caches)))
    first = cache.get(_KEY, _number)
    cache.put(_KEY, [b"99"])
    assert cache.get(_KEY, _number) == first


_WHOLE = zlib.compress(b"7")


@pytest.mark.parametrize(
    "damaged",
    [b"", _WHOLE[:-1], _WHOLE[:5], b"no zlib", bytes(len(_WHOLE)), zlib.compress(b"no number")],
    ids=["empty", "cut by a byte", "cut", "other bytes", "zeros", "sound but something else"],
)
def test_a_damaged_entry_is_missing_and_written_over(store, cache, damaged):
    store.put(_path(), damaged)
    assert cache.get(_KEY, _number) is None
    assert cache.put(_KEY, [b"7"]) is True, "repaired"
    assert cache.get(_KEY, _number) == 7
    assert cache.put(_KEY, [b"8"]) is False, "nothing to repair any more"
    assert store.get(_path()) == _WHOLE


def test_an_entry_with_one_bit_turned_is_never_taken_for_sound(store, cache):
    data = zlib.compress(b"1234567890" * 20)
    for place in range(len(data)):
        store.put(_path(), data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        assert cache.get(_KEY, lambda found: found) in (None, b"1234567890" * 20)


class TestTrimming:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> LocalBlobStore:
        """Five entries of 100 bytes, the higher its number the older; and a blob that is no entry."""
        store = LocalBlobStore(tmp_path)
        for number in range(5):
            path = f"cache/numbers/0{number}/0{number}"
            store.put(path, b"x" * 100)
            os.utime(tmp_path / path, (1_800_000_000 - number, 1_800_000_000 - number))
        store.put("lake/documents/other", b"x" * 1_000)
        return store

    @pytest.mark.parametrize(
        ("cap", "left"), [(500, [0, 1, 2, 3, 4]), (499, [0, 1, 2, 3]), (250, [0, 1]), (99, []), (0, [])]
    )
    def test_the_oldest_go_until_the_rest_is_within_the_cap(self, disk, cap, left):
        report = trim_cache(disk, cap)
        assert [info.path[-1] for info in disk.list("cache")] == [str(number) for number in left]
        assert report.kept == cache_size(disk) == CacheSize(entries=len(left), bytes=100 * len(left))
        assert report.removed == CacheSize(entries=5 - len(left), bytes=100 * (5 - len(left)))
        assert disk.exists("lake/documents/other")

    def test_nothing_to_trim_is_no_trouble(self, store):
        assert trim_cache(store, 100).kept == CacheSize(entries=0, bytes=0)


def test_a_writer_killed_at_any_moment_leaves_only_whole_entries(tmp_path):
    code = """
import itertools, os, sys
from pathlib import Path
from docplatform.ocr.result_cache import ResultCache
from docplatform.storage.local import LocalBlobStore
store = LocalBlobStore(Path(sys.argv[1]))
cache = ResultCache(lambda: store, "numbers")
data = os.urandom(1_000_000)
for number in itertools.count():
    cache.put(f"{number:064x}", [data])
    print(number, flush=True)
"""
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(5):
            assert writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    store = LocalBlobStore(tmp_path)
    cache = ResultCache(lambda: store, "numbers")
    entries = list(store.list("cache"))
    assert len(entries) >= 5
    for entry in entries:
        assert len(cache.get(entry.path.rpartition("/")[2], bytes)) == 1_000_000
