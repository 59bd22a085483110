"""Opening the ledger's database: SQLite made safe, the schema made once, SQL's errors in our words.

Belongs here: engines, pragmas, locks, error translation. Doesn't: queries (``ledger``), tables (``schema``).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from docplatform.errors import ConfigurationError, TransientError
from docplatform.ledger.schema import ARRIVALS, METADATA

BUSY_SECONDS = 60
"""How long a writer waits for another one. A commit takes about 13 ms, so this is thousands of writers' turns."""

_SCHEMA_LOCK = 0x646F6370
"""Key of the PostgreSQL advisory lock that lets one process make the schema."""

_WRITES = "docplatform_writes"


def open_engine(url: str) -> sa.Engine:
    """An engine with the schema in place, made once however many processes open it at the same time.

    Raises:
        ConfigurationError: the URL is wrong, its driver isn't installed, or the database refuses us.
        TransientError: the database can't be reached or is busy.
    """
    try:
        parsed = sa.make_url(url)
        engine = sa.create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite", **_pool_options(parsed))
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(
            f"DOCPLATFORM_LEDGER_URL is not a database URL that can be opened here ({error}). Give an SQLAlchemy URL, "
            "such as sqlite:////home/me/ledger.db, and install its driver."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    with writing(engine) as connection:
        METADATA.create_all(connection)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads: it waits for nobody."""
    with _translated(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes, alone: others wait. Committed at the end.

    One writer at a time makes ``seq`` grow in the order of commits, on which every cursor over it relies.
    """
    with (
        _translated(engine),
        engine.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        yield connection


def _pool_options(url: sa.URL) -> dict[str, Any]:
    """One shared connection for a database in memory: each connection would otherwise have its own."""
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        return {"poolclass": sa.pool.StaticPool, "connect_args": {"check_same_thread": False}}
    return {}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Wait for other writers, survive power cuts, let readers and a writer work side by side."""
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    """The switch needs the database alone and fails at once where it isn't, whatever the busy timeout: ask again."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once where a transaction will write: upgrading a read lock fails under contention."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated(engine: sa.Engine) -> Iterator[None]:
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except exc.IntegrityError as error:
        raise TransientError(f"Another process wrote the same to the ledger at {where}: {error.orig}") from error
    except exc.OperationalError as error:
        problem = str(error.orig)
        if any(word in problem for word in ("unable to open", "readonly", "authentication", "does not exist")):
            raise ConfigurationError(
                f"The ledger at {where} can't be used: {problem}. Check DOCPLATFORM_LEDGER_URL, that the database or "
                "folder exists, and that this user may write there."
            ) from error
        raise TransientError(f"The ledger at {where} is busy or can't be reached: {problem}") from error
    except exc.DatabaseError as error:
        raise ConfigurationError(
            f"The ledger at {where} is not a ledger this version can use: {error.orig}. It holds the table "
            f"{ARRIVALS.name!r}, made by docplatform; choose another with DOCPLATFORM_LEDGER_URL."
        ) from error
