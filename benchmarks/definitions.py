"""Seconds to load the definitions beyond ``import dagster``, in fresh processes, alternating.

python benchmarks/definitions.py [--repeat N]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from machine import describe

CODE = """
import time, sys
began = time.perf_counter()
import dagster
imported = time.perf_counter()
{load}
print(imported - began, time.perf_counter() - imported)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    dagster, beyond = [], []
    for _ in range(options.repeat):
        code = CODE.format(load="import docplatform.definitions as d; d.defs.get_repository_def()")
        output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        first, second = map(float, output.split())
        dagster.append(first)
        beyond.append(second)
    print(describe("dagster"))
    print(f"import dagster            {statistics.median(dagster):.2f} s (median of {options.repeat})")
    print(f"definitions beyond it     {statistics.median(beyond):.2f} s")


if __name__ == "__main__":
    main()
