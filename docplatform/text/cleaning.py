"""Cleaning of text: Unicode form, control characters, white space, words broken at a line's end.

Belongs here: changes that keep every word. Doesn't: choosing words (stop words, lemmas), or removing repeated page
headers and footers, which are left alone: telling them from table rows needs the page layout, not the text.
"""

from __future__ import annotations

import re
import unicodedata

# NEL, vertical tab, form feed and Unicode's separators end a line just as CR and LF do.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Controls (without tab and line feed), zero-width and directional marks, lone surrogates (they can't be stored as
# UTF-8). The joiners U+200C and U+200D stay: Persian and Indic spelling needs them.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SOFT_HYPHEN = re.compile("\u00ad[ \t]*\n?[ \t]*")
# Words are matched from their beginning only: without the lookbehind a text without spaces costs quadratic time.
_WORD = r"(?<![^\W\d_])[^\W\d_]+"
_BROKEN_WORD = re.compile(rf"({_WORD})[-\u2010]\n({_WORD})")
_HYPHENATED = re.compile(rf"{_WORD}-{_WORD}")
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean(content: str) -> str:
    """Return ``content`` with NFKC Unicode, line feeds for line ends, no control characters, and white space collapsed.

    Lines are trimmed, runs of blanks within them become one space, two or more empty lines become one, and a word
    hyphenated at a line's end is put together again. Time is linear in the length.
    """
    text = _LINE_ENDS.sub("\n", content)
    text = _CONTROLS.sub("", _SOFT_HYPHEN.sub("", text))
    text = unicodedata.normalize("NFKC", text)
    text = _BLANKS.sub(" ", text).replace(" \n", "\n").replace("\n ", "\n")
    return _EMPTY_LINES.sub("\n\n", _join_broken_words(text)).strip()


def _join_broken_words(text: str) -> str:
    """Join ``agree-⏎ment``; keep the hyphen of ``well-⏎known`` where the text spells it so within a line.

    Only where both parts are letters and the second begins in lower case: ``2024-⏎25`` and ``Smith-⏎Jones`` stay.
    """
    spelled = set(_HYPHENATED.findall(text)) if "-\n" in text else set()

    def join(match: re.Match[str]) -> str:
        first, second = match.groups()
        if not second[0].islower():
            return match.group()
        return f"{first}-{second}" if f"{first}-{second}" in spelled else first + second

    return _BROKEN_WORD.sub(join, text)
