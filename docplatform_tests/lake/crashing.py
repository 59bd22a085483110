"""A process to be killed: ``python -m docplatform_tests.lake.crashing HOME RUN`` runs a pass, telling each commit."""

from __future__ import annotations

import sys
from pathlib import Path

from docplatform.lake.incremental import run_stage
from docplatform.lake.lake import Lake
from docplatform.storage.local import LocalBlobStore
from docplatform_tests.lake.stage import BAD, FakeStage

PARTITIONS = ("acme/pdf/2026-11-20", "acme/png/2026-11-20")


def stage() -> FakeStage:
    """Two hundred documents; every seventh is bad."""
    names = [f"doc-{number:03}" for number in range(200)]
    return FakeStage({PARTITIONS[0]: names[:120], PARTITIONS[1]: names[120:]}, dict.fromkeys(names[::7], BAD))


def main(home: str, run_id: str) -> None:
    """One pass in small commits, a line on stdout after each."""
    lake = Lake(LocalBlobStore(Path(home)))
    run_stage(
        lake,
        stage(),
        PARTITIONS,
        run_id=run_id,
        commit_every_rows=3,
        on_progress=lambda at: print(at.done, at.total, flush=True),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
