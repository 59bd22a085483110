"""Keeping Ctrl-C out of the middle of what it would leave half done.

Belongs here: putting a signal off for an instant. Doesn't: what is done about it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def put_off() -> Iterator[None]:
    """Handle SIGINT and SIGTERM behind the block, if they come within it.

    A ``KeyboardInterrupt`` between two lines of ``Queue.put`` loses a wake-up: in two of four readings ended by Ctrl-C
    the pool's thread then waited for ever, and the reading with it. Threads other than the main one are never
    interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = [number for number, handler in handlers.items() if callable(handler)]
    for number in ours:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, handlers[number])
        for missed in came:
            signal.raise_signal(missed)
