"""``LineWriter``: words, lines and selection marks of a page as they are written into the content.

Belongs here: their text, offsets and entries. Doesn't: what lines make up (paragraphs, tables), markup around them.

Entries are plain dicts in the names of the service's JSON and are written as JSON as they are: to make pydantic models
of them and to write those took five times as long. The tests hold what every format makes to the service's schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pydantic_core import to_json

from docplatform.documents.vocabulary import SelectionMarkState
from docplatform.ocr.local.blocks import CellBlock, LineBox, MarkBox, PageBlocks, WordBox
from docplatform.ocr.local.building.content import Content, Extent, Json, clean, span
from docplatform.ocr.local.building.entries import Buffered
from docplatform.ocr.local.building.marks import NO_MARKS, Item, place_marks
from docplatform.ocr.local.building.word_entries import WordEntry, words_json

WORDS_OMITTED = "wordsOmitted"
LINES_OMITTED = "linesOmitted"

Escape = Callable[[str, str], str]
"""A word as it stands in the content, given what stands before it on its line."""

_START = 12  # parts of a line after which a word isn't at its start for ``Escape``


@dataclass(frozen=True, slots=True)
class Written:
    """Where a run of words and marks is; ``words`` leaves out the marks at its ends and is None without words."""

    extent: Extent
    words: Extent | None


class LineWriter:
    """Writes lines. ``words``, ``lines`` and ``marks`` are those of the page that ``start_page`` started."""

    def __init__(self, content: Content, mark_texts: Mapping[bool, str], most_plain: int) -> None:
        self.content = content
        self.escape: Escape | None = None
        self.plain: Counter[str] = Counter()
        """Words and lines without geometry, of which ``most_plain`` are listed."""
        self._most_plain = most_plain
        self._mark_texts = mark_texts
        self.start_page(PageBlocks())

    def start_page(self, page: PageBlocks) -> None:
        """Begin with an empty page."""
        self.words = Buffered[WordEntry](words_json)
        self.lines = Buffered[Json](to_json)
        self.marks: list[Json] = []
        self._placed = place_marks(page) if page.marks else NO_MARKS
        self.places: dict[int, Extent] | None = {} if page.pairs else None
        """Where the words and marks of a page with pairs are, by ``id``."""

    @property
    def loose_marks(self) -> Sequence[MarkBox]:
        """Marks of the page that stand in no line."""
        return self._placed.elsewhere

    def items(self, line: LineBox) -> Sequence[Item]:
        """The words of a line with the marks that stand among them."""
        return self._placed.in_lines.get(id(line), line.words) if self._placed.in_lines else line.words

    def marks_in(self, cell: CellBlock) -> Sequence[MarkBox]:
        """The marks of a cell without words."""
        return self._placed.in_cells.get(id(cell), ())

    def add_line(self, line: LineBox, prefix: str = "", suffix: str = "") -> None:
        """Write a line, between markup that belongs to it."""
        content = self.content
        begin, mark = content.offset, len(content.parts)
        content.append(prefix)
        written = self.add(self.items(line), "", is_first=True)
        content.append(suffix)
        if written and written.words:
            start = begin if prefix else written.words[0]
            end = content.offset if suffix else written.words[1]
            self.add_line_entry(content.since(mark)[start - begin : end - begin], start, line.polygon)

    def add(self, items: Sequence[Item], before: str, *, is_first: bool) -> Written | None:
        """Write words and marks on a line; ``before`` goes before them unless they are its first. None: no text."""
        if self._placed is NO_MARKS:
            extent = self._add_words(cast("Sequence[WordBox]", items), before, is_first, len(self.content.parts))
            return Written(extent, extent) if extent else None
        line_start = len(self.content.parts)
        extents: list[Extent] = []
        words: list[Extent] = []
        for item in items:
            separator = before if not extents else " " if isinstance(item, MarkBox) else item.before
            if isinstance(item, MarkBox):
                extents.append(self._add_mark(item, separator, is_first and not extents))
            elif found := self._add_words([item], separator, is_first and not extents, line_start):
                words.append(found)
                extents.append(found)
        if not extents:
            return None
        return Written((extents[0][0], extents[-1][1]), (words[0][0], words[-1][1]) if words else None)

    def _add_words(self, words: Iterable[WordBox], before: str, is_first: bool, line_start: int) -> Extent | None:
        content, escape, places = self.content, self.escape, self.places
        parts, offset = content.parts, content.offset
        start = -1
        entries = self.words.recent
        for word in words:
            text, polygon, confidence, between = word
            text = text if text.isascii() else clean(text)
            if not text or text.isspace():
                continue
            separator = between if start >= 0 else "" if is_first else before
            if separator:
                parts.append(separator)
                offset += len(separator)
            start = offset if start < 0 else start
            if escape:
                text = escape(text, "".join(parts[line_start : line_start + _START]))
            length = len(text)
            if polygon:  # as ``add_word_entry``, whose call is a tenth of a page's time here
                entries.append((text, polygon, offset, confidence))
            else:
                self.add_word_entry(text, offset, word)
            if places is not None:
                places[id(word)] = (offset, offset + length)
            parts.append(text)
            offset += length
        content.offset = offset
        return (start, offset) if start >= 0 else None

    def add_word_entry(self, text: str, offset: int, word: WordBox) -> None:
        """List a word that is written, as ``text``."""
        if word.polygon or self._is_listed(WORDS_OMITTED):
            self.words.recent.append((text, word.polygon, offset, word.confidence))

    def add_line_entry(self, text: str, offset: int, polygon: Sequence[float] | None) -> None:
        """List a line that is written."""
        entry: Json = {"content": text, "polygon": polygon} if polygon else {"content": text}
        if polygon or self._is_listed(LINES_OMITTED):
            entry["spans"] = [{"offset": offset, "length": len(text)}]
            self.lines.recent.append(entry)
        self.lines.trim()
        self.words.trim()

    def _is_listed(self, code: str) -> bool:
        """Count a word or line without geometry; False where too many like it are listed already."""
        self.plain[code] += 1
        return self.plain[code] <= self._most_plain

    def _add_mark(self, mark: MarkBox, before: str, is_first: bool) -> Extent:
        content = self.content
        content.append("" if is_first else before)
        extent = content.offset, content.offset + len(self._mark_texts[mark.is_selected])
        content.append(self._mark_texts[mark.is_selected])
        if self.places is not None:
            self.places[id(mark)] = extent
        state = SelectionMarkState.SELECTED if mark.is_selected else SelectionMarkState.UNSELECTED
        self.marks.append(
            {"state": state.value, "polygon": mark.polygon, "span": span(extent), "confidence": mark.confidence}
        )
        return extent
