"""Every file of a folder through the reader with its workers: a line a file, then totals, memory and the slowest.

    python benchmarks/zoo.py [--data ../shared/data/zoo …] [--workers 2]

Exit status 1 where any file crashed its worker, ran out of time or memory, or met an engine error: those are faults of
ours. Refusals with a true reason and blank documents are none. Memory is the resident size of a worker, polled.
"""

from __future__ import annotations

import argparse
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from machine import describe

from docplatform.documents.media_types import sniff
from docplatform.errors import ReasonCode
from docplatform.ingestion.refusals import refusal_of
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "zoo"
_FAULTS = {ReasonCode.CRASH, ReasonCode.TIMEOUT, ReasonCode.MEMORY, ReasonCode.ENGINE_ERROR}
_POLL_SECONDS = 0.05


class WorkerMemory:
    """The largest resident size that any process below this one has had."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> WorkerMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        own = Path("/proc/self").resolve().name
        while not self._stopped.wait(_POLL_SECONDS):
            parents = dict(_parents())
            for process in parents:
                if process != own and own in _ancestors(process, parents):
                    self.peak_bytes = max(self.peak_bytes, _resident_bytes(process))


def _parents() -> Iterator[tuple[str, str]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                yield folder.name, (folder / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:  # it has ended
                continue


def _ancestors(process: str, parents: dict[str, str]) -> set[str]:
    found: set[str] = set()
    while process in parents and process not in found:
        found.add(process)
        process = parents[process]
    return found | {process}


def _resident_bytes(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def outcomes(paths: list[Path], reader: LocalDocumentReader, limits: LimitSettings) -> Iterator[ReadOutcome]:
    sources = []
    for path in paths:
        data = path.read_bytes()
        media_type = sniff(data, path.name)
        refusal = refusal_of(media_type, len(data), limits)
        if refusal is None:
            sources.append(DocumentSource(str(path), data, media_type.mime))
        else:
            yield ReadOutcome(key=str(path), reason=refusal[0], message=refusal[1])
    yield from reader.read_many(sources)


def status(outcome: ReadOutcome) -> str:
    if outcome.result is None:
        return f"refused: {outcome.reason}"
    return "read" if outcome.result.content.strip() else "blank"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", default=[DEFAULT_DATA])
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    limits = LimitSettings()
    reader = LocalDocumentReader(ReadingSettings(workers=arguments.workers), limits)
    paths = sorted(path for folder in arguments.data for path in folder.rglob("*") if path.is_file())
    started, found = time.perf_counter(), []
    with WorkerMemory() as memory:
        for outcome in outcomes(paths, reader, limits):
            found.append(outcome)
            warned = ", ".join(warning.code for warning in outcome.result.warnings) if outcome.result else ""
            print(f"{outcome.key}\t{status(outcome)}\t{outcome.seconds:.2f} s\t{outcome.message or warned}", flush=True)
    reader.close()
    print(f"\n{describe('rapidocr', 'onnxruntime', 'pypdfium2', 'kreuzberg')}, {arguments.workers} workers")
    print(f"{len(found)} files in {time.perf_counter() - started:.0f} s")
    for name, count in Counter(map(status, found)).most_common():
        print(f"{count:6}  {name}")
    print(f"largest worker: {memory.peak_bytes / 2**20:.0f} MB resident")
    print("slowest:")
    for outcome in sorted(found, key=lambda each: -each.seconds)[:8]:
        print(f"{outcome.seconds:6.1f} s  {outcome.key}")
    sys.exit(1 if len(found) != len(paths) or any(each.reason in _FAULTS for each in found) else 0)


if __name__ == "__main__":
    main()
