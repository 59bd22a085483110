"""What a benchmark ran on, as one line to stand beside its figures."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def describe(*packages: str) -> str:
    """Processor, cores, Python and package versions."""
    names = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    processor = names[0] if names else platform.machine()
    return f"{len(os.sched_getaffinity(0))} cores {processor}, Python {platform.python_version()}, {versions}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
