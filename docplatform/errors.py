"""The errors docplatform raises, and the reason codes a document is quarantined with.

Belongs here: error classes and codes that every room shares. Doesn't: handling them, or words about one room's matters.
"""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a document, or a part of one, could not be processed. Stable: tables and people's scripts hold these."""

    EMPTY = "empty"
    """The file holds no bytes, or nothing but white space."""
    UNSUPPORTED_TYPE = "unsupported_type"
    """The content is of a type no reader knows."""
    CORRUPT = "corrupt"
    """The content starts as its type should but can't be parsed: truncated, damaged, malformed."""
    ENCRYPTED = "encrypted"
    """A password is needed and none that was given opens it."""
    TOO_LARGE = "too_large"
    """More bytes, or more pixels, than the limit in the settings."""
    TOO_MANY_PAGES = "too_many_pages"
    """More pages than the limit in the settings."""
    BOMB = "bomb"
    """An archive that unpacks to more bytes, entries or levels than the limits in the settings, or lies about it."""
    TIMEOUT = "timeout"
    """Took longer than the wall-clock limit for one document, twice."""
    MEMORY = "memory"
    """Needed more memory than the limit for one worker."""
    CRASH = "crash"
    """The parser took its worker process down."""
    MISSING = "missing"
    """The stored bytes are gone: restore them, then replay."""
    ENGINE_ERROR = "engine_error"
    """The engine failed in a way that none of the other codes names: a bug worth reporting."""


class DocPlatformError(Exception):
    """Base of every error docplatform raises on purpose.

    The message says what happened, where, and what to do about it.
    """


class PermanentError(DocPlatformError):
    """Trying again won't help: the document is quarantined with ``reason``."""

    def __init__(self, message: str, *, reason: ReasonCode = ReasonCode.ENGINE_ERROR) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the reason: these errors cross process boundaries."""
        return (_rebuild_permanent_error, (type(self), str(self), self.reason))


def _rebuild_permanent_error(cls: type[PermanentError], message: str, reason: ReasonCode) -> PermanentError:
    return cls(message, reason=reason)


class TransientError(DocPlatformError):
    """Trying again later may help: retried with backoff, never quarantined at the first failure."""


class ConfigurationError(DocPlatformError):
    """Settings, projects or the installation are wrong; the message says which one and how to mend it."""
