"""The whole graph on the sample corpus: documents a second, and the share of time outside reading and training.

    python benchmarks/graph.py [--documents N]

One process, ``docplatform run`` on a fresh home. "Reading" is the step ``ocr_text``, "training" the step
``trained_model``, as Dagster timed them; everything else, process start and imports included, is overhead. A second run
on the same home shows what a pass with nothing to do costs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe


def docplatform(home: Path, *arguments: str) -> tuple[str, float]:
    """Output and wall-clock seconds of a command on this home."""
    began = time.monotonic()
    environment = {**os.environ, "DOCPLATFORM_HOME": str(home), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "docplatform.cli", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"docplatform {' '.join(arguments)} ended with {done.returncode}")
    return done.stdout, time.monotonic() - began


def step_seconds(home: Path, runs: list[str]) -> dict[str, float]:
    """Seconds per step over all runs, as Dagster timed them."""
    from docplatform.defs.home_instance import home_instance

    seconds: dict[str, float] = {}
    with home_instance(home / "dagster") as instance:
        for run_id in runs:
            for stats in instance.get_run_step_stats(run_id):
                if stats.start_time and stats.end_time:
                    seconds[stats.step_key] = seconds.get(stats.step_key, 0.0) + stats.end_time - stats.start_time
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, help="readable documents; default: the whole sample corpus")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docplatform-bench-") as folder:
        home = Path(folder)
        sizes = ["--documents", str(options.documents)] if options.documents else []
        _, generating = docplatform(home, "samples", *sizes)
        output, total = docplatform(home, "run", "--json")
        summary = json.loads(output)
        steps = step_seconds(home, summary["pass"]["runs"])
        _, again = docplatform(home, "run", "--json")
    documents = summary["arrivals"]["arrived"] + summary["members"]["arrived"]
    reading, training = steps["ocr_text"], steps.get("trained_model", 0.0)
    outside = 1 - (reading + training) / total
    print(describe("dagster", "deltalake", "rapidocr", "onnxruntime", "scikit-learn"))
    print(f"documents (members included)      {documents}")
    print(f"generating the corpus             {generating:8.1f} s")
    print(f"whole graph                       {total:8.1f} s   {documents / total:.2f} documents/s")
    print(f"  reading (ocr_text)              {reading:8.1f} s")
    print(f"  training (trained_model)        {training:8.1f} s")
    print(f"  everything else                 {total - reading - training:8.1f} s   {outside:.1%}")
    print(f"second run, nothing to do         {again:8.1f} s")
    for step, seconds in sorted(steps.items(), key=lambda item: -item[1]):
        print(f"    {step:<30}{seconds:8.2f} s")


if __name__ == "__main__":
    main()
