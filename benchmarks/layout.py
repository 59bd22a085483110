"""Reading order on generated pages whose order is known, and what arranging a page costs.

    python benchmarks/layout.py [--pages 20] [--scans 2]

Pages of every layout are drawn as PDF, their lines in random stream order, and read; ``--scans`` also renders that many
of each and reads them by OCR. ``order``: share of line pairs that come in the true order (Kendall). ``chains``: share
of neighbouring lines that are still neighbours. Every line starts with a token that occurs once. ``arrange`` is
measured on a page of 400 words, in CPU milliseconds.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

from docplatform.documents import media_types
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.layout.page import arrange
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

_WIDTH, _HEIGHT, _MARGIN, _SIZE = 595.0, 842.0, 50.0, 10.0
_SYLLABLES = re.findall("..", "bacedifogulameniporusatevivowozu")
_HEBREW = "אבגדהוזחטיכלמנסעפצקרשת"


@dataclass(frozen=True)
class Run:
    """A line of text at a place; y grows downwards to the baseline."""

    x: float
    y: float
    text: str
    size: float = _SIZE


class Sheet:
    """A page under construction: lines are added in reading order."""

    def __init__(self, rng: random.Random, hebrew: bool = False) -> None:
        self.rng, self.hebrew = rng, hebrew
        self.runs: list[Run] = []
        self._size = rng.choice((9.0, 10.0, 11.0))
        self._leading = rng.choice((1.2, 1.35, 1.5))

    def token(self) -> str:
        letters = _HEBREW if self.hebrew else "BCDFGHJKLMNPQRSTVWXZ"
        return "".join(self.rng.choice(letters) for _ in range(4)) + "e" * (not self.hebrew)

    def word(self) -> str:
        if self.hebrew:
            return "".join(self.rng.choice(_HEBREW) for _ in range(self.rng.randint(2, 7)))
        return "".join(self.rng.choice(_SYLLABLES) for _ in range(self.rng.choice((1, 2, 2, 3))))

    def line(self, width: float, size: float, words: int = 99) -> str:
        parts = [self.token()]
        while len(parts) < words:
            word = self.word()
            if _measure(" ".join([*parts, word]), size) > width:
                break
            parts.append(word)
        return " ".join(parts)

    def put(self, x: float, y: float, text: str, size: float | None = None) -> None:
        self.runs.append(Run(x, y, text, size or self._size))

    def prose(self, left: float, right: float, top: float, bottom: float) -> float:
        """Paragraphs filling a column; the height where they end."""
        y, step = top + self._size, self._size * self._leading
        while y < bottom:
            for number in range(self.rng.randint(3, 9)):
                if y >= bottom:
                    break
                indent = 12 if number == 0 and self.rng.random() < 0.3 else 0
                start = right - (right - left) if not self.hebrew else left
                text = self.line(right - left - indent, self._size)
                if self.hebrew:
                    start = right - _measure(text, self._size) - indent
                    indent = 0
                self.put(start + indent, y, text)
                y += step
            last = self.runs.pop()
            short = " ".join(last.text.split()[: self.rng.randint(2, 6)])
            x = right - _measure(short, last.size) if self.hebrew else last.x
            self.put(x, last.y, short)
            y += step * self.rng.choice((0.0, 0.5, 1.0))
        return y


def _measure(text: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, _font(), size))


def _font() -> str:
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if "DejaVuSans" not in pdfmetrics.getRegisteredFontNames():
        path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
        pdfmetrics.registerFont(TTFont("DejaVuSans", str(path)))
    return "DejaVuSans"


def _columns(sheet: Sheet, count: int, top: float, bottom: float, ragged: bool = True) -> None:
    gap = sheet.rng.uniform(14, 28)
    width = (_WIDTH - 2 * _MARGIN - gap * (count - 1)) / count
    places = [_MARGIN + number * (width + gap) for number in range(count)]
    for number, left in enumerate(reversed(places) if sheet.hebrew else places):
        end = bottom - (sheet.rng.uniform(0, 0.5) * (bottom - top) if ragged and number == count - 1 else 0)
        sheet.prose(left, left + width, top, end)


def columns(count: int) -> Callable[[Sheet], None]:
    def draw(sheet: Sheet) -> None:
        _columns(sheet, count, _MARGIN, _HEIGHT - _MARGIN)

    return draw


def headline(sheet: Sheet) -> None:
    count = sheet.rng.choice((2, 3))
    sheet.put(_MARGIN, 70, sheet.line(400, 20), 20)
    middle = sheet.rng.uniform(350, 500)
    _columns(sheet, count, 95, middle, ragged=False)
    sheet.put(_MARGIN, middle + 45, sheet.line(_WIDTH - 2 * _MARGIN, 16), 16)
    _columns(sheet, sheet.rng.choice((2, 3)), middle + 65, _HEIGHT - _MARGIN)


def abstract(sheet: Sheet) -> None:
    """A paper: title, authors, an abstract across, two columns."""
    title = sheet.line(380, 18)
    sheet.put((_WIDTH - _measure(title, 18)) / 2, 70, title, 18)
    authors = sheet.line(250, _SIZE)
    sheet.put((_WIDTH - _measure(authors, _SIZE)) / 2, 95, authors)
    end = sheet.prose(_MARGIN + 40, _WIDTH - _MARGIN - 40, 110, 110 + sheet.rng.uniform(60, 330))
    _columns(sheet, 2, end + 10, _HEIGHT - _MARGIN)


def sidebar(sheet: Sheet) -> None:
    """Unequal columns: a narrow one beside a wide one, on either side."""
    share, gap = sheet.rng.uniform(0.25, 0.38), sheet.rng.uniform(16, 30)
    edge = _MARGIN + share * (_WIDTH - 2 * _MARGIN)
    if sheet.rng.random() < 0.5:
        sheet.prose(_MARGIN, edge, _MARGIN, sheet.rng.uniform(250, 790))
        sheet.prose(edge + gap, _WIDTH - _MARGIN, _MARGIN, 790)
    else:
        edge = _WIDTH - edge
        sheet.prose(_MARGIN, edge - gap, _MARGIN, 790)
        sheet.prose(edge, _WIDTH - _MARGIN, _MARGIN, sheet.rng.uniform(250, 790))


def header_and_footer(sheet: Sheet) -> None:
    """Running head and foot with two ends each, columns between."""
    sheet.put(_MARGIN, 40, sheet.line(120, 9, 3), 9)
    sheet.put(440, 40, sheet.line(100, 9, 2), 9)
    _columns(sheet, sheet.rng.choice((2, 2, 3)), 65, 770)
    sheet.put(_MARGIN, 810, sheet.line(120, 9, 3), 9)
    sheet.put(440, 810, sheet.line(100, 9, 2), 9)


def newspaper(sheet: Sheet) -> None:
    """A full column at the left; beside it a headline over two columns."""
    sheet.prose(_MARGIN, 200, _MARGIN, 790)
    sheet.put(222, 75, sheet.line(320, 18), 18)
    sheet.prose(222, 374, 95, 790)
    sheet.prose(392, 545, 95, 790)


def mixed(sheet: Sheet) -> None:
    """A text across, then columns, then a text across."""
    first = sheet.prose(_MARGIN, _WIDTH - _MARGIN, _MARGIN, sheet.rng.uniform(150, 350))
    second = first + sheet.rng.uniform(200, 280)
    _columns(sheet, 2, first + 8, second, ragged=False)
    sheet.prose(_MARGIN, _WIDTH - _MARGIN, second + 24, _HEIGHT - _MARGIN)


def form(sheet: Sheet) -> None:
    """Labels with values beside them: row by row, in one or two pairs of columns."""
    stops = sheet.rng.choice(((0, 150), (0, 110, 260, 370), (0, 220)))
    y = 80.0
    for _ in range(sheet.rng.randint(12, 26)):
        for number, stop in enumerate(stops):
            words = sheet.rng.randint(1, 2) if number % 2 == 0 else sheet.rng.randint(1, 4)
            room = (stops[number + 1] if number + 1 < len(stops) else 480) - stop - 20
            sheet.put(_MARGIN + stop, y, sheet.line(room, _SIZE, words), _SIZE)
        y += 26


def receipt(sheet: Sheet) -> None:
    """Goods at the left, prices at the right."""
    y = 60.0
    for _ in range(30):
        sheet.put(_MARGIN, y, sheet.line(150, _SIZE, sheet.rng.randint(1, 5)), _SIZE)
        price = sheet.token()
        sheet.put(300 - _measure(price, _SIZE), y, price, _SIZE)
        y += 15


def hebrew_form(sheet: Sheet) -> None:
    """Right to left: the label at the right, its value at the left of it."""
    y = 80.0
    for _ in range(20):
        for right, words in ((_WIDTH - _MARGIN, 2), (_WIDTH - 230, 3)):
            text = sheet.line(150, _SIZE, words)
            sheet.put(right - _measure(text, _SIZE), y, text, _SIZE)
        y += 24


LAYOUTS: dict[str, tuple[Callable[[Sheet], None], bool]] = {
    "1 column": (columns(1), False),
    "2 columns": (columns(2), False),
    "3 columns": (columns(3), False),
    "4 columns": (columns(4), False),
    "headlines across": (headline, False),
    "abstract": (abstract, False),
    "sidebar": (sidebar, False),
    "head and foot": (header_and_footer, False),
    "newspaper": (newspaper, False),
    "mixed": (mixed, False),
    "form": (form, False),
    "receipt": (receipt, False),
    "hebrew 1 column": (columns(1), True),
    "hebrew 2 columns": (columns(2), True),
    "hebrew form": (hebrew_form, True),
}


def drawn(sheet: Sheet) -> bytes:
    """The page as PDF, its runs shuffled; Hebrew as typesetters write it, in visual order."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(_WIDTH, _HEIGHT), invariant=1)
    for run in sheet.rng.sample(sheet.runs, len(sheet.runs)):
        canvas.setFont(_font(), run.size)
        canvas.drawString(run.x, _HEIGHT - run.y, run.text[::-1] if sheet.hebrew else run.text)
    canvas.save()
    return buffer.getvalue()


