"""The ``DocumentReader`` port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from docplatform.documents.analyze_result import AnalyzeResult
from docplatform.errors import ReasonCode


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """One document to read. ``key`` is the caller's own name for it and comes back with the outcome."""

    key: str
    data: bytes
    media_type: str
    """As ``documents.media_types.sniff`` tells it, never guessed from a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCounts:
    """Pages of one document, counted."""

    in_file: int | None = None
    """Pages the file has (sheets, slides, frames), as the reader saw before it read any; None where it doesn't say."""
    recognized: int = 0
    """Page images that OCR went over for this document."""
    cached: int = 0
    """Page images whose elements a cache had from an earlier recognition."""
    repaired: int = 0
    """Entries of the cache that were damaged: read anew and written over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A result and what it took."""

    result: AnalyzeResult
    pages: PageCounts = PageCounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOutcome:
    """What became of one source: a result, or the reason there is none. Exactly one of the two is set."""

    key: str
    result: AnalyzeResult | None = None
    reason: ReasonCode | None = None
    message: str = ""
    is_transient: bool = False
    """True where trying again may help; ``reason`` is then ENGINE_ERROR."""
    seconds: float = 0.0
    """Wall-clock seconds spent on this document."""
    pages: PageCounts = PageCounts()


class DocumentReader(Protocol):
    """Reads documents."""

    @property
    def fingerprint(self) -> str:
        """Engine, version and options that can change a result, as a short stable string."""
        ...

    def read(self, source: DocumentSource) -> AnalyzeResult:
        """Read one document in this process.

        Raises:
            PermanentError: with the reason code it should be quarantined with.
            TransientError: where trying again later may help.
        """
        ...

    def read_many(self, sources: Iterable[DocumentSource]) -> Iterator[ReadOutcome]:
        """Read many documents, in worker processes, yielding each outcome as it is done (not in order).

        ``sources`` is consumed lazily: no more than a few documents per worker are held at once. One bad document
        never disturbs another, and every source has exactly one outcome.
        """
        ...

    def cache_paths(self, source: DocumentSource) -> list[str]:
        """The blobs in which a cache keeps what was read of a document, as its present engine keeps them."""
        ...

    def close(self) -> None:
        """Stop the workers. The reader may be used again afterwards; they start anew."""
        ...
