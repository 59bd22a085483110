"""A home to run ingestion passes on, and what they leave behind."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from docplatform.ingestion.ingest import IngestReport, ingest
from docplatform.ingestion.landing import LandingFolder
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import ArrivalCounts, RecordedArrival
from docplatform.settings import LimitSettings
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.ingestion.archives import Entry, crafted_zip, mail_of, zip_of

DAY = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)

MIXED: dict[str, bytes] = {
    "acme/a.txt": b"first text",
    "acme/in/mail.eml": mail_of(("scan.pdf", b"%PDF-1.4 scan"), ("notes.zip", zip_of(("n.txt", b"note"), ("e", b"")))),
    "acme/in/same.txt": b"first text",
    "beta/a.txt": b"first text",
    "beta/locked.zip": crafted_zip(Entry(flags=1)),
    "beta/nothing.pdf": b"",
    "beta/table.csv": b"a;b\n1;2\n",
    "beta/unknown.dat": b"\0\1\2\3",
}
"""Files of every fate: new, the same again, the same of another customer, with members, refused."""


@dataclass(frozen=True)
class Home:
    """A home folder with its landing folder, store and ledger."""

    path: Path

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return self.path / "landing"

    @property
    def store(self) -> LocalBlobStore:
        """The blob store."""
        return LocalBlobStore(self.path)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger."""
        with closing(Ledger.open(f"sqlite:///{self.path / 'ledger.db'}")) as ledger:
            yield ledger

    def drop(self, files: dict[str, bytes]) -> None:
        """Put finished files into the landing folder."""
        old = time.time() - 60
        for name, data in files.items():
            path = self.landing / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (old, old))

    def run(self, batch: int = 64, **limits: object) -> IngestReport:
        """One whole pass."""
        with self.ledger() as ledger:
            connector = LandingFolder(self.landing, 2.0)
            bounds = LimitSettings(**limits)  # type: ignore[arg-type]
            return ingest([connector], self.store, ledger, bounds, now=lambda: DAY, batch=batch)

    def arrivals(self) -> list[RecordedArrival]:
        """Every arrival, in order."""
        with self.ledger() as ledger:
            return ledger.unexported(100_000)

    def counts(self) -> ArrivalCounts:
        """Every arrival, by what became of it."""
        with self.ledger() as ledger:
            return ledger.arrival_counts()

    def summary(self) -> Counter[tuple[object, ...]]:
        """What arrived, in words that don't depend on when and in which order it did."""
        return Counter(
            (a.customer, a.name, a.sha256, a.extension, a.reason, a.parent_document_id)
            for a in (recorded.arrival for recorded in self.arrivals())
        )

    def left(self) -> list[str]:
        """Files still in the landing folder."""
        return sorted(str(path.relative_to(self.landing)) for path in self.landing.rglob("*") if not path.is_dir())

    def check_blobs(self) -> None:
        """Every arrival's bytes lie where it says and are what it says; nothing else lies there.

        What a killed pass had stored half is swept a day later.
        """
        paths = {recorded.arrival.blob_path: recorded.arrival for recorded in self.arrivals()}
        assert {info.path for info in self.store.list("raw") if "/.incoming/" not in info.path} == set(paths)
        for path, arrival in paths.items():
            data = self.store.get(path)
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (arrival.sha256, arrival.size)
