"""What unpacking one archive or mail may cost.

Belongs here: counting bytes, entries and levels against the limits, across everything that lies in each other.
Doesn't: unpacking.
"""

from __future__ import annotations

from docplatform.errors import PermanentError, ReasonCode
from docplatform.settings import LimitSettings

RATIO_FLOOR = 2**20
"""Bytes that any archive may unpack to whatever its ratio: a small file of blanks is no bomb."""


class Budget:
    """The budget of one container. What a container within it costs is counted here too, level by level up."""

    def __init__(self, limits: LimitSettings, packed_size: int, outer: Budget | None = None) -> None:
        """``packed_size``: bytes of the container itself.

        Raises:
            PermanentError: BOMB where the containers lie deeper in each other than allowed.
        """
        self.limits = limits
        self._packed_size = packed_size
        self._outer = outer
        self._depth: int = 1 if outer is None else outer._depth + 1
        self._entries = 0
        self._produced = 0
        if self._depth > limits.max_archive_depth:
            raise bomb(f"holds archives or mails more than {limits.max_archive_depth} levels deep", "MAX_ARCHIVE_DEPTH")

    def inner(self, packed_size: int) -> Budget:
        """The budget of a container found in this one. Raises as the constructor does."""
        return Budget(self.limits, packed_size, self)

    def add_entry(self) -> None:
        """Count an entry. Raises ``PermanentError`` (BOMB)."""
        self._entries += 1
        self.check_entries(self._entries)
        if self._outer is not None:
            self._outer.add_entry()

    def add_bytes(self, count: int) -> None:
        """Count unpacked bytes, as they are made. Raises ``PermanentError`` (BOMB)."""
        self._produced += count
        self.check_bytes(self._produced)
        if self._outer is not None:
            self._outer.add_bytes(count)

    def check_entries(self, entries: int) -> None:
        """Raise ``PermanentError`` (BOMB) where ``entries`` are more than one container may have."""
        if entries > self.limits.max_archive_entries:
            raise bomb(f"holds more than {self.limits.max_archive_entries:,} entries", "MAX_ARCHIVE_ENTRIES")

    def check_bytes(self, produced: int) -> None:
        """Raise ``PermanentError`` (BOMB) where unpacking to ``produced`` bytes is more than this container may."""
        if produced > self.limits.max_archive_bytes:
            raise bomb(f"unpacks to more than {self.limits.max_archive_bytes:,} bytes", "MAX_ARCHIVE_BYTES")
        if produced > RATIO_FLOOR and produced > self.limits.max_archive_ratio * self._packed_size:
            raise bomb(f"unpacks to more than {self.limits.max_archive_ratio:g} times its size", "MAX_ARCHIVE_RATIO")


def bomb(what: str, setting: str | None = None) -> PermanentError:
    """The error for a container that crosses the limit ``setting``, or (without one) isn't what it says it is."""
    advice = "If you trust it, unpack it yourself and send what it holds"
    if setting is not None:
        advice += f", or raise DOCPLATFORM_LIMITS__{setting} and send it again"
    return PermanentError(f"The file {what}. {advice}.", reason=ReasonCode.BOMB)
