"""Progress within one document: its reader says when a page is done, whoever limits its time listens.

Belongs here: that one signal of this process. Doesn't: the clock (``worker_clock``).
"""

from __future__ import annotations

from collections.abc import Callable


def _nobody() -> None:
    """Nobody listens outside worker processes."""


_listener: Callable[[], None] = _nobody


def page_done() -> None:
    """A page has been read: to be called by every reader that goes page by page."""
    _listener()


def listen(listener: Callable[[], None] | None) -> None:
    """Have ``listener`` called for every page from now on; None: nobody."""
    global _listener
    _listener = listener or _nobody
