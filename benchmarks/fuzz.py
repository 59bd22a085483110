"""Hostile files of every kind through the reader's workers: what becomes of each. Numbers for docs/reliability.md.

    python -m benchmarks.fuzz --variants 2000 --seed 7

Prints variants by kind, outcomes by reason and seconds, and names every variant that crashed, hung, ate memory or met
an engine's bug; those are kept below ``--keep``. Exit status 1 where there is any, or where an outcome is missing.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import describe
from docplatform.errors import ReasonCode
from docplatform.ocr.base import DocumentSource, ReadOutcome
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings
from docplatform_tests.fuzzing.variants import EXHAUSTING, Variant, variants

_PACKAGES = ("rapidocr", "pypdfium2", "pillow", "lxml", "kreuzberg")
BUGS = (ReasonCode.ENGINE_ERROR, ReasonCode.CRASH, ReasonCode.TIMEOUT, ReasonCode.MEMORY)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skip", type=int, default=0, help="variants left out at the beginning")
    parser.add_argument("--only", default="", help="variants whose name holds this")
    parser.add_argument("--slow", type=float, default=10.0, help="name variants that took longer (seconds)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds without a page")
    parser.add_argument("--keep", type=Path, help="folder for the variants that show a bug")
    arguments = parser.parse_args()
    chosen: dict[str, Variant] = {}

    def sources() -> Iterator[DocumentSource]:
        for variant in itertools.islice(variants(arguments.variants, arguments.seed), arguments.skip, None):
            if arguments.only in variant.name:
                chosen[variant.name] = variant
                yield DocumentSource(variant.name, variant.data, variant.media_type.mime)

    reading = ReadingSettings(workers=arguments.workers, timeout_seconds=arguments.timeout)
    reader = LocalDocumentReader(reading, LimitSettings())
    began, outcomes, bugs, done = time.monotonic(), Counter[tuple[str, str]](), 0, set()
    try:
        for outcome in reader.read_many(sources()):
            done.add(outcome.key)
            variant = chosen[outcome.key]
            what = _what(outcome)
            outcomes[_group(variant), what] += 1
            if outcome.reason in BUGS or outcome.seconds > arguments.slow:
                bugs += outcome.reason in BUGS and outcome.key not in EXHAUSTING
                print(f"{outcome.key}\t{what}\t{outcome.seconds:.1f} s\t{outcome.message[:300]}", flush=True)
                if arguments.keep:
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    (arguments.keep / outcome.key.replace("/", "__")).write_bytes(variant.data)
    finally:
        reader.close()
    seconds = time.monotonic() - began
    missing = chosen.keys() - done
    print(f"\n{describe(*_PACKAGES)}\nseed {arguments.seed}, {len(chosen)} variants, {seconds:.0f} s")
    print(f"{len(missing)} without outcome {sorted(missing)[:5]}, {bugs} bugs\n")
    _print_table(outcomes)
    return 1 if bugs or missing else 0


def _what(outcome: ReadOutcome) -> str:
    if outcome.result is None:
        return str(outcome.reason)
    return "read" if outcome.result.content.strip() else "blank"


def _group(variant: Variant) -> str:
    parts = variant.name.split("/")
    return f"structure: {parts[1]}" if parts[0] == "structure" else f"damage: {parts[1]}"


def _print_table(outcomes: Counter[tuple[str, str]]) -> None:
    kinds = sorted({kind for kind, _ in outcomes})
    whats = sorted({what for _, what in outcomes}, key=lambda what: (what not in ("read", "blank"), what))
    print("| | " + " | ".join(["variants", *whats]) + " |\n" + "|---" * (len(whats) + 2) + "|")
    for kind in [*kinds, "all"]:
        counts = [sum(n for (k, w), n in outcomes.items() if w == what and kind in (k, "all")) for what in whats]
        print(f"| {kind} | " + " | ".join(map(str, [sum(counts), *counts])) + " |")


if __name__ == "__main__":
    sys.exit(main())
