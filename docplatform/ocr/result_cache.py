"""``ResultCache``: what an engine made of something, kept by what it was made from.

Belongs here: entries in a blob store, damaged ones, the cap on their size. Doesn't: what a key is made of, or what is
kept (``local.page_cache``, ``local.document_cache``).

Entries are written once and whole; one that isn't what it should be (cut off by a power cut, say) is told by its
checksum, counts as missing, and is written anew. So the folder can be deleted at any time, and any number of processes
and hosts may share it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from docplatform.storage.base import BlobInfo, BlobStore

T = TypeVar("T")

CACHE_PREFIX = "cache"
"""Folder of the blob store that holds nothing but entries."""
_LEVEL = 6  # zlib's own; a receipt's page takes 6 KB in 1 ms


class ResultCache:
    """Entries below ``cache/<kind>/``. The store is opened at the first use, so that a worker can be given a cache."""

    def __init__(self, open_store: Callable[[], BlobStore], kind: str) -> None:
        self._open_store = open_store
        self._kind = kind
        self._damaged: set[str] = set()

    def get(self, key: str, decode: Callable[[bytes], T]) -> T | None:
        """What was kept under ``key`` (hex digits), decoded; None where there is nothing, or nothing sound.

        ``decode`` raises ``ValueError`` for bytes that aren't an entry of this kind.
        """
        try:
            packed = self._store.get(self._path(key))
        except FileNotFoundError:
            return None
        try:
            return decode(zlib.decompress(packed))
        except (zlib.error, ValueError):
            self._damaged.add(key)
            return None

    def put(self, key: str, data: Iterable[bytes]) -> bool:
        """Keep ``data``, which comes in pieces; of several that do so at once the first one's stays.

        Tells whether it repaired an entry.
        """
        packing = zlib.compressobj(_LEVEL)
        packed = b"".join([*map(packing.compress, data), packing.flush()])
        if key not in self._damaged:
            self._store.put_if_absent(self._path(key), packed)
            return False
        self._damaged.remove(key)
        self._store.put(self._path(key), packed)
        return True

    def kept_at(self, key: str) -> str | None:
        """The blob that holds what was kept under ``key``; None where there is none."""
        return path if self._store.exists(path := self._path(key)) else None

    def _path(self, key: str) -> str:
        return f"{CACHE_PREFIX}/{self._kind}/{key[:2]}/{key}"

    @cached_property
    def _store(self) -> BlobStore:
        return self._open_store()


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSize:
    """What there is, or was removed."""

    entries: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimReport:
    """What trimming found and left."""

    kept: CacheSize
    removed: CacheSize


def cache_size(store: BlobStore) -> CacheSize:
    """How much the cache of a store holds."""
    return _size(list(store.list(CACHE_PREFIX)))


def trim_cache(store: BlobStore, max_bytes: int) -> TrimReport:
    """Delete the oldest entries until no more than ``max_bytes`` are left.

    Whoever reads one of them meanwhile either still gets it or recognises its page again.
    """
    newest_first = sorted(store.list(CACHE_PREFIX), key=lambda info: (info.last_modified, info.path), reverse=True)
    total = 0
    for count, info in enumerate(newest_first):
        total += info.size
        if total > max_bytes:
            kept, removed = newest_first[:count], newest_first[count:]
            break
    else:
        kept, removed = newest_first, []
    store.delete(info.path for info in removed)
    return TrimReport(kept=_size(kept), removed=_size(removed))


def _size(infos: list[BlobInfo]) -> CacheSize:
    return CacheSize(entries=len(infos), bytes=sum(info.size for info in infos))
