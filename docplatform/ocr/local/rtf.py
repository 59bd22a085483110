"""rtf: paragraphs, tables, headers and footers, notes, comments, text boxes, in any code page.

Belongs here: what RTF's control words mean for the text. Doesn't: its syntax (``rtf_tokens``).

RTF 1.9.1. One page, as only a layout engine knows its pages. Tracked insertions are read, deletions aren't. An RTF that
a mail program made of HTML reads as the text of that HTML.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from docplatform.errors import PermanentError, ReasonCode
from docplatform.ocr.local.blocks import Block, PageBlocks, ParagraphBlock, ReadDocument, lines_of, table_of
from docplatform.ocr.local.rtf_tokens import Token, charset_encoding, code_page_encoding, tokens

_CHARACTERS = {
    **{"tab": "\t", "line": "\n", "lbr": "\n", "emdash": "\u2014", "endash": "\u2013", "bullet": "\u2022"},
    **{"lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d"},
    **{"emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005", "~": "\xa0", "_": "-", "-": ""},
    **{"{": "{", "}": "}", "\\": "\\", "\n": "\n", "\r": "\n", "\t": "\t"},
}
_UNSEEN = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "objdata", "objclass", "themedata", "datastore", "listtable"}
    | {"listoverridetable", "rsidtbl", "generator", "xmlnstbl", "fldinst", "bkmkstart", "bkmkend", "filetbl", "revtbl"}
    | {"latentstyles", "template", "pgdsctbl", "nonshppict", "sp", "xe", "tc", "rxe", "upr", "atnid", "atnauthor"}
    | {"atntime", "atnref", "atndate", "atnparent", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "mathPr", "mmathPr"}
)
_SEEN = frozenset({"shpinst", "shptxt", "annotation", "ud", "moMath", "moMathPara", "background", "result"})
"""Destinations that are read although a ``\\*`` says that an old reader may pass over them."""
_ASIDE = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), "pageHeader"),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), "pageFooter"),
    **{"footnote": "footnote", "annotation": None, "shptxt": None, "dptxbxtext": None},
}
"""Destinations with paragraphs of their own, and the role of these."""
_MAX_GROUPS = 10_000


def read_rtf(data: bytes) -> ReadDocument:
    """One page of blocks.

    Raises:
        PermanentError: CORRUPT where groups lie in each other by the ten thousand.
    """
    return ReadDocument([PageBlocks(rtf_blocks(data))])


def rtf_blocks(data: bytes) -> list[Block]:
    """The blocks of an RTF text; see ``read_rtf``."""
    reader = _Reader()
    for token in tokens(data):
        reader.take(token)
    return reader.finished()


@dataclass(slots=True)
class _Flow:
    """Text that runs on its own: the body, a header, a note. Paragraphs, and the table that is being read."""

    role: str | None = None
    blocks: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)
    """What follows the paragraph that is being read: notes, text boxes."""
    text: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    is_in_table: bool = False

    def end_paragraph(self) -> None:
        if self.is_in_table:
            self.text.append("\n")
            return
        text = self._taken()
        if self.cells:  # a row that wasn't ended
            self.end_row()
        self._end_table()
        if lines_of(text):
            self.blocks.append(ParagraphBlock(lines_of(text), self.role))
        self.blocks += self.after
        self.after = []

    def end_cell(self) -> None:
        self.cells.append(self._taken())

    def end_row(self) -> None:
        if "".join(self.text).strip():
            self.end_cell()
        self.rows.append(self.cells)
        self.cells = []

    def finish(self) -> list[Block]:
        self.is_in_table = False
        self.end_paragraph()
        return self.blocks

    def _end_table(self) -> None:
        if any(lines_of(text) for row in self.rows for text in row):
            self.blocks.append(table_of(self.rows))
        self.rows = []

    def _taken(self) -> str:
        text = "".join(self.text)
        self.text = []
        return _joined_surrogates(text)


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the group's end."""

    is_unseen: bool = False
    is_fonts: bool = False
    is_starred: bool = False
    is_deleted: bool = False
    is_rtf_only: bool = False
    """Inside ``\\htmlrtf``: what stands for HTML that is written elsewhere."""
    fallback: int = 1
    """Characters after a Unicode one that stand for it in old readers."""
    font: int = 0
    opens: _Flow | None = None
    """The flow that began in this group."""


