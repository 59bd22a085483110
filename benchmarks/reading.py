"""Reading scans, measured beside the bare OCR engine in the same run: word recall, character errors, pages a second.

    python benchmarks/reading.py [--data ../shared/data] [--limit 12]

Bare engine: RapidOCR with the same options in a loop, the same number of processes. Word recall counts each true word
once (case-insensitive); CER is the edit distance over the length of the true text, both in reading order with white
space collapsed. Engines are warm before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from docplatform.documents.media_types import sniff
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.blocks import line_of
from docplatform.ocr.local.engine import load_engine
from docplatform.ocr.local.layout.pieces import Piece
from docplatform.ocr.local.layout.reading_order import in_reading_order
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Scan:
    """An image with the text that is on it, in reading order."""

    name: str
    data: bytes
    truth: str


@dataclass(frozen=True)
class Score:
    recall: float
    cer: float
    pages_per_second: float


def receipts(data: Path, limit: int) -> Iterator[Scan]:
    for path in sorted((data / "receipts" / "images").glob("*.jpg"))[:limit]:
        pieces = []
        for row in (data / "receipts" / "boxes" / f"{path.stem}.csv").read_text("utf-8", "replace").splitlines():
            parts = row.split(",", 8)
            if len(parts) == 9:
                numbers = [float(part) for part in parts[:8]]
                pieces.append(_piece(parts[8], numbers[::2], numbers[1::2]))
        yield Scan(path.name, path.read_bytes(), _text(pieces))


def forms(data: Path, limit: int) -> Iterator[Scan]:
    for path in sorted((data / "forms" / "images").glob("*.png"))[:limit]:
        annotation = json.loads((data / "forms" / "annotations" / f"{path.stem}.json").read_text("utf-8"))
        words = [word for entity in annotation["form"] for word in entity["words"] if word["text"].strip()]
        pieces = [_piece(word["text"], word["box"][::2], word["box"][1::2]) for word in words]
        yield Scan(path.name, path.read_bytes(), _text(pieces))


def _piece(text: str, xs: Sequence[float], ys: Sequence[float]) -> Piece:
    return Piece(line_of(text), (min(xs), min(ys), max(xs), max(ys)))


def _text(pieces: Sequence[Piece]) -> str:
    return " ".join(word.text for piece in in_reading_order(pieces) for word in piece.line.words)


def edit_distance(first: str, second: str) -> int:
    """Levenshtein distance, bit-parallel (Myers 1999, Hyyro 2003)."""
    if not first:
        return len(second)
    masks: dict[str, int] = {}
    for place, char in enumerate(first):
        masks[char] = masks.get(char, 0) | (1 << place)
    full, top = (1 << len(first)) - 1, 1 << (len(first) - 1)
    positive, negative, distance = full, 0, len(first)
    for char in second:
        match = masks.get(char, 0)
        diagonal = (((match & positive) + positive) ^ positive) | match | negative
        up, down = negative | ~(diagonal | positive) & full, positive & diagonal
        distance += bool(up & top) - bool(down & top)
        up, down = (up << 1 | 1) & full, (down << 1) & full
        positive, negative = down | ~(diagonal | up) & full, up & diagonal
    return distance


def score(scans: Sequence[Scan], texts: dict[str, str], seconds: float) -> Score:
    found = total = errors = length = 0
    for scan in scans:
        truth, text = (" ".join(value.upper().split()) for value in (scan.truth, texts[scan.name]))
        wanted = Counter(truth.split())
        found += sum((wanted & Counter(text.split())).values())
        total += wanted.total()
        errors += edit_distance(truth, text)
        length += len(truth)
    return Score(found / total, errors / length, len(scans) / seconds)


_engine = None


def bare_start() -> None:
    global _engine
    _engine = load_engine(ReadingSettings())


def bare_read(scan: Scan) -> tuple[str, str]:
    assert _engine is not None
    result = _engine(scan.data)
    return scan.name, "\n".join(result.txts or ())


def run_bare(scans: Sequence[Scan], processes: int) -> Score:
    with multiprocessing.get_context("spawn").Pool(processes, bare_start) as pool:
        pool.map(bare_read, scans[: 2 * processes], chunksize=1)
        started = time.perf_counter()
        texts = dict(pool.imap_unordered(bare_read, scans))
        return score(scans, texts, time.perf_counter() - started)


def run_docplatform(scans: Sequence[Scan], processes: int) -> Score:
    reader = LocalDocumentReader(ReadingSettings(workers=processes), LimitSettings())
    sources = [DocumentSource(scan.name, scan.data, sniff(scan.data).mime) for scan in scans]
    list(reader.read_many(sources[: 2 * processes]))
    started = time.perf_counter()
    outcomes = list(reader.read_many(sources))
    seconds = time.perf_counter() - started
    reader.close()
    return score(
        scans, {outcome.key: outcome.result.content if outcome.result else "" for outcome in outcomes}, seconds
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--limit", type=int, default=12, help="documents of each kind (0: all)")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before any process loads numpy
    if not options.data.is_dir():
        parser.error(f"{options.data} isn't there; give the folder that holds receipts/ and forms/ with --data.")
    versions = " ".join(f"{name} {version(name)}" for name in ("rapidocr", "onnxruntime", "pypdfium2"))
    print(f"{_machine()}; Python {platform.python_version()}; {versions}")
    print(f"{'set':<10} {'processes':>9} {'engine':<12} {'recall':>7} {'CER':>7} {'pages/s':>8} {'ratio':>6}")
    limit = options.limit or 10**9
    for name, scans in (("receipts", list(receipts(options.data, limit))), ("forms", list(forms(options.data, limit)))):
        for processes in options.processes:
            _compare(f"{name} {len(scans)}", scans, processes)


def _compare(name: str, scans: Sequence[Scan], processes: int) -> None:
    engines: tuple[tuple[str, Callable[[Sequence[Scan], int], Score]], ...]
    engines = (("bare", run_bare), ("docplatform", run_docplatform))
    bare_speed = 0.0
    for engine, run in engines:
        result = run(scans, processes)
        bare_speed = bare_speed or result.pages_per_second
        speed = result.pages_per_second
        print(
            f"{name:<10} {processes:>9} {engine:<12} {result.recall:>7.3f} {result.cer:>7.3f} {speed:>8.2f} "
            f"{speed / bare_speed:>6.2f}",
            flush=True,
        )


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
