"""Which language a text is in.

Belongs here: detection, and how sure it must be. Doesn't: what is done with the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

UNDETERMINED = "und"
"""ISO 639-2's code for a language nobody knows."""

MIN_CONFIDENCE = 0.25
"""Below this the answer is a guess: py3langid 0.4 gives single words 0.04 to 0.15, five-word phrases 0.5 and more."""

_SAMPLE = 2_000
_SAMPLES = 2


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    """A language (ISO 639-1) and the probability the detector gives it, in [0, 1]."""

    language: str
    confidence: float


def detect_language(text: str) -> DetectedLanguage:
    """Detect the language of ``text`` from 4,000 characters of it: its beginning, and its middle where it is longer.

    Empty text, text without words, and answers below ``MIN_CONFIDENCE`` give ``und`` with confidence 0.
    """
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        middle = max(_SAMPLE, len(text) // 2)
        sample += "\n" + text[middle : middle + _SAMPLE * (_SAMPLES - 1)]
    if not any(character.isalpha() for character in sample):
        return DetectedLanguage(UNDETERMINED, 0.0)
    language, confidence = _identifier().classify(sample)
    if confidence < MIN_CONFIDENCE:
        return DetectedLanguage(UNDETERMINED, 0.0)
    return DetectedLanguage(str(language), min(1.0, float(confidence)))


@cache
def _identifier() -> Any:  # py3langid has no types
    """py3langid's own model, 0.7 s to load, kept to the ISO 639-1 languages (it knows 142 names, two-letter or not)."""
    import numpy as np
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted({name for name in identifier.nb_classes if len(name) == 2}))
    # It picks columns, which leaves a feature's weights strewn over 23 MB: side by side they are found in a third of
    # the time.
    identifier.nb_ptc = np.ascontiguousarray(identifier.nb_ptc)
    return identifier
