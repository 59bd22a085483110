"""One thread per trainer: with more, the same small problems took ten times as long (measured on two cores)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with the number-crunching libraries held to one thread."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        with threadpool_limits(1):
            return function(*args, **kwargs)

    return limited


def engine_versions(*packages: str) -> str:
    """``name==version`` of installed packages, for a fingerprint."""
    return " ".join(f"{package}=={version(package)}" for package in packages)
