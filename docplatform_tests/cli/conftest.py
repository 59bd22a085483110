"""The command line, called in this process as its entry point calls it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from docplatform.cli import main
from docplatform_tests.homes import Home


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as one JSON value."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """What it printed, a JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Ended]


@pytest.fixture
def home_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the commands that are called."""
    for name in [name for name in os.environ if name.startswith("DOCPLATFORM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # no .env from elsewhere
    path = tmp_path / "home"
    monkeypatch.setenv("DOCPLATFORM_HOME", str(path))
    monkeypatch.setenv("DOCPLATFORM_READING__WORKERS", "0")
    monkeypatch.setenv("DOCPLATFORM_AUTOMATION__STABLE_SECONDS", "0")
    monkeypatch.setenv("DAGSTER_HOME", "")  # `run` sets it: put it back afterwards
    return path


@pytest.fixture
def call(home_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Call ``docplatform`` with these arguments."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["docplatform", *map(str, arguments)])
        capsys.readouterr()
        status: int | str | None = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        captured = capsys.readouterr()
        return Ended(int(status or 0), captured.out, captured.err)

    return run


@pytest.fixture
def home(home_path: Path) -> Home:
    """The same home, to fill and to look at."""
    return Home.at(home_path)
