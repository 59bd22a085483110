"""Reading scans, measured beside the bare OCR engine in the same run: truth, speed, memory.

    python benchmarks/reading.py [--data ../shared/data] [--limit 12] [--processes 1 2] [--turned 12]

Bare engine: RapidOCR with the same networks and the options that suit it best, in a loop, the same number of processes.
What the truth columns mean stands in ``scans.py``. Engines are warm before the clock starts. CPU seconds a page are
those of all processes, so that they can be compared on a machine that does other things too; RSS is the peak of the
largest worker.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import describe
from scans import KEYS, Found, Scan, Truth, forms, receipts, truth_found, turned

from docplatform.documents.media_types import sniff
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.ocr.local.recognition.engine import bundled_folder, chosen, model_paths
from docplatform.settings import LimitSettings, OcrEngine, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BARE_OPTIONS = {
    "Global.log_level": "critical",
    "Global.max_side_len": 2_000,
    "Global.return_word_box": True,
    "Det.limit_type": "max",
    "Det.limit_side_len": 960,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
}
"""RapidOCR's options for the bare engine. Classification of lines is on by default."""


@dataclass(frozen=True)
class Result:
    """What an engine found, and what that took."""

    truth: Truth
    pages: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int


_engine: Any = None


def bare_start() -> None:
    """Load RapidOCR in a worker."""
    global _engine
    import cv2
    import rapidocr

    cv2.setNumThreads(1)
    models = {f"{stage}.model_path": str(path) for stage, path in model_paths(bundled_folder()).items()}
    _engine = rapidocr.RapidOCR(params=BARE_OPTIONS | models)


def bare_read(scan: Scan) -> tuple[str, Found]:
    """Read a scan in a worker. RapidOCR's word boxes aren't scored: it parts words elsewhere than at spaces."""
    result = _engine(scan.data)
    return scan.name, Found("\n".join(result.txts or ()))


def run_bare(scans: Sequence[Scan], processes: int) -> Result:
    with multiprocessing.get_context("spawn").Pool(processes, bare_start) as pool:
        pool.map(bare_read, scans[: 2 * processes], chunksize=1)
        return _measured(scans, lambda: dict(pool.imap_unordered(bare_read, scans)))


def run_docplatform(scans: Sequence[Scan], processes: int, engine: OcrEngine) -> Result:
    reader = LocalDocumentReader(ReadingSettings(workers=processes, ocr_engine=engine), LimitSettings())
    sources = [DocumentSource(scan.name, scan.data, sniff(scan.data).mime) for scan in scans]
    list(reader.read_many(sources[: 2 * processes]))
    try:
        return _measured(scans, lambda: {outcome.key: _found(outcome) for outcome in reader.read_many(sources)})
    finally:
        reader.close()


def _found(outcome: ReadOutcome) -> Found:
    if outcome.result is None:
        return Found("")
    words = [word for page in outcome.result.pages for word in page.words]
    boxes = [
        (word.content, (min(p[::2]), min(p[1::2]), max(p[::2]), max(p[1::2]))) for word in words if (p := word.polygon)
    ]
    return Found(outcome.result.content, boxes)


def _measured(scans: Sequence[Scan], read: Callable[[], dict[str, Found]]) -> Result:
    before, started = _cpu_seconds(), time.perf_counter()
    found = read()
    seconds, cpu_seconds = time.perf_counter() - started, _cpu_seconds() - before
    return Result(truth_found(scans, found), len(scans), seconds, cpu_seconds, _peak_bytes())


def _descendants() -> Iterator[Path]:
    """The directories in /proc of this process's children, their children, and so on."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:  # it ended meanwhile
            continue
    wanted = {os.getpid()}
    while found := {child for child, parent in parents.items() if parent in wanted and child not in wanted}:
        wanted |= found
    yield from (Path("/proc", str(number)) for number in wanted - {os.getpid()})


def _cpu_seconds() -> float:
    ticks = 0
    for path in _descendants():
        fields = (path / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


def _peak_bytes() -> int:
    peaks = [0]
    for path in _descendants():
        lines = (path / "status").read_text().splitlines()
        peaks += [int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, default=12, help="documents of each kind (0: all)")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--turned", type=int, default=12, help="receipts read on their sides and heads too")
    parser.add_argument("--engine", type=OcrEngine, default=OcrEngine.AUTO, choices=list(OcrEngine))
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before any process loads numpy
    if not options.data.is_dir():
        parser.error(f"{options.data} isn't there; give the folder that holds receipts/ and forms/ with --data.")
    print(
        f"{describe('rapidocr', 'onnxruntime', 'pypdfium2')}; load {os.getloadavg()[0]:.1f}; {chosen(options.engine)}"
    )
    limit = options.limit or 10**9
    sets = {"receipts": list(receipts(options.data, limit)), "forms": list(forms(options.data, limit))}
    print(
        f"{'set':<12} {'proc':>4} {'engine':<12} {'recall':>6} {'runs':>6} {'CER':>6} {'boxes':>6} "
        f"{'pages/s':>8} {'ratio':>6} {'CPU s/p':>8} {'ratio':>6} {'MB':>5}  keys"
    )
    for name, scans in sets.items():
        for processes in options.processes:
            bare = run_bare(scans, processes)
            _print(name, processes, "bare", bare, bare)
            _print(name, processes, "docplatform", run_docplatform(scans, processes, options.engine), bare)
    _print_turned(sets["receipts"][: options.turned], max(options.processes), options.engine)


def _print(name: str, processes: int, engine: str, result: Result, bare: Result) -> None:
    truth = result.truth
    boxes = "" if truth.boxes is None or engine == "bare" else f"{truth.boxes:.3f}"
    keys = " ".join(f"{key} {truth.keys[key]:.3f}" for key in KEYS if key in truth.keys)
    speed, bare_speed = result.pages / result.seconds, bare.pages / bare.seconds
    print(
        f"{name + ' ' + str(result.pages):<12} {processes:>4} {engine:<12} {truth.recall:>6.3f} "
        f"{truth.run_recall:>6.3f} {truth.cer:>6.3f} {boxes:>6} {speed:>8.2f} {speed / bare_speed:>6.2f} "
        f"{result.cpu_seconds / result.pages:>8.2f} {bare.cpu_seconds / result.cpu_seconds:>6.2f} "
        f"{result.peak_bytes / 2**20:>5.0f}  {keys}",
        flush=True,
    )


def _print_turned(scans: Sequence[Scan], processes: int, engine: OcrEngine) -> None:
    """Recall on turned receipts as a share of the upright ones' recall."""
    if not scans:
        return
    upright = run_docplatform(scans, processes, engine).truth.recall
    for degrees in (90, 180, 270):
        recall = run_docplatform([turned(scan, degrees) for scan in scans], processes, engine).truth.recall
        print(f"receipts {len(scans)} turned by {degrees}: recall {recall:.3f}, {recall / upright:.1%} of the upright")


if __name__ == "__main__":
    main()
