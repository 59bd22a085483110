"""A program: one ingestion pass that dies, as by ``kill -9``, the n-th time it reaches a point.

Usage: ``killed_pass.py HOME POINT N``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from docplatform.ingestion import intake
from docplatform.ingestion.base import IncomingFile
from docplatform.ingestion.ingest import ingest
from docplatform.ingestion.landing import LandingFolder
from docplatform.ledger.ledger import Ledger
from docplatform.ledger.records import Arrival, RecordedArrival
from docplatform.settings import LimitSettings
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.ingestion.passes import DAY

KILLED = 137
IN_MEMORY_BYTES = 12
"""Larger files are streamed: some of the files are larger."""


class Killer:
    """Ends the process, without a word to anyone, the n-th time its point is reached."""

    def __init__(self, point: str, times: int) -> None:
        self.point, self.times = point, times

    def reach(self, point: str) -> None:
        if point != self.point:
            return
        self.times -= 1
        if self.times == 0:
            os._exit(KILLED)


class DyingStore(LocalBlobStore):
    def __init__(self, root: Path, killer: Killer) -> None:
        super().__init__(root)
        self._killer = killer

    def put(self, path: str, data: bytes | Path) -> None:
        self._killer.reach("before put")
        super().put(path, data)
        self._killer.reach("after put")

    def copy(self, source: str, target: str) -> None:
        super().copy(source, target)
        self._killer.reach("after copy")

    def make_durable(self, paths: Iterable[str]) -> None:
        super().make_durable(paths)
        self._killer.reach("before record")


class DyingLedger(Ledger):
    killer: Killer

    def record(self, arrivals: Sequence[Arrival]) -> list[RecordedArrival]:
        recorded = super().record(arrivals)
        self.killer.reach("after record")
        return recorded


class DyingLanding(LandingFolder):
    killer: Killer

    def acknowledge(self, files: Sequence[IncomingFile]) -> None:
        self.killer.reach("before unlink")
        for file in files:
            super().acknowledge([file])
            self.killer.reach("between unlinks")


def main(home: Path, point: str, times: int) -> None:
    killer = Killer(point, times)
    DyingLedger.killer = DyingLanding.killer = killer
    intake.IN_MEMORY_BYTES = IN_MEMORY_BYTES
    ledger = DyingLedger.open(f"sqlite:///{home / 'ledger.db'}")
    connector = DyingLanding(home / "landing", 2.0)
    ingest([connector], DyingStore(home, killer), ledger, LimitSettings(), now=lambda: DAY, batch=3)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
