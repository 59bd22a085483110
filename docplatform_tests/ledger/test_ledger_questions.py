"""What the ledger is asked: documents by name, exports, counts, cursors, lake partitions."""

from __future__ import annotations

import pytest

from docplatform.errors import ReasonCode
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import ArrivalCounts
from docplatform_tests.ledger.arrivals import arrival
from docplatform_tests.ledger.outcomes import on_sqlite


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
