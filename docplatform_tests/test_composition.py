"""Settings to a platform: what stands behind which port, and when it is made."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from docplatform.composition import Platform
from docplatform.errors import ConfigurationError
from docplatform.settings import StorageBackend, StorageSettings
from docplatform_tests.homes import quick_settings


def platform(path, **settings) -> Platform:
    return Platform(quick_settings(path / "home", **settings))


def test_a_platform_makes_nothing_until_it_is_asked(tmp_path):
    platform(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_capability_is_made_once(tmp_path):
    made = platform(tmp_path)
    names = (
        "blob_store", "ledger", "lake", "connectors", "document_reader", "text_preprocessor", "projects",
        "model_registry",
    )  # fmt: skip
    for name in names:
        assert getattr(made, name) is getattr(made, name)
    made.close()


def test_everything_local_is_in_the_home(tmp_path):
    made = platform(tmp_path)
    made.blob_store.put("a/b", b"x")
    assert (tmp_path / "home" / "a" / "b").read_bytes() == b"x"
    assert made.ledger.last_seq() == 0
    assert (tmp_path / "home" / "ledger.db").exists()
    assert made.projects.names() == []
    assert made.model_registry.projects() == []
    assert made.lake.uri("ocr_text").startswith((tmp_path / "home").as_uri())
    assert [connector.name for connector in made.connectors] == ["landing"]
    assert (tmp_path / "home" / "landing").is_dir()
    made.close()


def test_the_ledger_lives_where_its_url_says(tmp_path):
    made = platform(tmp_path, ledger_url=SecretStr(f"sqlite:///{tmp_path / 'elsewhere.db'}"))
    assert made.ledger.last_seq() == 0
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "home").exists()
    made.close()


def test_azure_storage_is_chosen_by_the_settings_and_needs_its_account(tmp_path):
    wanted = StorageSettings(
        backend=StorageBackend.AZURE, azure_account="acct", azure_container="docs", azure_access_key=SecretStr("a2V5")
    )
    assert type(platform(tmp_path, storage=wanted).blob_store).__name__ == "AzureBlobStore"
    with pytest.raises(ConfigurationError, match="DOCPLATFORM_STORAGE__AZURE_ACCOUNT"):
        _ = platform(tmp_path, storage=StorageSettings(backend=StorageBackend.AZURE)).blob_store


def test_memory_storage_is_refused_with_the_alternatives(tmp_path):
    with pytest.raises(ConfigurationError, match="Use local or azure"):
        _ = platform(tmp_path, storage=StorageSettings(backend=StorageBackend.MEMORY)).blob_store


def test_closing_stops_only_what_was_used(tmp_path):
    made = platform(tmp_path)
    made.close()
    assert list(tmp_path.iterdir()) == []
    closed = []
    made.__dict__["document_reader"] = type("Reader", (), {"close": lambda _: closed.append("reader")})()
    made.__dict__["ledger"] = type("Ledger", (), {"close": lambda _: closed.append("ledger")})()
    made.close()
    assert closed == ["reader", "ledger"]
