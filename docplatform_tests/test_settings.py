import re
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from docplatform.errors import ConfigurationError
from docplatform.settings import Settings, StorageBackend, load_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith("DOCPLATFORM_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _names(model: type[BaseModel], prefix: str = "DOCPLATFORM_") -> set[str]:
    names = set()
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names |= _names(field.annotation, f"{prefix}{name.upper()}__")
        else:
            names.add(f"{prefix}{name.upper()}")
    return names


def test_the_defaults_need_nothing_from_outside():
    settings = load_settings()
    assert settings.storage.backend is StorageBackend.LOCAL
    assert settings.home_path == Path.cwd() / ".docplatform"
    assert settings.landing_path == settings.home_path / "landing"
    assert settings.reading.workers >= 1


def test_nested_settings_are_read_with_two_underscores(monkeypatch):
    monkeypatch.setenv("DOCPLATFORM_READING__WORKERS", "7")
    monkeypatch.setenv("DOCPLATFORM_ALERTS__EMAIL_TO", "a@example.com, b@example.com")
    monkeypatch.setenv("DOCPLATFORM_READING__PDF_PASSWORDS", '["one", "two"]')
    settings = load_settings()
    assert settings.reading.workers == 7
    assert settings.alerts.email_to == ["a@example.com", "b@example.com"]
    assert [password.get_secret_value() for password in settings.reading.pdf_passwords] == ["one", "two"]


def test_a_dot_env_file_is_read_and_the_environment_wins(monkeypatch):
    Path(".env").write_text("DOCPLATFORM_HOME=/from/file\nDOCPLATFORM_LIMITS__MAX_PAGES=5\n")
    monkeypatch.setenv("DOCPLATFORM_HOME", "/from/environment")
    settings = load_settings()
    assert settings.home == Path("/from/environment")
    assert settings.limits.max_pages == 5


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DOCPLATFORM_LIMITS__MAX_PAGES", "0", "greater than 0"),
        ("DOCPLATFORM_LIMITS__MAX_PAGES", "many", "valid integer"),
        ("DOCPLATFORM_STORAGE__BACKEND", "gcs", "'local', 'azure' or 'memory'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_be(monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert says in str(caught.value)


def test_secrets_are_not_shown():
    settings = load_settings(ledger_url=SecretStr("postgresql://user:hunter2@host/db"))
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()


def test_the_example_file_names_every_setting_and_no_other():
    text = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#? ?(DOCPLATFORM_\w+)=", text, re.MULTILINE)) == _names(Settings)


def test_the_example_file_shows_the_defaults(monkeypatch):
    defaults = load_settings()
    for name, value in re.findall(r"^(DOCPLATFORM_\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE):
        monkeypatch.setenv(name, value)
    assert load_settings() == defaults
