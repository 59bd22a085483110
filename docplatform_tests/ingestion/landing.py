"""A landing folder to test on."""

from __future__ import annotations

import os
from pathlib import Path

from docplatform.ingestion.landing import LandingFolder

NOW = 2_000_000_000.0


OLD = NOW - 60


def drop(path: Path, data: bytes = b"hello", mtime: float = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def landing(root: Path, stable_seconds: float = 2.0) -> LandingFolder:
    return LandingFolder(root, stable_seconds, clock=lambda: NOW)


def names(folder: LandingFolder) -> list[tuple[str, str]]:
    return [(file.customer, file.name) for file in folder.pull()]
