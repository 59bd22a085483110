"""``BlobStore`` on Azure Blob Storage or ADLS Gen2, through the Blob endpoint.

Belongs here: the address and credentials, for obstore and for deltalake. Doesn't: the rest of the port (``objects``).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from docplatform.errors import ConfigurationError
from docplatform.settings import StorageSettings
from docplatform.storage.base import TableLocation
from docplatform.storage.objects import ObjectBlobs
from docplatform.storage.paths import check_path

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_SCOPE = "https://storage.azure.com/.default"


class AzureBlobStore(ObjectBlobs):
    """Keeps blobs in one container, which must exist."""

    def __init__(self, settings: StorageSettings) -> None:
        """Authenticate with the access key, else the SAS token, else ``DefaultAzureCredential``.

        Raises:
            ConfigurationError: no account is named, or a credential needs the ``azure`` extra.
        """
        from obstore.store import AzureStore

        self._settings = settings
        if not settings.azure_account:
            raise ConfigurationError(
                "Azure storage needs the account's name: set DOCPLATFORM_STORAGE__AZURE_ACCOUNT, "
                "or DOCPLATFORM_STORAGE__BACKEND=local."
            )
        if settings.azure_access_key is None and settings.azure_sas_token is None:
            credentials: dict[str, Any] = {"credential_provider": _provider(self._credential)}
        else:
            credentials = {"config": self._secrets()}
        store = AzureStore(
            settings.azure_container,
            account_name=settings.azure_account,
            endpoint=self._endpoint,
            client_options={"allow_http": self._is_http, "timeout": "300s"},
            retry_config={"max_retries": 5},
            **credentials,
        )
        super().__init__(store, f"container {settings.azure_container} of {self._endpoint}")

    def uri(self, path: str) -> str:
        """See ``BlobStore.uri``: the blob's own https address, without credentials."""
        return f"{self._endpoint}/{self._settings.azure_container}/{quote(check_path(path))}"

    def table_location(self, path: str) -> TableLocation:
        """See ``BlobStore.table_location``. Without a key the options hold a token: ask anew for each use."""
        options = {
            "account_name": str(self._settings.azure_account),
            "endpoint": self._endpoint,
            "allow_http": str(self._is_http).lower(),
            **self._secrets(),
        }
        if self._settings.azure_access_key is None and self._settings.azure_sas_token is None:
            options["bearer_token"] = self._credential.get_token(_SCOPE).token
        return TableLocation(f"az://{self._settings.azure_container}/{check_path(path)}", options)

    @property
    def _endpoint(self) -> str:
        given = self._settings.azure_endpoint
        return given.rstrip("/") if given else f"https://{self._settings.azure_account}.blob.core.windows.net"

    @property
    def _is_http(self) -> bool:
        return urlsplit(self._endpoint).scheme == "http"

    @cached_property
    def _credential(self) -> TokenCredential:
        try:
            from azure.identity import DefaultAzureCredential
        except ImportError as error:
            raise ConfigurationError(
                "Signing in to Azure without a key needs the azure extra: pip install 'docplatform[azure]', or set "
                "DOCPLATFORM_STORAGE__AZURE_ACCESS_KEY or DOCPLATFORM_STORAGE__AZURE_SAS_TOKEN."
            ) from error
        return DefaultAzureCredential()

    def _secrets(self) -> dict[str, str]:
        if self._settings.azure_access_key is not None:
            return {"account_key": self._settings.azure_access_key.get_secret_value()}
        if self._settings.azure_sas_token is not None:
            return {"sas_token": self._settings.azure_sas_token.get_secret_value().removeprefix("?")}
        return {}


def _provider(credential: Any) -> object:
    from obstore.auth.azure import AzureCredentialProvider

    return AzureCredentialProvider(credential=credential)