def rendered(pdf: bytes) -> bytes:
    """The page as a scan of 150 dpi."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        buffer = io.BytesIO()
        document[0].render(scale=150 / 72).to_pil().convert("L").save(buffer, "PNG")
        return buffer.getvalue()


def scores(truth: Sequence[str], content: str) -> tuple[float, float]:
    """Order and chains, over the lines whose first token is found in the content."""
    place = {token: number for number, token in reversed(list(enumerate(content.upper().split())))}
    found = [place[token.upper()] for token in truth if token.upper() in place]
    pairs = [first < second for first, second in combinations(found, 2)]
    rank = {token: number for number, token in enumerate(sorted(found))}
    chains = [rank[second] - rank[first] == 1 for first, second in pairwise(found)]
    return sum(pairs) / max(1, len(pairs)), sum(chains) / max(1, len(chains))


def documents(name: str, pages: int) -> Iterator[tuple[Sheet, bytes]]:
    draw, hebrew = LAYOUTS[name]
    for number in range(pages):
        sheet = Sheet(random.Random(f"{name} {number}"), hebrew)
        draw(sheet)
        yield sheet, drawn(sheet)


def arrange_milliseconds(columns_of_page: int, repeats: int = 100) -> float:
    """CPU time for a page of 400 words in 50 lines."""
    lines = []
    for number in range(50):
        column, row = divmod(number, 50 // columns_of_page)
        left, top, words = 1 + column * 6.5 / columns_of_page, 1 + row * 0.17, []
        for place in range(8):
            x = left + place * 0.8 / columns_of_page
            words.append(WordBox("wordy", (x, top, x + 0.7, top, x + 0.7, top + 0.15, x, top + 0.15)))
        end = left + 6.2 / columns_of_page
        lines.append(LineBox(words, (left, top, end, top, end, top + 0.15, left, top + 0.15)))
    random.Random(1).shuffle(lines)
    page = PageElements(lines, 8.5, 11.0, "inch")
    started = time.process_time()
    for _ in range(repeats):
        arrange(page)
    return (time.process_time() - started) / repeats * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20, help="PDF pages of each layout")
    parser.add_argument("--scans", type=int, default=0, help="of these, how many are also read by OCR")
    options = parser.parse_args()
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    print(f"{'layout':<20} {'lines':>6} {'order':>7} {'chains':>7}   {'scans: order':>12} {'chains':>7}")
    for name, (_, hebrew) in LAYOUTS.items():
        digital, scanned, lines = [], [], 0
        for number, (sheet, pdf) in enumerate(documents(name, options.pages)):
            truth = [run.text.split()[0] for run in sheet.runs]
            lines += len(truth)
            digital.append(scores(truth, _read(reader, pdf, media_types.PDF.mime)))
            if number < options.scans and not hebrew:  # the bundled models know no Hebrew
                scanned.append(scores(truth, _read(reader, rendered(pdf), media_types.PNG.mime)))
        print(f"{name:<20} {lines:>6} {_mean(digital)}   {'':>5}{_mean(scanned) if scanned else ''}", flush=True)
    print("arrange, ms: " + ", ".join(f"{count} columns {arrange_milliseconds(count):.2f}" for count in (1, 2, 5)))


def _read(reader: LocalDocumentReader, data: bytes, mime: str) -> str:
    return reader.read(DocumentSource("page", data, mime)).content


def _mean(results: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{sum(values) / len(values):>7.3f}" for values in zip(*results, strict=True))


if __name__ == "__main__":
    main()
