"""The composition root: ``Settings`` to a ``Platform``. The only place that picks backends.

Belongs here: which class stands behind which port. Doesn't: anything a class does. Backends are imported when first
asked for, so that a platform costs nothing until it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from docplatform.errors import ConfigurationError
from docplatform.settings import Settings, StorageBackend

if TYPE_CHECKING:
    from docplatform.ingestion.base import Connector
    from docplatform.labels.projects import ProjectStore
    from docplatform.labels.studio.client import StudioClient
    from docplatform.labels.studio.server import StudioServer
    from docplatform.lake.lake import Lake
    from docplatform.ledger.ledger import Ledger
    from docplatform.ocr.base import DocumentReader
    from docplatform.registry.base import ModelRegistry
    from docplatform.storage.base import BlobStore
    from docplatform.text.base import TextPreprocessor


def open_blob_store(settings: Settings) -> BlobStore:
    """A blob store of the kind that the settings ask for. A function, so that worker processes can be told to."""
    storage = settings.storage
    if storage.backend is StorageBackend.LOCAL:
        from docplatform.storage.local import LocalBlobStore

        return LocalBlobStore(settings.home_path)
    if storage.backend is StorageBackend.AZURE:
        from docplatform.storage.azure import AzureBlobStore

        return AzureBlobStore(storage)
    raise ConfigurationError(
        "DOCPLATFORM_STORAGE__BACKEND=memory keeps nothing between two processes and holds no tables: it is for "
        "tests. Use local or azure."
    )


@dataclass(frozen=True)
class Platform:
    """Every capability, built from the settings when first asked for."""

    settings: Settings

    @cached_property
    def blob_store(self) -> BlobStore:
        """Blobs, tables and models."""
        return open_blob_store(self.settings)

    @cached_property
    def ledger(self) -> Ledger:
        """What arrived."""
        from docplatform.ledger.ledger import Ledger

        url = self.settings.ledger_url
        if url is not None:
            return Ledger.open(url.get_secret_value())
        self.settings.home_path.mkdir(parents=True, exist_ok=True)
        return Ledger.open(f"sqlite:///{self.settings.home_path / 'ledger.db'}")

    @cached_property
    def lake(self) -> Lake:
        """The Delta tables."""
        from docplatform.lake.lake import Lake

        return Lake(self.blob_store)

    @cached_property
    def connectors(self) -> tuple[Connector, ...]:
        """Where documents come from."""
        from docplatform.ingestion.landing import LandingFolder

        self.settings.landing_path.mkdir(parents=True, exist_ok=True)
        return (LandingFolder(self.settings.landing_path, self.settings.automation.stable_seconds),)

    @cached_property
    def document_reader(self) -> DocumentReader:
        """Bytes to AnalyzeResult."""
        from docplatform.ocr.local.reader import LocalDocumentReader

        open_store = partial(open_blob_store, self.settings)
        return LocalDocumentReader(self.settings.reading, self.settings.limits, open_store)

    @cached_property
    def text_preprocessor(self) -> TextPreprocessor:
        """Text made ready for models."""
        from docplatform.text.local import LocalTextPreprocessor

        return LocalTextPreprocessor(self.settings.text)

    @cached_property
    def projects(self) -> ProjectStore:
        """The model projects of the home."""
        from docplatform.labels.projects import ProjectStore

        return ProjectStore(self.blob_store)

    @cached_property
    def model_registry(self) -> ModelRegistry:
        """Model versions and aliases."""
        from docplatform.registry.local import LocalModelRegistry

        return LocalModelRegistry(self.blob_store, self.settings.home_path / "model-cache")

    @cached_property
    def studio_server(self) -> StudioServer:
        """The home's own Label Studio, running or not."""
        from docplatform.labels.studio.installation import StudioInstallation
        from docplatform.labels.studio.server import StudioServer

        folder = self.settings.label_studio_path
        venv = self.settings.label_studio.venv or folder / "venv"
        return StudioServer(folder, StudioInstallation(venv.expanduser().absolute()))

    def label_studio(self) -> StudioClient:
        """Label Studio's API: the server the settings name, else the home's own.

        Raises:
            ConfigurationError: there is neither, or the named one has no token.
        """
        from docplatform.labels.studio.client import StudioClient

        named = self.settings.label_studio
        if named.url is not None:
            if named.token is None:
                raise ConfigurationError(
                    f"DOCPLATFORM_LABEL_STUDIO__URL names {named.url}: set DOCPLATFORM_LABEL_STUDIO__TOKEN too, from "
                    "that server's page Account & Settings."
                )
            return StudioClient(named.url, named.token.get_secret_value())
        running, account = self.studio_server.running(), self.studio_server.account()
        if running is None or account is None:
            raise ConfigurationError(
                "No Label Studio runs for this home: `docplatform labels studio start`, or name one that runs in "
                "DOCPLATFORM_LABEL_STUDIO__URL."
            )
        return StudioClient(running.url, account.token)

    def close(self) -> None:
        """Stop what runs (worker processes) and close what is open (the ledger), where it was used."""
        if "document_reader" in self.__dict__:
            self.document_reader.close()
        if "ledger" in self.__dict__:
            self.ledger.close()
