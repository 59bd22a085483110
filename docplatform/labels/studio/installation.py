"""Label Studio in a virtual environment of its own, installed on demand.

Belongs here: installing what ``label-studio.lock.txt`` pins. Doesn't: running it (``server``).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from docplatform.errors import ConfigurationError
from docplatform.labels.studio.client import TESTED_VERSION

_LOCK = "label-studio.lock.txt"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""All of our environment that Label Studio sees: it takes names like HOST, CI or USERNAME for settings of its own."""
_EVERY = 25
"""A line of progress after so many packages."""


def studio_environment(data: Path) -> dict[str, str]:
    """The environment that Label Studio runs in: its data in a folder, nothing sent anywhere."""
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "HOME": str(data),
        "HOST": "",
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",  # the server, and its pages in the browser, would send errors with their context there
        "FRONTEND_SENTRY_DSN": "",
        "DEBUG": "false",
        "OMP_NUM_THREADS": "1",
    }


@dataclass(frozen=True, slots=True)
class StudioInstallation:
    """A virtual environment with Label Studio, shared by as many homes as name it."""

    venv: Path

    @property
    def executable(self) -> Path:
        """The ``label-studio`` command."""
        return self.venv / "bin" / "label-studio"

    @property
    def is_complete(self) -> bool:
        """Whether exactly what is pinned was installed, to the end."""
        return self._mark.is_file() and self._mark.read_text() == _lock_hash() and self.database.exists()

    @property
    def database(self) -> Path:
        """A database without accounts, which each home begins with: to make one takes 50 s of CPU."""
        return self.venv / "template" / "label_studio.sqlite3"

    def install(self, say: Callable[[str], None]) -> None:
        """Install what is pinned, from the package index that pip is set up for. Nothing, where it is done.

        Takes two or three minutes, and about 1 GB of disk.

        Raises:
            ConfigurationError: where that fails; the message says why, and where pip's own words are.
        """
        if self.is_complete:
            return
        say(f"Installing Label Studio {TESTED_VERSION} into {self.venv} (once: two or three minutes, about 1 GB) …")
        shutil.rmtree(self.venv, ignore_errors=True)
        self.venv.parent.mkdir(parents=True, exist_ok=True)
        log = self.venv.with_name(self.venv.name + "-install.log")
        self._run([sys.executable, "-m", "venv", str(self.venv)], log, say)
        lock = files("docplatform.labels.studio").joinpath(_LOCK)
        requirements = self.venv / _LOCK
        requirements.write_bytes(lock.read_bytes())
        # everything is pinned with its hash: without --no-deps pip takes twice as long, to find out the same
        pip = [str(self.venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
        self._run([*pip, "--require-hashes", "-r", str(requirements)], log, say)
        say("  Making its database …")
        template = self.database.parent
        template.mkdir()
        # the one command that makes the database and ends; it also shows that what was installed runs
        self._run([str(self.executable), "version"], log, say, studio_environment(template))
        self._mark.write_text(_lock_hash())

    @property
    def _mark(self) -> Path:
        return self.venv / ".complete"

    def _run(
        self, command: list[str], log: Path, say: Callable[[str], None], environment: dict[str, str] | None = None
    ) -> None:
        collected = 0
        words: list[str] = []
        with log.open("a") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=environment or {**os.environ, "PIP_NO_INPUT": "1", "PYTHONUNBUFFERED": "1"},
            )
            for line in process.stdout or ():
                output.write(line)
                words = [*words[-30:], line.strip()]
                if line.startswith("Collecting "):
                    collected += 1
                    if collected % _EVERY == 0:
                        say(f"  {collected} packages …")
                elif line.startswith("Installing collected"):
                    say(f"  {collected} packages are here, unpacking …")
        if process.wait() != 0:
            raise ConfigurationError(_failure(words, log))


def _failure(words: list[str], log: Path) -> str:
    said = next((line for line in reversed(words) if line.startswith("ERROR")), words[-1] if words else "nothing")
    if any(re.search(r"NewConnectionError|name resolution|ConnectTimeout|No matching distribution", w) for w in words):
        return (
            f"Label Studio can't be installed: the package index can't be reached, or lacks a package ({said}). Set up "
            "pip for an index that can be reached, or name a Label Studio that runs already in "
            f"DOCPLATFORM_LABEL_STUDIO__URL. All that pip said: {log}"
        )
    return f"Label Studio can't be installed: {said}. All that was said: {log}"


def _lock_hash() -> str:
    content = files("docplatform.labels.studio").joinpath(_LOCK).read_bytes()
    return hashlib.sha256(content).hexdigest() + f" {sys.version_info.major}.{sys.version_info.minor}"
