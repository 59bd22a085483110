"""``docplatform`` as a process of its own, on a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docplatform.composition import Platform
from docplatform.lake.tables import TABLES
from docplatform.settings import load_settings

MARKER = "DOCPLATFORM_TEST_MARKER"


@dataclass(frozen=True)
class CommandHome:
    """A home, the commands that run on it, and a look at what they left behind."""

    path: Path
    marker: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return self.path / "landing"

    def environment(self) -> dict[str, str]:
        """What a command sees; the marker stands in every process it starts."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("DOCPLATFORM_", "DAGSTER_"))}
        return {
            **own,
            MARKER: self.marker,
            "OMP_NUM_THREADS": "1",
            "DOCPLATFORM_HOME": str(self.path),
            "DOCPLATFORM_AUTOMATION__STABLE_SECONDS": "0",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command; its output is piped."""
        return subprocess.Popen(
            [sys.executable, "-m", "docplatform.cli", *arguments],
            env=self.environment(),
            cwd=self.path.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command to its end: status, output, errors."""
        process = self.start(*arguments)
        out, err = process.communicate()
        return process.returncode, out, err

    def processes(self) -> list[int]:
        """Every living process that a command on this home started, directly or not."""
        wanted = f"{MARKER}={self.marker}".encode()
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if wanted in _environ(path)]

    @contextmanager
    def platform(self) -> Iterator[Platform]:
        """The home's platform, in this process."""
        platform = Platform(load_settings(home=self.path))
        try:
            yield platform
        finally:
            platform.close()

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Rows of a table."""
        with self.platform() as platform:
            return platform.lake.read_rows(table, columns=columns or None)

    def doubled(self) -> dict[str, list[tuple[Any, ...]]]:
        """Table to the keys that stand in more than one row."""
        found = {}
        for name, spec in TABLES.items():
            keys = [tuple(row[column] for column in spec.key) for row in self.rows(name, *spec.key)]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                found[name] = twice
        return found

    def left_in_landing(self) -> list[str]:
        """Files still in the landing folder."""
        return sorted(str(path.relative_to(self.landing)) for path in self.landing.rglob("*") if path.is_file())


def _environ(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
