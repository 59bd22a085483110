"""What only PostgreSQL does. The rest of this room's tests run on it too, see ``conftest``."""

from __future__ import annotations

import socket

import pytest
import sqlalchemy as sa

from docplatform.errors import ConfigurationError, TransientError
from docplatform.ledger import database
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Outcome
from docplatform_tests.ledger.arrivals import arrival
from docplatform_tests.ledger.postgresql import Server

pytestmark = [pytest.mark.integration, pytest.mark.parametrize("url", ["postgresql"], indirect=True)]


@pytest.fixture
def server_and_name(server: Server, url: str) -> tuple[Server, str]:
    return server, str(sa.make_url(url).database)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT lake_partition, seq FROM documents WHERE routable IS true AND seq > 5 ORDER BY seq LIMIT 10",
        "SELECT * FROM documents WHERE lake_partition = 'x' AND routable IS true ORDER BY seq",
        "SELECT * FROM documents WHERE document_id = 'x'",
        "SELECT * FROM documents WHERE routable IS false AND seq > 5 ORDER BY seq LIMIT 10",
        "SELECT * FROM arrivals WHERE exported IS false ORDER BY seq LIMIT 10",
        "SELECT * FROM arrivals WHERE arrival_id = 'x'",
        "SELECT * FROM arrivals WHERE customer = 'x' AND lookup_name IN ('x', 'y')",
        "SELECT * FROM arrivals WHERE customer = 'x' AND lookup_base_name IN ('x', 'y')",
        "SELECT outcome, count(*) FROM arrivals WHERE parent_document_id IS NULL GROUP BY outcome",
    ],
)
def test_every_lookup_has_its_index_and_sorts_nothing(ledger: Ledger, query: str) -> None:
    with ledger._engine.connect() as connection:
        # An empty table is read whole whatever its indexes: ask what can be done, not what is cheapest now.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {query}").scalars())
    assert "Index" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


def test_a_writer_sees_what_those_before_it_wrote_whatever_the_databases_default(
    server_and_name: tuple[Server, str], url: str
) -> None:
    server, name = server_and_name
    server.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    ledger = Ledger.open(url)
    with database.writing(ledger._engine) as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    ledger.close()


def test_a_writer_whose_host_is_gone_is_ended_so_that_others_go_on(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, other = Ledger.open(url), Ledger.open(url)
    monkeypatch.setattr(database, "ABANDONED_SECONDS", 0.2)

    def write_too_late() -> None:
        with database.writing(gone._engine) as connection:
            assert other.record([arrival("a")])[0].outcome is Outcome.LANDED  # waits until the first is ended
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(TransientError, match="idle"):
        write_too_late()
    for ledger in (gone, other):
        assert ledger.arrival_counts().total == 1
        ledger.close()


def test_a_connection_cut_between_two_calls_is_made_anew_and_one_cut_within_may_be_tried_again(
    server_and_name: tuple[Server, str], ledger: Ledger
) -> None:
    server, name = server_and_name
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - our name
    ledger.record([arrival("a")])
    server.execute(cut)
    assert ledger.last_seq() == 1

    def write_while_cut() -> None:
        with database.writing(ledger._engine) as connection:
            server.execute(cut)
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(TransientError, match="terminating connection"):
        write_while_cut()
    assert ledger.last_seq() == 1


def test_postgresql_alone_means_the_driver_of_the_extra(url: str) -> None:
    ledger = Ledger.open(url.replace("postgresql+psycopg://", "postgresql://"))
    assert ledger._engine.dialect.driver == "psycopg"
    ledger.close()


class TestRefusals:
    """Each tells what to do, none the password."""

    def refused(self, kind: type[Exception], url: str, problem: str, password: str) -> None:
        with pytest.raises(kind, match=problem) as caught:
            Ledger.open(url)
        assert password not in str(caught.value)
        assert password not in str(caught.value.__cause__ or "")

    def test_a_wrong_password(self, server: Server, url: str) -> None:
        self.refused(ConfigurationError, server.url(password="hunter2"), "authentication failed", "hunter2")

    def test_no_password(self, server: Server, url: str) -> None:
        self.refused(ConfigurationError, server.url(password=None), "no password supplied", server.password)

    def test_a_password_among_the_options(self, server: Server, url: str) -> None:
        query = {"host": str(server.folder), "password": "hunter2"}
        wrong = server.url(password=None, query=query)
        self.refused(ConfigurationError, wrong, "authentication failed", "hunter2")

    def test_no_such_database(self, server: Server, url: str) -> None:
        self.refused(ConfigurationError, server.url("nowhere"), "does not exist.*database or folder", server.password)

    def test_an_option_that_is_none(self, server: Server, url: str) -> None:
        wrong = server.url(query={"host": str(server.folder), "speed": "high"})
        self.refused(ConfigurationError, wrong, 'option "speed".*Check DOCPLATFORM_LEDGER_URL', server.password)

    def test_a_user_who_may_not_make_tables(self, server_and_name: tuple[Server, str]) -> None:
        server, name = server_and_name
        role = f"reader_{name}"
        server.execute(
            f"CREATE ROLE {role} LOGIN PASSWORD 'hunter2'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=name
        )
        wrong = server.url(name, username=role, password="hunter2")
        self.refused(ConfigurationError, wrong, "permission denied.*may write there", "hunter2")

    def test_a_database_that_is_read_only(self, server_and_name: tuple[Server, str]) -> None:
        server, name = server_and_name
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        self.refused(ConfigurationError, server.url(name), "read-only.*may write there", server.password)

    def test_a_database_that_cannot_hold_every_name(self, server: Server, url: str) -> None:
        for encoding in ("SQL_ASCII", "LATIN1"):
            with server.database(f"ENCODING '{encoding}' TEMPLATE template0") as narrow:
                self.refused(ConfigurationError, narrow, f"{encoding}.*ENCODING 'UTF8'", server.password)

    def test_tables_that_are_another_programs(self, server_and_name: tuple[Server, str]) -> None:
        server, name = server_and_name
        server.execute("CREATE TABLE documents (id int)", database=name)
        ledger = Ledger.open(server.url(name))
        with pytest.raises(ConfigurationError, match="not a ledger") as caught:
            ledger.last_seq()
        assert server.password not in str(caught.value)
        ledger.close()

    def test_nobody_at_the_door_may_come_back(self, server: Server, url: str) -> None:
        with socket.socket() as bound:  # and not listening
            bound.bind(("127.0.0.1", 0))
            closed = server.url(host="127.0.0.1", port=bound.getsockname()[1], query={})
            self.refused(TransientError, closed, "can't be reached.*refused", server.password)
        absent = server.url(query={"host": str(server.folder / "absent")})
        self.refused(TransientError, absent, "can't be reached", server.password)

    def test_a_server_that_is_full_may_have_room_later(self, server_and_name: tuple[Server, str]) -> None:
        server, name = server_and_name
        role = f"guest_{name}"
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 0")
        full = server.url(name, username=role, password="hunter2")
        self.refused(TransientError, full, "too many connections", "hunter2")