class _Reader:
    def __init__(self) -> None:
        self._group = _Group()
        self._outer: list[_Group] = []
        self._flows = [_Flow()]
        self._edges: dict[str, list[Block]] = {"pageHeader": [], "pageFooter": []}
        self._encoding = "cp1252"
        self._font_encodings: dict[int, str] = {}
        self._bytes = bytearray()
        self._to_skip = 0

    def take(self, token: Token) -> None:
        if token.text:
            self._add_bytes(token.text)
            return
        self._flush_bytes()
        if token.symbol == "{":
            self._open_group()
        elif token.symbol == "}":
            self._close_group()
        elif token.symbol == "\\*":
            self._group = replace(self._group, is_starred=True)
        elif token.symbol:
            self._add(_CHARACTERS.get(token.symbol[1:], ""))
        else:
            self._word(token.word, token.number)

    def finished(self) -> list[Block]:
        self._flush_bytes()
        while self._outer:
            self._close_group()
        return [*self._edges["pageHeader"], *self._flows[0].finish(), *self._edges["pageFooter"]]

    def _open_group(self) -> None:
        if len(self._outer) >= _MAX_GROUPS:
            raise PermanentError("The RTF's groups are nested too deeply.", reason=ReasonCode.CORRUPT)
        self._to_skip = 0
        self._outer.append(self._group)
        self._group = replace(self._group, opens=None, is_starred=False)

    def _close_group(self) -> None:
        self._to_skip = 0
        if not self._outer:  # a brace too many
            return
        flow = self._group.opens
        if flow is not None:
            self._flows.pop()
            self._place(flow)
        self._group = self._outer.pop()

    def _place(self, flow: _Flow) -> None:
        blocks = flow.finish()
        edge = self._edges.get(flow.role or "")
        if edge is None:
            self._flows[-1].after += blocks
        else:  # the first, left and right page's often say the same
            edge += [block for block in blocks if repr(block) not in map(repr, edge)]

    def _word(self, word: str, number: int | None) -> None:
        if word in _CHARACTERS:
            self._add(_CHARACTERS[word])
        elif word == "u":
            self._add_unicode(number or 0)
        elif word in _MEANINGS:
            _MEANINGS[word](self, number)
        elif word in _ASIDE:
            self._open_flow(_ASIDE[word])
        elif word in _UNSEEN or (self._group.is_starred and word not in _SEEN):
            self._group = replace(self._group, is_unseen=True, is_starred=False)
        elif word in _SEEN:
            self._group = replace(self._group, is_unseen=False, is_starred=False)

    def _open_flow(self, role: str | None) -> None:
        if not self._outer or self._group.opens is not None or (self._group.is_unseen and role is not None):
            return
        flow = _Flow(role)
        self._flows.append(flow)
        self._group = replace(self._group, opens=flow, is_unseen=False, is_starred=False)

    def _add_bytes(self, data: bytes) -> None:
        if self._to_skip and data:
            count = min(self._to_skip, len(data))
            self._to_skip -= count
            data = data[count:]
        if data and not self._is_silent():
            self._bytes += data

    def _flush_bytes(self) -> None:
        if self._bytes:
            encoding = self._font_encodings.get(self._group.font, self._encoding)
            self._flows[-1].text.append(self._bytes.decode(encoding, "replace"))
            self._bytes.clear()

    def _add(self, text: str) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif not self._is_silent():
            self._flows[-1].text.append(text)

    def _add_unicode(self, number: int) -> None:
        if not self._is_silent():
            self._flows[-1].text.append(chr(number % 0x10000))
        self._to_skip = self._group.fallback

    def _is_silent(self) -> bool:
        return self._group.is_unseen or self._group.is_deleted or self._group.is_rtf_only

    def _end_paragraph(self, _: int | None) -> None:
        if not (self._group.is_unseen or self._group.is_deleted):  # where HTML is meant, these end its blocks too
            self._flows[-1].end_paragraph()

    def _end_cell(self, _: int | None) -> None:
        if not self._is_silent():
            self._flows[-1].end_cell()

    def _end_row(self, _: int | None) -> None:
        if not self._is_silent():
            self._flows[-1].end_row()

    def _set_in_table(self, number: int | None) -> None:
        self._flows[-1].is_in_table = number != 0

    def _reset_paragraph(self, _: int | None) -> None:
        self._flows[-1].is_in_table = False

    def _set_deleted(self, number: int | None) -> None:
        self._group = replace(self._group, is_deleted=number != 0)

    def _set_rtf_only(self, number: int | None) -> None:
        self._group = replace(self._group, is_rtf_only=number != 0)

    def _set_fallback(self, number: int | None) -> None:
        self._group = replace(self._group, fallback=min(100, max(0, 1 if number is None else number)))

    def _set_font(self, number: int | None) -> None:
        self._group = replace(self._group, font=number or 0)

    def _open_fonts(self, _: int | None) -> None:
        self._group = replace(self._group, is_unseen=True, is_fonts=True)

    def _set_charset(self, number: int | None) -> None:
        self._set_font_encoding(charset_encoding(number or 0))

    def _set_font_code_page(self, number: int | None) -> None:
        self._set_font_encoding(code_page_encoding(number or 0))

    def _set_font_encoding(self, encoding: str | None) -> None:
        if self._group.is_fonts and encoding is not None:
            self._font_encodings[self._group.font] = encoding

    def _set_code_page(self, number: int | None) -> None:
        self._encoding = code_page_encoding(number or 0) or self._encoding

    def _set_mac(self, _: int | None) -> None:
        self._encoding = "mac_roman"

    def _set_pc(self, _: int | None) -> None:
        self._encoding = "cp437"


_MEANINGS = {
    **dict.fromkeys(("par", "sect", "page", "column"), _Reader._end_paragraph),
    **dict.fromkeys(("cell", "nestcell"), _Reader._end_cell),
    **dict.fromkeys(("row", "nestrow"), _Reader._end_row),
    "intbl": _Reader._set_in_table,
    "pard": _Reader._reset_paragraph,
    "deleted": _Reader._set_deleted,
    "htmlrtf": _Reader._set_rtf_only,
    "uc": _Reader._set_fallback,
    "f": _Reader._set_font,
    "fonttbl": _Reader._open_fonts,
    "fcharset": _Reader._set_charset,
    "cpg": _Reader._set_font_code_page,
    "ansicpg": _Reader._set_code_page,
    "mac": _Reader._set_mac,
    "pc": _Reader._set_pc,
    "pca": _Reader._set_pc,
}


def _joined_surrogates(text: str) -> str:
    """Characters beyond the first plane are written as two."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
