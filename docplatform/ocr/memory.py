"""Telling that memory ran out, in the many ways native libraries say so, and giving back what engines keep of it."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

_WORDS = re.compile(
    r"bad[_ ]alloc|insufficient memory|out of memory|fail(?:ed|s|ure)? to allocate|cannot allocate", re.I
)
"""C++'s std::bad_alloc, OpenCV's code -4, ONNX Runtime's arena, libxml2, Pillow's codecs."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that there was no memory left, whatever its type."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    return _WORDS.search(str(error)) is not None


_releases: list[Callable[[], None]] = []


def on_release(release: Callable[[], None]) -> None:
    """Have an engine's function called whenever this process should give back what it doesn't need right now."""
    _releases.append(release)


def release() -> None:
    """Ask the engines of this process to free what they keep for their next use."""
    for each in _releases:
        each()
