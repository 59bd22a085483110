"""A sensor tick with 10 and with 100,000 documents in the ledger, in one run.

    python benchmarks/sensor_tick.py [--documents 100000] [--repeat 50]

Every sensor of arrivals and labels is ticked in its steady state (nothing new) and, the lake-partition sensor, with one
new document. The figure that matters is the ratio.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import tempfile
import time
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


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, resources: dict[str, object], cursor: str | None):
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources)
    return sensor(context)


def median_tick_seconds(documents: int, repeat: int) -> dict[str, float]:
    """Sensor and state to the median seconds of a tick."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(home=Path(folder))
        platform = Platform(settings)
        for start in range(0, documents, 5_000):
            platform.ledger.record([arrival(n) for n in range(start, min(start + 5_000, documents))])
        defs = build_defs(settings)
        resources = {
            "connectors": platform.connectors,
            "ledger": platform.ledger,
            "projects": platform.projects,
            "lake": platform.lake,
        }
        seconds = {}
        with dg.DagsterInstance.ephemeral() as instance:
            names = {
                "landing_sensor": ["connectors", "ledger"],
                "lake_partition_sensor": ["ledger"],
                "labels_sensor": ["projects", "ledger", "lake"],
            }
            for name, keys in names.items():
                sensor = defs.get_sensor_def(name)
                needed = {key: resources[key] for key in keys}
                cursor = str(platform.ledger.last_seq()) if name == "lake_partition_sensor" else None
                if name == "labels_sensor":
                    cursor = tick(sensor, instance, needed, None).cursor
                seconds[f"{name}, nothing new"] = _median(partial(tick, sensor, instance, needed, cursor), repeat)
            behind = str(platform.ledger.last_seq() - 1)
            sensor = defs.get_sensor_def("lake_partition_sensor")
            needed = {"ledger": platform.ledger}
            seconds["lake_partition_sensor, one new document"] = _median(
                partial(tick, sensor, instance, needed, behind), repeat
            )
        platform.close()
        return seconds


def _median(call, repeat: int) -> float:
    call()
    taken = []
    for _ in range(repeat):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=50)
    options = parser.parse_args()
    few, many = median_tick_seconds(10, options.repeat), median_tick_seconds(options.documents, options.repeat)
    print(describe("dagster", "sqlalchemy"))
    print(f"{'median tick':<45}{'10':>10}{options.documents:>10}  ratio")
    for name in few:
        print(f"{name:<45}{few[name] * 1e3:>8.2f}ms{many[name] * 1e3:>8.2f}ms{many[name] / few[name]:>7.2f}")


if __name__ == "__main__":
    main()
