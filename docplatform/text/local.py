"""The local ``TextPreprocessor``: no account, no network, no download.

Belongs here: which steps run, on how much of a text, and the fingerprint. Doesn't: how a step works.
"""

from __future__ import annotations

import hashlib
import unicodedata
from importlib.metadata import version

from docplatform.settings import TextSettings
from docplatform.text.base import PreprocessedText
from docplatform.text.cleaning import clean
from docplatform.text.language import UNDETERMINED, DetectedLanguage, detect_language
from docplatform.text.summarizing import key_phrases, summarize
from docplatform.text.words import lemmas, stems, stop_word_languages, stop_words, tokenize

_RULES = 1
"""Raise it when a change of this room's code can change a result."""

_SUMMARY_WINDOW = 100_000
"""Key phrases and the summary are chosen from this many characters at the beginning of a text (about 40 pages)."""


class LocalTextPreprocessor:
    """Cleaning, language, stop words, lemmas, stems, key phrases and summary, each one switchable.

    Cost is linear: a few milliseconds a page. A text of any length is bounded: language is told from 4,000 characters,
    phrases and summary from the first 100,000, a word is lemmatised and stemmed once, and words longer than 40
    characters are neither. Where the language isn't known (``und``) nothing counts as a stop word, and lemmas and
    stems are the tokens themselves.
    """

    def __init__(self, settings: TextSettings) -> None:
        self._settings = settings

    @property
    def fingerprint(self) -> str:
        """Steps, versions and options that can change a result."""
        packages = ",".join(f"{name}={version(name)}" for name in ("py3langid", "simplemma", "snowballstemmer"))
        lists = hashlib.sha256(repr([sorted(stop_words(name)) for name in stop_word_languages()]).encode())
        options = ",".join(f"{name}={int(value)}" for name, value in sorted(self._settings.model_dump().items()))
        unicode_version = f"unicode={unicodedata.unidata_version}"
        return f"local-text/{_RULES};{packages};{unicode_version};stop_words={lists.hexdigest()[:8]};{options}"

    def preprocess(self, content: str) -> PreprocessedText:
        """Preprocess one text. Empty text gives empty fields. Deterministic."""
        settings = self._settings
        cleaned = clean(content) if settings.clean else content
        detected = detect_language(cleaned) if settings.detect_language else DetectedLanguage(UNDETERMINED, 0.0)
        language = detected.language
        tokens = tuple(tokenize(cleaned, language))
        if settings.remove_stop_words:
            stops = stop_words(language)
            tokens = tuple(token for token in tokens if token not in stops)
        window = cleaned[:_SUMMARY_WINDOW]
        return PreprocessedText(
            cleaned=cleaned,
            language=language,
            language_confidence=detected.confidence,
            tokens=tokens,
            lemmas=lemmas(tokens, language) if settings.lemmatize else (),
            stems=stems(tokens, language) if settings.stem else (),
            key_phrases=key_phrases(window, language, settings.key_phrases),
            summary=summarize(window, language, settings.summary_sentences),
        )
