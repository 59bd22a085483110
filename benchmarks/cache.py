"""What reading again costs, beside the first time: CPU seconds of all processes, in one run.

    python benchmarks/cache.py [--data ../shared/data] [--limit 12] [--workers 0]

A home is made, receipts, forms and invoices are taken in for one customer, and read by the same passes over the same
code as `docplatform run`. Then nothing is pending, a forced re-read goes through the document cache and through the
page cache alone, and another customer sends the same files. What `docplatform run` itself costs stands apart.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from docplatform.composition import Platform
from docplatform.inference.stages import ReadingStage, RoutingStage
from docplatform.ingestion.ingest import ingest
from docplatform.ingestion.publishing import publish_arrivals
from docplatform.lake.incremental import run_stage
from docplatform.ocr.result_cache import cache_size
from docplatform.settings import AutomationSettings, ReadingSettings, load_settings

from machine import describe  # isort: skip
from reading import DEFAULT_DATA  # isort: skip


def cpu_seconds() -> float:
    """Of this process and of all that ended."""
    own, ended = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


class Bench:
    """One home."""

    def __init__(self, home: Path, workers: int) -> None:
        self.home, self.workers = home, workers
        self._open()

    def _open(self) -> None:
        reading, automation = ReadingSettings(workers=self.workers), AutomationSettings(stable_seconds=0)
        self.platform = Platform(load_settings(home=self.home, reading=reading, automation=automation))

    def take_in(self, files: list[Path], customer: str) -> None:
        landing = self.platform.settings.landing_path / customer
        landing.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, landing / file.name)
        p = self.platform
        ingest(p.connectors, p.blob_store, p.ledger, p.settings.limits)
        publish_arrivals(p.ledger, p.lake, p.blob_store, p.projects, run_id="publish")
        run_stage(p.lake, RoutingStage(p.ledger, p.blob_store), p.ledger.lake_partitions(), run_id="route")

    def read(self, run_id: str, *, forced: bool = False) -> Counter[str]:
        """Read what is pending, or everything again; ends the workers, so that their CPU time is counted."""
        p = self.platform
        ids = [row["document_id"] for row in p.lake.read_rows("ocr_text", columns=["document_id"])] if forced else []
        stage = ReadingStage(p.lake, p.blob_store, p.document_reader)
        reports = run_stage(p.lake, stage, p.ledger.lake_partitions(), run_id=run_id, document_ids=ids)
        total: Counter[str] = Counter()
        for report in reports.values():
            total.update({"documents": report.made}, **report.counts)
        p.close()
        for child in multiprocessing.active_children():
            child.join(5)
        self._open()
        return total


def run_command(home: Path) -> Counter[str]:
    """`docplatform run` in a process of its own: mostly what Python takes to load Dagster, however much was read."""
    environment = {**os.environ, "DOCPLATFORM_HOME": str(home), "DOCPLATFORM_READING__WORKERS": "0"}
    subprocess.run(
        [sys.executable, "-m", "docplatform.cli", "run", "--json"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return Counter()


def timed(name: str, first: float, work: Callable[[], Counter[str]]) -> float:
    cpu, wall = cpu_seconds(), time.monotonic()
    counts = work()
    spent, seconds = cpu_seconds() - cpu, time.monotonic() - wall
    share = f"{spent / first:7.2%}" if first else "   100 %"
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"{name:<46}{spent:8.2f} CPU s {share} {seconds:7.1f} s   {told or 'nothing to do'}", flush=True)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, default=12, help="files of each kind (0: all)")
    parser.add_argument("--workers", type=int, default=0, help="0: in this process")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    limit = options.limit or 10**9
    folders = (("receipts/images", "*.jpg"), ("forms/images", "*.png"), ("invoices", "*.pdf"))
    files = [file for folder, glob in folders for file in sorted((options.data / folder).glob(glob))[:limit]]
    print(describe("rapidocr", "onnxruntime"), f"{len(files)} files, {options.workers} workers")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.workers)
        bench.take_in(files, "acme")
        first = timed("first reading", 0.0, lambda: bench.read("first"))
        timed("again, nothing pending", first, lambda: bench.read("again"))
        timed("forced, by the document cache", first, lambda: bench.read("forced", forced=True))
        store = bench.platform.blob_store
        store.delete(info.path for info in list(store.list("cache/documents")))
        timed("forced, by the page cache alone", first, lambda: bench.read("pages", forced=True))
        bench.take_in(files, "beta")
        timed("the same files from another customer", first, lambda: bench.read("other"))
        print(f"the cache holds {cache_size(store)}")
        bench.platform.close()
        timed("docplatform run, which only tells Dagster", first, lambda: run_command(Path(folder)))
        timed("docplatform run again, nothing pending", first, lambda: run_command(Path(folder)))


if __name__ == "__main__":
    main()
