"""Pausing Python's search for garbage while a document is read.

Belongs here: the pause. Doesn't: deciding for which formats (``local.reader``).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cyclic garbage meanwhile; what nothing refers to is freed as ever.

    Words and lines are thousands of objects a page and no cycles, and every 700 new ones start a search: a tenth of the
    CPU of a born-digital page. Not for parsers that leave cycles behind, such as those of Office files.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
