"""Born-digital PDF: CPU a page against bare pypdfium2 in the same run, and memory over the number of pages.

    python benchmarks/pdf.py [--data ../shared/data] [--rounds 5] [--no-memory]
    python benchmarks/pdf.py --every          # peak memory of a worker over every PDF below --data, OCR included

Bare pypdfium2 opens each page, takes its text (``get_text_range``) and a box for every word (``get_charbox`` of its
first and last character). docplatform goes the whole way: bytes, ``AnalyzeResult``, JSON. Each file is read by each in
turn, several rounds; the least CPU seconds of each count, which a busy machine disturbs least. Files count as
born-digital where every page has a text layer and none is a page-filling picture. The recogniser is a stand-in that
finds nothing: how many pages asked for it is printed.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
from machine import describe

from docplatform.documents import media_types
from docplatform.errors import DocPlatformError
from docplatform.ocr.base import DocumentSource
from docplatform.ocr.local.blocks import LineBox, WordBox
from docplatform.ocr.local.page_elements import PageElements
from docplatform.ocr.local.pdf import read_pdf
from docplatform.ocr.local.pdf_frame import PageFrame
from docplatform.ocr.local.pdf_objects import PageObjects
from docplatform.ocr.local.pdf_pictures import pictures
from docplatform.ocr.local.reader import LocalDocumentReader
from docplatform.settings import LimitSettings, ReadingSettings

DEFAULT_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
_WORD = re.compile(r"\S+")
_LEAST_TEXT = 200
READING, LIMITS = ReadingSettings(workers=0), LimitSettings()


class BlindRecognizer:
    """Finds nothing, and counts how often it was asked."""

    asked = 0

    def recognize(self, image: Any) -> PageElements:
        """An empty page."""
        self.asked += 1
        return PageElements((), image.shape[1], image.shape[0], "pixel")


class GlibRecognizer:
    """Finds the same 400 words on every image, in no columns."""

    fingerprint = "glib"

    def recognize(self, image: Any) -> PageElements:
        """A page of 40 lines."""
        height, width = image.shape[:2]
        lines = [self._line(line, width / 20, height * (line + 1) / 42, width / 12, height / 60) for line in range(40)]
        return PageElements(lines, width, height, "pixel")

    @staticmethod
    def _line(line: int, left: float, top: float, step: float, height: float) -> LineBox:
        def box(first: float, last: float) -> tuple[float, ...]:
            return (first, top, last, top, last, top + height, first, top + height)

        places = [left + step * (number + 0.1 * ((number * line) % 7)) for number in range(10)]
        words = [WordBox(f"word{number}", box(x, x + 0.8 * step), 0.9) for number, x in enumerate(places)]
        return LineBox(words, box(left, places[-1] + 0.8 * step))


@dataclass(frozen=True, slots=True)
class File:
    """A PDF with its pages."""

    name: str
    data: bytes
    pages: int


def text_only(data: bytes) -> None:
    """The text of each page with bare pypdfium2."""
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            textpage = page.get_textpage()
            textpage.get_text_range()
            textpage.close()
            page.close()


def bare(data: bytes) -> list[tuple[str, float, float, float, float]]:
    """Text and a box for every word with bare pypdfium2."""
    words = []
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            textpage = page.get_textpage()
            text, last = textpage.get_text_range(), textpage.count_chars() - 1
            for match in _WORD.finditer(text):
                one = textpage.get_charbox(min(match.start(), last))
                two = textpage.get_charbox(min(match.end() - 1, last))
                left, bottom = min(one[0], two[0]), min(one[1], two[1])
                words.append((match.group(), left, bottom, max(one[2], two[2]), max(one[3], two[3])))
            textpage.close()
            page.close()
    return words


def born_digital(data: Path) -> Iterator[File]:
    """The born-digital PDFs of invoices/ and zoo/."""
    for path in sorted([*data.glob("invoices/*.pdf"), *data.glob("zoo/**/*.pdf")]):
        content = path.read_bytes()
        try:
            with pypdfium2.PdfDocument(content) as document:
                if len(document) and all(_is_born_digital(page) for page in document):
                    yield File(path.name, content, len(document))
        except pypdfium2.PdfiumError:
            continue


def _is_born_digital(page: Any) -> bool:
    if len(page.get_textpage().get_text_range().strip()) < _LEAST_TEXT:
        return False
    frame = PageFrame.of(page)
    return all(picture.share(frame) < 0.7 for picture in pictures(PageObjects.of(page), frame))


def generated() -> Iterator[File]:
    """Invoices, letters and agreements of the sample corpus as PDF, and a report of 20 pages."""
    from docplatform.samples.options import SampleOptions
    from docplatform.samples.render import WRITERS, render
    from docplatform.samples.truth import Kind

    options = SampleOptions()
    for kind in (Kind.INVOICE, Kind.LETTER, Kind.LOAN_AGREEMENT):
        for number in range(5):
            rng = options.rng("benchmark", kind.value, number)
            content = render(WRITERS[kind](rng, False, options), "pdf", rng, options).data
            with pypdfium2.PdfDocument(content) as document:
                yield File(f"{kind.value}-{number}", content, len(document))
    yield File("report", report(20), 20)


def report(pages: int, seed: int = 7) -> bytes:
    """A PDF of dense prose, 450 words a page."""
    from reportlab.pdfgen.canvas import Canvas

    rng = random.Random(seed)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(400)]
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), pageCompression=1)
    for _ in range(pages):
        canvas.setFont("Helvetica", 10)
        for line in range(45):
            canvas.drawString(60, 780 - 15 * line, " ".join(rng.choices(words, k=10)).capitalize() + ".")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scans(pages: int) -> bytes:
    """A PDF of page images without a text layer, no two the same."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    font, buffer = ImageFont.load_default(28), io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    for number in range(pages):
        image, picture = Image.new("L", (1_240, 1_754), 250), io.BytesIO()
        draw = ImageDraw.Draw(image)
        for line in range(40):
            draw.text((100, 100 + 40 * line), f"Line {line} of page {number} has some words of plain text", 20, font)
        image.save(picture, "JPEG", quality=60)
        canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def least_seconds(files: Sequence[File], ways: Sequence[Callable[[bytes], object]], rounds: int) -> list[float]:
    """Least CPU seconds of each way over all files, the ways in turn at each file."""
    least = [[float("inf")] * len(files) for _ in ways]
    for _ in range(rounds):
        for place, file in enumerate(files):
            for way, function in enumerate(ways):
                began = time.process_time()
                function(file.data)
                least[way][place] = min(least[way][place], time.process_time() - began)
    return [sum(seconds) for seconds in least]


