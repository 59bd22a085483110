"""A sensor tick with 10 and with 100,000 documents in the ledger, in one run.

    python benchmarks/sensor_tick.py [--documents 100000] [--repeat 200]

Every sensor of arrivals and labels is ticked in its steady state (nothing new) and, the lake-partition sensor, with one
new document. Ticks on the small and the large home alternate, so that whatever else the machine does falls on both; the
figure that matters is the ratio of their medians.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import dagster as dg
from machine import describe

from docplatform.composition import Platform
from docplatform.defs.build import build_defs
from docplatform.ledger.records import Arrival
from docplatform.settings import load_settings

DOCUMENTS_PER_PARTITION = 200
FEW = 10


def arrival(number: int) -> Arrival:
    """A made-up arrival; every 200 share a lake partition."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    customer = f"customer{number // DOCUMENTS_PER_PARTITION}"
    return Arrival(
        arrival_id=digest[:32],
        connector="benchmark",
        source_uri=f"benchmark:{number}",
        customer=customer,
        name=f"{number}.txt",
        size=1,
        sha256=digest,
        media_type="text/plain",
        extension="txt",
        blob_path=f"raw/{customer}/{digest}",
        lake_partition=f"{customer}/txt/2026-11-20",
        arrived_at=datetime.now(UTC),
    )


def ticks(home: Path, documents: int, instance: dg.DagsterInstance) -> dict[str, Callable[[], object]]:
    """Sensor and state to a call that ticks it, on a home with so many documents."""
    settings = load_settings(home=home)
    platform = Platform(settings)
    for start in range(0, documents, 5_000):
        platform.ledger.record([arrival(n) for n in range(start, min(start + 5_000, documents))])
    defs = build_defs(settings)

    resources = {key: getattr(platform, key) for key in ("connectors", "projects", "ledger", "lake")}

    def tick(name: str, cursor: str | None) -> object:
        context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
        return defs.get_sensor_def(name)(context)

    last = platform.ledger.last_seq()
    labels_cursor = tick("labels_sensor", None).cursor
    return {
        "landing_sensor, nothing new": partial(tick, "landing_sensor", None),
        "lake_partition_sensor, nothing new": partial(tick, "lake_partition_sensor", str(last)),
        "lake_partition_sensor, one new document": partial(tick, "lake_partition_sensor", str(last - 1)),
        "labels_sensor, nothing new": partial(tick, "labels_sensor", labels_cursor),
    }


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        few = ticks(Path(folder) / "few", FEW, instance)
        many = ticks(Path(folder) / "many", options.documents, instance)
        print(describe("dagster", "sqlalchemy"))
        print(f"{'median tick':<45}{FEW:>10}{options.documents:>10}  ratio")
        for name in few:
            pairs = [(timed(few[name]), timed(many[name])) for _ in range(options.repeat)]
            small, large = (statistics.median(side) for side in zip(*pairs, strict=True))
            print(f"{name:<45}{small * 1e3:>8.2f}ms{large * 1e3:>8.2f}ms{large / small:>7.2f}")


if __name__ == "__main__":
    main()
