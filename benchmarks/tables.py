"""Tables found in generated pages whose cells are known exactly: born-digital and scanned, ruled and unruled.

    python benchmarks/tables.py [--pages 40] [--scans 12] [--peer /tmp/peer/bin/python] [--data ../shared/data]

A cell is right if its row, its column and its text are (scans: its text but for a fifth of its letters). A table is
found if one on the page shares more than half of its cells' texts. Then: tables on pages that have none, and tables
counted in real PDFs. ``--peer`` names a Python that has pdfplumber: the same PDFs read by it.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from machine import describe

from docplatform.documents.media_types import PDF, PNG
from docplatform.errors import DocPlatformError
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.samples.layout import A4, SLIP, typeset
from docplatform.samples.options import SampleOptions
from docplatform.samples.pdf import FONTS, font_measure, pages_to_pdf
from docplatform.samples.render import WRITERS
from docplatform.samples.scan import FAMILIES, encode, scanned
from docplatform.samples.scan import font_measure as scan_measure
from docplatform.samples.table_content import TableOptions
from docplatform.samples.table_pages import RULED, UNRULED, TablePage, TableStyle, prose_columns_page, table_page
from docplatform.samples.truth import Kind
from docplatform.settings import LimitSettings, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Cells = Counter[tuple[int, int, str]]
_CLEAN = re.compile(r"\s+")

PEER = """
import json, sys, pdfplumber
ruled = {"vertical_strategy": "lines", "horizontal_strategy": "lines"}
text = {"vertical_strategy": "text", "horizontal_strategy": "text"}
for path in sys.argv[2:]:
    with pdfplumber.open(path) as pdf:
        tables = [t for page in pdf.pages for t in page.extract_tables(ruled if sys.argv[1] == "lines" else text)]
    print(json.dumps(tables))
