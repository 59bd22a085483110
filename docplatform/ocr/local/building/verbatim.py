"""Plain text, which stands in the content as it is.

Belongs here: lines and words of a text that is there already. Doesn't: decoding it (``plain_text``), blocks.
"""

from __future__ import annotations

import re

from docplatform.ocr.local.blocks import PageBlocks, WordBox
from docplatform.ocr.local.building.writer import Writer

_WORD = re.compile(r"\S+")
_LINE = re.compile(r"[^\r\n]+")
_FENCE = re.compile(r"`{3,}")


def add_verbatim_page(writer: Writer, text: str) -> None:
    """Write a text as a page: line ends and white space as they are, which label offsets count."""
    _write(writer, "", text, "")


def add_code_page(writer: Writer, text: str, language: str) -> None:
    """Write a text as a markdown code block, whose fence is longer than any in the text."""
    fence = "`" * max([3, *(len(run) + 1 for run in _FENCE.findall(text))])
    _write(writer, f"{fence}{language}\n", text, f"{'' if text.endswith(chr(10)) else chr(10)}{fence}")


def _write(writer: Writer, before: str, text: str, after: str) -> None:
    lines, content = writer.line_writer, writer.content
    lines.start_page(PageBlocks())
    content.append(before)
    start = content.offset
    for match in _LINE.finditer(text):
        first, last = _trimmed(match)
        if last > first:
            lines.add_line_entry(text[first:last], start + first, None)
    for match in _WORD.finditer(text):
        lines.add_word_entry(match.group(), start + match.start(), WordBox(""))
        lines.words.trim()
    content.append(text)
    content.append(after)
    writer.add_page_entry(PageBlocks(), 0)


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    text = match.group()
    return match.start() + len(text) - len(text.lstrip()), match.end() - len(text) + len(text.rstrip())
