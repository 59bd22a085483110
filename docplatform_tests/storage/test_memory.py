from __future__ import annotations

import pytest

from docplatform.errors import ConfigurationError
from docplatform.storage.memory import MemoryBlobStore
from docplatform_tests.contracts.blob_store import BlobStoreContract


@pytest.fixture
def store() -> MemoryBlobStore:
    return MemoryBlobStore()


class TestMemoryBlobStore(BlobStoreContract):
    pass


def test_two_stores_share_nothing(store: MemoryBlobStore) -> None:
    store.put("x", b"1")
    assert not MemoryBlobStore().exists("x")


def test_tables_are_refused_with_what_to_set(store: MemoryBlobStore) -> None:
    with pytest.raises(ConfigurationError, match="DOCPLATFORM_STORAGE__BACKEND to local or azure"):
        store.table_location("lake/tables/ocr_text")
