"""Opening the ledger's database: SQLite and PostgreSQL made safe, the schema made once, SQL's errors in our words.

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

from docplatform.errors import ConfigurationError, DocPlatformError, TransientError
from docplatform.ledger.schema import ARRIVALS, METADATA

BUSY_SECONDS = 60
"""How long a writer waits for another one. A commit takes about 13 ms, so this is thousands of writers' turns."""

ABANDONED_SECONDS = 30
"""How long a writer on PostgreSQL may hold others up between two statements before its host is taken for gone."""

_WRITE_LOCK = 0x646F6370
"""Key of the PostgreSQL advisory lock that lets one process write at a time, or make the schema."""

_WRITES = "docplatform_writes"

_LIBPQ = ("postgresql+psycopg", "postgresql+psycopg2")

_EXAMPLES = (
    "Give an SQLAlchemy URL, such as sqlite:////home/me/ledger.db or postgresql://user:password@host/docplatform."
)

_REFUSALS = frozenset(
    {
        "25006",  # read-only: a standby
        "28000",  # no entry in pg_hba.conf
        "28P01",  # wrong password
        "3D000",  # no such database
        "3F000",  # no schema to make tables in
        "42501",  # not allowed
    }
)
"""SQLSTATEs of a server that won't have us, see https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_ABANDONED = "25P03"
"""SQLSTATE of a writer that the server gave up, see ``ABANDONED_SECONDS``."""

_REFUSING_WORDS = (
    "unable to open",
    "readonly",
    "authentication",
    "does not exist",
    "no password supplied",
    "no pg_hba.conf entry",
    "not permitted to log in",
    "permission denied",
    "invalid connection option",
)


def open_engine(url: str) -> sa.Engine:
    """An engine with the schema in place, made once however many processes open it at the same time.

    ``postgresql://`` means ``postgresql+psycopg://``, the driver of the extra ``postgres``.

    Raises:
        ConfigurationError: the URL is wrong, its driver isn't installed, or the database refuses us.
        TransientError: the database can't be reached or is busy.
    """
    engine = _engine(_parsed(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    if engine.dialect.name == "postgresql":
        _check_encoding(engine)
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
            _begin_postgresql(connection)
        yield connection


def _parsed(url: str) -> sa.URL:
    """Whatever is wrong, the URL itself isn't told: it may hold a password that can't be told from the rest."""
    try:
        parsed = sa.make_url(url)
    except (exc.ArgumentError, ValueError):  # ValueError: the port is no number
        raise ConfigurationError(f"DOCPLATFORM_LEDGER_URL is not a database URL. {_EXAMPLES}") from None
    if parsed.get_backend_name() == "sqlite":
        return parsed
    if url.count("@") > 1:
        raise ConfigurationError(
            "DOCPLATFORM_LEDGER_URL has more than one '@'. Write those in the user's name or password as '%40'."
        )
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgresql", "postgres") else parsed


def _engine(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, **_options(url))
    except exc.NoSuchModuleError as error:
        raise ConfigurationError(
            f"DOCPLATFORM_LEDGER_URL names a database that is not known here ({error}). {_EXAMPLES}"
        ) from error
    except ImportError as error:
        advice = f"Install the driver of {url.drivername}."
        if url.get_backend_name() == "postgresql":
            advice = "Install it with: pip install 'docplatform[postgres]', and let the URL begin with postgresql://."
        raise ConfigurationError(
            f"DOCPLATFORM_LEDGER_URL needs a database driver that can't be loaded ({error}). {advice}"
        ) from error


def _options(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() != "sqlite":
        # Waiting for its turn, a writer must then see what those before it wrote, whatever the database's default.
        options: dict[str, Any] = {"pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
        if url.drivername in _LIBPQ:
            # A database or PGCLIENTENCODING may say otherwise; some answers then come as bytes.
            options["connect_args"] = {"client_encoding": "utf8"}
        return options
    if url.database in (None, "", ":memory:"):
        # One shared connection for a database in memory: each connection would otherwise have its own.
        return {"poolclass": sa.pool.StaticPool, "connect_args": {"check_same_thread": False}}
    return {}


def _check_encoding(engine: sa.Engine) -> None:
    """Names come in every script."""
    with reading(engine) as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise ConfigurationError(
            f"The ledger's database at {_where(engine)} is encoded in {encoding}, which can't hold every name. Make "
            "one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )


def _begin_postgresql(connection: sa.Connection) -> None:
    """Wait for other writers, though not for ever; let the server end a writer whose host is gone."""
    limits = {"lock_timeout": BUSY_SECONDS, "idle_in_transaction_session_timeout": ABANDONED_SECONDS}
    settings = (sa.func.set_config(name, f"{max(1, round(limit * 1000))}ms", True) for name, limit in limits.items())
    connection.execute(sa.select(*settings))  # 0 would mean for ever
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITE_LOCK)))


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
    try:
        yield
    except exc.DatabaseError as error:
        raise _in_our_words(error, _where(engine)) from error


def _in_our_words(error: exc.DatabaseError, where: str) -> DocPlatformError:
    problem = " ".join(str(error.orig).split())  # PostgreSQL's go over several lines
    if isinstance(error, exc.IntegrityError):
        return TransientError(f"Another process wrote the same to the ledger at {where}: {problem}")
    if _is_refusal(error):
        return ConfigurationError(
            f"The ledger at {where} can't be used: {problem}. Check DOCPLATFORM_LEDGER_URL, that the database or "
            "folder exists, and that this user may write there."
        )
    if isinstance(error, exc.OperationalError) or getattr(error.orig, "sqlstate", None) == _ABANDONED:
        return TransientError(f"The ledger at {where} is busy or can't be reached: {problem}")
    return ConfigurationError(
        f"The ledger at {where} is not a ledger this version can use: {problem}. It holds the table "
        f"{ARRIVALS.name!r}, made by docplatform; choose another with DOCPLATFORM_LEDGER_URL."
    )


def _is_refusal(error: exc.DatabaseError) -> bool:
    """By the SQLSTATE where there is one, by words where there is none: SQLite, and servers that let nobody in."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _REFUSALS
    return any(word in str(error.orig).lower() for word in _REFUSING_WORDS)


def _where(engine: sa.Engine) -> str:
    """The URL without its secrets: libpq takes passwords among a URL's options too."""
    return engine.url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)
