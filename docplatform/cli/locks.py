"""Locks of a home, held by a process and gone with it, however it ends."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TextIO

from docplatform.errors import ConfigurationError


def hold(path: Path, taken: str) -> TextIO:
    """Hold the lock until the file that is returned is closed.

    Raises:
        ConfigurationError: with the message ``taken``, where another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise ConfigurationError(taken) from error
    return lock
