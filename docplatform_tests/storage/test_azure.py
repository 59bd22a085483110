from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from docplatform.errors import ConfigurationError, TransientError
from docplatform.lake.lake import Lake
from docplatform.settings import StorageBackend, StorageSettings
from docplatform.storage.azure import AzureBlobStore
from docplatform_tests.contracts.blob_store import BlobStoreContract
from docplatform_tests.lake.rows import routed_row
from docplatform_tests.storage import azurite


def settings(**overrides: Any) -> StorageSettings:
    values = {"backend": StorageBackend.AZURE, "azure_account": "acct", "azure_access_key": SecretStr(azurite.KEY)}
    return StorageSettings(**values | overrides)


def test_an_account_is_asked_for() -> None:
    with pytest.raises(ConfigurationError, match="DOCPLATFORM_STORAGE__AZURE_ACCOUNT"):
        AzureBlobStore(settings(azure_account=None))


def test_addresses_hold_no_credentials_and_tables_get_them() -> None:
    store = AzureBlobStore(settings(azure_container="docs"))
    assert store.uri("a b/c.txt") == "https://acct.blob.core.windows.net/docs/a%20b/c.txt"
    location = store.table_location("lake/tables/t")
    assert location.uri == "az://docs/lake/tables/t"
    assert location.storage_options["account_key"] == azurite.KEY
    assert location.storage_options["allow_http"] == "false"


def test_a_sas_token_stands_in_for_the_key_with_or_without_its_question_mark() -> None:
    store = AzureBlobStore(settings(azure_access_key=None, azure_sas_token=SecretStr("?sv=2025&sig=abc%3D")))
    options = store.table_location("t").storage_options
    assert options["sas_token"] == "sv=2025&sig=abc%3D"
    assert "account_key" not in options


def test_without_key_or_token_the_default_credential_signs_in_anew_for_each_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = pytest.importorskip("azure.identity", reason="the azure extra is not installed")

    class Credential:
        asked = 0

        def get_token(self, *scopes: str, **_: object) -> Any:
            assert scopes == ("https://storage.azure.com/.default",)
            self.asked += 1
            return type("Token", (), {"token": f"token-{self.asked}", "expires_on": 2**31})

    monkeypatch.setattr(identity, "DefaultAzureCredential", Credential)
    store = AzureBlobStore(settings(azure_access_key=None))
    tokens = [store.table_location("t").storage_options["bearer_token"] for _ in range(2)]
    assert tokens == ["token-1", "token-2"]


def test_signing_in_without_the_azure_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ConfigurationError, match=r"docplatform\[azure\]"):
        AzureBlobStore(settings(azure_access_key=None))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azurite.running(tmp_path_factory.mktemp("azurite")) as address:
        yield address


@pytest.fixture
def emulated(endpoint: str) -> Callable[..., StorageSettings]:
    """Settings of a new container on the emulator."""
    blob = pytest.importorskip("azure.storage.blob", reason="the azure extra is not installed")
    container = f"c{uuid.uuid4().hex[:12]}"
    blob.BlobServiceClient(endpoint, credential=azurite.KEY).create_container(container)

    def make(**overrides: Any) -> StorageSettings:
        values = {"azure_account": azurite.ACCOUNT, "azure_endpoint": endpoint, "azure_container": container}
        return settings(**values | overrides)

    return make


@pytest.fixture
def store(emulated: Callable[..., StorageSettings]) -> AzureBlobStore:
    return AzureBlobStore(emulated())


@pytest.mark.integration
class TestAzureBlobStore(BlobStoreContract):
    def test_a_sas_token_opens_the_container(self, emulated: Callable[..., StorageSettings]) -> None:
        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        token = generate_container_sas(
            azurite.ACCOUNT,
            emulated().azure_container,
            account_key=azurite.KEY,
            permission=ContainerSasPermissions(read=True, write=True, list=True, delete=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        store = AzureBlobStore(emulated(azure_access_key=None, azure_sas_token=SecretStr(token)))
        store.put("x", b"1")
        assert [info.path for info in store.list("")] == ["x"]

    def test_a_wrong_key_is_a_matter_of_settings(self, emulated: Callable[..., StorageSettings]) -> None:
        wrong = SecretStr("AAAA" + azurite.KEY[4:])
        store = AzureBlobStore(emulated(azure_access_key=wrong))
        with pytest.raises(ConfigurationError, match="credentials"):
            store.get("x")
        with pytest.raises(ConfigurationError, match="credentials"):
            Lake(store).read("routed_documents")

    def test_a_missing_container_is_named(self, emulated: Callable[..., StorageSettings]) -> None:
        store = AzureBlobStore(emulated(azure_container="not-there"))
        with pytest.raises(ConfigurationError, match=r"container not-there .* does not exist"):
            store.put("x", b"1")
        with pytest.raises(ConfigurationError, match=r"container not-there .* does not exist"):
            list(store.list("x"))

    def test_delta_tables_are_written_read_queried_and_maintained(self, store: AzureBlobStore) -> None:
        lake = Lake(store)
        assert lake.read_rows("routed_documents") == []
        for start in range(4):
            lake.upsert("routed_documents", [routed_row(n) for n in range(start, start + 3)], run_id="r")
        assert {row["document_id"] for row in lake.read_rows("routed_documents")} == {f"doc-{n}" for n in range(6)}
        query = "select count(*) n from routed_documents a join routed_documents b using (document_id)"
        assert lake.sql(query).to_pylist() == [{"n": 6}]
        report = lake.maintain("routed_documents", retention_hours=0)
        assert report is not None
        assert report.files_vacuumed > 0
        assert len(lake.read_rows("routed_documents")) == 6


@pytest.mark.integration
def test_a_store_that_is_gone_may_come_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    with azurite.running(tmp_path_factory.mktemp("gone")) as endpoint:
        store = AzureBlobStore(settings(azure_account=azurite.ACCOUNT, azure_endpoint=endpoint))
    with pytest.raises(TransientError, match="The store failed"):
        store.get("x")
    with pytest.raises(TransientError, match="can't be opened"):
        Lake(store).read("routed_documents")
