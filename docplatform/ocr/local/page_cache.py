"""Never recognising a page twice: a recogniser that remembers, by a page's pixels.

Belongs here: what makes two pages the same, counting, the form in which a page's elements are kept. Doesn't: where
entries lie (``ocr.result_cache``), recognising.

The key holds the recogniser's fingerprint and not the reader's: another version of an Office reader, or of layout,
recognises no page again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter

from docplatform.ocr.base import PageCounts
from docplatform.ocr.local.page_elements import PageElements, Recognizer
from docplatform.ocr.result_cache import ResultCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAGES = "pages"
"""Kind of entry."""
_FORM = "page-elements-1"
"""Raised when a field of ``PageElements`` is added, dropped or changes its meaning."""
_ELEMENTS: TypeAdapter[PageElements] = TypeAdapter(PageElements)


class FingerprintedRecognizer(Recognizer, Protocol):
    """A recogniser that says what its results depend on besides the image."""

    @property
    def fingerprint(self) -> str:
        """Engine, versions, models and options that can change what is found on an image, as a stable string."""
        ...


class CachedRecognizer:
    """Recognises the pages of one document, those that were recognised before excepted; counts both.

    Without a cache it only counts.
    """

    def __init__(self, recognizer: FingerprintedRecognizer, cache: ResultCache | None = None) -> None:
        self._recognizer = recognizer
        self._cache = cache
        self._recognized = self._cached = self._repaired = 0

    def recognize(self, image: NDArray[np.uint8]) -> PageElements:
        """See ``Recognizer``. What is found now and what comes from the cache is the same to the last digit."""
        if self._cache is None:
            self._recognized += 1
            return self._recognizer.recognize(image)
        key = page_key(image, self._recognizer.fingerprint)
        kept = self._cache.get(key, decoded)
        if kept is not None:
            self._cached += 1
            return kept
        entry = encoded(self._recognizer.recognize(image))
        self._recognized += 1
        self._repaired += self._cache.put(key, [entry])
        return decoded(entry)

    def counts(self, in_file: int) -> PageCounts:
        """What it did, for a document with so many pages."""
        return PageCounts(in_file=in_file, recognized=self._recognized, cached=self._cached, repaired=self._repaired)


class KeptPages:
    """Stands in for a recogniser to find out which entries there are of a document: it recognises nothing."""

    def __init__(self, fingerprint: str, cache: ResultCache) -> None:
        self._fingerprint = fingerprint
        self._cache = cache
        self.paths: list[str] = []
        """The blobs of the entries found so far."""

    def recognize(self, image: NDArray[np.uint8]) -> PageElements:
        """What is kept of the page; a page without anything where nothing is."""
        key = page_key(image, self._fingerprint)
        path = self._cache.kept_at(key)
        self.paths += [path] if path else []
        height, width = image.shape[:2]
        kept = self._cache.get(key, decoded)
        return kept if kept is not None else PageElements((), float(width), float(height), "pixel")


def page_key(image: Any, fingerprint: str) -> str:
    """SHA-256 (hex) of a page's pixels, their arrangement, and the recogniser's fingerprint."""
    import numpy as np

    digest = hashlib.sha256(f"{_FORM};{fingerprint};{image.dtype.str};{image.shape};".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def encoded(elements: PageElements) -> bytes:
    """Compact JSON of everything a page's elements hold."""
    return _ELEMENTS.dump_json(elements)


def decoded(data: bytes) -> PageElements:
    """Raises ``ValueError`` where the bytes are none of ``encoded``'s."""
    return _ELEMENTS.validate_json(data)
