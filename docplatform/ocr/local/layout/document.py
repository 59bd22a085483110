"""What only the pages of a document together tell: titles, headings, running heads and feet, page numbers, footnotes.

Belongs here: giving paragraphs their roles. Doesn't: making paragraphs (``paragraphs``).

What is unclear has no role. Heads and feet must come again on another page at the same height; a heading must be larger
than the text around it, or numbered and alone on its line.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from docplatform.ocr.local.blocks import LineBox, PageBlocks, ParagraphBlock, TableBlock
from docplatform.ocr.local.layout.frame import bounds, hull
from docplatform.ocr.local.layout.pieces import Box

_EDGE = 0.12
"""Share of a page's height in which heads and feet stand."""
_TITLE, _HEADING, _SMALL = 1.3, 1.18, 0.9
"""Heights of text in heights of the document's text."""
_SAME_PLACE = 0.02
_MAX_HEADING_WORDS, _MAX_TITLE_WORDS = 14, 25
_PAGE_NUMBER = re.compile(
    r"[-–—|(\[]?\s*(page|p\.|seite|s\.|página|pagina|pág\.|pag\.|blatt|sheet)?\s*"
    r"(?P<number>\d{1,4}|[ivxlc]{1,7})\s*((/|of|von|de|di|van|sur)\s*\d{1,4})?\s*[-–—|)\]]?",
    re.IGNORECASE,
)
_NAMED_NUMBER = re.compile(r"^\W*(page|p\.|seite|página|pagina|pág\.|pag\.|blatt)\W", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(\d{1,2}(\.\d{1,2}){0,4}\.?|[IVX]{1,5}\.|§+\s*\d+[a-z]?\.?|(chapter|section|article|part|annex|appendix|kapitel|"
    r"abschnitt|artikel|anhang|chapitre)\s+(\d{1,3}|[IVX]{1,5}|[A-Z])[.:]?)\s+\W?[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"[*†‡§¹²³⁴⁵⁶⁷⁸⁹]+\s?\S|\(?\d{1,2}\)?\s?[A-ZÀ-ÖØ-Þ]")
_DIGITS = re.compile(r"\d+")
_ENDS = (".", ",", ";", ":")


@dataclass(frozen=True, slots=True)
class _Placed:
    """What the role of a paragraph depends on; ``box`` in shares of the page's width and height."""

    page: int
    index: int
    lines: int
    text: str
    box: Box
    height: float
    """Of its lines, in the page's unit."""


class RoleFinder:
    """Is shown the pages of a document one after the other and then tells the roles of their paragraphs.

    Of a page it keeps the text of its paragraphs, where they stand and how large they are, no words or lines.
    """

    def __init__(self) -> None:
        self._placed: list[list[_Placed]] = []
        self._captions: set[tuple[int, int]] = set()

    def add(self, page: PageBlocks) -> None:
        """Look at the next page."""
        number = len(self._placed)
        self._placed.append(list(_placed(number, page)))
        captions = {id(figure.caption) for figure in page.figures}
        captions |= {id(block.caption) for block in page.blocks if isinstance(block, TableBlock) and block.caption}
        self._captions |= {(number, index) for index, block in enumerate(page.blocks) if id(block) in captions}

    def roles(self) -> list[dict[int, str]]:
        """For each page the roles of its blocks, by index. Captions have none, nor has what a format gave one."""
        placed = self._placed
        found: list[dict[int, str]] = [{} for _ in placed]
        roles: dict[tuple[int, int], str] = {}
        if any(placed):
            _add_roles(placed, roles)
        for page, index in roles.keys() - self._captions:
            found[page][index] = roles[page, index]
        return found


def with_roles(pages: Sequence[PageBlocks]) -> list[PageBlocks]:
    """The pages with the roles of their paragraphs. A role that a format gave stays; so do pages without geometry."""
    finder = RoleFinder()
    for page in pages:
        finder.add(page)
    return [with_page_roles(page, roles) for page, roles in zip(pages, finder.roles(), strict=True)]


def with_page_roles(page: PageBlocks, roles: Mapping[int, str]) -> PageBlocks:
    """The page with roles of its paragraphs, by index."""
    if not roles:
        return page
    blocks = [
        replace(block, role=roles[index]) if isinstance(block, ParagraphBlock) and index in roles else block
        for index, block in enumerate(page.blocks)
    ]
    return replace(page, blocks=blocks)


def _add_roles(placed: Sequence[Sequence[_Placed]], roles: dict[tuple[int, int], str]) -> None:
    body = _body_height(placed)
    _add_edges(placed, roles)
    for number, paragraphs in enumerate(placed):
        inner = [item for item in paragraphs if (item.page, item.index) not in roles]
        if number == next(index for index, items in enumerate(placed) if items):
            _add_title(inner, body, roles)
        _add_footnotes(inner, body, roles)
        _add_headings(inner, body, roles)


def _placed(number: int, page: PageBlocks) -> Iterator[_Placed]:
    """The paragraphs of a page that stand upright and have no role yet."""
    if not page.width or not page.height or abs(page.angle or 0.0) > 45:
        return
    for index, block in enumerate(page.blocks):
        if not isinstance(block, ParagraphBlock) or block.role or not block.lines:
            continue
        polygons = [line.polygon for line in block.lines if line.polygon]
        if len(polygons) < len(block.lines) or any(p[0] >= p[2] for p in polygons):
            continue
        left, top, right, bottom = hull([bounds(polygon) for polygon in polygons])
        box = (left / page.width, top / page.height, right / page.width, bottom / page.height)
        height = median(map(_line_height, block.lines))
        text = " ".join(word.text for line in block.lines for word in line.words)
        yield _Placed(number, index, len(block.lines), text, box, height)


def _line_height(line: LineBox) -> float:
    """Height of a line's text. Its first word may be lower than the line: one broken at its end spans two lines."""
    own, first = line.polygon, line.words[0].polygon if line.words else None
    if own and first:
        return min(abs(own[7] - own[1]), abs(first[7] - first[1]))
    polygon = own or first or (0.0,) * 8
    return abs(polygon[7] - polygon[1])


def _body_height(placed: Sequence[Sequence[_Placed]]) -> float:
    """Height of most of the document's text: the median by characters."""
    heights = sorted((item.height, len(item.text)) for items in placed for item in items)
    half = sum(count for _, count in heights) / 2
    for height, count in heights:
        half -= count
        if half <= 0:
            return height
    return heights[-1][0]


def _add_edges(placed: Sequence[Sequence[_Placed]], roles: dict[tuple[int, int], str]) -> None:
    """Page numbers, and heads and feet that another page has too, whatever numbers are in them."""
    edges = [item for items in placed for item in _at_edges(items)]
    found = {(item.page, _DIGITS.sub("#", item.text), round(item.box[1] / _SAME_PLACE)) for item in edges}
    repeated = Counter((text, place) for _, text, place in found)
    numbered = sum(1 for items in placed if any(_is_number(item) for item in _at_edges(items)))
    for item in edges:
        place = round(item.box[1] / _SAME_PLACE)
        same = sum(repeated[_DIGITS.sub("#", item.text), near] for near in (place - 1, place, place + 1))
        if _is_number(item) and (numbered > 1 or _NAMED_NUMBER.match(item.text)):
            roles[item.page, item.index] = "pageNumber"
        elif same > 1:
            roles[item.page, item.index] = "pageHeader" if item.box[1] < 0.5 else "pageFooter"


def _at_edges(items: Sequence[_Placed]) -> Iterator[_Placed]:
    """Short paragraphs in a page's top or bottom strip."""
    for item in items:
        if (item.box[3] <= _EDGE or item.box[1] >= 1 - _EDGE) and item.lines <= 3:
            yield item


def _is_number(item: _Placed) -> bool:
    return bool(_PAGE_NUMBER.fullmatch(item.text.strip()))


def _add_title(items: Sequence[_Placed], body: float, roles: dict[tuple[int, int], str]) -> None:
    """The largest text in the upper half of the first page, where it is clearly larger than the rest."""
    upper = [item for item in items if item.box[1] < 0.5 and _is_wordy(item)]
    if not upper:
        return
    title = max(upper, key=lambda item: item.height)
    others = [item.height for item in items if item is not title]
    is_largest = not others or title.height > 1.05 * max(others)
    if title.height >= _TITLE * body and is_largest and len(title.text.split()) <= _MAX_TITLE_WORDS:
        roles[title.page, title.index] = "title"


def _add_headings(items: Sequence[_Placed], body: float, roles: dict[tuple[int, int], str]) -> None:
    """Short lines, larger than the text that follows them or numbered, with something below them."""
    for item, below in itertools.pairwise(items):
        if (item.page, item.index) in roles or not _is_short(item) or below.box[1] < item.box[3] - 0.01:
            continue
        is_large = item.height >= _HEADING * body and item.height >= _HEADING * below.height
        is_numbered = bool(_NUMBERED.match(item.text)) and item.lines == 1 and item.height >= 0.98 * body
        if is_large or (is_numbered and _is_text(below)):
            roles[item.page, item.index] = "sectionHeading"


def _add_footnotes(items: Sequence[_Placed], body: float, roles: dict[tuple[int, int], str]) -> None:
    """Small text with a mark, below everything larger in its column."""
    for item in items:
        if item.box[1] < 0.6 or item.height > _SMALL * body or not _FOOTNOTE.match(item.text):
            continue
        larger = (o for o in items if o.height > _SMALL * body and o.box[0] < item.box[2] and item.box[0] < o.box[2])
        if _is_text(item) and all(other.box[3] <= item.box[1] + 0.01 for other in larger):
            roles[item.page, item.index] = "footnote"


def _is_short(item: _Placed) -> bool:
    """Whether a text is as short as headings are, and begins and ends like one."""
    starts = (item.text[:1].isalnum() or item.text[:1] == "§") and not item.text[:1].islower()
    is_short = item.lines <= 2 and len(item.text.split()) <= _MAX_HEADING_WORDS
    return starts and is_short and _is_wordy(item) and not item.text.endswith(_ENDS)


def _is_wordy(item: _Placed) -> bool:
    """Whether most of a text is letters."""
    return 2 * sum(char.isalpha() for char in item.text) > len(item.text)


def _is_text(item: _Placed) -> bool:
    """Whether a paragraph is running text rather than a cell or a label."""
    return len(item.text.split()) >= 4 and _is_wordy(item)
