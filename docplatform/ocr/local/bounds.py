"""Bounds on what a document may ask for: pages, entries, spans.

Belongs here: the refusals that several formats share, and numbers read from markup. Doesn't: limits of one format
alone, which stand where they apply.
"""

from __future__ import annotations

from docplatform.errors import PermanentError, ReasonCode
from docplatform.settings import LimitSettings

MAX_SPAN = 1_000
"""Rows or columns that a cell may span, as browsers bound it; a larger number is taken for this one."""
_LONGEST_NUMBER = 9  # digits; Python refuses to parse thousands of them


def check_pages(count: int, limits: LimitSettings, *, holder: str, unit: str = "pages") -> None:
    """Raises ``PermanentError`` (TOO_MANY_PAGES) where ``holder`` ("The PDF") has more than the limit."""
    if count > limits.max_pages:
        raise PermanentError(
            f"{holder} has {count} {unit}; the limit is {limits.max_pages} (DOCPLATFORM_LIMITS__MAX_PAGES).",
            reason=ReasonCode.TOO_MANY_PAGES,
        )


def check_entries(count: int, limits: LimitSettings, *, holder: str, unit: str) -> None:
    """Raises ``PermanentError`` (BOMB) where ``holder`` ("The zip") has more members than the limit."""
    if count > limits.max_archive_entries:
        raise PermanentError(
            f"{holder} has {count} {unit}; the limit is {limits.max_archive_entries} "
            "(DOCPLATFORM_LIMITS__MAX_ARCHIVE_ENTRIES).",
            reason=ReasonCode.BOMB,
        )


def bounded_number(text: str | None, default: int) -> int:
    """A count of rows, columns or entries that markup gives, 0 to ``MAX_SPAN``; ``default`` where it is no number."""
    digits = (text or "").strip()
    if not digits.isdecimal():
        return default
    return min(MAX_SPAN, int(digits)) if len(digits) <= _LONGEST_NUMBER else MAX_SPAN
