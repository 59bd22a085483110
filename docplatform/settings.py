"""Every setting docplatform has, read once from the environment (``DOCPLATFORM_*``) and an optional ``.env`` file.

Belongs here: names, types, defaults and documentation of settings. Doesn't: acting on them (see ``composition``).
Nested settings use two underscores: ``DOCPLATFORM_READING__WORKERS=2``.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from docplatform.errors import ConfigurationError


class StorageBackend(StrEnum):
    """Where blobs, tables and models are kept."""

    LOCAL = "local"
    AZURE = "azure"
    MEMORY = "memory"


class StorageSettings(BaseModel):
    """Blobs, Delta tables and models. ``azure`` is Blob Storage or ADLS Gen2 through its Blob endpoint."""

    backend: StorageBackend = StorageBackend.LOCAL
    azure_account: str | None = Field(None, description="Storage account name.")
    azure_container: str = Field("docplatform", description="Container that takes the place of the home folder.")
    azure_endpoint: str | None = Field(None, description="Blob endpoint, for an emulator or a sovereign cloud.")
    azure_access_key: SecretStr | None = Field(None, description="Account key. Without one: DefaultAzureCredential.")
    azure_sas_token: SecretStr | None = Field(None, description="Shared access signature, instead of a key.")


class LimitSettings(BaseModel):
    """What one document, or one archive, may cost before it is quarantined."""

    max_file_bytes: int = Field(500 * 2**20, gt=0, description="Largest file accepted (bytes).")
    max_pages: int = Field(2_000, gt=0, description="Most pages in one document.")
    max_pixels: int = Field(200_000_000, gt=0, description="Most pixels in one image, before decoding it.")
    max_archive_bytes: int = Field(1 * 2**30, gt=0, description="Most bytes unpacked from one archive or mail.")
    max_archive_entries: int = Field(10_000, gt=0, description="Most members in one archive or mail.")
    max_archive_ratio: float = Field(200.0, gt=1, description="Most bytes unpacked per byte packed.")
    max_archive_depth: int = Field(3, ge=1, description="Most levels of archives and mails in each other.")


class OcrEngine(StrEnum):
    """What recognises images. ``auto`` is OpenVINO where it is installed and the CPU gains, else ONNX Runtime."""

    AUTO = "auto"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    TESSERACT = "tesseract"


class ReadingSettings(BaseModel):
    """Text layer, OCR and Office readers."""

    workers: int = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)), ge=0, description="Worker processes; 0 reads in-process."
    )
    timeout_seconds: float = Field(
        120.0, gt=0, description="Most seconds for one page, or for a document that isn't read page by page."
    )
    document_seconds: float = Field(7_200.0, gt=0, description="Most seconds for one document, whatever its pages.")
    worker_memory_bytes: int = Field(
        2 * 2**30, gt=0, description="Memory that a worker may use beyond what it starts with (bytes)."
    )
    ocr_engine: OcrEngine = Field(OcrEngine.AUTO, description="What recognises images.")
    tesseract_languages: str = Field("eng", description="Tesseract's language files, joined by +.")
    ocr_max_side: int = Field(2_000, gt=0, description="Images are scaled down to this long side (pixels).")
    pdf_render_dpi: int = Field(200, gt=0, description="Resolution at which image-only PDF pages are rendered.")
    content_format: Literal["text", "markdown"] = Field(
        "text", description="What `content` is written in. Labels and training take text."
    )
    pdf_passwords: list[SecretStr] = Field(default_factory=list, description="Passwords tried on encrypted PDFs.")
    cache: bool = Field(True, description="Keep what was recognised, in `cache/`, and never recognise a page twice.")
    cache_max_bytes: int = Field(5 * 2**30, ge=0, description="Size that the maintenance job trims the cache to.")


class TextSettings(BaseModel):
    """Preprocessing steps, each one can be switched off."""

    clean: bool = Field(True, description="Normalise Unicode, white space and end-of-line hyphens.")
    detect_language: bool = True
    remove_stop_words: bool = True
    lemmatize: bool = True
    stem: bool = True
    key_phrases: int = Field(10, ge=0, description="Key phrases kept per document; 0 switches the step off.")
    summary_sentences: int = Field(3, ge=0, description="Sentences in the extractive summary; 0 switches it off.")


class AutomationSettings(BaseModel):
    """Sensors, schedules and what they may ask for at once."""

    sensor_seconds: int = Field(15, ge=5, description="Least seconds between two ticks of a sensor.")
    stable_seconds: float = Field(2.0, ge=0, description="A landing file untouched this long counts as finished.")
    max_run_requests: int = Field(50, ge=1, description="Most runs one tick requests.")
    retraining_cron: str = "0 2 * * *"
    catch_up_cron: str = "45 * * * *"
    drift_cron: str = "30 6 * * *"
    maintenance_cron: str = "0 4 * * 0"
    quarantine_days: int = Field(7, ge=0, description="Open quarantine entries older than this fail their check.")
    vacuum_hours: int = Field(168, ge=0, description="Table versions older than this are vacuumed unless pinned.")


class AlertSettings(BaseModel):
    """Where failed runs are announced, besides the log."""

    webhook_url: SecretStr | None = Field(None, description="POSTed a JSON object per failed run.")
    smtp_host: str | None = None
    smtp_port: int = 25
    email_from: str = "docplatform@localhost"
    email_to: Annotated[list[str], NoDecode] = Field(default_factory=list, description="Comma-separated.")

    @field_validator("email_to", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return [address.strip() for address in value.split(",") if address.strip()]
        return value


class LabelStudioSettings(BaseModel):
    """Label Studio, where people label. Without a URL: the server that ``docplatform labels studio start`` runs."""

    url: str | None = Field(None, description="A Label Studio that runs already, e.g. https://labels.example.com.")
    token: SecretStr | None = Field(None, description="API token there: legacy, or personal access token.")
    port: int = Field(8080, ge=1, le=65535, description="Port of the home's own server, on the loopback address.")
    venv: Path | None = Field(
        None, description="Where Label Studio is installed; default: labelstudio/venv in the home. Homes may share one."
    )


class Settings(BaseSettings):
    """All settings of a home. Build one and hand it on; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix="DOCPLATFORM_", env_nested_delimiter="__", env_file=".env", extra="ignore", frozen=True
    )

    home: Path = Field(Path(".docplatform"), description="Everything local lives here; deleting it is a full reset.")
    ledger_url: SecretStr | None = Field(None, description="SQLAlchemy URL; default: SQLite in the home.")
    storage: StorageSettings = StorageSettings()
    limits: LimitSettings = LimitSettings()
    reading: ReadingSettings = Field(default_factory=ReadingSettings)
    text: TextSettings = TextSettings()
    automation: AutomationSettings = AutomationSettings()
    alerts: AlertSettings = AlertSettings()
    label_studio: LabelStudioSettings = LabelStudioSettings()

    @property
    def home_path(self) -> Path:
        """The home as an absolute path."""
        return self.home.expanduser().absolute()

    @property
    def landing_path(self) -> Path:
        """``landing/<customer>/…``: where people drop files."""
        return self.home_path / "landing"

    @property
    def label_studio_path(self) -> Path:
        """The home's own Label Studio: account, data, log."""
        return self.home_path / "labelstudio"

    @property
    def dagster_path(self) -> Path:
        """The Dagster instance (``DAGSTER_HOME``)."""
        return self.home_path / "dagster"


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: naming each wrong variable, what it holds and what it should hold.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"DOCPLATFORM_{'__'.join(str(part).upper() for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        raise ConfigurationError(f"Settings are wrong: {problems}. See .env.example for every setting.") from error
