"""The ``TextPreprocessor`` port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessedText:
    """One text after preprocessing. A step that is switched off leaves its field empty (``clean``: unchanged)."""

    cleaned: str
    """Unicode normalised (NFKC), control characters gone, white space collapsed within lines, words re-joined."""
    language: str
    """ISO 639-1 code, ``und`` where unknown or not asked."""
    language_confidence: float
    """In [0, 1]."""
    tokens: tuple[str, ...]
    """Lower-cased words of ``cleaned`` without stop words."""
    lemmas: tuple[str, ...]
    """One per token."""
    stems: tuple[str, ...]
    """One per token."""
    key_phrases: tuple[str, ...]
    """Best first."""
    summary: str
    """The most central sentences of ``cleaned``, in their order."""


class TextPreprocessor(Protocol):
    """Preprocesses text."""

    @property
    def fingerprint(self) -> str:
        """Steps, versions and options that can change a result, as a short stable string."""
        ...

    def preprocess(self, content: str) -> PreprocessedText:
        """Preprocess one text. Empty text gives empty fields. Deterministic."""
        ...
