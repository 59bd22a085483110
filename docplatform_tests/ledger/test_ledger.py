"""Recording arrivals: outcomes, documents, what is judged anew or erased."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta, timezone

import pytest

from docplatform.errors import ReasonCode
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Arrival, ArrivalCounts, Outcome, document_id_for
from docplatform_tests.ledger.arrivals import ARRIVED, arrival
from docplatform_tests.ledger.outcomes import outcomes

LANDED, DUPLICATE, QUARANTINED = Outcome.LANDED, Outcome.DUPLICATE, Outcome.QUARANTINED


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


class TestErasing:
    def test_a_document_is_gone_with_all_its_arrivals_and_comes_again_as_a_new_one(self, ledger: Ledger) -> None:
        ledger.record([arrival("a", "x"), arrival("b", "x"), arrival("c", "y")])
        document_id = arrival("a", "x").document_id
        for _ in range(2):
            ledger.erase(document_id)
            assert ledger.document(document_id) is None
            assert ledger.arrivals_of([document_id]) == []
            assert ledger.arrival_counts().total == 1
        assert outcomes(ledger, arrival("d", "x")) == [(LANDED, True)]

    def test_what_arrived_within_a_document_is_told(self, ledger: Ledger) -> None:
        outer, inner = arrival("a", "x"), arrival("b", "y")
        ledger.record([outer, replace(inner, parent_document_id=outer.document_id), arrival("c", "z")])
        assert [member.document_id for member in ledger.members(outer.document_id)] == [inner.document_id]
