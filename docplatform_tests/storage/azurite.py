"""A running Azurite, Microsoft's emulator of Azure Storage, where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ACCOUNT = "devstoreaccount1"
# Azurite's own published key: it opens nothing but an emulator.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_LOCAL = Path(__file__).parents[2] / ".tmp" / "azurite" / "node_modules" / ".bin" / "azurite"


def executable() -> str:
    """Where Azurite is; skips the test where it isn't."""
    named = os.environ.get("DOCPLATFORM_TEST_AZURITE")
    found = named or (str(_LOCAL) if _LOCAL.exists() else shutil.which("azurite"))
    if not found:
        pytest.skip(
            "Azurite is not installed: npm install --prefix .tmp/azurite azurite@3.37.0, or name its executable in "
            "DOCPLATFORM_TEST_AZURITE"
        )
    return found


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The Blob endpoint of an Azurite that keeps its data in ``folder``."""
    ports = [_free_port() for _ in range(3)]
    flags = [
        part
        for service, port in zip(("blob", "queue", "table"), ports, strict=True)
        for part in (f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port))
    ]
    command = [
        executable(),
        *flags,
        "--location",
        str(folder),
        "--disableTelemetry",
        "--skipApiVersionCheck",
        "--silent",
    ]
    with (folder / "azurite.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(ports[0], process, folder / "azurite.log")
        yield f"http://127.0.0.1:{ports[0]}/{ACCOUNT}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Azurite did not start: {log.read_text()}")
