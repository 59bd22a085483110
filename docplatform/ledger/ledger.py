"""``Ledger``: recording arrivals and asking what there is.

Belongs here: every query. Doesn't: tables (``schema``), connections (``database``), the types (``records``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from docplatform.ledger.database import open_engine, reading, writing
from docplatform.ledger.names import check_arrival, check_storable, is_storable, lookup_keys
from docplatform.ledger.records import Arrival, ArrivalCounts, Document, Outcome, RecordedArrival
from docplatform.ledger.rows import (
    arrival_row,
    document_of_row,
    document_row,
    recorded_arrival,
    select_arrivals,
    select_documents,
)
from docplatform.ledger.schema import ARRIVALS, CURSORS, DOCUMENTS, LAKE_PARTITIONS

T = TypeVar("T")

IN_LIST = 500
"""Values in one IN list: every database takes so many."""


class Ledger:
    """The record of everything that arrived. One object serves many threads; each process opens its own."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use ``Ledger.open``."""
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Ledger:
        """Open the ledger at an SQLAlchemy URL, making its schema where missing.

        Raises:
            ConfigurationError: the URL is wrong, or the database refuses us.
            TransientError: the database can't be reached or is busy.
        """
        return cls(open_engine(url))

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def record(self, arrivals: Sequence[Arrival]) -> list[RecordedArrival]:
        """Enter arrivals, all or none, in their order; durable on return.

        One that was recorded before (same ``arrival_id``) comes back as it was, with ``is_new=False``. A new one is
        QUARANTINED where it has a reason, DUPLICATE where its document is known already and goes on, else LANDED: so
        content that was refused lands when it comes again and is no longer refused (a limit was raised). Of two
        processes that bring the same content at once, one lands it.

        Raises:
            ValueError: an arrival holds text that can't be kept, see ``names.check_storable``.
            TransientError: the database can't be reached or is busy.
        """
        return self._record(arrivals, readmit=False)

    def readmit(self, arrivals: Sequence[Arrival]) -> list[RecordedArrival]:
        """As ``record``, for arrivals that were quarantined and have been judged anew.

        Those that are QUARANTINED in the ledger get the outcome they would have now, in place: they are no further
        arrivals. They count as not exported then. All others come back as they were.
        """
        return self._record(arrivals, readmit=True)

    def _record(self, arrivals: Sequence[Arrival], *, readmit: bool) -> list[RecordedArrival]:
        for arrival in arrivals:
            check_arrival(arrival)
        with writing(self._engine) as connection:
            known = _recorded(connection, [arrival.arrival_id for arrival in arrivals])
            again = {key for key, found in known.items() if readmit and found.outcome is Outcome.QUARANTINED}
            known = {key: found for key, found in known.items() if key not in again}
            unknown: dict[str, Arrival] = {}
            for arrival in arrivals:
                if arrival.arrival_id not in known:
                    unknown.setdefault(arrival.arrival_id, arrival)
            new = list(unknown.values())
            outcomes = _enter(connection, new, again)
            seqs = _recorded(connection, [arrival.arrival_id for arrival in new])
        fresh = {
            a.arrival_id: RecordedArrival(seq=seqs[a.arrival_id].seq, arrival=a, outcome=outcome, is_new=True)
            for a, outcome in zip(new, outcomes, strict=True)
        }
        known |= seqs
        # Of several in this call with one id the first is the new one.
        return [fresh.pop(a.arrival_id, known[a.arrival_id]) for a in arrivals]

    def document(self, document_id: str) -> Document | None:
        """One document, None where there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(select_documents().where(DOCUMENTS.c.document_id == document_id)).first()
        return document_of_row(row) if row else None

    def arrivals_of(self, document_ids: Iterable[str]) -> list[RecordedArrival]:
        """Every arrival of these documents, oldest first. A pass over all arrivals: for rare questions."""
        with reading(self._engine) as connection:
            rows = [
                row
                for ids in _chunks(document_ids)
                for row in connection.execute(select_arrivals().where(ARRIVALS.c.document_id.in_(ids)))
            ]
        return sorted(map(recorded_arrival, rows), key=lambda recorded: recorded.seq)

    def members(self, document_id: str) -> list[Document]:
        """The documents that arrived within this one, oldest first. A pass over all arrivals: for rare questions."""
        arrived = sa.select(ARRIVALS.c.document_id).where(ARRIVALS.c.parent_document_id == document_id)
        return self._documents(DOCUMENTS.c.document_id.in_(arrived))

    def erase(self, document_id: str) -> None:
        """Delete a document and its arrivals, as if it had never come; the same bytes that come again are new.

        On SQLite what was deleted is overwritten in the file.
        """
        with writing(self._engine) as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            for table in (ARRIVALS, DOCUMENTS):
                connection.execute(sa.delete(table).where(table.c.document_id == document_id))

    def documents(self, lake_partition: str) -> list[Document]:
        """The documents of a lake partition that go on (none with a reason), oldest first."""
        return self._documents(DOCUMENTS.c.lake_partition == lake_partition, DOCUMENTS.c.routable.is_(True))

    def documents_after(self, seq: int, limit: int) -> list[Document]:
        """At most ``limit`` documents with a greater ``seq``, routable or not, oldest first."""
        return self._documents(DOCUMENTS.c.seq > seq, limit=limit)

    def quarantined_documents(self, after_seq: int = 0, limit: int = 1_000) -> list[Document]:
        """At most ``limit`` documents quarantined at arrival with a greater ``seq``, oldest first."""
        return self._documents(DOCUMENTS.c.routable.is_(False), DOCUMENTS.c.seq > after_seq, limit=limit)

    def last_seq(self) -> int:
        """The greatest ``seq`` of a document, 0 where there is none."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.func.max(DOCUMENTS.c.seq))).scalar() or 0

    def lake_partitions(self) -> list[str]:
        """Every lake partition with a routable document, sorted."""
        with reading(self._engine) as connection:
            return sorted(connection.execute(sa.select(LAKE_PARTITIONS.c.lake_partition)).scalars())

    def lake_partitions_after(self, seq: int, limit: int) -> list[tuple[str, int]]:
        """Lake partitions among the first ``limit`` routable documents after ``seq``, each with its greatest ``seq``.

        Ordered by that ``seq``, so that a cursor set to any of them misses no partition before it. The cost depends
        on ``limit`` alone, not on how many documents there are.
        """
        query = (
            sa.select(DOCUMENTS.c.lake_partition, DOCUMENTS.c.seq)
            .where(DOCUMENTS.c.routable.is_(True), DOCUMENTS.c.seq > seq)
            .order_by(DOCUMENTS.c.seq)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            greatest = {row.lake_partition: row.seq for row in connection.execute(query)}
        return sorted(greatest.items(), key=lambda item: item[1])

    def find_documents(self, customer: str, names: Sequence[str]) -> dict[str, Document]:
        """The documents a customer's label file means by these names; names that mean none are left out.

        A name is looked for among everything that arrived, duplicates too: first as the whole name, then as a base
        name (without folders) where all arrivals with it have one whole name. The newest arrival wins. Names compare
        in Unicode NFC with ``/`` between folders, case counts.
        """
        wanted = {name: lookup_keys(name) for name in names if is_storable(name)}
        with reading(self._engine) as connection:
            by_name = _newest(connection, customer, ARRIVALS.c.lookup_name, {keys.whole for keys in wanted.values()})
            bases = {keys.base for keys in wanted.values() if keys.whole not in by_name}
            by_base = _newest(connection, customer, ARRIVALS.c.lookup_base_name, bases)
            ids = {name: by_name.get(keys.whole) or by_base.get(keys.base) for name, keys in wanted.items()}
            found = _documents_by_id(connection, {each for each in ids.values() if each})
        return {name: found[each] for name, each in ids.items() if each}

    def unexported(self, limit: int) -> list[RecordedArrival]:
        """At most ``limit`` arrivals not yet copied into the lake, oldest first."""
        query = select_arrivals().where(ARRIVALS.c.exported.is_(False)).order_by(ARRIVALS.c.seq).limit(limit)
        with reading(self._engine) as connection:
            return [recorded_arrival(row) for row in connection.execute(query)]

    def mark_exported(self, arrival_ids: Sequence[str]) -> None:
        """These arrivals are in the lake. Call it after the commit there: a crash between copies them again."""
        with writing(self._engine) as connection:
            for ids in _chunks(arrival_ids):
                connection.execute(sa.update(ARRIVALS).where(ARRIVALS.c.arrival_id.in_(ids)).values(exported=True))

    def arrival_counts(self, *, members: bool | None = None) -> ArrivalCounts:
        """How many arrivals there were: all, or those unpacked from others (``members``), or those that weren't."""
        query = sa.select(ARRIVALS.c.outcome, sa.func.count().label("arrivals")).group_by(ARRIVALS.c.outcome)
        if members is not None:
            parent = ARRIVALS.c.parent_document_id
            query = query.where(parent.is_not(None) if members else parent.is_(None))
        with reading(self._engine) as connection:
            counts = {row.outcome: row.arrivals for row in connection.execute(query)}
        return ArrivalCounts(**{outcome.value: counts.get(outcome.value, 0) for outcome in Outcome})

    def cursor(self, name: str) -> str | None:
        """A connector's cursor, None where it was never set."""
        with reading(self._engine) as connection:
            return connection.execute(sa.select(CURSORS.c.value).where(CURSORS.c.name == name)).scalar()

    def set_cursor(self, name: str, value: str) -> None:
        """Keep a connector's cursor. Set it after recording what it stands for: arrivals may repeat, none is missed.

        Raises:
            ValueError: the name or the value is text that can't be kept, see ``names.check_storable``.
        """
        check_storable("The cursor's name", name, CURSORS.c.name)
        check_storable(f"The cursor {name!r}", value, CURSORS.c.value)
        with writing(self._engine) as connection:
            connection.execute(sa.delete(CURSORS).where(CURSORS.c.name == name))
            connection.execute(sa.insert(CURSORS).values(name=name, value=value))

    def _documents(self, *conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[Document]:
        query = select_documents().where(*conditions).order_by(DOCUMENTS.c.seq).limit(limit)
        with reading(self._engine) as connection:
            return [document_of_row(row) for row in connection.execute(query)]


def _enter(connection: sa.Connection, arrivals: Sequence[Arrival], again: Collection[str]) -> list[Outcome]:
    """Enter arrivals, and the documents and lake partitions they bring. Their outcomes, in order.

    Those with the ids ``again`` are there, quarantined, and are put in place of what was known of them.
    """
    if not arrivals:
        return []
    there = _documents_by_id(connection, {arrival.document_id for arrival in arrivals})
    routable = {document_id: document.reason is None for document_id, document in there.items()}
    rows, documents, outcomes = [], {}, []
    for arrival in arrivals:
        outcome = _outcome(arrival, routable)
        outcomes.append(outcome)
        rows.append(arrival_row(arrival, outcome))
        is_judged_anew = arrival.arrival_id in again and not routable.get(arrival.document_id)
        if arrival.document_id not in routable or outcome is Outcome.LANDED or is_judged_anew:
            documents[arrival.document_id] = document_row(arrival)
            routable[arrival.document_id] = arrival.reason is None
    _write_arrivals(connection, rows, again)
    if documents:
        # a document that was refused and now goes on gets a new seq, so that sensors see it
        for ids in _chunks(set(documents) & set(there)):
            connection.execute(sa.delete(DOCUMENTS).where(DOCUMENTS.c.document_id.in_(ids)))
        connection.execute(sa.insert(DOCUMENTS), list(documents.values()))
        _enter_partitions(connection, {row["lake_partition"] for row in documents.values() if row["routable"]})
    return outcomes


def _write_arrivals(connection: sa.Connection, rows: Sequence[dict[str, Any]], again: Collection[str]) -> None:
    new = [row for row in rows if row["arrival_id"] not in again]
    if new:
        connection.execute(sa.insert(ARRIVALS), new)
    for row in rows:
        if row["arrival_id"] in again:
            changed = sa.update(ARRIVALS).where(ARRIVALS.c.arrival_id == row["arrival_id"])
            connection.execute(changed.values(**row, exported=False))


def _outcome(arrival: Arrival, routable: Mapping[str, bool]) -> Outcome:
    """``routable``: the documents there are, and whether they go on."""
    if arrival.reason is not None:
        return Outcome.QUARANTINED
    return Outcome.DUPLICATE if routable.get(arrival.document_id) else Outcome.LANDED


def _enter_partitions(connection: sa.Connection, keys: set[str]) -> None:
    column = LAKE_PARTITIONS.c.lake_partition
    there = {
        key for some in _chunks(keys) for key in connection.execute(sa.select(column).where(column.in_(some))).scalars()
    }
    if keys - there:
        connection.execute(sa.insert(LAKE_PARTITIONS), [{"lake_partition": key} for key in sorted(keys - there)])


def _recorded(connection: sa.Connection, arrival_ids: Iterable[str]) -> dict[str, RecordedArrival]:
    """What is recorded of these arrivals, by ``arrival_id``."""
    rows = (
        row
        for ids in _chunks(arrival_ids)
        for row in connection.execute(select_arrivals().where(ARRIVALS.c.arrival_id.in_(ids)))
    )
    return {row.arrival_id: recorded_arrival(row) for row in rows}


def _documents_by_id(connection: sa.Connection, document_ids: Iterable[str]) -> dict[str, Document]:
    rows = (
        row
        for ids in _chunks(document_ids)
        for row in connection.execute(select_documents().where(DOCUMENTS.c.document_id.in_(ids)))
    )
    return {row.document_id: document_of_row(row) for row in rows}


def _newest(
    connection: sa.Connection, customer: str, column: sa.ColumnElement[str], values: Iterable[str]
) -> dict[str, str]:
    """For each value that all its arrivals bear with one whole name: the document of the newest of them."""
    names: dict[str, set[str]] = {}
    newest: dict[str, str] = {}
    for some in _chunks(values):
        query = (
            sa.select(column.label("value"), ARRIVALS.c.lookup_name, ARRIVALS.c.document_id)
            .where(ARRIVALS.c.customer == customer, column.in_(some))
            .order_by(ARRIVALS.c.seq)
        )
        for row in connection.execute(query):
            names.setdefault(row.value, set()).add(row.lookup_name)
            newest[row.value] = row.document_id
    return {value: document_id for value, document_id in newest.items() if len(names[value]) == 1}


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    items = list(values)
    for start in range(0, len(items), IN_LIST):
        yield items[start : start + IN_LIST]
