"""A PostgreSQL server of our own, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

USER = "docplatform"
_PLACES = "/usr/lib/postgresql/*/bin"  # of Debian, which puts no server program on PATH


@dataclass(frozen=True)
class Server:
    """A server that listens on a Unix socket in ``folder`` and asks for the password."""

    folder: Path
    password: str
    pid: int

    def url(self, database: str = "postgres", **parts: Any) -> str:
        """Of a database on this server, parts of it (SQLAlchemy's names) replaced."""
        usual = {"username": USER, "password": self.password, "query": {"host": str(self.folder)}}
        url = sa.URL.create("postgresql+psycopg", database=database, **usual | parts)
        return url.render_as_string(hide_password=False)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        engine = sa.create_engine(self.url(database), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """The URL of a new database, dropped at the end."""
        name = f"ledger_{secrets.token_hex(8)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def programs() -> Path:
    """The folder of ``initdb`` and ``postgres``; skips the test where they aren't."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else Path("/").glob(_PLACES.lstrip("/"))
    complete = [place for place in places if (place / "initdb").exists() and (place / "postgres").exists()]
    if not complete:
        pytest.skip(f"PostgreSQL's server programs are neither on PATH nor in {_PLACES}: apt-get install postgresql")
    return max(complete, key=lambda place: [int(number) for number in re.findall(r"\d+", str(place))])


@contextmanager
def running() -> Iterator[Server]:
    """A server with an empty cluster of its own, gone at the end."""
    pytest.importorskip("psycopg", reason="the postgres extra is not installed")
    bin_folder = programs()
    # Not below pytest's folders: those are closed to the user PostgreSQL runs as, and too deep for a socket's path.
    folder = Path(tempfile.mkdtemp(prefix="docplatform-pg-"))
    try:
        with _served(bin_folder, folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _served(bin_folder: Path, folder: Path) -> Iterator[Server]:
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    who = _unprivileged(folder)
    subprocess.run(
        [
            bin_folder / "initdb",
            *("--pgdata", folder / "data", "--username", USER, "--pwfile", folder / "password"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
        ],
        **who,
        check=True,
        capture_output=True,
    )
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                bin_folder / "postgres",
                *("-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"),
            ],
            **who,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(folder, password, process.pid)
    try:
        _wait_for(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # a "fast" shutdown: open sessions are ended
        process.wait(timeout=60)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to run PostgreSQL, which refuses to be root; ``folder`` is given to the user it then runs as."""
    how: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
    if os.geteuid() != 0:
        return how
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    for path in (folder, folder / "password"):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return how | {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.execute("SELECT 1")
        except sa.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
