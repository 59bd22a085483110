"""Fixtures of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from docplatform.ingestion import intake as intake_module
from docplatform_tests.ingestion.passes import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of more than 4 bytes count as large."""
    monkeypatch.setattr(intake_module, "IN_MEMORY_BYTES", 4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder
