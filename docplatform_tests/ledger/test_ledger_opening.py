"""Opening a ledger."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from docplatform.errors import ConfigurationError, TransientError
from docplatform.ledger import database
from docplatform.ledger.ledger import Ledger
from docplatform_tests.ledger.arrivals import arrival
from docplatform_tests.ledger.outcomes import on_sqlite


class TestOpening:
    @on_sqlite
    def test_sqlite_survives_power_cuts_and_lets_readers_in(self, ledger: Ledger) -> None:
        with ledger._engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 60_000

    def test_a_ledger_in_memory_works(self) -> None:
        ledger = Ledger.open("sqlite://")
        ledger.record([arrival("a")])
        assert ledger.last_seq() == 1
        ledger.close()

    @pytest.mark.parametrize("address", ["no url", "nosuchdb://x", "postgresql+nosuchdriver://x/y", "mysql://h:port/x"])
    def test_a_wrong_url_is_a_matter_of_settings(self, address: str) -> None:
        with pytest.raises(ConfigurationError, match="DOCPLATFORM_LEDGER_URL"):
            Ledger.open(address)

    @pytest.mark.parametrize("driver", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_a_missing_driver_is_named_with_the_extra_that_brings_it(
        self, driver: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(ConfigurationError, match=r"psycopg.*pip install 'docplatform\[postgres\]'") as caught:
            Ledger.open(f"{driver}://me:hunter2@db.example/docplatform")
        assert "hunter2" not in str(caught.value)

    def test_another_databases_missing_driver_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "MySQLdb", None)
        with pytest.raises(ConfigurationError, match=r"MySQLdb.*Install the driver of mysql"):
            Ledger.open("mysql://db.example/docplatform")

    @pytest.mark.parametrize(
        ("address", "advice"),
        [
            ("postgresql://me:hun@ter2@db.example/docplatform", "'%40'"),
            ("postgresql://me:hunter2@db.example:port/docplatform", "Give an SQLAlchemy URL"),
            ("me:hunter2@db.example", "Give an SQLAlchemy URL"),
        ],
    )
    def test_a_url_that_cannot_be_read_is_not_told_for_it_may_hold_a_password(self, address: str, advice: str) -> None:
        with pytest.raises(ConfigurationError, match=advice) as caught:
            Ledger.open(address)
        assert "ter2" not in "".join(traceback.format_exception(caught.value)).replace(address, "")

    def test_a_folder_that_is_not_there_is_a_matter_of_settings(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="folder exists"):
            Ledger.open(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.db'}")

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "ledger.db").write_bytes(b"this is not a database" * 100)
        with pytest.raises(ConfigurationError, match="not a ledger"):
            Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")

    def test_a_writer_that_keeps_others_out_is_transient(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "BUSY_SECONDS", 0)
        first, second = Ledger.open(url), Ledger.open(url)
        with database.writing(first._engine), pytest.raises(TransientError, match="busy"):
            second.record([arrival("a")])
        assert second.arrival_counts().total == 0
        second.record([arrival("a")])
        for ledger in (first, second):
            ledger.close()

    def test_a_switch_to_wal_waits_for_its_turn_and_gives_up_in_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import sqlite3

        class Cursor:
            def __init__(self, refusals: int, problem: str = "database is locked") -> None:
                self.refusals, self.problem = refusals, problem

            def execute(self, _: str) -> None:
                if self.refusals:
                    self.refusals -= 1
                    raise sqlite3.OperationalError(self.problem)

        waiting = Cursor(refusals=2)
        database._switch_to_wal(waiting)
        assert waiting.refusals == 0
        with pytest.raises(sqlite3.OperationalError, match="disk I/O"):
            database._switch_to_wal(Cursor(1, "disk I/O error"))
        monkeypatch.setattr(database, "BUSY_SECONDS", 0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            database._switch_to_wal(Cursor(10**9))

    def test_two_that_write_the_same_key_at_once_may_try_again(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", lake_partition="x")])
        with pytest.raises(TransientError, match="wrote the same"), database.writing(ledger._engine) as connection:
            connection.exec_driver_sql("INSERT INTO lake_partitions VALUES ('x')")

    def test_a_password_never_stands_in_an_error(self, tmp_path: Path) -> None:
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'x'}").execution_options()
        secret = engine.url.set(username="me", password="hunter2")
        engine.url = secret
        with pytest.raises(TransientError) as caught, database._translated(engine):
            raise sa.exc.OperationalError("select 1", {}, Exception("gone"))
        assert "hunter2" not in str(caught.value)

    def test_utc_is_said_again_where_the_database_keeps_a_zone(self) -> None:
        from docplatform.ledger.schema import UtcDateTime

        kind = UtcDateTime()
        dialect = sa.create_engine("sqlite://").dialect
        cairo = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
        assert kind.process_result_value(cairo, dialect) == datetime(2026, 1, 1, tzinfo=UTC)
        assert kind.process_result_value(None, dialect) is None
        assert kind.process_bind_param(None, dialect) is None
