"""``BlobStore`` in this process's memory: for tests and for trying things out. Gone when the process ends."""

from __future__ import annotations

from urllib.parse import quote

from docplatform.errors import ConfigurationError
from docplatform.storage.base import TableLocation
from docplatform.storage.objects import ObjectBlobs
from docplatform.storage.paths import check_path


class MemoryBlobStore(ObjectBlobs):
    """Keeps blobs in memory."""

    def __init__(self) -> None:
        from obstore.store import MemoryStore

        super().__init__(MemoryStore(), "memory")

    def uri(self, path: str) -> str:
        """See ``BlobStore.uri``. Only this process can open it."""
        return f"memory:///{quote(check_path(path))}"

    def table_location(self, path: str) -> TableLocation:
        """Never: raises ``ConfigurationError``. deltalake can't share this process's memory."""
        raise ConfigurationError(
            f"The table {path!r} needs a disk or a cloud store, not memory: "
            "set DOCPLATFORM_STORAGE__BACKEND to local or azure."
        )