"""


@dataclass(frozen=True)
class Sheet:
    """A file with one page and the tables on it."""

    name: str
    style: TableStyle
    data: bytes
    mime: str
    tables: Sequence[Cells]


@dataclass
class Score:
    truth: int = 0
    found: int = 0
    right: int = 0
    tables: int = 0
    tables_found: int = 0
    tables_right: int = 0
    seconds: float = 0.0
    worst: list[tuple[float, str]] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name in ("truth", "found", "right", "tables", "tables_found", "tables_right"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def line(self) -> str:
        recall, precision = _share(self.right, self.truth), _share(self.right, self.found)
        f1 = 2 * recall * precision / max(recall + precision, 1e-9)
        detection = (
            f"{_share(self.tables_right, self.tables_found):>9.3f} {_share(self.tables_right, self.tables):>9.3f}"
        )
        return f"{precision:>9.3f} {recall:>9.3f} {f1:>9.3f}   {detection}"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def cells(entries: Iterable[tuple[int, int, str]]) -> Cells:
    """The cells that hold anything."""
    return Counter((row, column, clean) for row, column, text in entries if (clean := _CLEAN.sub(" ", text).strip()))


def truth_of(page: TablePage) -> list[Cells]:
    return [cells((cell.row, cell.column, cell.text) for cell in table) for table in page.tables]


def pdf_sheets(styles: Sequence[TableStyle], count: int, seed: str) -> Iterator[Sheet]:
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        style, fonts = styles[number % len(styles)], rng.choice(FONTS)
        page = table_page(rng, style, TableOptions(), font_measure(fonts))
        yield Sheet(f"{style}-{number}", style, pages_to_pdf([page.page], fonts), PDF.mime, truth_of(page))


def scan_sheets(styles: Sequence[TableStyle], count: int, seed: str) -> Iterator[Sheet]:
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        style, family = styles[number % len(styles)], rng.choice(FAMILIES)
        page = table_page(rng, style, TableOptions(), scan_measure(family))
        image = scanned(page.page, family, rng, SampleOptions())
        yield Sheet(f"{style}-{number}", style, encode([image], "png", rng), PNG.mime, truth_of(page))


def score(truth: Sequence[Cells], found: Sequence[Cells], *, is_scan: bool) -> Score:
    result = Score(sum(map(Counter.total, truth)), sum(map(Counter.total, found)), 0, len(truth), len(found), 0)
    free = list(found)
    for table in truth:
        texts = Counter(text for _, _, text in table.elements())
        best = max(free, key=lambda other: _alike(texts, other, is_scan=is_scan), default=None)
        if best is None or _alike(texts, best, is_scan=is_scan) <= 0.5 * texts.total():
            continue
        free.remove(best)
        result.tables_right += 1
        result.right += _right(table, best, is_scan=is_scan)
    return result


def _alike(texts: Counter[str], found: Cells, *, is_scan: bool) -> int:
    other = Counter(text for _, _, text in found.elements())
    if is_scan:
        return (Counter(map(_letters, texts.elements())) & Counter(map(_letters, other.elements()))).total()
    return (texts & other).total()


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _right(truth: Cells, found: Cells, *, is_scan: bool) -> int:
    if not is_scan:
        return (truth & found).total()
    places = {(row, column): text for row, column, text in found}
    return sum(_same(text, places.get((row, column), "")) for row, column, text in truth)


def _same(one: str, two: str) -> bool:
    one, two = _letters(one) or one, _letters(two) or two
    return one == two or difflib.SequenceMatcher(None, one, two, autojunk=False).ratio() >= 0.8


def read_tables(reader: LocalDocumentReader, data: bytes, mime: str) -> list[Cells]:
    result = reader.read(DocumentSource("x", data, mime))
    return [cells((cell.row_index, cell.column_index, cell.content) for cell in t.cells) for t in result.tables]


def measured(
    sheets: Sequence[Sheet], tables_of: Callable[[Sheet], list[Cells]], *, is_scan: bool
) -> dict[TableStyle, Score]:
    scores: dict[TableStyle, Score] = {}
    for sheet in sheets:
        found = tables_of(sheet)
        own = score(sheet.tables, found, is_scan=is_scan)
        total = scores.setdefault(sheet.style, Score())
        total.add(own)
        total.worst.append((own.right / max(own.truth, own.found, 1), sheet.name))
    return scores


def show(kind: str, engine: str, scores: dict[TableStyle, Score], *, verbose: bool) -> None:
    total = Score()
    for style, own in scores.items():
        total.add(own)
        print(f"  {kind + ' ' + style:<22} {engine:<12} {own.line}")
        if verbose:
            print("     ", ", ".join(f"{name} {share:.2f}" for share, name in sorted(own.worst)[:6] if share < 1))
    print(f"{kind:<24} {engine:<12} {total.line}", flush=True)


def peer_tables(python: str, sheets: Sequence[Sheet], strategy: str) -> Callable[[Sheet], list[Cells]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for sheet in sheets:
            paths.append(Path(folder) / f"{sheet.name}.pdf")
            paths[-1].write_bytes(sheet.data)
        command = [python, "-c", PEER, strategy, *map(str, paths)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {
        sheet.name: [
            cells((r, c, text or "") for r, row in enumerate(table) for c, text in enumerate(row))
            for table in json.loads(line)
        ]
        for sheet, line in zip(sheets, lines, strict=True)
    }
    return lambda sheet: found[sheet.name]


def without_tables(count: int) -> Iterator[tuple[str, bytes]]:
    """PDFs of documents that hold no table: letters, agreements, reports, receipts, prose in columns."""
    options = SampleOptions()
    for number in range(count):
        rng = random.Random(f"none/{number}")
        fonts = rng.choice(FONTS)
        for kind in (Kind.LETTER, Kind.LOAN_AGREEMENT, Kind.INCIDENT_REPORT, Kind.RECEIPT):
            draft = WRITERS[kind](rng, bool(number % 3 == 0), options)
            pages = typeset(draft.blocks, SLIP if draft.is_slip else A4, font_measure(fonts))
            yield kind.value, pages_to_pdf(pages, fonts)
        for columns in (2, 3):
            page = prose_columns_page(rng, font_measure(fonts), columns)
            yield f"prose in {columns} columns", pages_to_pdf([page.page], fonts)


def false_tables(reader: LocalDocumentReader, count: int) -> None:
    counts: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for kind, data in without_tables(count):
        counts[kind] += len(read_tables(reader, data, PDF.mime))
        pages[kind] += 1
    print("false tables: " + ", ".join(f"{kind} {counts[kind]} in {pages[kind]} files" for kind in pages))


def real_counts(reader: LocalDocumentReader, data: Path) -> None:
    """How many tables are found in real PDFs; there is no truth for them."""
    for folder in ("invoices", "zoo"):
        counts = []
        for path in sorted((data / folder).rglob("*.pdf")):
            try:
                found = reader.read(DocumentSource(path.name, path.read_bytes(), PDF.mime))
            except DocPlatformError:
                continue
            sizes = " ".join(f"{table.row_count}x{table.column_count}" for table in found.tables)
            counts.append((path.stem, len(found.pages), sizes))
        print(f"{folder}: {sum(len(sizes.split()) for *_, sizes in counts)} tables in {len(counts)} files")
        for name, pages, sizes in counts:
            if sizes:
                print(f"  {name[:40]:<40} {pages:>3} pages: {sizes[:120]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=42, help="PDF pages of each kind")
    parser.add_argument("--scans", type=int, default=12, help="scanned pages of each kind (about 1.5 s each)")
    parser.add_argument("--seed", default="tables")
    parser.add_argument("--peer", help="a Python that has pdfplumber")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--verbose", action="store_true", help="name the worst pages")
    options = parser.parse_args()
    reader = LocalDocumentReader(ReadingSettings(workers=0), LimitSettings())
    print(describe("pypdfium2", "rapidocr"))
    print(f"{'':<24} {'':<12} {'precision':>9} {'recall':>9} {'F1':>9}   {'tables: p':>9} {'r':>9}")
    for kind, styles in (("PDF ruled", RULED), ("PDF unruled", UNRULED)):
        sheets = list(pdf_sheets(styles, options.pages, options.seed))
        started = time.process_time()
        scores = measured(sheets, lambda sheet: read_tables(reader, sheet.data, sheet.mime), is_scan=False)
        show(kind, "docplatform", scores, verbose=options.verbose)
        print(f"  {1000 * (time.process_time() - started) / len(sheets):.1f} ms a page, opening the file included")
        if options.peer:
            for strategy in ("lines", "text"):
                scores = measured(sheets, peer_tables(options.peer, sheets, strategy), is_scan=False)
                show(kind, f"plumber/{strategy}", scores, verbose=False)
    for kind, styles in (("scan ruled", RULED), ("scan unruled", UNRULED)):
        sheets = list(scan_sheets(styles, options.scans, options.seed))
        scores = measured(sheets, lambda sheet: read_tables(reader, sheet.data, sheet.mime), is_scan=True)
        show(kind, "docplatform", scores, verbose=options.verbose)
    false_tables(reader, options.pages)
    if options.data.is_dir():
        real_counts(reader, options.data)


if __name__ == "__main__":
    main()
