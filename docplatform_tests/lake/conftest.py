from __future__ import annotations

from pathlib import Path

import pytest

from docplatform.lake.lake import Lake
from docplatform.storage.local import LocalBlobStore


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(LocalBlobStore(tmp_path / "home"))
