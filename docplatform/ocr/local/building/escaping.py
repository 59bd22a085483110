r"""Escaping: words that mean themselves in markdown, in HTML and in comments.

Belongs here: what must be escaped where. Doesn't: markup.

As in the service's markdown, a word's ``content`` is the escaped one (``1\.``): it is what stands at its span.
"""

from __future__ import annotations

import html
import re

_INLINE = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
_HASHES = re.compile(r"#+(?!\S)")
_MARKER = re.compile(r"[-+=](?![^\W_])|:?-+:?(?!\S)")
"""At the start of a line: a list item, a heading's underline, a rule, a table's."""
_NUMBER = re.compile(r"(\d{1,9})([.)])(?!\S)")
_DIGITS = re.compile(r"\d{1,9}")


def in_markdown(word: str, before: str) -> str:
    """A word of a paragraph, given what stands before it on its line (only the beginning of that counts)."""
    word = " ".join(word.split())
    escaped = _INLINE.sub(r"\\\g<0>", html.escape(word, quote=False))
    if _HASHES.match(escaped) or (not before and _MARKER.match(escaped)):
        return "\\" + escaped
    if not before:
        return _NUMBER.sub(r"\1\\\2", escaped, count=1) if _NUMBER.match(escaped) else escaped
    if _DIGITS.fullmatch(before) and escaped[0] in ".)":
        return "\\" + escaped
    return escaped


def in_html(word: str, _before: str) -> str:
    """A word inside a table or caption."""
    return html.escape(" ".join(word.split()), quote=False)


def in_comment(word: str, _before: str) -> str:
    """A word inside ``<!-- PageHeader="…" -->``: neither quote nor comment can end early."""
    return html.escape(" ".join(word.split()))
