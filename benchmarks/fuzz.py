"""Hostile files of every kind: what becomes of each as it is taken in, and in the reader's workers.

    python -m benchmarks.fuzz --variants 2000 --seed 7

Good files go in among them and must come out byte for byte as they do alone. Prints variants by kind, outcomes by
reason and seconds, and names every variant that crashed, hung, ate memory or met an engine's bug; those are kept below
``--keep``. Exit status 1 where there is any, where an outcome is missing, a good file reads differently, or a process
is left behind. For docs/reliability.md.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import describe
from docplatform.errors import ReasonCode
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.fuzzing.seeds import seeds
from docplatform_tests.fuzzing.taking_in import TakenIn, processes_left, take_in
from docplatform_tests.fuzzing.variants import EXHAUSTING, Variant, variants

_PACKAGES = ("rapidocr", "pypdfium2", "pillow", "lxml", "kreuzberg")
BUGS = (ReasonCode.ENGINE_ERROR, ReasonCode.CRASH, ReasonCode.TIMEOUT, ReasonCode.MEMORY)
_GOOD_EVERY = 10
"""One good file after as many hostile ones."""


@dataclass
class Run:
    """One run's counts."""

    arguments: argparse.Namespace
    chosen: dict[str, Variant] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    read: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken_in: Counter[tuple[str, str]] = field(default_factory=Counter)
    alone: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """What good files come to by themselves, by name: result as JSON, reason."""
    good: int = 0
    changed: list[str] = field(default_factory=list)
    bugs: int = 0

    def sources(self) -> Iterator[DocumentSource]:
        """Hostile files and good ones among them; each hostile file is taken in first, as ingestion would."""
        good = itertools.cycle(seeds().items())
        made = variants(self.arguments.variants, self.arguments.seed)
        for variant in itertools.islice(made, self.arguments.skip, None):
            if self.arguments.only not in variant.name:
                continue
            self.chosen[variant.name] = variant
            self._take_in(variant)
            yield DocumentSource(variant.name, variant.data, variant.media_type.mime)
            if len(self.chosen) % _GOOD_EVERY == 0:
                name, (media_type, data) = next(good)
                self.good += 1
                yield DocumentSource(f"good {self.good}/{name}", data, media_type.mime)

    def take(self, outcome: ReadOutcome) -> None:
        """One outcome of the workers."""
        self.done.add(outcome.key)
        if outcome.key.startswith("good "):
            if _came_to(outcome) != self.alone[outcome.key.split("/", 1)[1]]:
                self.changed.append(outcome.key)
            return
        variant = self.chosen[outcome.key]
        what = _what(outcome)
        self.read[_group(variant), what] += 1
        is_bug = outcome.reason in BUGS
        self.bugs += is_bug and outcome.key not in EXHAUSTING
        if is_bug or outcome.seconds > self.arguments.slow:
            self._tell(variant, what, outcome.seconds, outcome.message)

    def _take_in(self, variant: Variant) -> None:
        began = time.monotonic()
        try:
            found: TakenIn | Exception = take_in(variant.data, variant.name, LimitSettings())
        except Exception as error:  # noqa: BLE001 - whatever it is, it would have ended the pass: this is to be told
            found = error
        seconds = time.monotonic() - began
        if isinstance(found, TakenIn):
            what = str(found.reason) if found.reason else "single" if found.members is None else "unpacked"
            is_bug = found.reason in BUGS
        else:
            what, is_bug = f"raised {type(found).__name__}", True
        self.taken_in[_group(variant), what] += 1
        self.bugs += is_bug
        if is_bug or seconds > self.arguments.slow:
            self._tell(variant, f"taken in: {what}", seconds, str(found))

    def _tell(self, variant: Variant, what: str, seconds: float, message: str) -> None:
        print(f"{variant.name}\t{what}\t{seconds:.1f} s\t{message[:300]}", flush=True)
        keep: Path | None = self.arguments.keep
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / variant.name.replace("/", "__")).write_bytes(variant.data)


def main() -> int:
    """Run it."""
    run = Run(_arguments())
    reading = ReadingSettings(workers=run.arguments.workers, timeout_seconds=run.arguments.timeout)
    began = time.monotonic()
    alone = LocalDocumentReader(reading, LimitSettings())
    good = [DocumentSource(name, data, media_type.mime) for name, (media_type, data) in seeds().items()]
    run.alone = {outcome.key: _came_to(outcome) for outcome in alone.read_many(good)}
    alone.close()
    reader = LocalDocumentReader(reading, LimitSettings())
    try:
        for outcome in reader.read_many(run.sources()):
            run.take(outcome)
    finally:
        reader.close()
    return _summed_up(run, time.monotonic() - began)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skip", type=int, default=0, help="variants left out at the beginning")
    parser.add_argument("--only", default="", help="variants whose name holds this")
    parser.add_argument("--slow", type=float, default=10.0, help="name variants that took longer (seconds)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds without a page")
    parser.add_argument("--keep", type=Path, help="folder for the variants that show a bug")
    return parser.parse_args()


def _summed_up(run: Run, seconds: float) -> int:
    missing, left = run.chosen.keys() - run.done, processes_left()
    print(f"\n{describe(*_PACKAGES)}\nseed {run.arguments.seed}, {len(run.chosen)} variants, {seconds:.0f} s")
    print(f"{len(missing)} without outcome {sorted(missing)[:5]}, {run.bugs} bugs, {len(left)} processes left {left}")
    read = sum(key.startswith("good ") for key in run.done)
    print(f"{run.good} good files among them, {read} read, {len(run.changed)} read differently {run.changed[:5]}")
    _print_table("taken in", run.taken_in)
    _print_table("read", run.read)
    return 1 if run.bugs or missing or left or run.changed or read != run.good else 0


def _came_to(outcome: ReadOutcome) -> tuple[str | None, str | None]:
    return outcome.result.to_json() if outcome.result else None, outcome.reason


def _what(outcome: ReadOutcome) -> str:
    if outcome.result is None:
        return str(outcome.reason)
    return "read" if outcome.result.content.strip() else "blank"


def _group(variant: Variant) -> str:
    parts = variant.name.split("/")
    return f"structure: {parts[1]}" if parts[0] == "structure" else f"damage: {parts[1]}"


def _print_table(title: str, outcomes: Counter[tuple[str, str]]) -> None:
    kinds = sorted({kind for kind, _ in outcomes})
    whats = sorted({what for _, what in outcomes}, key=lambda what: (what not in ("read", "blank"), what))
    print(f"\n| {title} | " + " | ".join(["variants", *whats]) + " |\n" + "|---" * (len(whats) + 2) + "|")
    for kind in [*kinds, "all"]:
        counts = [sum(n for (k, w), n in outcomes.items() if w == what and kind in (k, "all")) for what in whats]
        print(f"| {kind} | {sum(counts)} | " + " | ".join(map(str, counts)) + " |")


if __name__ == "__main__":
    sys.exit(main())
