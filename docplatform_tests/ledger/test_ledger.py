from __future__ import annotations

import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from docplatform.errors import ConfigurationError, ReasonCode, TransientError
from docplatform.ledger import database
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Arrival, ArrivalCounts, Outcome, document_id_for
from docplatform_tests.ledger.arrivals import ARRIVED, arrival

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

LANDED, DUPLICATE, QUARANTINED = Outcome.LANDED, Outcome.DUPLICATE, Outcome.QUARANTINED


def outcomes(ledger: Ledger, *arrivals: Arrival) -> list[tuple[Outcome, bool]]:
    return [(done.outcome, done.is_new) for done in ledger.record(arrivals)]


class TestRecording:
    @pytest.mark.parametrize(
        ("arrivals", "expected"),
        [
            pytest.param([arrival("a"), arrival("b")], [LANDED, LANDED], id="distinct contents land"),
            pytest.param([arrival("a", "x"), arrival("b", "x")], [LANDED, DUPLICATE], id="same content in one call"),
            pytest.param(
                [arrival("a", "x"), arrival("b", "x", customer="other")],
                [LANDED, LANDED],
                id="customers' documents are their own",
            ),
            pytest.param(
                [arrival("a", reason=ReasonCode.EMPTY), arrival("b")], [QUARANTINED, LANDED], id="a reason quarantines"
            ),
            pytest.param(
                [arrival("a", "x", reason=ReasonCode.EMPTY), arrival("b", "x", reason=ReasonCode.EMPTY)],
                [QUARANTINED, QUARANTINED],
                id="the same bad content is refused each time",
            ),
            pytest.param(
                [arrival("a", "x", reason=ReasonCode.TOO_LARGE), arrival("b", "x"), arrival("c", "x")],
                [QUARANTINED, LANDED, DUPLICATE],
                id="refused content lands once it is no longer refused",
            ),
            pytest.param([], [], id="nothing"),
        ],
    )
    def test_each_arrival_has_its_outcome(
        self, ledger: Ledger, arrivals: list[Arrival], expected: list[Outcome]
    ) -> None:
        recorded = ledger.record(arrivals)
        assert [done.outcome for done in recorded] == expected
        assert [done.arrival for done in recorded] == arrivals
        assert all(done.is_new for done in recorded)
        assert [done.seq for done in recorded] == sorted({done.seq for done in recorded})

    def test_recording_again_changes_nothing_and_says_so(self, ledger: Ledger) -> None:
        first = ledger.record([arrival("a"), arrival("b", "a")])
        again = ledger.record([arrival("b", "a"), arrival("c"), arrival("a", name="another name")])
        assert [(done.outcome, done.is_new) for done in again] == [(DUPLICATE, False), (LANDED, True), (LANDED, False)]
        assert [again[2].seq, again[0].seq] == [done.seq for done in first]
        assert again[2].arrival.name == "a.pdf"
        assert ledger.arrival_counts() == ArrivalCounts(landed=2, duplicate=1)

    def test_a_refused_document_that_lands_later_is_seen_by_sensors(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", "x", reason=ReasonCode.TOO_LARGE), arrival("other")])
        cursor = ledger.last_seq()
        assert ledger.lake_partitions_after(cursor, 10) == []
        ledger.record([arrival("b", "x", lake_partition="acme/pdf/2026-11-21")])
        assert [key for key, _ in ledger.lake_partitions_after(cursor, 10)] == ["acme/pdf/2026-11-21"]
        [document] = ledger.documents("acme/pdf/2026-11-21")
        assert document.reason is None
        assert ledger.quarantined_documents() == []
        assert len(ledger.documents_after(0, 10)) == 2

    def test_an_id_twice_in_one_call_is_recorded_once(self, ledger: Ledger) -> None:
        assert outcomes(ledger, arrival("a"), arrival("b"), arrival("a")) == [
            (LANDED, True),
            (LANDED, True),
            (LANDED, False),
        ]
        assert ledger.arrival_counts().total == 2

    def test_a_call_is_entered_whole_or_not_at_all(self, ledger: Ledger) -> None:
        broken = arrival("b", arrived_at=datetime(2026, 11, 20))  # noqa: DTZ001 - the zone is missing on purpose
        with pytest.raises(Exception, match="no time zone"):
            ledger.record([arrival("a"), broken])
        assert ledger.arrival_counts().total == 0
        assert ledger.lake_partitions() == []

    def test_more_than_one_in_list_of_arrivals_goes_in_and_comes_back_in_order(self, ledger: Ledger) -> None:
        many = [arrival(f"a{n}") for n in range(1_300)]
        assert [done.arrival for done in ledger.record(many)] == many
        assert not any(done.is_new for done in ledger.record(many))
        assert [document.name for document in ledger.documents("acme/pdf/2026-11-20")] == [each.name for each in many]

    def test_times_are_the_same_instant_in_utc_out(self, ledger: Ledger) -> None:
        cairo = timezone(timedelta(hours=2))
        ledger.record([arrival("a", arrived_at=ARRIVED.astimezone(cairo))])
        (document,) = ledger.documents("acme/pdf/2026-11-20")
        assert document.arrived_at == ARRIVED
        assert document.arrived_at.utcoffset() == timedelta(0)


class TestTextThatCannotBeKept:
    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            pytest.param({"name": "a\0.pdf"}, "its name holds NUL", id="NUL, which PostgreSQL refuses"),
            pytest.param({"name": "a\udcff.pdf"}, "its name holds NUL or half", id="a byte that was no UTF-8"),
            pytest.param({"message": "broken at \ud800"}, "its message holds", id="half of a surrogate pair"),
            pytest.param({"source_uri": "file:///\0"}, "its source_uri holds", id="any text"),
            pytest.param({"customer": "c" * 64}, "its customer has 64 characters, the ledger keeps 63", id="too long"),
        ],
    )
    def test_is_refused_by_every_database_alike_and_nothing_is_entered(
        self, ledger: Ledger, values: dict[str, str], problem: str
    ) -> None:
        with pytest.raises(ValueError, match=problem):
            ledger.record([arrival("good"), arrival("bad", **values)])
        assert ledger.arrival_counts().total == 0

    def test_means_no_document(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", name="a.pdf")])
        assert list(ledger.find_documents("acme", ["a.pdf", "a\0.pdf", "\ud800"])) == ["a.pdf"]

    @pytest.mark.parametrize(("name", "value"), [("imap\0", "1"), ("imap", "\0"), ("n" * 256, "1")])
    def test_is_no_cursor(self, ledger: Ledger, name: str, value: str) -> None:
        with pytest.raises(ValueError, match="The cursor"):
            ledger.set_cursor(name, value)


class TestDocuments:
    def test_a_document_keeps_what_its_first_arrival_said(self, ledger: Ledger) -> None:
        first = arrival("a", "x", parent_document_id="parent")
        ledger.record([first, arrival("b", "x", name="later")])
        document = ledger.document(first.document_id)
        assert document is not None
        shared = {name: value for name, value in asdict(first).items() if name != "arrival_id"}
        assert asdict(document) == {"seq": 1, "document_id": document_id_for("acme", first.sha256), **shared}
        assert ledger.document("unknown") is None

    def test_documents_of_a_partition_are_those_that_go_on(self, ledger: Ledger) -> None:
        ledger.record(
            [
                arrival("good"),
                arrival("bad", reason=ReasonCode.CORRUPT, message="broken at byte 7"),
                arrival("elsewhere", lake_partition="acme/png/2026-11-20"),
            ]
        )
        assert [each.name for each in ledger.documents("acme/pdf/2026-11-20")] == ["good.pdf"]
        (bad,) = ledger.quarantined_documents()
        assert (bad.reason, bad.message) == (ReasonCode.CORRUPT, "broken at byte 7")
        assert [each.name for each in ledger.documents_after(1, 10)] == ["bad.pdf", "elsewhere.pdf"]
        assert [each.name for each in ledger.documents_after(0, 1)] == ["good.pdf"]
        assert ledger.quarantined_documents(after_seq=bad.seq) == []
        assert ledger.last_seq() == 3

    def test_an_empty_ledger_has_nothing(self, ledger: Ledger) -> None:
        assert ledger.last_seq() == 0
        assert ledger.lake_partitions() == []
        assert ledger.lake_partitions_after(0, 10) == []
        assert ledger.unexported(10) == []
        assert ledger.arrival_counts().total == 0


class TestLakePartitions:
    def test_partitions_are_those_with_a_document_that_goes_on(self, ledger: Ledger) -> None:
        ledger.record([arrival("b", lake_partition="b"), arrival("a", lake_partition="a")])
        ledger.record([arrival("c", lake_partition="a"), arrival("x", lake_partition="x", reason=ReasonCode.BOMB)])
        assert ledger.lake_partitions() == ["a", "b"]

    def test_a_tail_tells_each_partitions_greatest_seq_in_order(self, ledger: Ledger) -> None:
        ledger.record([arrival(f"{n}", lake_partition="abac"[n]) for n in range(4)])
        assert ledger.lake_partitions_after(0, 10) == [("b", 2), ("a", 3), ("c", 4)]
        assert ledger.lake_partitions_after(3, 10) == [("c", 4)]
        assert ledger.lake_partitions_after(4, 10) == []

    def test_a_limited_tail_looks_at_routable_documents_only_and_misses_none(self, ledger: Ledger) -> None:
        ledger.record([arrival(f"bad{n}", reason=ReasonCode.EMPTY) for n in range(5)])
        ledger.record([arrival(f"{n}", lake_partition=f"p{n % 7}") for n in range(30)])
        cursor, found = 0, []
        while tail := ledger.lake_partitions_after(cursor, 4):
            found += [key for key, _ in tail]
            cursor = tail[0][1]  # the least a caller may advance to: everything else comes again
        assert set(found) == {f"p{n}" for n in range(7)}
        assert cursor == ledger.last_seq()

    @on_sqlite
    @pytest.mark.parametrize(
        "query",
        [
            "SELECT lake_partition, seq FROM documents WHERE routable = 1 AND seq > 5 ORDER BY seq LIMIT 10",
            "SELECT * FROM documents WHERE lake_partition = 'x' AND routable = 1 ORDER BY seq",
            "SELECT * FROM documents WHERE document_id = 'x'",
            "SELECT * FROM documents WHERE routable = 0 AND seq > 5 ORDER BY seq LIMIT 10",
            "SELECT * FROM arrivals WHERE exported = 0 ORDER BY seq LIMIT 10",
            "SELECT * FROM arrivals WHERE arrival_id = 'x'",
            "SELECT outcome, count(*) FROM arrivals WHERE parent_document_id IS NULL GROUP BY outcome",
        ],
    )
    def test_every_lookup_has_its_index_and_sorts_nothing(self, ledger: Ledger, query: str) -> None:
        with ledger._engine.connect() as connection:
            steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        assert all("USING" in step and "INDEX" in step for step in steps), steps


class TestFindingDocumentsByName:
    @pytest.mark.parametrize(
        ("arrived", "asked", "expected"),
        [
            pytest.param([("a", "x/a.pdf")], "x/a.pdf", "a", id="whole name"),
            pytest.param([("a", "x/a.pdf")], "a.pdf", "a", id="base name"),
            pytest.param([("a", "a.pdf")], "container/a.pdf", "a", id="base of a name with folders nobody sent"),
            pytest.param([("a", "x/a.pdf"), ("b", "y/a.pdf")], "a.pdf", None, id="base name of two names"),
            pytest.param([("a", "x/a.pdf"), ("b", "a.pdf")], "a.pdf", "b", id="whole name goes first"),
            pytest.param([("a", "a.pdf"), ("b", "a.pdf")], "a.pdf", "b", id="newest content of a name"),
            pytest.param([("a", "x/a.pdf"), ("b", "x/a.pdf")], "a.pdf", "b", id="newest content of a base name"),
            pytest.param([("a", "a.pdf"), ("b", "a.pdf"), ("a", "a.pdf")], "a.pdf", "a", id="duplicate is newest"),
            pytest.param([("a", "first.pdf"), ("a", "second.pdf")], "second.pdf", "a", id="name of a duplicate"),
            pytest.param([("a", "a.pdf")], "A.pdf", None, id="case counts"),
            pytest.param([("a", "caf\u0065\u0301.pdf")], "caf\u00e9.pdf", "a", id="NFD as macOS writes it"),
            pytest.param([("a", "x\\a.pdf")], "x/a.pdf", "a", id="folders as Windows writes them"),
            pytest.param([("a", "a.pdf")], "b.pdf", None, id="unknown"),
        ],
    )
    def test_a_name_means(
        self, ledger: Ledger, arrived: list[tuple[str, str]], asked: str, expected: str | None
    ) -> None:
        ledger.record([arrival(f"{n}", content, name=name) for n, (content, name) in enumerate(arrived)])
        found = ledger.find_documents("acme", [asked])
        wanted = {} if expected is None else {asked: arrival("", expected).document_id}
        assert {name: document.document_id for name, document in found.items()} == wanted

    def test_other_customers_documents_are_not_meant(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", customer="other", name="a.pdf")])
        assert ledger.find_documents("acme", ["a.pdf"]) == {}

    def test_names_too_long_for_an_index_are_found_whole_and_by_their_base(self, ledger: Ledger) -> None:
        # not compressible: an index on the names themselves would fail on PostgreSQL
        noise = "".join(chr(0x4E00 + (n * n * 7919 + n * 104_729) % 20_000) for n in range(4_000))
        names = {"one": f"f/{noise}1.pdf", "two": f"f/{noise}2.pdf", "three": f"{noise}/three.pdf"}
        ledger.record([arrival(each, name=name) for each, name in names.items()])
        asked = [*names.values(), f"{noise}1.pdf", "three.pdf", noise]
        found = {name: document.name for name, document in ledger.find_documents("acme", asked).items()}
        assert found == {
            **{name: name for name in names.values()},
            f"{noise}1.pdf": names["one"],
            "three.pdf": names["three"],
        }

    def test_a_thousand_names_at_once(self, ledger: Ledger) -> None:
        ledger.record([arrival(f"{n}", name=f"f/{n}.pdf") for n in range(1_200)])
        found = ledger.find_documents("acme", [f"{n}.pdf" for n in range(1_200)])
        assert {name: document.name for name, document in found.items()} == {
            f"{n}.pdf": f"f/{n}.pdf" for n in range(1_200)
        }


class TestExport:
    def test_what_is_marked_does_not_come_again_the_rest_does_in_order(self, ledger: Ledger) -> None:
        ledger.record([arrival(f"{n}") for n in range(6)])
        assert [each.arrival.arrival_id for each in ledger.unexported(4)] == ["0", "1", "2", "3"]
        ledger.mark_exported(["1", "0", "unknown"])
        assert [each.arrival.arrival_id for each in ledger.unexported(10)] == ["2", "3", "4", "5"]
        assert {each.is_new for each in ledger.unexported(10)} == {False}


class TestCounts:
    @pytest.mark.parametrize(
        ("members", "expected"),
        [
            (None, ArrivalCounts(landed=2, duplicate=1, quarantined=1)),
            (False, ArrivalCounts(landed=1, duplicate=1)),
            (True, ArrivalCounts(landed=1, quarantined=1)),
        ],
    )
    def test_counts_are_of_all_or_of_members_or_of_the_rest(
        self, ledger: Ledger, members: bool | None, expected: ArrivalCounts
    ) -> None:
        ledger.record(
            [
                arrival("mail"),
                arrival("mail again", "mail"),
                arrival("attachment", parent_document_id="mail"),
                arrival("bad attachment", parent_document_id="mail", reason=ReasonCode.ENCRYPTED),
            ]
        )
        assert ledger.arrival_counts(members=members) == expected


class TestCursors:
    def test_a_cursor_is_what_it_was_set_to_last(self, ledger: Ledger, url: str) -> None:
        assert ledger.cursor("imap") is None
        ledger.set_cursor("imap", "1")
        ledger.set_cursor("imap", "2")
        ledger.set_cursor("sftp", "")
        again = Ledger.open(url)
        assert (again.cursor("imap"), again.cursor("sftp")) == ("2", "")
        again.close()


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


class TestReadmitting:
    def test_a_refused_arrival_gets_its_new_outcome_in_place(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", reason=ReasonCode.BOMB, message="many"), arrival("b")])
        ledger.mark_exported(["a", "b"])
        (again,) = ledger.readmit([arrival("a", lake_partition="acme/zip/2026-11-20")])
        assert (again.outcome, again.is_new) == (Outcome.LANDED, True)
        assert ledger.arrival_counts().total == 2
        assert [found.arrival.arrival_id for found in ledger.unexported(10)] == ["a"]
        document = ledger.document(arrival("a").document_id)
        assert document is not None
        assert (document.reason, document.message) == (None, None)
        assert ledger.lake_partitions() == ["acme/pdf/2026-11-20", "acme/zip/2026-11-20"]

    def test_one_that_is_refused_again_says_what_is_wrong_now(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", reason=ReasonCode.BOMB, message="many")])
        (again,) = ledger.readmit([arrival("a", reason=ReasonCode.TOO_LARGE, message="large")])
        assert again.outcome is Outcome.QUARANTINED
        document = ledger.document(arrival("a").document_id)
        assert document is not None
        assert (document.reason, document.message) == (ReasonCode.TOO_LARGE, "large")

    def test_one_that_landed_stays_as_it_was(self, ledger: Ledger) -> None:
        ledger.record([arrival("a")])
        (again,) = ledger.readmit([arrival("a", reason=ReasonCode.BOMB)])
        assert (again.outcome, again.is_new) == (Outcome.LANDED, False)
        assert ledger.document(arrival("a").document_id).reason is None  # type: ignore[union-attr]

    def test_of_several_arrivals_of_one_document_one_lands(self, ledger: Ledger) -> None:
        refused = [arrival(key, "same", reason=ReasonCode.BOMB) for key in "ab"]
        ledger.record(refused)
        again = ledger.readmit([arrival(key, "same") for key in "ab"])
        assert [found.outcome for found in again] == [Outcome.LANDED, Outcome.DUPLICATE]

    def test_arrivals_of_documents_are_found(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", "same"), arrival("b", "same"), arrival("c")])
        found = ledger.arrivals_of([arrival("a", "same").document_id])
        assert [recorded.arrival.arrival_id for recorded in found] == ["a", "b"]
        assert ledger.arrivals_of([]) == []
