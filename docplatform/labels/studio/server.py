"""A Label Studio of the home's own, on the loopback address: started, found again, stopped.

Belongs here: its process, account and data. Doesn't: installing it, or talking to its API.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import requests

from docplatform.errors import ConfigurationError
from docplatform.labels.studio.installation import StudioInstallation, studio_environment

HOST = "127.0.0.1"
ACCOUNT = "docplatform@localhost"
_START_SECONDS = 600
"""It takes 15 s of CPU, and came up after minutes on a machine that was busy with more."""
_STOP_SECONDS = 20
_POLL_SECONDS = 0.2
_FOR_OWNER = 0o600


@dataclass(frozen=True, slots=True)
class StudioAccount:
    """Who docplatform, and the person at the browser, are on the home's own server."""

    username: str
    password: str
    token: str


@dataclass(frozen=True, slots=True)
class RunningStudio:
    """A server that runs."""

    pid: int
    url: str


class StudioServer:
    """The Label Studio of a home, in ``folder``: data, account, log, and who runs.

    It runs while it holds the lock on ``server.lock``, which it inherits from who started it and which is gone with
    it however it ends: a process number alone might be another program's by now.
    """

    def __init__(self, folder: Path, installation: StudioInstallation) -> None:
        self._folder = folder
        self._installation = installation

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._folder / "server.log"

    @property
    def media(self) -> Path:
        """Folder of the files that it keeps."""
        return self._folder / "data" / "media"

    def account(self) -> StudioAccount | None:
        """The server's account; None before its first start."""
        path = self._folder / "account.json"
        return StudioAccount(**json.loads(path.read_text())) if path.is_file() else None

    def running(self) -> RunningStudio | None:
        """The server, where it runs."""
        if not self._folder.is_dir():
            return None
        try:
            self._hold(fcntl.LOCK_SH).close()  # shared: those that only ask don't hinder each other
        except BlockingIOError:
            return self._recorded()
        self._record.unlink(missing_ok=True)  # of one that ended by itself, or was killed
        return None

    def start(self, port: int, say: Callable[[str], None]) -> RunningStudio:
        """Install what is missing, start the server, and return once it answers; one that runs already is returned.

        Raises:
            ConfigurationError: it can't be installed, the port is taken, it doesn't come up, or another start is
                under way.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = self._hold(fcntl.LOCK_EX)
        except BlockingIOError as error:
            running = self._recorded()
            if running is None:
                raise ConfigurationError(
                    f"Another process is just starting Label Studio in {self._folder}: try again in a moment."
                ) from error
            return running
        with lock:
            self._record.unlink(missing_ok=True)
            self._installation.install(say)
            _require_free_port(port)
            account = self.account() or self._new_account()
            say(f"Starting Label Studio on http://{HOST}:{port} …")
            process = self._launch(port, account, lock)
            running = RunningStudio(process.pid, f"http://{HOST}:{port}")
            try:
                self._wait(running, process)
            except BaseException:
                process.kill()
                process.wait()
                raise
            _write_for_owner(self._record, json.dumps(asdict(running)))
        return running

    def stop(self) -> bool:
        """End the server, by its own process id, and return once it has ended; False where none runs."""
        running = self.running()
        if running is None:
            return False
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(running.pid, how)
            deadline = time.monotonic() + _STOP_SECONDS
            while time.monotonic() < deadline:
                if self.running() is None:
                    return True
                time.sleep(_POLL_SECONDS)
        raise ConfigurationError(f"Label Studio (process {running.pid}) doesn't end.")

    @property
    def _record(self) -> Path:
        return self._folder / "server.json"

    def _recorded(self) -> RunningStudio | None:
        with suppress(FileNotFoundError):
            return RunningStudio(**json.loads(self._record.read_text()))
        return None

    def _hold(self, how: int) -> IO[bytes]:
        """The lock, shared or not; raises ``BlockingIOError`` where the server, or who starts it, has it."""
        lock = (self._folder / "server.lock").open("ab")
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise
        return lock

    def _new_account(self) -> StudioAccount:
        account = StudioAccount(ACCOUNT, secrets.token_urlsafe(18), secrets.token_hex(20))
        _write_for_owner(self._folder / "account.json", json.dumps(asdict(account)))
        return account

    def _launch(self, port: int, account: StudioAccount, lock: IO[bytes]) -> subprocess.Popen[bytes]:
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        data.chmod(0o700)
        database = data / self._installation.database.name
        if not database.exists():
            part = database.with_name(database.name + ".part")
            shutil.copyfile(self._installation.database, part)
            part.replace(database)
        options = ["--no-browser", "--internal-host", HOST, "--port", str(port)]
        environment = {
            **studio_environment(data),
            # not as arguments: those of a process are for everybody to see
            "LABEL_STUDIO_USERNAME": account.username,
            "LABEL_STUDIO_PASSWORD": account.password,
            "LABEL_STUDIO_USER_TOKEN": account.token,
        }
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FOR_OWNER)
        with os.fdopen(descriptor, "wb") as log:
            return subprocess.Popen(  # noqa: S603 - what we installed
                [str(self._installation.executable), "start", *options, "--enable-legacy-api-token"],
                env=environment,
                cwd=data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it outlives the command, and its terminal
                pass_fds=[lock.fileno()],
            )

    def _wait(self, running: RunningStudio, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with requests.Session() as session:
            session.trust_env = False
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(requests.RequestException):
                    if session.get(f"{running.url}/health", timeout=5).ok:
                        return
                time.sleep(_POLL_SECONDS)
        last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
        raise ConfigurationError(f"Label Studio doesn't come up: {''.join(last) or 'it said nothing'}. See {self.log}")


def _write_for_owner(path: Path, content: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_OWNER)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    part.replace(path)


def _require_free_port(port: int) -> None:
    """Label Studio would take another port silently."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigurationError(f"Can't listen on {HOST}:{port}: {error.strerror}. Choose another --port.") from (
                error
            )
