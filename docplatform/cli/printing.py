"""Printing what others have named: a file's name or a message must not drive the terminal, nor break a line."""

from __future__ import annotations

import unicodedata

_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Unicode categories: controls, invisible formats (bidirectional overrides), lone surrogates, private, unassigned, line
and paragraph separators."""


def printable(text: str, most: int | None = None) -> str:
    r"""``text`` on one line and without control, with escapes as Python writes them (``\n``, ``\x1b``, ``\udcff``).

    Other scripts stay as they are. ``most``: the most characters, the last of them an ellipsis where some are left out.
    """
    shown = "".join(_escaped(char) if unicodedata.category(char) in _UNPRINTABLE else char for char in text)
    return shown if most is None or len(shown) <= most else shown[: most - 1] + "…"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
