"""``docplatform ui`` over a home, ended together with everything it started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from docplatform_tests.integration.command import CommandHome

T = TypeVar("T")

START_SECONDS = 90
END_SECONDS = 60
POLL_SECONDS = 0.2


def until(condition: Callable[[], T], what: str, seconds: float) -> T:
    """The condition's value as soon as it is true; fails with ``what`` where it isn't within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(POLL_SECONDS)
    return value


@dataclass(frozen=True)
class ServedUi:
    """A running ``docplatform ui``."""

    home: CommandHome
    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def graphql(self, query: str) -> dict[str, Any]:
        """What the interface answers that the UI itself asks."""
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=START_SECONDS) as response:  # noqa: S310 - our own server
            answer: dict[str, Any] = json.load(response)
        assert "errors" not in answer, answer
        return answer["data"]

    def is_serving(self) -> bool:
        """Whether the UI answers. Fails where it has ended."""
        assert self.process.poll() is None, f"docplatform ui ended: {self.log.read_text()}"
        try:
            with urllib.request.urlopen(f"{self.url}/server_info", timeout=5):  # noqa: S310
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def end(self) -> None:
        """Ask it to end, as a service manager does. Fails where anything it started goes on after that."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(END_SECONDS)
        until(lambda: not self.home.processes(), "everything the UI started has ended", END_SECONDS)

    def kill(self) -> None:
        """End everything that was started on this home, come what may."""
        while left := self.home.processes():
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(POLL_SECONDS)


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(home: CommandHome, command: Sequence[str], **settings: str) -> Iterator[ServedUi]:
    """Serve the UI of a home; ``command`` is what runs ``docplatform``. Nothing of it is left afterwards."""
    port = free_port()
    log = home.path.parent / "ui.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "ui", "--port", str(port)],
            cwd=home.path.parent,
            env={**home.environment(), **{f"DOCPLATFORM_{name}": value for name, value in settings.items()}},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    ui = ServedUi(home, f"http://127.0.0.1:{port}", log, process)
    try:
        until(ui.is_serving, "the UI answers", START_SECONDS)
        yield ui
    finally:
        ui.kill()
        process.wait(END_SECONDS)