def compare(name: str, files: Sequence[File], rounds: int) -> None:
    """Print a row per way."""
    blind = BlindRecognizer()
    reader = LocalDocumentReader(READING, LIMITS)
    reader._recognizer = blind  # type: ignore[assignment]
    pages = sum(file.pages for file in files)
    words = sum(len(bare(file.data)) for file in files)

    def source(data: bytes) -> DocumentSource:
        return DocumentSource("key", data, media_types.PDF.mime)

    ways: dict[str, Callable[[bytes], object]] = {
        "pypdfium2, text only": text_only,
        "pypdfium2, text and word boxes": bare,
        "docplatform, blocks": lambda data: sum(1 for _ in read_pdf(data, READING, LIMITS, blind).pages),
        "docplatform, AnalyzeResult": lambda data: reader.read(source(data)),
        "docplatform, JSON": lambda data: reader.read(source(data)).to_json(),
    }
    for file in files:
        reader.read(source(file.data))
    asked = blind.asked
    seconds = least_seconds(files, list(ways.values()), rounds)
    print(f"{name}: {len(files)} files, {pages} pages, {words / pages:.0f} words a page; {asked} pages asked for OCR")
    for way, each in zip(ways, seconds, strict=True):
        ratio = each / seconds[1]
        print(f"  {way:<32} {1_000 * each / pages:>7.2f} ms/page {pages / each:>7.0f} pages/s {ratio:>6.2f} x")


_CHILD = """
import json, resource, sys
sys.path.insert(0, sys.argv[1])
import pdf
print(json.dumps(pdf.memory(sys.argv[2], int(sys.argv[3]), sys.argv[4])))
"""


_MAKERS = {"report": report, "scans": scans, "recognised": scans}
"""PDFs by kind; only ``recognised`` ones go through the real recogniser."""


def memory(kind: str, pages: int, until: str) -> float:
    """Peak MB of this process, above what it took before, reading a PDF of ``kind`` until ``until``."""
    data, warm = (_MAKERS[kind](count) for count in (pages, 2))
    reader = LocalDocumentReader(READING, LIMITS)
    if kind != "recognised":
        reader._recognizer = GlibRecognizer()  # type: ignore[assignment]
    reader.read(DocumentSource("key", warm, media_types.PDF.mime)).to_json()
    gc.collect()
    before = _peak_reset()
    if until == "pages":
        for _ in read_pdf(data, READING, LIMITS, GlibRecognizer()).pages:
            pass
        return _peak() - before
    result = reader.read(DocumentSource("key", data, media_types.PDF.mime))
    if until == "handed over":
        sum(map(len, result.json_chunks()))
    elif until == "text held":
        result.to_json()
    return _peak() - before


def _peak_reset() -> float:
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts anew from here
    return _peak()


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1_024  # type: ignore[union-attr]


def compare_memory() -> None:
    """Print peak memory over the number of pages."""
    print("peak MB above the start by pages")
    for kind, counts in (("report", (50, 500)), ("scans", (50, 500)), ("recognised", (5, 20))):
        for until in ("handed over",) if kind == "recognised" else ("pages", "result", "handed over", "text held"):
            figures = [f"{count}: {_child_memory(kind, count, until):.0f}" for count in counts]
            print(f"  {kind:<10} until {until:<11} {', '.join(figures)}", flush=True)


def _child_memory(kind: str, pages: int, until: str) -> float:
    command = [sys.executable, "-c", _CHILD, str(Path(__file__).parent), kind, str(pages), until]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return float(json.loads(done.stdout))


def read_every(data: Path) -> None:
    """Print the peak of this process after each PDF, read as a worker reads it."""
    reader = LocalDocumentReader(READING, LIMITS)
    for path in sorted(data.glob("**/*.pdf")):
        began = time.process_time()
        try:
            result = reader.read(DocumentSource(path.name, path.read_bytes(), media_types.PDF.mime))
            what = f"{len(result.pages)} pages, {len(result.to_json())} bytes of JSON, {result.word_count} words"
            what += "".join(f", {warning.code}" for warning in result.warnings)
        except DocPlatformError as error:
            what = str(error)[:90]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        print(f"{peak:>6.0f} MB {time.process_time() - began:>6.1f} s  {path.name}: {what}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--every", action="store_true")
    options = parser.parse_args()
    print(describe("pypdfium2", "pydantic", "numpy"))
    if options.every:
        read_every(options.data)
        return
    if options.data.is_dir():
        compare("shared/data", list(born_digital(options.data)), options.rounds)
    compare("generated", list(generated()), options.rounds)
    if not options.no_memory:
        compare_memory()


if __name__ == "__main__":
    main()
